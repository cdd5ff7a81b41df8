"""Keep what readers say about comments: reports of published ones, authors' appeals; and let both reach the queue."""

from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg

from service.comment import CommentId, Reason, SiteId
from service.priority import APPEALED, rank, reported
from service.store.database import Connection, Database
from service.store.identity import new_id
from service.store.queries import sql
from service.store.records import Appeal, Report

APPEAL = "policy.appeal"
REPORT = "policy.report"


async def add_report(
    db: Database, site_id: SiteId, comment_id: CommentId, *, reason: Reason, note: str, address_hash: bytes | None
) -> bool:
    """Keep a report of a published comment and queue the comment; False when it had been reported from this address."""
    now = datetime.now(UTC)
    async with db.transaction(site_id) as connection:
        done: str = await connection.execute(
            sql("add_report"), site_id, comment_id, new_id(now), reason, note, address_hash, now
        )
        if done == "INSERT 0 0":
            return False
        await raise_in_queue(connection, site_id, comment_id)
    return True


async def add_appeal(db: Database, site_id: SiteId, comment_id: CommentId, text: str) -> bool:
    """Keep an appeal of the decision that stands and queue the comment.

    Returns False where there is no rejection to appeal, it has been appealed, or it answered an appeal.
    """
    async with db.transaction(site_id) as connection:
        done: str = await connection.execute(sql("add_appeal"), site_id, comment_id, text, datetime.now(UTC))
        if done == "INSERT 0 0":
            return False
        await raise_in_queue(connection, site_id, comment_id)
    return True


async def reports_on(connection: Connection, ids: Sequence[CommentId]) -> dict[CommentId, tuple[Report, ...]]:
    """Return every report on these comments, the latest first; comments without one are left out."""
    found: dict[CommentId, tuple[Report, ...]] = {}
    for row in await connection.fetch(sql("reports_on"), list(ids)):
        found[row["comment_id"]] = (*found.get(row["comment_id"], ()), _report(row))
    return found


async def appeals_on(connection: Connection, ids: Sequence[CommentId]) -> dict[CommentId, Appeal]:
    """Return the latest appeal on each of these comments; comments without one are left out."""
    return {row["comment_id"]: _appeal(row) for row in await connection.fetch(sql("appeals_on"), list(ids))}


async def raise_in_queue(connection: Connection, site_id: SiteId, comment_id: CommentId) -> None:
    """Queue a comment for what readers say about it, or raise it where it waits already; a lease on it goes on."""
    (row,) = await connection.fetch(sql("standing"), [comment_id])
    said = marks(row)
    worth = max(row["weight"] or 0.0, *said.values())
    at = row["queued_at"] or datetime.now(UTC)
    codes, categories = {*row["flags"], *said}, {*row["categories"], "policy"}
    await connection.execute(
        sql("raise_in_queue"), site_id, comment_id, rank(worth, at), worth, sorted(codes), sorted(categories), at
    )


def marks(row: asyncpg.Record) -> dict[str, float]:
    """Return what readers say of a comment, by code, with the weight of each; `row` is one of `standing`."""
    found = {}
    if row["appealed"]:
        found[APPEAL] = APPEALED
    if row["reports"]:
        found[REPORT] = reported(row["reports"])
    return found


def _report(row: asyncpg.Record) -> Report:
    return Report(
        id=row["report_id"],
        reason=row["reason"],
        note=row["note"],
        created_at=row["created_at"],
        closed_at=row["closed_at"],
    )


def _appeal(row: asyncpg.Record) -> Appeal:
    return Appeal(
        text=row["text"],
        created_at=row["created_at"],
        decided_by=row["decided_by"],
        answered_at=row["answered_at"],
        granted=None if row["answered_at"] is None else row["state_after"] == "published",
    )
