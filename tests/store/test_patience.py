"""A reader waits for a Postgres that hangs no longer than was promised, and is served as soon as it goes on."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from shelf import arrival, new_site, put

from service.errors import Unavailable
from service.store.database import Database
from service.store.embedded import EmbeddedPostgres
from service.store.migrate import migrate
from service.store.reader import READ_SECONDS, Reader
from service.store.threads import find_page
from service.web.directory import ASK_SECONDS, SiteDirectory

MARGIN = 0.5
KEY = "https://example.org/a"


@pytest.fixture
async def alone(folder, bin_dir):
    """Run a Postgres that may be frozen: the test's own."""
    postgres = EmbeddedPostgres(folder / "data", bin_dir=bin_dir, settings={"fsync": "off"})
    postgres.start("test")
    await migrate(postgres.owner_dsn, postgres.service_dsn)
    yield postgres
    postgres.stop()


def everything_of(pid: int) -> list[int]:
    """Return a process and its children."""
    children = []
    for status in Path("/proc").glob("[0-9]*/status"):
        # Processes end while this looks at them.
        with suppress(OSError):
            if f"PPid:\t{pid}\n" in status.read_text():
                children.append(int(status.parent.name))
    return [pid, *children]


def tell(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        # One that was about to end may be gone as soon as its parent goes on.
        with suppress(ProcessLookupError):
            os.kill(pid, what)


async def test_readers_are_refused_in_time_by_a_database_that_hangs_and_served_when_it_goes_on(alone):
    db = await Database.open(alone.service_dsn)
    site = await new_site(db)
    await put(db, [arrival(site)], "published")
    reader, sites = Reader(db), SiteDirectory(db)
    frozen = everything_of(alone.pid)
    tell(frozen, signal.SIGSTOP)
    took = {}
    try:
        for name, reading in (
            ("page", lambda: reader.read(lambda each: find_page(each, site.id, KEY))),
            ("keys", lambda: sites.keys(site.id)),
            ("page again", lambda: reader.read(lambda each: find_page(each, site.id, KEY))),
        ):
            began = time.monotonic()
            with pytest.raises(Unavailable):
                await reading()
            took[name] = time.monotonic() - began
    finally:
        tell(frozen, signal.SIGCONT)

    assert took["page"] < READ_SECONDS + MARGIN
    assert took["page again"] < READ_SECONDS + MARGIN
    assert took["keys"] < ASK_SECONDS + MARGIN
    page = await reader.read(lambda each: find_page(each, site.id, KEY))
    assert page is not None
    assert page.count == 1
    assert (await sites.keys(site.id)).author_token
    await db.close()
