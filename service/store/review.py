"""Read and lease what waits for a person."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from service.comment import AuthorRecord, CommentId, Flag, Lease, SiteId, Verdict
from service.errors import FieldError, Invalid
from service.priority import priority
from service.store.cases import Backlog, DecisionRow, QueueFilters, QueueItem, Similar, Stored
from service.store.database import Connection, Database
from service.store.notices import appeals_on, reports_on
from service.store.queries import sql
from service.store.records import Principal
from service.store.threads import page_of

LEASE = timedelta(minutes=10)
"""How long a comment is a moderator's own before others may take it."""

Sort = Literal["priority", "oldest", "newest"]


async def queue_page(
    db: Database,
    site_ids: Sequence[SiteId],
    filters: QueueFilters,
    *,
    sort: Sort,
    limit: int,
    cursor: str = "",
) -> list[QueueItem]:
    """Return up to `limit` comments after the one whose `cursor` is given.

    Published and rejected comments have no priority; with sort `priority` they come newest first.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    after = _after(cursor)
    wanted = (filters.category, filters.flag, filters.page_key, filters.q)
    async with db.seeing(*site_ids) as connection:
        if filters.status != "held":
            name = "archive_by_oldest" if sort == "oldest" else "archive_by_newest"
            rows = await connection.fetch(sql(name), *wanted, after and after[1], limit, filters.status)
        elif sort == "priority":
            rank, comment_id = after or (None, None)
            rows = await connection.fetch(sql("queue_by_priority"), *wanted, rank, comment_id, limit)
        else:
            rows = await connection.fetch(sql(f"queue_by_{sort}"), *wanted, after and after[1], limit)
        return await _with_notices(connection, [_item(row) for row in rows])


async def backlog(db: Database, site_ids: Sequence[SiteId]) -> Backlog:
    """Return how much waits, and since when."""
    async with db.seeing(*site_ids) as connection:
        row = await connection.fetchrow(sql("backlog"))
    assert row is not None
    return Backlog(held=row["held"], oldest_at=row["oldest_at"])


async def take_leases(
    db: Database, site_ids: Sequence[SiteId], by: Principal, *, limit: int, filters: QueueFilters
) -> list[QueueItem]:
    """Lease the next comments that nobody holds, for LEASE, and return them, highest priority first."""
    async with db.transaction(*site_ids) as connection:
        wanted = (filters.category, filters.flag, filters.page_key, filters.q)
        taken = await connection.fetch(sql("take_leases"), by.actor, by.label, LEASE, *wanted, limit)
        return await _items(connection, [row["comment_id"] for row in taken])


async def give_back(db: Database, site_ids: Sequence[SiteId], by: Principal, comment_id: CommentId) -> bool:
    """End one's own lease; tell whether there was one."""
    async with db.seeing(*site_ids) as connection:
        done: str = await connection.execute(sql("give_back"), comment_id, by.actor)
    return done != "UPDATE 0"


async def comment_detail(db: Database, site_ids: Sequence[SiteId], comment_id: CommentId) -> Stored | None:
    """Return everything about one comment."""
    async with db.seeing(*site_ids) as connection:
        row = await connection.fetchrow(sql("review_items"), [comment_id])
        if row is None:
            return None
        verdicts = await connection.fetch(sql("verdicts"), comment_id)
        decisions = await connection.fetch(sql("decisions"), comment_id)
        similar = await connection.fetch(sql("similar_comments"), row["site_id"], row["text_hash"], comment_id)
        (item,) = await _with_notices(connection, [_item(row)])
    return Stored(
        item=item,
        author_email=row["author_email"],
        edited_at=row["edited_at"],
        queued=row["rank"] is not None,
        verdicts=tuple(verdict_of(each) for each in verdicts),
        decisions=tuple(_decision(each) for each in decisions),
        similar=tuple(
            Similar(id=each["comment_id"], state=each["state"], created_at=each["created_at"]) for each in similar
        ),
    )


async def _items(connection: Connection, ids: Sequence[CommentId]) -> list[QueueItem]:
    items = [_item(row) for row in await connection.fetch(sql("review_items"), list(ids))]
    return sorted(await _with_notices(connection, items), key=lambda item: (-item.priority, item.id))


async def _with_notices(connection: Connection, items: Sequence[QueueItem]) -> list[QueueItem]:
    """Return the items with what readers said about each."""
    ids = [item.id for item in items]
    reports, appeals = await reports_on(connection, ids), await appeals_on(connection, ids)
    return [replace(item, reports=reports.get(item.id, ()), appeal=appeals.get(item.id)) for item in items]


def _after(cursor: str) -> tuple[float, UUID] | None:
    """Read a cursor: base64url of "rank comment_id"."""
    if not cursor:
        return None
    try:
        rank, comment_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return float(rank), UUID(comment_id)
    except (ValueError, binascii.Error) as error:
        message = "is not a cursor that this service gave out"
        raise Invalid("The cursor cannot be read.", errors=[FieldError("cursor", message)]) from error


def _item(row: asyncpg.Record) -> QueueItem:
    rank = row["rank"]
    leased = row["leased_until"] is not None and row["leased_until"] > datetime.now(UTC)
    cursor = f"{0.0 if rank is None else rank!r} {row['comment_id']}"
    return QueueItem(
        id=row["comment_id"],
        site=row["site"],
        page=page_of(row),
        parent_id=row["parent_id"],
        state=row["state"],
        version=row["version"],
        author_name=row["author_name"],
        author_url=row["author_url"],
        lang=row["lang"],
        body=row["body"],
        html=row["html"],
        created_at=row["created_at"],
        queued_at=row["queued_at"] or row["created_at"],
        verdict=verdict_of(row),
        record=AuthorRecord(approved=row["approved"], rejected=row["rejected"]),
        lease=Lease(comment_id=row["comment_id"], member_id=row["leased_by"], until=row["leased_until"])
        if leased
        else None,
        leased_by=row["leased_label"] if leased else "",
        weight=row["weight"] or 0.0,
        priority=0.0 if rank is None else priority(rank, datetime.now(UTC)),
        cursor=base64.urlsafe_b64encode(cursor.encode()).decode(),
    )


def verdict_of(row: asyncpg.Record) -> Verdict:
    """Return the verdict whose columns a row carries."""
    return Verdict(
        action=row["action"],
        scores=msgspec.json.decode(row["scores"], type=dict[str, float]),
        models=msgspec.json.decode(row["models"], type=dict[str, str]),
        flags=msgspec.json.decode(row["flags"], type=tuple[Flag, ...]),
    )


def _decision(row: asyncpg.Record) -> DecisionRow:
    return DecisionRow(
        id=row["decision_id"],
        action=row["action"],
        reason=row["reason"],
        note=row["note"],
        state_before=row["state_before"],
        state_after=row["state_after"],
        by=row["decided_by"],
        undoes=row["undoes"],
        undone=row["undone"],
        created_at=row["created_at"],
    )
