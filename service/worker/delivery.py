"""Deliver what waits in the outbox, at least once each, however many processes do so."""

import asyncio
import logging
from uuid import UUID

from service.errors import FetchError, Unavailable
from service.store.database import Database
from service.store.sites import all_site_ids
from service.store.webhooks import LEASE, Parcel, claim_deliveries, note_delivered, note_undelivered
from service.worker.courier import SECONDS, Courier

LOOK = 1.0
"""Seconds after which a process looks again for what is due."""
PUT_OFF = 10.0
"""Seconds after which it looks again when the database has not answered."""
AT_ONCE = 32
"""Deliveries under way in one process."""
OF_EACH = 8
"""Deliveries to one place that a process takes on at once, and the next when these are done: what is slow keeps nobody
else waiting."""
RETRIES = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0)
"""Seconds between the tries of one delivery, about two days and a half in all: the schedule that Standard Webhooks
proposes, without its last day."""
_GONE = 410

_log = logging.getLogger("gatepost.delivery")

assert SECONDS < LEASE


async def deliver(db: Database, courier: Courier) -> None:
    """Deliver what is due, until cancelled. What is under way then is delivered again by whoever comes next."""
    running: dict[asyncio.Task[None], UUID] = {}
    try:
        while True:
            try:
                parcels = await _claimed(db, AT_ONCE - len(running), set(running.values()))
            except Unavailable:
                _log.warning("Webhooks were put off: the database does not answer.")
                await asyncio.sleep(PUT_OFF)
                continue
            for parcel in parcels:
                running[asyncio.create_task(_deliver(db, courier, parcel))] = parcel.webhook_id
            if running:
                done, _ = await asyncio.wait(running, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del running[task]
            else:
                await asyncio.sleep(LOOK)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _claimed(db: Database, room: int, busy: set[UUID]) -> list[Parcel]:
    if not room:
        return []
    return await claim_deliveries(db, await all_site_ids(db), of_each=OF_EACH, most=room, busy=busy)


async def _deliver(db: Database, courier: Courier, parcel: Parcel) -> None:
    try:
        status = await courier.deliver(parcel)
        answer, taken = str(status), 200 <= status < 300
    except FetchError as error:
        answer, taken, status = str(error), False, 0
    try:
        if taken:
            await note_delivered(db, parcel, answer)
            return
        again_after = RETRIES[parcel.tries - 1] if parcel.tries <= len(RETRIES) else None
        await note_undelivered(db, parcel, answer, again_after=again_after, gone=status == _GONE)
        _log.info("A webhook was not delivered (try %d): %s.", parcel.tries, answer)
    except Unavailable:
        # Its lease ends, and it is delivered again: the receiver knows it by its id.
        _log.warning("What came of a webhook could not be noted: the database does not answer.")
