"""Let processes tell each other what they have let in, so that several share one limit."""

from collections.abc import Mapping
from uuid import UUID

from service.comment import SiteId
from service.store.database import Database
from service.store.queries import sql

Spent = Mapping[tuple[SiteId, str], int]
"""How many requests were let in, by site and key; the key "" is the site's own."""


class Exchange:
    """One process's part: its notices, and how far it has read those of the others."""

    def __init__(self, db: Database, process: UUID):
        self._db = db
        self._process = process
        self._seq = 0
        self._seen: dict[tuple[SiteId, UUID], int] = {}

    async def swap(self, spent: Spent, sites: set[SiteId]) -> Spent:
        """Give notice of what was let in here, and return what others have let in on these sites since the last time.

        What is older than a minute is not learnt any more.

        Raises:
            Unavailable: the database does not answer; nothing was noted.
        """
        site_ids, keys = [site_id for site_id, _ in spent], [key for _, key in spent]
        seen = list(self._seen.items())
        async with self._db.transaction(*sites, *site_ids) as connection:
            if spent:
                counts = list(spent.values())
                await connection.execute(sql("add_spent"), self._process, self._seq + 1, site_ids, keys, counts)
            rows = await connection.fetch(
                sql("spent_elsewhere"),
                self._process,
                list(sites),
                [site_id for (site_id, _), _ in seen],
                [process for (_, process), _ in seen],
                [seq for _, seq in seen],
            )
        self._seq += 1
        elsewhere: dict[tuple[SiteId, str], int] = {}
        for row in rows:
            at, by = (row["site_id"], row["key"]), (row["site_id"], row["process"])
            elsewhere[at] = elsewhere.get(at, 0) + row["spent"]
            self._seen[by] = max(self._seen.get(by, 0), row["seq"])
        return elsewhere
