"""Sites and their keys."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import msgspec

from service.comment import Policy, SiteId, State
from service.errors import Conflict
from service.store.database import Database
from service.store.queries import sql
from service.store.records import Learned, Site, SiteKeys

_EPOCH = date(1970, 1, 1)
_PERMANENT = ("author_token", "form_token", "author_key")


async def find_site(db: Database, name: str) -> Site | None:
    """Return the site of this name."""
    async with db.seeing() as connection:
        row = await connection.fetchrow(sql("find_site"), name)
    return _site(row) if row else None


async def list_sites(db: Database) -> list[Site]:
    """Return every site, by name."""
    async with db.seeing() as connection:
        return [_site(row) for row in await connection.fetch(sql("list_sites"))]


async def all_site_ids(db: Database) -> list[SiteId]:
    """Return the ids of all sites, without reading their policies: for work that looks every second."""
    async with db.seeing() as connection:
        return [row["site_id"] for row in await connection.fetch(sql("all_site_ids"))]


async def add_site(db: Database, *, name: str, title: str, origins: Sequence[str], policy: Policy) -> Site:
    """Make a site with its permanent keys.

    Raises:
        Conflict: the name is taken.
    """
    async with db.seeing() as connection:
        site_id = SiteId(await connection.fetchval(sql("next_site_id")))
    async with db.transaction(site_id) as connection:
        try:
            await connection.execute(
                sql("add_site"), site_id, name, title, list(origins), msgspec.json.encode(policy).decode()
            )
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"There is a site named {name} already.", code="site_exists") from error
        for purpose in _PERMANENT:
            await connection.execute(sql("add_key"), site_id, purpose, _EPOCH, secrets.token_bytes(32))
    return Site(id=site_id, name=name, title=title, origins=tuple(origins), policy=policy)


async def change_policy(
    db: Database, site_id: SiteId, change: Callable[[Policy], Policy], *, by: UUID | None = None
) -> Policy:
    """Change a site's policy, one change after the other; return what it is now.

    What differs goes on record: `by` is the member or token, None for somebody at the command line.
    """
    async with db.transaction(site_id) as connection:
        before = msgspec.json.decode(await connection.fetchval(sql("lock_policy"), site_id), type=Policy)
        after = change(before)
        if after != before:
            content, detail = msgspec.json.encode(after).decode(), f"{_difference(before, after)} by {by or 'command'}"
            await connection.execute(sql("put_policy"), site_id, content, detail, datetime.now(UTC))
    return after


async def rename_site(db: Database, site_id: SiteId, *, title: str, origins: Sequence[str]) -> None:
    """Write a site's title and origins."""
    async with db.seeing(site_id) as connection:
        await connection.execute(sql("put_site"), site_id, title, list(origins))


async def site_keys(db: Database, site_id: SiteId) -> SiteKeys | None:
    """Return the keys of a site, None when there is no such site; makes today's address key when nobody has yet."""
    today = datetime.now(UTC).date()
    async with db.seeing(site_id) as connection:
        keys = {row["purpose"]: row["key"] for row in await connection.fetch(sql("site_keys"), site_id, today)}
        if not keys:
            return None
        if "address" not in keys:
            await connection.execute(sql("add_key"), site_id, "address", today, secrets.token_bytes(32))
            rows = await connection.fetch(sql("site_keys"), site_id, today)
            keys = {row["purpose"]: row["key"] for row in rows}
    return SiteKeys(**keys)


async def state_counts(db: Database, site_ids: Sequence[SiteId]) -> dict[SiteId, dict[State, int]]:
    """Return how many comments of each site are in each state."""
    counts: dict[SiteId, dict[State, int]] = {site_id: {} for site_id in site_ids}
    async with db.seeing(*site_ids) as connection:
        for row in await connection.fetch(sql("counters")):
            counts[row["site_id"]][row["state"]] = row["total"]
    return counts


def _difference(before: Policy, after: Policy) -> str:
    """Return the names of what was changed, with the value it has where that is a word or a number.

    Lists hold addresses of people, so their name has to do.
    """
    names = [each.name for each in fields(Policy) if getattr(before, each.name) != getattr(after, each.name)]
    values = {name: getattr(after, name) for name in names}
    return " ".join(f"{name}={value}" if isinstance(value, str | float) else name for name, value in values.items())


def _site(row: asyncpg.Record) -> Site:
    return Site(
        id=row["site_id"],
        name=row["name"],
        title=row["title"],
        origins=tuple(row["origins"]),
        policy=msgspec.json.decode(row["policy"], type=Policy),
        learned=msgspec.json.decode(row["learned"], type=Learned),
    )
