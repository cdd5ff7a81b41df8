"""Put a browser in front of the running service and of an owner's page, and watch all that goes wrong there."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from host import Host
from live import Live
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


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
    playwright: Playwright
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
            watched.page.locator("comment-thread #title").wait_for()
        return watched

    @contextmanager
    def profile(self, preferences: Mapping[str, object]) -> Iterator[BrowserContext]:
        """Start another browser on a profile with these preferences."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Default").mkdir()
            (Path(folder) / "Default" / "Preferences").write_text(json.dumps({"profile": preferences}), "utf-8")
            context = self.playwright.chromium.launch_persistent_context(
                folder, executable_path=CHROMIUM, args=ARGUMENTS
            )
            yield context
            context.close()

    def close(self) -> None:
        """Close every page, and fail if anything went wrong on one."""
        opened, self.opened = self.opened, []
        for _, watched in opened:
            watched.check()
        for context in {id(context): context for context, _ in opened}.values():
            context.close()
