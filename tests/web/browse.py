"""Put a real browser in front of the running service, and fail on what nobody would notice in it."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest
import uvicorn
from desk import Office, build_app, opened
from live import run
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
_CLEARED = (
    "TRUNCATE comment, verdict, queue, page, credential, member, author, decision, event, outbox, statement, "
    "second_opinion, revision CASCADE; UPDATE counter SET total = 0"
)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What pages did that they should not: scripts that failed, words in the console, requests to elsewhere."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    dialogues: list[str] = field(default_factory=list)

    def on(self, context: BrowserContext, home: str) -> None:
        """Watch every page of a context; `home` is where requests may go."""
        context.on("request", lambda request: request.url.startswith(home) or self.outside.append(request.url))
        context.on("dialog", lambda dialog: (self.dialogues.append(dialog.message), dialog.dismiss()))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda said: said.type in ("error", "warning") and self.errors.append(said.text))

    @property
    def all(self) -> list[str]:
        return self.errors + self.outside + self.dialogues

    def expect(self, text: str) -> None:
        """Drop what was foreseen from the errors; it must be there."""
        assert any(text in error for error in self.errors), self.errors
        self.errors[:] = [error for error in self.errors if text not in error]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A running service, its members, and a browser in front of it."""

    office: Office
    url: str
    dsn: str
    browser: Browser
    watch: Watch

    def signed_in(
        self, email: str = "ada@example.org", *, role: str = "moderator", script: bool = True, **options: object
    ) -> Page:
        """Return a page of a fresh profile on which a member has signed in by their link."""
        context = self.browser.new_context(java_script_enabled=script, **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        self.watch.on(context, self.url)
        page = context.new_page()
        page.goto(f"{self.url}/console/sign-in/{self.office.invite(email, role)}")  # type: ignore[arg-type]
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/console")
        return page

    def execute(self, statement: str) -> None:
        """Change the database past row-level security."""
        run(_execute(self.dsn, statement))

    def detail(self, comment: str) -> dict[str, object]:
        """Return all that the review API says of a comment."""
        found: dict[str, object] = self.office.get(f"/v1/review/comments/{comment}", self.office.token("viewer")).json()
        return found


@contextmanager
def serving(service_dsn: str) -> Iterator[tuple[Office, str]]:
    """Run the service on a socket and in an office beside it, both on one database."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(build_app(service_dsn, url), ws="none", log_config=None, lifespan="on"))
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[taken]),))
        thread.start()
        try:
            with opened(service_dsn) as office:
                yield office, url
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium; skips the test where there is none."""
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
            )
        except Error as error:
            pytest.skip(f"there is no Chromium at {CHROMIUM}: {error.message.splitlines()[0]}")
        yield started
        started.close()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def clear(dsn: str) -> None:
    """Take everything off the desk and send everybody home; the sites stay."""
    run(_execute(dsn, _CLEARED))
