"""Forget what is kept for a time only."""

from collections.abc import Sequence

from service.comment import SiteId
from service.store.database import Database
from service.store.queries import sql

_STEPS = (
    "forget_keys",
    "forget_addresses",
    "forget_address_keys",
    "forget_outbox",
    "forget_reporters",
    "forget_proofs",
    "forget_spent",
    "forget_attempts",
)


async def forget_expired(db: Database, site_ids: Sequence[SiteId]) -> dict[str, int]:
    """Delete what is past its time; return the number of rows by step."""
    counts = {}
    async with db.seeing(*site_ids) as connection:
        for step in _STEPS:
            done: str = await connection.execute(sql(step))
            counts[step] = int(done.split()[-1])
    return counts
