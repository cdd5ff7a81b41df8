"""Offer the running service to the tests of the HTTP surface."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from browse import Desk, Watch, chromium, clear, serving
from desk import Office, opened
from live import Live, run, running

Start = Callable[..., AbstractContextManager[Live]]


@pytest.fixture(scope="session")
def start(anyio_backend, postgres, template) -> Start:
    """Return what starts a service on a database of its own."""

    @contextmanager
    def started(**options: object) -> Iterator[Live]:
        with copy_of(postgres, template) as name, tempfile.TemporaryDirectory() as folder:
            dsn = postgres.dsn("gatepost_service", name)
            with running(dsn, postgres.dsn("postgres", name), Path(folder), **options) as service:
                yield service

    return started


@contextmanager
def copy_of(postgres, template: str) -> Iterator[str]:
    """Make a database of one's own, and drop it at the end."""
    name = f"live_{time.monotonic_ns()}"
    boss = postgres.dsn("postgres", "postgres")
    run(_execute(boss, f"CREATE DATABASE {name} OWNER gatepost_owner TEMPLATE {template} STRATEGY file_copy"))
    try:
        yield name
    finally:
        run(_execute(boss, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def counter(anyio_backend, postgres, template) -> Iterator[Desk]:
    """Return a desk for all tests of a module: one service, one browser. Use `desk`, which is cleared."""
    # The browser is the innermost: Playwright keeps a loop running that other fixtures' cannot run beside.
    with copy_of(postgres, template) as name:
        service, boss = postgres.dsn("gatepost_service", name), postgres.dsn("postgres", name)
        with serving(service) as (office, url), chromium() as browser:
            yield Desk(office=office, url=url, dsn=boss, browser=browser, watch=Watch())


@pytest.fixture
def desk(counter: Desk) -> Iterator[Desk]:
    """Return a desk with nothing on it; fails the test for whatever went wrong unseen in its pages."""
    clear(counter.dsn)
    desk = replace(counter, watch=Watch())
    yield desk
    for context in list(desk.browser.contexts):
        context.close()
    assert desk.watch.all == []


@pytest.fixture
def office(anyio_backend, database) -> Iterator[Office]:
    """Return the application on a fresh database, with what it takes to lay comments on a desk."""
    with opened(database.service_dsn) as office:
        yield office


@pytest.fixture(scope="module")
def live(start: Start) -> Iterator[Live]:
    """Return a service that all tests of a module share; limits are off."""
    with start() as service:
        yield service


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
