"""Offer the stage: the service, an owner's site of another origin, and a browser.

A plugin that test modules name, and no conftest.py: of several of those, `import conftest` finds only the last.
"""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from host import hosting
from live import Live, run
from playwright.sync_api import expect, sync_playwright
from stage import ARGUMENTS, CHROMIUM, Stage

from service.app import create_app
from service.comment import Policy
from service.settings import Settings
from service.store.database import Database
from service.store.sites import add_site

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def theatre(anyio_backend: str, postgres, template) -> Iterator[Stage]:  # type: ignore[no-untyped-def]
    """Return the stage of a module's tests: `strict` holds all, `demo` and `work` publish, `work` asks for work."""
    name = f"browser_{time.monotonic_ns()}"
    boss = postgres.dsn("postgres", "postgres")
    run(_execute(boss, f"CREATE DATABASE {name} OWNER gatepost_owner TEMPLATE {template} STRATEGY file_copy"))
    dsn = postgres.dsn("gatepost_service", name)
    with hosting() as host:
        run(_make_sites(dsn, host.origin))
        with _serving(dsn, postgres.dsn("postgres", name)) as live, sync_playwright() as playwright:
            started = playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=ARGUMENTS,
                ignore_default_args=["--disable-back-forward-cache"],
            )
            yield Stage(live, host, started, playwright)
            started.close()
    run(_execute(boss, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def stage(theatre: Stage) -> Iterator[Stage]:
    """Return the stage; the test fails if anything went wrong unannounced on any page that it opened."""
    yield theatre
    theatre.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    """Return the checker of accessibility, from the package that ships it."""
    return Axe()


async def _make_sites(dsn: str, origin: str) -> None:
    db = await Database.open(dsn, size=1)
    try:
        for name, policy in (
            ("demo", Policy(mode="post")),
            ("strict", Policy(mode="pre")),
            ("work", Policy(mode="post", proof_of_work="always")),
        ):
            await add_site(db, name=name, title=name.title(), origins=[origin], policy=policy)
    finally:
        await db.close()


@contextmanager
def _serving(dsn: str, superuser_dsn: str) -> Iterator[Live]:
    with socket.socket() as taken, tempfile.TemporaryDirectory() as folder:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = Settings(
            data_dir=Path(folder), database_url=dsn, port=port, public_url=f"http://127.0.0.1:{port}", rate_limits={}
        )
        config = uvicorn.Config(create_app(settings), ws="none", log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            thread.join(0.01)
        yield Live(port, superuser_dsn, dsn)
        server.should_exit = True
        thread.join(30)


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
