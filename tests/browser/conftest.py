"""Put a browser in front of the running service and of an owner's page of another origin."""

import asyncio
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from host import Host, hosting
from live import Live, run
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from service.app import create_app
from service.comment import Policy
from service.settings import Settings
from service.store.database import Database
from service.store.sites import add_site, change_site, find_site

CHROMIUM = "/usr/bin/chromium"


@dataclass
class Watched:
    """A page whose every error, console message and outside request is kept; `check` fails on the first."""

    page: Page
    known: tuple[str, ...]
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Listen from here on."""
        self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self.page.on("crash", lambda: self.faults.append("crash"))

    def check(self) -> None:
        """Fail where anything went wrong that the test did not announce in `expected`."""
        faults = [fault for fault in self.faults if not any(each in fault for each in self.expected)]
        assert faults == []

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self.known):
            self.faults.append(f"outside request: {request.url}")


@dataclass
class Stage:
    """The service, an owner's site, and a browser."""

    live: Live
    host: Host
    browser: Browser
    opened: list[tuple[BrowserContext, Watched]] = field(default_factory=list)

    def open(self, url: str, *, context: BrowserContext | None = None, wait: bool = True, **options: object) -> Watched:
        """Open a page in a fresh profile, or in one that is given; waits until the thread is there."""
        context = context or self.browser.new_context(**options)  # type: ignore[arg-type]
        watched = Watched(context.new_page(), (self.live.origin, self.host.origin, "about:", "blob:"))
        watched.watch()
        self.opened.append((context, watched))
        watched.page.goto(url)
        if wait:
            watched.page.locator("comment-thread").scroll_into_view_if_needed()
            watched.page.locator("comment-thread h2").wait_for()
        return watched

    def close(self) -> None:
        """Close every page, and fail if anything went wrong on one."""
        opened, self.opened = self.opened, []
        for _, watched in opened:
            watched.check()
        for context in {id(context): context for context, _ in opened}.values():
            context.close()

    def policy(self, **changes: object) -> None:
        """Change the policy of the site `demo`."""

        async def change() -> None:
            db = await Database.open(self.live.service_dsn, size=1)
            try:
                site = await find_site(db, "demo")
                assert site
                await change_site(db, replace(site, policy=replace(site.policy, **changes)))
            finally:
                await db.close()

        run_apart(change)
        time.sleep(0)


def run_apart(work: Callable[[], object]) -> None:
    """Run a coroutine function in a thread of its own, for Playwright keeps a loop running in the test's."""
    thread = threading.Thread(target=lambda: asyncio.run(work()))  # type: ignore[arg-type]
    thread.start()
    thread.join()


@pytest.fixture(scope="module")
def stage(anyio_backend: str, postgres, template) -> Iterator[Stage]:  # type: ignore[no-untyped-def]
    """Return the stage that the tests of a module share; `demo` publishes what looks clean, `strict` holds all."""
    name = f"browser_{time.monotonic_ns()}"
    boss = postgres.dsn("postgres", "postgres")
    run(_execute(boss, f"CREATE DATABASE {name} OWNER gatepost_owner TEMPLATE {template} STRATEGY file_copy"))
    dsn = postgres.dsn("gatepost_service", name)
    with hosting() as host:
        run(_make_sites(dsn, host.origin))
        with _serving(dsn, postgres.dsn("postgres", name)) as live, sync_playwright() as playwright:
            started = playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
            )
            yield Stage(live, host, started)
            started.close()
    run(_execute(boss, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(autouse=True)
def nothing_goes_wrong(stage: Stage) -> Iterator[None]:
    """Fail each test on whose pages anything went wrong unannounced."""
    yield
    stage.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    """Return the checker of accessibility, from the package that ships it."""
    return Axe()


async def _make_sites(dsn: str, origin: str) -> None:
    db = await Database.open(dsn, size=1)
    try:
        for name, mode in (("demo", "post"), ("strict", "pre")):
            await add_site(db, name=name, title=name.title(), origins=[origin], policy=Policy(mode=mode))  # type: ignore[arg-type]
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
