"""Offer the running service to the tests of the HTTP surface."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import asyncpg
import pytest
from live import Live, run, running

Start = Callable[..., AbstractContextManager[Live]]


@pytest.fixture(scope="session")
def start(anyio_backend, postgres, template) -> Start:
    """Return what starts a service on a database of its own."""

    @contextmanager
    def started(**options: object) -> Iterator[Live]:
        name = f"live_{time.monotonic_ns()}"
        boss = postgres.dsn("postgres", "postgres")
        run(_execute(boss, f"CREATE DATABASE {name} OWNER gatepost_owner TEMPLATE {template} STRATEGY file_copy"))
        try:
            with tempfile.TemporaryDirectory() as folder:
                dsn = postgres.dsn("gatepost_service", name)
                with running(dsn, postgres.dsn("postgres", name), Path(folder), **options) as service:
                    yield service
        finally:
            run(_execute(boss, f"DROP DATABASE {name} WITH (FORCE)"))

    return started


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
