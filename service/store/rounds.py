"""Share out work that comes round, so that of several processes one does it."""

from collections.abc import Sequence

from service.comment import SiteId
from service.store.database import Database
from service.store.queries import sql


async def claim_round(db: Database, site_ids: Sequence[SiteId], name: str, every: float) -> list[SiteId]:
    """Return those of the sites where the work `name` is due; nobody else gets them for `every` seconds.

    Whoever claims and fails leaves the work until then.
    """
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("claim_round"), sorted(site_ids), name, every)
    return [row["site_id"] for row in rows]
