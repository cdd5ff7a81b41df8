"""What becomes of a site's comments is told to the places it names: at least once, signed, and in time."""

import asyncio
import ipaddress
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from receiver import Receiver, receiving
from shelf import arrival, new_site, put
from test_sharding import nodes

from service.comment import SiteId
from service.fetch import permitting
from service.store.database import Database
from service.store.queries import sql
from service.store.records import Site
from service.store.webhooks import (
    KINDS,
    Delivery,
    Kind,
    add_webhook,
    claim_deliveries,
    list_deliveries,
    list_webhooks,
    remove_webhook,
)
from service.worker import delivery
from service.worker.courier import Courier
from service.worker.delivery import OF_EACH, RETRIES, deliver

LOOPBACK = permitting([ipaddress.ip_network("127.0.0.0/8")])

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LOOK", 0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
async def ask(database) -> AsyncIterator[Ask]:
    """Return a function that reads and writes past all guards."""
    connection = await asyncpg.connect(database.superuser_dsn)
    yield connection.fetchval
    await connection.close()


async def told(db: Database, site: Site, receiver: Receiver, kinds: tuple[Kind, ...] = KINDS) -> None:
    """Let a receiver be told of a site's comments."""
    _, receiver.secret = await add_webhook(db, site.id, url=receiver.url, kinds=kinds)


@asynccontextmanager
async def delivering(db: Database, processes: int = 1) -> AsyncIterator[None]:
    couriers = [Courier(permits=LOOPBACK) for _ in range(processes)]
    running = [asyncio.create_task(deliver(db, courier)) for courier in couriers]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def deliveries(db: Database, site_id: SiteId) -> list[Delivery]:
    found = [
        await list_deliveries(db, site_id, each.id, before=None, limit=100) for each in await list_webhooks(db, site_id)
    ]
    return [each for of_place in found for each in of_place]


async def settled(db: Database, site: Site, seconds: float = 10.0, **wanted: object) -> list[Delivery]:
    """Return the deliveries once each has what is wanted."""
    async with asyncio.timeout(seconds):
        while True:
            found = await deliveries(db, site.id)
            if found and all(getattr(each, name) == value for each in found for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.02)


async def hurry(ask: Ask) -> None:
    """Let every retry be due and every place be rested."""
    await ask("UPDATE outbox SET due_at = now()")
    await ask("UPDATE webhook SET rests_until = now()")


async def test_a_place_is_told_once_and_can_check_who_tells(db, receiver):
    site = await new_site(db)
    await told(db, site, receiver)
    (comment,) = await put(db, [arrival(site, "Words that stay here")])

    async with delivering(db):
        (found,) = await settled(db, site, state="delivered")

    assert receiver.forged == []
    assert receiver.ids == [f"msg_{site.id}_{found.id}"]
    assert (found.tries, found.answer) == (1, "204")
    (event,) = receiver.events
    assert event == {
        "type": "comment.held",
        "timestamp": found.created_at.isoformat().replace("+00:00", "Z"),
        "data": {
            "site": "demo",
            "comment_id": str(comment),
            "parent_id": None,
            "status": "held",
            "version": 1,
            "page": {"key": "https://example.org/a", "url": "https://example.org/a", "title": "An article"},
        },
    }


async def test_another_secret_does_not_pass_for_this_one(db, receiver):
    site = await new_site(db)
    await told(db, site, receiver)
    _, receiver.secret = await add_webhook(db, site.id, url="https://elsewhere.example", kinds=["comment.erased"])
    await put(db, [arrival(site)])

    async with delivering(db):
        await settled(db, site, state="delivered")

    assert len(receiver.forged) == 1


async def test_a_place_is_told_what_it_asked_for_and_others_nothing(db, receiver, ask):
    site, other = await new_site(db), await new_site(db, "other")
    await told(db, site, receiver, ("comment.published", "comment.rejected"))
    await put(db, [arrival(site)], state="held")
    await put(db, [arrival(site)], state="published")
    await put(db, [arrival(site)], state="rejected")
    await put(db, [arrival(other)], state="published")

    async with delivering(db):
        await settled(db, site, state="delivered")

    assert [event["type"] for event in receiver.events] == ["comment.published", "comment.rejected"]
    assert await ask("SELECT count(*) FROM outbox") == 2


async def test_what_is_not_taken_is_told_again_under_the_same_id(db, receiver, ask):
    site = await new_site(db)
    receiver.statuses = [500]
    await told(db, site, receiver)
    await put(db, [arrival(site)])

    async with delivering(db):
        (waiting,) = await settled(db, site, tries=1, answer="500")
        late = await ask("SELECT extract(epoch FROM due_at - now()) FROM outbox")
        (webhook,) = await list_webhooks(db, site.id)
        await hurry(ask)
        (found,) = await settled(db, site, state="delivered")

    assert waiting.state == "waiting"
    assert RETRIES[0] - 2 < late <= RETRIES[0]
    assert webhook.failures == 1
    assert found.tries == 2
    assert receiver.ids == [f"msg_{site.id}_{found.id}"] * 2
    assert [each.failures for each in await list_webhooks(db, site.id)] == [0]


async def test_after_the_last_try_it_is_given_up_and_stays_on_record(db, receiver, ask):
    site = await new_site(db)
    receiver.statuses = [503] * 20
    await told(db, site, receiver)
    await put(db, [arrival(site)])

    async with delivering(db):
        for tries in range(1, len(RETRIES) + 1):
            await settled(db, site, tries=tries, answer="503", state="waiting")
            await ask("UPDATE outbox SET answer = ''")
            await hurry(ask)
        (found,) = await settled(db, site, state="failed")
        await hurry(ask)
        await asyncio.sleep(0.2)

    assert found.tries == len(receiver.ids) == len(RETRIES) + 1


async def test_one_that_is_gone_is_told_no_more(db, receiver, ask):
    site = await new_site(db)
    receiver.statuses = [410]
    await told(db, site, receiver)
    await put(db, [arrival(site)])

    async with delivering(db):
        await settled(db, site, tries=1, answer="410")
        await put(db, [arrival(site)])
        await hurry(ask)
        await asyncio.sleep(0.2)

    assert [each.enabled for each in await list_webhooks(db, site.id)] == [False]
    assert len(receiver.ids) == 1
    assert await ask("SELECT count(*) FROM outbox") == 1


async def test_a_place_that_fails_is_left_alone_and_then_asked_once(db, receiver, ask):
    site = await new_site(db)
    receiver.statuses = [500]
    await told(db, site, receiver)
    await put(db, [arrival(site)])

    async with delivering(db):
        await settled(db, site, tries=1, answer="500")
        await put(db, [arrival(site) for _ in range(5)])
        await ask("UPDATE outbox SET due_at = now()")
        await asyncio.sleep(0.2)
        asked = len(receiver.ids)
        receiver.seconds = 0.2
        await hurry(ask)
        await asyncio.sleep(0.15)
        under_way = await ask("SELECT count(*) FROM outbox WHERE tries > 0 AND due_at > now()")
        await settled(db, site, state="delivered")

    assert asked == 1
    assert under_way == 1
    assert len(receiver.ids) == 7


async def test_each_failure_in_a_row_doubles_the_rest_up_to_five_minutes(db, ask):
    site = await new_site(db)
    await add_webhook(db, site.id, url="http://127.0.0.1:9/")
    await put(db, [arrival(site)])
    rests = []
    for _ in range(9):
        await hurry(ask)
        (parcel,) = await claim_deliveries(db, [site.id], of_each=1, most=1)
        await delivery.note_undelivered(db, parcel, "500", again_after=1.0)
        rests.append(round(await ask("SELECT extract(epoch FROM rests_until - now())::float8 FROM webhook")))

    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]


async def test_a_slow_place_takes_a_share_and_keeps_nobody_waiting(db, receiver):
    site = await new_site(db)
    receiver.seconds = 2.0
    with receiving() as brisk:
        await told(db, site, receiver)
        await told(db, site, brisk)
        await put(db, [arrival(site) for _ in range(20)])
        async with delivering(db):
            await asyncio.to_thread(brisk.wait, 20, 1.9)
            busiest = receiver.busiest

    assert busiest == OF_EACH
    assert len(set(brisk.ids)) == 20


async def test_many_processes_deliver_each_once(db, receiver, database):
    site = await new_site(db)
    await told(db, site, receiver)
    await put(db, [arrival(site) for _ in range(60)])

    async with delivering(db, processes=4):
        await settled(db, site, state="delivered")

    assert Counter(receiver.ids) == dict.fromkeys(receiver.ids, 1)
    assert len(receiver.ids) == 60


async def test_what_was_under_way_when_a_process_died_is_told_again(db, receiver, ask):
    site = await new_site(db)
    receiver.seconds = 0.3
    await told(db, site, receiver)
    await put(db, [arrival(site)])

    async with delivering(db):
        while not receiver.busy:
            await asyncio.sleep(0.01)
    # Nobody noted what came of it, and nobody else takes it before its lease ends.
    async with delivering(db):
        await asyncio.sleep(0.2)
        asked = receiver.busiest
        await ask("UPDATE outbox SET due_at = now()")
        (found,) = await settled(db, site, state="delivered")

    assert asked == 1
    assert receiver.ids == [f"msg_{site.id}_{found.id}"] * 2


async def test_removing_a_place_takes_along_what_waits_for_it(db, ask):
    site = await new_site(db)
    webhook_id, _ = await add_webhook(db, site.id, url="http://127.0.0.1:9/")
    await put(db, [arrival(site)])

    assert await delivery_count(ask) == 1
    assert await remove_webhook(db, site.id, webhook_id)
    assert not await remove_webhook(db, site.id, webhook_id)
    assert await delivery_count(ask) == 0


async def delivery_count(ask: Ask) -> int:
    return int(await ask("SELECT count(*) FROM outbox"))


async def test_one_place_is_found_by_index_among_many_waiting(db, ask, database):
    site = await new_site(db)
    await add_webhook(db, site.id, url="http://127.0.0.1:9/")
    await put(db, [arrival(site)])
    await ask(
        "INSERT INTO outbox (site_id, webhook_id, kind, comment_id, created_at) "
        "SELECT o.site_id, o.webhook_id, o.kind, o.comment_id, o.created_at FROM outbox AS o, generate_series(1, 20000)"
    )
    await ask("ANALYZE outbox")
    claim = (
        sql("claim_deliveries").replace("$1::int", "8").replace("$2", "32").replace("$3", "60").replace("$4", "'{}'")
    )
    plan = json.loads(await ask(f"EXPLAIN (FORMAT JSON, ANALYZE) {claim}"))[0]["Plan"]
    (read,) = [node for node in nodes(plan) if node.get("Index Name") == "outbox_due"]

    assert read["Actual Rows"] == 8
