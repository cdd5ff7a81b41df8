"""Read what was decided."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from service.comment import DecisionId, SiteId
from service.store.cases import DecisionRow, HistoryEntry
from service.store.database import Database
from service.store.identity import least_id
from service.store.queries import sql
from service.store.records import Principal

_LAST = UUID(int=2**128 - 1)


async def history_page(
    db: Database,
    site_ids: Sequence[SiteId],
    reader: Principal,
    *,
    by: str = "",
    before: DecisionId | None = None,
    limit: int,
) -> list[HistoryEntry]:
    """Return what was decided, latest first, by the person or token of this label or by anybody."""
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("history"), list(site_ids), before or _LAST, by, limit, reader.actor)
    return [_entry(row) for row in rows]


async def decided_since(db: Database, site_ids: Sequence[SiteId], by: Principal, since: datetime) -> int:
    """Return how many decisions somebody has taken since a time, as far as a thousand."""
    async with db.seeing(*site_ids) as connection:
        number: int = await connection.fetchval(sql("decided_since"), list(site_ids), by.label, least_id(since))
    return number


def decision_of(row: asyncpg.Record) -> DecisionRow:
    """Return the decision whose columns a row carries."""
    return DecisionRow(
        id=row["decision_id"],
        comment_id=row["comment_id"],
        action=row["action"],
        reason=row["reason"],
        note=row["note"],
        state_before=row["state_before"],
        state_after=row["state_after"],
        by=row["decided_by"],
        undoes=row["undoes"],
        undone=row["undone"],
        created_at=row["created_at"],
        batch_id=row["batch_id"],
        statement=row["statement"],
    )


def _entry(row: asyncpg.Record) -> HistoryEntry:
    return HistoryEntry(
        decision=decision_of(row),
        site=row["site"],
        author_name=row["author_name"],
        body=row["body"],
        page_title=row["title"],
        page_url=row["url"],
        together=max(1, row["together"]),
        undoable=row["latest"] and row["action"] not in ("erase", "undo"),
        secret=row["secret"],
    )
