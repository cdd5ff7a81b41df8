"""Give pages other names, and move comments from one page to another."""

from service.comment import PageId, SiteId
from service.errors import Conflict, NotFound
from service.store.database import Connection, Database
from service.store.queries import sql


async def add_alias(db: Database, site_id: SiteId, *, alias: str, key: str) -> None:
    """Let another key name a page from here on.

    Raises:
        NotFound: no page has this key.
        Conflict: the alias is a page of its own; its comments would be hidden.
    """
    async with db.transaction(site_id) as connection:
        pages = await _resolve(connection, site_id, [alias, key])
        if pages[key] is None:
            raise NotFound(f"Nobody has commented on a page {key} yet.")
        if pages[alias] not in (None, pages[key]):
            raise Conflict(f"{alias} is a page of its own. To put its comments under the other: gatepost page move")
        await connection.execute(sql("put_alias"), site_id, alias, pages[key])


async def move_page(db: Database, site_id: SiteId, *, old: str, new: str) -> int:
    """Put a page's comments under another key, the old one staying as its alias; return how many where pages merge.

    Raises:
        NotFound: no page has the old key.
        Conflict: both keys name one page already.
    """
    async with db.transaction(site_id) as connection:
        pages = await _resolve(connection, site_id, [old, new])
        source, target = pages[old], pages[new]
        if source is None:
            raise NotFound(f"Nobody has commented on a page {old} yet.")
        if source == target:
            raise Conflict(f"{old} and {new} are one page already.")
        moved = 0
        if target is None:
            await connection.execute(sql("rename_page"), site_id, source, new)
            target = source
        else:
            moved = await connection.fetchval(sql("move_comments"), site_id, source, target)
            await connection.execute(sql("move_aliases"), site_id, source, target)
        await connection.execute(sql("put_alias"), site_id, old, target)
    return moved


async def keys_below(db: Database, site_id: SiteId, prefix: str) -> list[str]:
    """Return the keys of a site's pages that begin with a text."""
    async with db.seeing(site_id) as connection:
        return [row["key"] for row in await connection.fetch(sql("keys_below"), site_id, prefix)]


async def _resolve(connection: Connection, site_id: SiteId, keys: list[str]) -> dict[str, PageId | None]:
    return {row["key"]: row["page_id"] for row in await connection.fetch(sql("resolve_keys"), site_id, keys)}
