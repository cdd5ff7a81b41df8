"""Requests become batches, and each is answered for itself, whatever happens to the others."""

import asyncio
import time
from contextlib import asynccontextmanager

import asyncpg
import pytest
from shelf import arrival, new_site

from service.comment import Opinion, Signals
from service.errors import Gone, Invalid, Unavailable
from service.store import intake as store_intake
from service.store.intake import Writer
from service.store.sites import state_counts
from service.web import batch, pace
from service.web.batch import Intake


class Calm:
    """A judge with nothing to say."""

    version = "calm-1"

    def judge(self, normals):
        return [Opinion(probability=0.1) for _ in normals]


class Failing(Calm):
    """A judge that fails on one word."""

    def judge(self, normals):
        if any("poison" in normal.text for normal in normals):
            raise ValueError("poison")
        return super().judge(normals)


class Hanging(Calm):
    """A judge that takes its time on one word."""

    def judge(self, normals):
        if any("slow" in normal.text for normal in normals):
            time.sleep(1.0)
        return super().judge(normals)


class Slow(Calm):
    """A judge that takes as long for one comment as for many."""

    def judge(self, normals):
        time.sleep(0.05)
        return super().judge(normals)


@asynccontextmanager
async def taking_in(database, judge=None):
    """Run an intake; `sizes` collects the size of each batch."""
    writer, sizes = Writer(database.service_dsn), []
    intake = Intake(writer, {"spam": judge or Calm()}, lambda size, seconds, receipts: sizes.append(size))
    intake.sizes = sizes
    running = asyncio.create_task(intake.run())
    try:
        yield intake
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await writer.close()


async def test_what_arrives_together_is_written_together(db, database):
    site = await new_site(db)

    async with taking_in(database) as intake:
        receipts = await asyncio.gather(*(intake.submit(arrival(site, f"Comment {i}")) for i in range(200)))

    assert {receipt.state for receipt in receipts} == {"published"}
    assert sum(intake.sizes) == 200
    assert max(intake.sizes) == batch.MAX_BATCH
    assert (await state_counts(db, [site.id]))[site.id]["published"] == 200


async def test_a_comment_that_a_judge_fails_on_is_held_and_its_neighbours_are_not(db, database):
    site = await new_site(db)

    async with taking_in(database, Failing()) as intake:
        good, bad = await asyncio.gather(
            intake.submit(arrival(site, "A calm comment.")), intake.submit(arrival(site, "A poison comment."))
        )

    assert (good.state, bad.state) == ("published", "held")
    assert bad.categories == ("policy",)


async def test_a_judge_that_takes_too_long_holds_the_batch_and_the_next_one_is_judged(db, database, monkeypatch):
    monkeypatch.setattr(batch, "JUDGE_SECONDS", 0.2)
    site = await new_site(db)

    async with taking_in(database, Hanging()) as intake:
        late = await intake.submit(arrival(site, "A slow comment."))
        prompt = await intake.submit(arrival(site, "A calm comment."))

    assert (late.state, prompt.state) == ("held", "published")


async def test_the_same_key_in_one_batch_makes_one_comment(db, database):
    site = await new_site(db)
    twice = [arrival(site, idempotency_key="k") for _ in range(2)]

    async with taking_in(database) as intake:
        first, second = await asyncio.gather(*map(intake.submit, twice))

    assert first.id == second.id
    assert (first.replayed, second.replayed) == (False, True)


async def test_two_processes_given_the_same_key_make_one_comment(db, database):
    site = await new_site(db)

    async with taking_in(database) as one, taking_in(database) as other:
        pairs = [
            asyncio.gather(
                one.submit(arrival(site, idempotency_key=f"k{i}")), other.submit(arrival(site, idempotency_key=f"k{i}"))
            )
            for i in range(20)
        ]
        ids = [{receipt.id for receipt in pair} for pair in await asyncio.gather(*pairs)]

    assert {len(pair) for pair in ids} == {1}
    assert (await state_counts(db, [site.id]))[site.id]["published"] == 20


async def test_a_key_with_another_request_is_refused(db, database):
    site = await new_site(db)

    async with taking_in(database) as intake:
        await intake.submit(arrival(site, idempotency_key="k"))
        with pytest.raises(Invalid, match="Idempotency-Key"):
            await intake.submit(arrival(site, idempotency_key="k", request_hash=b"other"))


async def test_a_closed_page_takes_no_more_comments(db, database):
    site = await new_site(db)
    async with taking_in(database) as intake:
        await intake.submit(arrival(site))
        owner = await asyncpg.connect(database.owner_dsn)
        await owner.execute("SELECT set_config('gatepost.sites', '1', false)")
        await owner.execute("UPDATE page SET closed = true")
        await owner.close()

        with pytest.raises(Gone):
            await intake.submit(arrival(site))


async def test_a_sign_of_a_robot_queues_the_comment(db, database):
    site = await new_site(db)

    async with taking_in(database) as intake:
        receipt = await intake.submit(arrival(site, signals=Signals(honeypot=True)))

    assert receipt.state == "held"


async def test_more_than_can_wait_are_refused_at_once(db, database, monkeypatch):
    monkeypatch.setattr(batch, "MAX_WAITING", 3)
    site = await new_site(db)

    async with taking_in(database) as intake:
        outcomes = await asyncio.gather(*(intake.submit(arrival(site)) for _ in range(5)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes].count(Unavailable) == 2


async def test_who_would_wait_too_long_is_refused_at_once(db, database, monkeypatch):
    monkeypatch.setattr(pace, "MAX_WAIT", 0.1)
    site = await new_site(db)

    async with taking_in(database, Hanging()) as intake:
        await intake.submit(arrival(site, "A slow comment, by which the pace is known."))
        outcomes = await asyncio.gather(*(intake.submit(arrival(site)) for _ in range(5)), return_exceptions=True)
        later = await intake.submit(arrival(site))

    refused = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert len(refused) == 4
    assert refused[0].retry_after == 1
    assert later.state == "published"


@pytest.mark.parametrize(
    ("limit", "seconds", "later", "answered"),
    [
        pytest.param("MAX_WAIT", 0.1, 0.3, False, id="at once when it has taken too long already"),
        pytest.param("PATIENCE", 0.6, 0.1, True, id="before the next one when it has come to take too long"),
    ],
)
async def test_who_comes_behind_a_slow_batch_is_refused(db, database, monkeypatch, limit, seconds, later, answered):
    monkeypatch.setattr(pace, limit, seconds)
    site = await new_site(db)

    async with taking_in(database, Hanging()) as intake:
        slow = asyncio.create_task(intake.submit(arrival(site, "A slow comment.")))
        await asyncio.sleep(later)
        with pytest.raises(Unavailable):
            await intake.submit(arrival(site))
        assert slow.done() is answered
        receipt = await slow

    assert receipt.state == "published"


async def test_a_crowd_after_single_comments_is_let_in(db, database):
    site = await new_site(db)

    async with taking_in(database, Slow()) as intake:
        for _ in range(10):
            await intake.submit(arrival(site))
        receipts = await asyncio.gather(*(intake.submit(arrival(site)) for _ in range(100)))

    assert {receipt.state for receipt in receipts} == {"published"}


async def test_a_database_that_is_gone_refuses_all_who_wait_for_it_together(db, database, monkeypatch):
    monkeypatch.setattr(batch, "MAX_BATCH", 2)
    monkeypatch.setattr(store_intake, "PATIENCE", 0.3)
    site = await new_site(db)

    async with taking_in(database) as intake:
        await intake.submit(arrival(site))
        monkeypatch.setattr(intake._writer, "_dsn", "postgresql://nobody@/nothing?host=/nonexistent")
        intake._writer._drop()
        began = time.monotonic()
        outcomes = await asyncio.gather(*(intake.submit(arrival(site)) for _ in range(9)), return_exceptions=True)
        seconds = time.monotonic() - began

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 9
    assert seconds < 2 * store_intake.PATIENCE, "one after the other they would wait five times as long"


async def test_draining_answers_everything(db, database):
    site = await new_site(db)

    async with taking_in(database) as intake:
        tasks = [asyncio.create_task(intake.submit(arrival(site))) for _ in range(10)]
        await asyncio.sleep(0)
        await intake.drain()
        await asyncio.sleep(0)

        assert all(task.done() for task in tasks)
