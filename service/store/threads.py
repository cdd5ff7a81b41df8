"""Read what is published."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import asyncpg

from service.comment import CommentId, SiteId
from service.store.database import Database
from service.store.queries import sql
from service.store.records import Page, PublicComment


async def find_page(db: Database, site_id: SiteId, page_key: str) -> Page | None:
    """Return the page of this key; None when nobody has commented there."""
    async with db.seeing(site_id) as connection:
        row = await connection.fetchrow(sql("find_page"), site_id, page_key)
    return page_of(row) if row else None


async def find_thread(
    db: Database, site_id: SiteId, page_key: str, *, sort: Literal["oldest", "newest"], limit: int, after: UUID | None
) -> tuple[Page | None, list[PublicComment]]:
    """Return the page of this key with up to `limit` of its published comments, those after the given one, as sorted.

    Both as of one moment. None and nothing when nobody has commented there.
    """
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql(f"thread_{sort}"), site_id, page_key, after, limit)
    page = page_of(rows[0]) if rows else None
    return page, [_public_comment(row) for row in rows if row["comment_id"]]


async def find_published(db: Database, site_id: SiteId, comment_id: CommentId) -> PublicComment | None:
    """Return one published comment."""
    async with db.seeing(site_id) as connection:
        row = await connection.fetchrow(sql("find_published"), site_id, comment_id)
    return _public_comment(row) if row else None


async def page_counts(db: Database, site_id: SiteId, keys: Sequence[str]) -> dict[str, int]:
    """Return the number of published comments of each page, 0 where nobody has commented."""
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("page_counts"), site_id, list(keys))
    return dict.fromkeys(keys, 0) | {row["key"]: row["published"] for row in rows}


async def recent_published(db: Database, site_id: SiteId, limit: int) -> list[tuple[Page, PublicComment]]:
    """Return a site's latest published comments, newest first, each with its page."""
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("recent_published"), site_id, limit)
    return [(page_of(row), _public_comment(row)) for row in rows]


def page_of(row: asyncpg.Record) -> Page:
    """Return the page whose columns a row carries."""
    return Page(
        id=row["page_id"],
        key=row["key"],
        url=row["url"],
        title=row["title"],
        count=row["published"],
        closed=row["closed"],
        changed_at=row["changed_at"],
    )


def _public_comment(row: asyncpg.Record) -> PublicComment:
    return PublicComment(
        id=row["comment_id"],
        parent_id=row["parent_id"],
        author_name=row["author_name"],
        author_url=row["author_url"],
        html=row["html"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
    )
