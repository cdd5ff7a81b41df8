"""Read what waits for a person, and everything about a comment."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from service.comment import AuthorRecord, CommentId, Flag, PageId, SiteId, Verdict
from service.errors import FieldError, Invalid
from service.priority import priority
from service.store.cases import CommentRevision, Lease, QueueFilters, QueueItem, Similar, Stored
from service.store.database import Connection, Database
from service.store.history import decision_of
from service.store.notices import appeals_on, reports_on
from service.store.queries import sql
from service.store.records import Page, Principal
from service.store.threads import page_of

Sort = Literal["priority", "oldest", "newest"]
_LAST = UUID(int=2**128 - 1)


async def queue_page(
    db: Database,
    site_ids: Sequence[SiteId],
    filters: QueueFilters,
    *,
    reader: Principal,
    sort: Sort,
    limit: int,
    cursor: str = "",
    free: bool = False,
) -> list[QueueItem]:
    """Return up to `limit` comments after the one whose `cursor` is given.

    Published and rejected comments have no priority; with sort `priority` they come newest first. The reader is not
    shown those on which a second person is to judge a decision of theirs; with `free`, neither what others hold nor
    what the reader has escalated to them.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    after = _after(cursor)
    wanted = (list(site_ids), filters.category, filters.flag, filters.page_key, filters.q, filters.author)
    async with db.seeing(*site_ids) as connection:
        if filters.status != "held":
            name = "archive_by_oldest" if sort == "oldest" else "archive_by_newest"
            rows = await connection.fetch(sql(name), *wanted, filters.status, after and after[1], limit)
        elif sort == "priority":
            place = after or (None, None)
            rows = await connection.fetch(sql("queue_by_priority"), *wanted, reader.actor, free, *place, limit)
        else:
            rows = await connection.fetch(
                sql(f"queue_by_{sort}"), *wanted, reader.actor, free, after and after[1], limit
            )
        return await items_of(connection, [row["comment_id"] for row in rows])


async def comment_detail(db: Database, site_ids: Sequence[SiteId], comment_id: CommentId) -> Stored | None:
    """Return everything about one comment."""
    async with db.seeing(*site_ids) as connection:
        row = await connection.fetchrow(sql("review_items"), [comment_id])
        if row is None:
            return None
        revisions = await connection.fetch(sql("revisions"), comment_id)
        decisions = await connection.fetch(sql("decisions"), comment_id)
        similar = await connection.fetch(sql("similar_comments"), [comment_id], False)
        (item,) = await _with_notices(connection, [_item(row)])
    return Stored(
        item=item,
        author_email=row["author_email"],
        edited_at=row["edited_at"],
        queued=row["rank"] is not None,
        revisions=_revisions(revisions, item),
        decisions=tuple(decision_of(each) for each in decisions),
        similar=tuple(_similar(each) for each in similar),
    )


async def decided_alike(
    db: Database, site_ids: Sequence[SiteId], ids: Sequence[CommentId]
) -> Mapping[CommentId, list[Similar]]:
    """Return, for each of these comments, others with the same words that no longer wait, latest first."""
    found: dict[CommentId, list[Similar]] = {each: [] for each in ids}
    async with db.seeing(*site_ids) as connection:
        for row in await connection.fetch(sql("similar_comments"), list(ids), True):
            found[row["of"]].append(_similar(row))
    return found


async def queued_alike(
    db: Database, site_ids: Sequence[SiteId], ids: Sequence[CommentId]
) -> Mapping[CommentId, list[tuple[CommentId, int]]]:
    """Return, for each of these comments, what else waits with the same words, with versions, in order of arrival."""
    found: dict[CommentId, list[tuple[CommentId, int]]] = {each: [] for each in ids}
    async with db.seeing(*site_ids) as connection:
        for row in await connection.fetch(sql("queued_alike"), list(ids)):
            found[row["of"]].append((row["comment_id"], row["version"]))
    return found


async def find_items(db: Database, site_ids: Sequence[SiteId], ids: Sequence[CommentId]) -> list[QueueItem]:
    """Return these comments in the order given, those that there are."""
    async with db.seeing(*site_ids) as connection:
        return await items_of(connection, ids)


async def page_comments(
    db: Database, site_ids: Sequence[SiteId], page_id: PageId, *, before: CommentId | None, limit: int
) -> tuple[str, Page, list[QueueItem]] | None:
    """Return a page with its site's name and its comments in every state, latest first; None when there is none."""
    async with db.seeing(*site_ids) as connection:
        page = await connection.fetchrow(sql("page_by_id"), page_id)
        if page is None:
            return None
        rows = await connection.fetch(sql("comments_of_page"), page["site_id"], page_id, before or _LAST, limit)
        items = await items_of(connection, [row["comment_id"] for row in rows])
    return page["site"], page_of(page), items


async def author_comments(
    db: Database, site_ids: Sequence[SiteId], comment_id: CommentId, *, before: CommentId | None, limit: int
) -> list[QueueItem]:
    """Return what the author of a comment has written on its site, latest first; [] for an author without a key."""
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("comments_of_author"), comment_id, before or _LAST, limit)
        return await items_of(connection, [row["comment_id"] for row in rows])


async def items_of(connection: Connection, ids: Sequence[CommentId]) -> list[QueueItem]:
    """Return these comments in the order given, those that there are."""
    items = [_item(row) for row in await connection.fetch(sql("review_items"), list(ids))]
    found = {item.id: item for item in await _with_notices(connection, items)}
    return [found[each] for each in ids if each in found]


async def _with_notices(connection: Connection, items: Sequence[QueueItem]) -> list[QueueItem]:
    """Return the items with what readers said about each."""
    ids = [item.id for item in items]
    reports, appeals = await reports_on(connection, ids), await appeals_on(connection, ids)
    return [replace(item, reports=reports.get(item.id, ()), appeal=appeals.get(item.id)) for item in items]


def by_priority(items: Iterable[QueueItem]) -> list[QueueItem]:
    """Return comments in the order of the queue."""
    return sorted(items, key=lambda item: (-item.priority, item.id))


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
        escalated="policy.escalated" in (row["codes"] or ()),
        not_for=row["not_for"],
        second=row["second_of"] is not None,
    )


def verdict_of(row: asyncpg.Record) -> Verdict:
    """Return the verdict whose columns a row carries."""
    return Verdict(
        action=row["action"],
        scores=msgspec.json.decode(row["scores"], type=dict[str, float]),
        models=msgspec.json.decode(row["models"], type=dict[str, str]),
        flags=msgspec.json.decode(row["flags"], type=tuple[Flag, ...]),
    )


def _revisions(rows: Sequence[asyncpg.Record], item: QueueItem) -> tuple[CommentRevision, ...]:
    """Return a comment's revisions; the text of the latest is the comment's own."""
    bodies = [None if item.state == "erased" else item.body, *(row["body"] for row in rows[1:])]
    return tuple(
        CommentRevision(revision=row["revision"], body=body, written_at=row["written_at"], verdict=verdict_of(row))
        for row, body in zip(rows, bodies, strict=True)
    )


def _similar(row: asyncpg.Record) -> Similar:
    return Similar(
        id=row["comment_id"],
        state=row["state"],
        created_at=row["created_at"],
        author_name=row["author_name"],
        action=row["action"],
        reason=row["reason"],
        by=row["decided_by"],
    )
