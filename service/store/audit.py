"""Check that the record of decisions and events has not been tampered with."""

from service.comment import SiteId
from service.store.database import Database
from service.store.queries import sql
from service.store.records import ChainReport


async def verify_chains(db: Database, site_id: SiteId) -> list[ChainReport]:
    """Recompute both hash chains of a site from the first row to the last.

    A changed, missing or inserted row shows as `broken_at`; rows cut off at the end show as the row after the last.
    """
    reports = []
    async with db.transaction(site_id, snapshot=True) as connection:
        ends = {row["name"]: row["seq"] for row in await connection.fetch(sql("chain_ends"), site_id)}
        for name in ("decision", "event"):
            row = await connection.fetchrow(sql(f"verify_{name}s"), site_id, timeout=600)
            assert row is not None
            broken_at = row["broken_at"]
            if broken_at is None and (row["last"] or 0) != ends[name]:
                broken_at = (row["last"] or 0) + 1
            reports.append(ChainReport(name=name, rows=row["rows"], broken_at=broken_at))
    return reports
