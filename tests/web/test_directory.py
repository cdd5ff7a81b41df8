"""Sites are remembered for some seconds, and for as long as Postgres does not answer."""

import asyncpg
import pytest
from shelf import new_site

from service.errors import NotFound, Unavailable
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
