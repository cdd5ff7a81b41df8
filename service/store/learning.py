"""What a site's own decisions teach: how many there are, and where its genuine comments score."""

import msgspec

from service.comment import SiteId
from service.store.database import Database
from service.store.queries import sql
from service.store.records import Learned

ENOUGH = 300
"""Comments approved by people before a site gets cuts of its own; sql/queries/learning.sql counts no further."""


async def has_enough_approvals(db: Database, site_id: SiteId) -> bool:
    """Tell whether people have approved enough of a site's comments in the last 90 days."""
    async with db.seeing(site_id) as connection:
        approved: int = await connection.fetchval(sql("approvals"), site_id)
    return approved >= ENOUGH


async def genuine_scores(db: Database, site_id: SiteId, judge: str, model: str) -> list[float]:
    """Return what a version of a model gave the latest comments that stand on a site."""
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("genuine_scores"), site_id, judge, model)
    return [row["score"] for row in rows]


async def keep_learned(db: Database, site_id: SiteId, learned: Learned) -> None:
    """Keep a site's own cuts."""
    async with db.seeing(site_id) as connection:
        await connection.execute(sql("keep_learned"), site_id, msgspec.json.encode(learned).decode())
