"""Sites are remembered for some seconds, and for as long as Postgres does not answer."""

import asyncio

import asyncpg
import pytest
from shelf import new_site

from service.errors import NotFound, Unavailable
from service.store.database import Database
from service.store.records import Site
from service.store.sites import find_site
from service.web import directory
from service.web.directory import SiteDirectory


@pytest.fixture
def impatient(monkeypatch):
    """Ask for a site every time, and wait for the answer briefly."""
    monkeypatch.setattr(directory, "REMEMBERED", -1.0)
    monkeypatch.setattr(directory, "ASK_SECONDS", 0.2)


async def test_a_remembered_site_stands_while_the_database_does_not_answer(db, database, impatient):
    site = await new_site(db)
    sites = SiteDirectory(db)
    await sites.get(site.name)
    blocker = await asyncpg.connect(database.owner_dsn)
    transaction = blocker.transaction()
    await transaction.start()
    await blocker.execute("LOCK TABLE site IN ACCESS EXCLUSIVE MODE")

    remembered = await sites.get(site.name)
    with pytest.raises(Unavailable):
        await sites.get("never-asked-for")

    await transaction.rollback()
    await blocker.close()
    assert remembered.id == site.id
    with pytest.raises(NotFound):
        await sites.get("never-asked-for")


async def test_of_a_crowd_that_finds_a_site_run_out_one_asks_and_nobody_else_waits(db, monkeypatch):
    site = await new_site(db)
    sites = SiteDirectory(db)
    await sites.get(site.name)
    asked = []

    async def find_slowly(db: Database, name: str) -> Site | None:
        asked.append(name)
        await asyncio.sleep(0.2)
        return await find_site(db, name)

    monkeypatch.setattr(directory, "find_site", find_slowly)
    monkeypatch.setattr(directory, "REMEMBERED", 0.5)
    await asyncio.sleep(0.6)
    first = asyncio.create_task(sites.get(site.name))
    await asyncio.sleep(0.01)
    crowd = [await sites.get(site.name) for _ in range(50)]

    assert asked == [site.name]
    assert not first.done()
    assert {each.id for each in (*crowd, await first)} == {site.id}
