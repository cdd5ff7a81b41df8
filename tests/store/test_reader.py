"""What is published is read from a real streaming replica while it answers, else from the primary."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from shelf import arrival, new_site, put

from service.store import reader as reader_module
from service.store.database import Database
from service.store.embedded import EmbeddedPostgres
from service.store.migrate import migrate
from service.store.os_user import choose_account
from service.store.reader import Reader
from service.store.threads import find_page

KEY = "https://example.org/a"


@pytest.fixture
def pair(bin_dir) -> Iterator[tuple[EmbeddedPostgres, EmbeddedPostgres]]:
    """Run a migrated primary, and a replica that follows it."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-"))
    primary, replica = (
        EmbeddedPostgres(folder / name, bin_dir=bin_dir, settings={"fsync": "off"}) for name in ("primary", "replica")
    )
    try:
        primary.start("test")
        asyncio.run(migrate(primary.owner_dsn, primary.service_dsn))
        _copy(primary, replica, bin_dir)
        replica.start("test")
        yield primary, replica
    finally:
        replica.stop()
        primary.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _copy(primary: EmbeddedPostgres, replica: EmbeddedPostgres, bin_dir: Path) -> None:
    """Make the replica's cluster from a backup of the primary, set to follow it."""
    replica.data_dir.mkdir()
    account = choose_account(primary.data_dir, primary.cluster, bin_dir)
    account.own(replica.data_dir)
    command = ["pg_basebackup", "-h", primary.socket_dir, "-p", "5432", "-U", "postgres", "-D", replica.cluster, "-R"]
    subprocess.run(
        [*account.prefix, bin_dir / command[0], *command[1:], "--checkpoint=fast"], check=True, **account.identity
    )


@pytest.fixture
async def db(pair):
    opened = await Database.open(pair[0].service_dsn)
    yield opened
    await opened.close()


async def published(db: Database) -> tuple[int, bool]:
    """Return how many comments the test's page shows, and whether a replica said so."""
    async with db.seeing() as connection:
        is_replica = await connection.fetchval("SELECT pg_is_in_recovery()")
    page = await find_page(db, 1, KEY)
    return page.count if page else 0, is_replica


async def until_there(reader: Reader, count: int) -> tuple[int, bool]:
    """Read until the replica has caught up."""
    async with asyncio.timeout(20):
        while (found := await reader.read(published))[0] != count:
            await asyncio.sleep(0.05)
    return found


async def test_public_reads_go_to_the_replica_and_back_to_it_after_it_was_away(pair, db, monkeypatch):
    monkeypatch.setattr(reader_module, "_AVOIDED", 0.2)
    replica = pair[1]
    site = await new_site(db)
    await put(db, [arrival(site)], "published")
    reader = Reader(db, replica.service_dsn)

    first = await until_there(reader, 1)
    await asyncio.to_thread(replica.stop)
    meanwhile = await reader.read(published)
    await asyncio.to_thread(replica.start, "test")
    await asyncio.sleep(0.3)
    later = await until_there(reader, 1)
    await reader.close()

    assert (first, meanwhile, later) == ((1, True), (1, False), (1, True))


async def test_without_a_replica_the_primary_is_read(pair, db):
    assert await Reader(db).read(published) == (0, False)
