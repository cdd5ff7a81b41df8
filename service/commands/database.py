"""Reach the database that the settings name: one's own server, or the embedded Postgres."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from service.errors import StoreError
from service.settings import Settings
from service.store.database import Database
from service.store.embedded import EmbeddedPostgres
from service.store.migrate import migrate

T = TypeVar("T")


@contextmanager
def reachable(settings: Settings, purpose: str) -> Iterator[Settings]:
    """Give settings whose database URLs are filled in; an embedded Postgres runs at least until the block ends."""
    if settings.database_url:
        yield settings
        return
    postgres = EmbeddedPostgres(settings.data_dir)
    postgres.start_or_join(purpose)
    try:
        yield with_urls(settings, postgres)
    finally:
        postgres.stop()


def with_urls(settings: Settings, postgres: EmbeddedPostgres) -> Settings:
    """Return settings that name the embedded Postgres."""
    return replace(settings, database_url=postgres.service_dsn, owner_database_url=postgres.owner_dsn)


def bring_up_to_date(settings: Settings) -> list[str]:
    """Migrate as the owner, where the owner is known; return what was applied."""
    if not settings.owner_database_url:
        return []
    return asyncio.run(migrate(settings.owner_database_url, settings.database_url))


def on_database(settings: Settings, purpose: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Do some work on the migrated database as the service's role."""

    async def opened(url: str) -> T:
        db = await Database.open(url, pooling=settings.database_pooling, size=1)
        try:
            return await work(db)
        finally:
            await db.close()

    with reachable(settings, purpose) as found:
        if not settings.database_url:
            bring_up_to_date(found)
        return asyncio.run(opened(found.database_url))


def migrate_now(settings: Settings) -> list[str]:
    """Apply what is pending and return it.

    Raises:
        StoreError: it is unclear who owns the tables, or a right is missing.
    """
    with reachable(settings, "migrate") as found:
        owner = found.owner_database_url or found.database_url
        service = found.database_url if found.owner_database_url else ""
        if not owner:
            raise StoreError("Set GATEPOST_OWNER_DATABASE_URL to the URL of the role that owns the tables.")
        return asyncio.run(migrate(owner, service))
