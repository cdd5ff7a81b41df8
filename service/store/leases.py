"""Lease what waits, so that nobody works on what somebody else holds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.comment import CommentId, MemberId, SiteId
from service.store.cases import Backlog, Lease, QueueFilters, QueueItem
from service.store.database import Database
from service.store.queries import sql
from service.store.records import Principal
from service.store.review import by_priority, items_of

LEASE = timedelta(minutes=10)
"""How long a comment is a moderator's own before others may take it."""


async def backlog(db: Database, site_ids: Sequence[SiteId], by: Principal) -> Backlog:
    """Return how much waits, since when, and how much of it others look at."""
    async with db.seeing(*site_ids) as connection:
        row = await connection.fetchrow(sql("backlog"), list(site_ids), by.actor)
    assert row is not None
    return Backlog(held=row["held"], oldest_at=row["oldest_at"], elsewhere=row["elsewhere"])


async def take_leases(
    db: Database, site_ids: Sequence[SiteId], by: Principal, *, limit: int, filters: QueueFilters
) -> list[QueueItem]:
    """Lease the next comments that nobody holds, for LEASE, and return them, highest priority first."""
    async with db.transaction(*site_ids) as connection:
        await connection.keep_plans()
        wanted = (filters.category, filters.flag, filters.page_key, filters.q, filters.author)
        taken = await connection.fetch(sql("take_leases"), by.actor, by.label, LEASE, *wanted, limit)
        return by_priority(await items_of(connection, [row["comment_id"] for row in taken]))


async def lease_these(
    db: Database,
    site_ids: Sequence[SiteId],
    by: Principal,
    ids: Sequence[CommentId],
    *,
    give_back_others: bool = False,
) -> set[CommentId]:
    """Lease these comments as far as nobody else holds them, for LEASE from now; return which they are."""
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("lease_these"), by.actor, by.label, LEASE, list(ids), give_back_others)
    return {row["comment_id"] for row in rows}


def held_by(item: QueueItem, by: Principal) -> QueueItem:
    """Return a comment as it is once `by` has leased it."""
    lease = Lease(comment_id=item.id, member_id=MemberId(by.actor), until=datetime.now(UTC) + LEASE)
    return replace(item, lease=lease, leased_by=by.label)


async def own_leases(db: Database, site_ids: Sequence[SiteId], by: Principal) -> Mapping[CommentId, datetime]:
    """Return until when one holds which comments."""
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("own_leases"), by.actor)
    return {row["comment_id"]: row["leased_until"] for row in rows}


async def held_elsewhere(db: Database, site_ids: Sequence[SiteId], by: Principal, limit: int) -> list[QueueItem]:
    """Return what others look at and what one has escalated to them, in the order of arrival."""
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("held_elsewhere"), by.actor, limit)
        return await items_of(connection, [row["comment_id"] for row in rows])


async def give_back(db: Database, site_ids: Sequence[SiteId], by: Principal, comment_id: CommentId) -> bool:
    """End one's own lease; tell whether there was one."""
    async with db.seeing(*site_ids) as connection:
        done: str = await connection.execute(sql("give_back"), comment_id, by.actor)
    return done != "UPDATE 0"
