"""A batch is written whole, once, and with everything that goes with it."""

import asyncio
import time
from datetime import timedelta

import asyncpg
import pytest
from shelf import arrival, moderator, new_site, put

from service.errors import Conflict, Unavailable
from service.store import intake
from service.store.cases import Wish
from service.store.decisions import decide
from service.store.intake import Writer
from service.store.review import comment_detail
from service.store.sites import state_counts
from service.store.threads import find_page


@pytest.fixture
async def writer(database):
    opened = Writer(database.service_dsn)
    yield opened
    await opened.close()


async def test_states_are_counted_by_site(db):
    site, other = await new_site(db), await new_site(db, "other")
    await put(db, [arrival(site), arrival(site)], "held")
    await put(db, [arrival(site)], "published")
    await put(db, [arrival(other)], "rejected")

    counts = await state_counts(db, [site.id, other.id])

    assert counts[site.id] == {"held": 2, "published": 1, "rejected": 0, "erased": 0}
    assert counts[other.id]["rejected"] == 1


async def test_a_page_counts_its_published_comments(db):
    site = await new_site(db)
    await put(db, [arrival(site), arrival(site)], "published")
    await put(db, [arrival(site)], "held")

    page = await find_page(db, site.id, "https://example.org/a")

    assert page.count == 2


async def test_an_automatic_rejection_is_on_record_as_the_policys(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "rejected")

    (decision,) = (await comment_detail(db, [site.id], made)).decisions

    assert (decision.action, decision.by, decision.reason) == ("reject", "policy", "spam")


async def test_looking_up_finds_page_parent_replay_and_repeats(db, writer):
    site = await new_site(db)
    (parent,) = await put(db, [arrival(site, "Parent")], "published")
    (keyed,) = await put(db, [arrival(site, idempotency_key="k", request_hash=b"same")])
    await put(db, [arrival(site)], "rejected", text_hash=99)

    answer, replay, stranger = await writer.look_up(
        [
            arrival(site, parent_id=parent),
            arrival(site, idempotency_key="k"),
            arrival(site, page_key="new", parent_id=parent),
        ],
        [99, 1, 1],
        [0, 0, 0],
    )

    assert (answer.parent_ok, answer.parent_body, answer.same_text_rejected) == (True, "Parent", 1)
    assert (replay.replay_of, replay.replay_hash) == (keyed, b"same")
    assert (stranger.page_id, stranger.parent_ok) == (None, False)


async def test_a_key_used_meanwhile_by_another_process_writes_nothing(db):
    site = await new_site(db)
    await put(db, [arrival(site, idempotency_key="k")])

    with pytest.raises(Conflict):
        await put(db, [arrival(site), arrival(site, idempotency_key="k")])

    assert (await state_counts(db, [site.id]))[site.id]["held"] == 1


async def test_a_batch_sent_again_after_a_lost_answer_is_not_doubled(db):
    site = await new_site(db)
    batch = [arrival(site), arrival(site)]
    await put(db, batch)

    await put(db, batch)

    assert (await state_counts(db, [site.id]))[site.id]["held"] == 2


async def test_a_connection_cut_between_batches_is_replaced(db, database, writer):
    site = await new_site(db)
    await writer.look_up([arrival(site)], [1], [0])
    superuser = await asyncpg.connect(database.superuser_dsn)
    await superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gatepost_service' AND pid <> 0"
    )
    await superuser.close()
    await asyncio.sleep(0.05)

    (found,) = await writer.look_up([arrival(site)], [1], [0])

    assert found.page_id is None


async def test_a_database_that_stays_away_is_said_to_be_unavailable(monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE", 0.3)
    nowhere = Writer("postgresql://nobody@/nothing?host=/nonexistent")

    with pytest.raises(Unavailable):
        await nowhere.receipts(set(), [])


async def test_a_batch_waits_once_for_all_it_asks_and_for_what_it_waited_before(monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE", 1.0)
    nowhere = Writer("postgresql://nobody@/nothing?host=/nonexistent")
    nowhere.begin(0.6)
    began = time.monotonic()

    for _ in range(3):
        with pytest.raises(Unavailable):
            await nowhere.receipts(set(), [])

    assert 0.3 < time.monotonic() - began < 0.9


async def test_a_server_that_hangs_is_given_up_and_what_was_refused_is_not_written_later(
    db, database, writer, monkeypatch
):
    monkeypatch.setattr(intake, "PATIENCE", 0.3)
    site = await new_site(db)
    await writer.look_up([arrival(site)], [1], [0])
    blocker = await asyncpg.connect(database.owner_dsn)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("LOCK TABLE page IN ACCESS EXCLUSIVE MODE")

    with pytest.raises(Unavailable):
        await writer.add_pages([arrival(site)])
    await asyncio.sleep(0.3)  # the server's own patience
    await transaction.rollback()
    await blocker.close()

    assert await find_page(db, site.id, "https://example.org/a") is None


async def test_looking_up_finds_what_a_person_decided_about_the_same_and_nearly_the_same_text(db, writer):
    site, other = await new_site(db), await new_site(db, "other")
    near = 0x0123_4567_89AB_CDEF
    (liked,) = await put(db, [arrival(site)], "held", text_hash=5)
    (spam,) = await put(db, [arrival(site)], "held", text_hash=6, near=near)
    await put(db, [arrival(site)], "rejected", text_hash=8, near=near)
    await decide(db, [site.id], by=moderator(site), wishes=[
        Wish(comment_id=liked, version=1, action="approve"), Wish(comment_id=spam, version=1, action="reject"),
    ])  # fmt: skip

    same, alike, further, elsewhere = await writer.look_up(
        [arrival(site), arrival(site), arrival(site), arrival(other)],
        [5, 9, 9, 9],
        [0, near ^ 0b10000000000100000001, near ^ 0b10000000000100000101, near],
    )

    assert (same.same_text_approved, same.same_text_rejected, same.near_text_rejected) == (1, 0, 0)
    assert (alike.near_text_rejected, alike.same_text_rejected) == (1, 0)
    assert further.near_text_rejected == 0
    assert elsewhere.near_text_rejected == 0


async def test_what_was_decided_over_thirty_days_ago_is_no_longer_alike(db, writer):
    site = await new_site(db)
    (old,) = await put(db, [arrival(site, age=timedelta(days=31))], "held", text_hash=6, near=77)
    await decide(db, [site.id], by=moderator(site), wishes=[Wish(comment_id=old, version=1, action="reject")])

    (found,) = await writer.look_up([arrival(site)], [9], [77])

    assert found.near_text_rejected == 0


async def test_an_erased_comment_is_forgotten(db, writer):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "held", text_hash=6, near=77)
    await decide(db, [site.id], by=moderator(site), wishes=[Wish(comment_id=made, version=1, action="reject")])
    await decide(db, [site.id], by=moderator(site), wishes=[Wish(comment_id=made, version=2, action="erase")])

    (found,) = await writer.look_up([arrival(site)], [6], [77])

    assert (found.same_text_rejected, found.near_text_rejected) == (0, 0)
