"""Lay comments on a moderator's desk: real rows, with verdicts written by hand, so that each test knows them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from httpx2 import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service.app import create_app
from service.comment import (
    ClaimMatch,
    ClaimSource,
    CommentId,
    Evidence,
    Flag,
    Policy,
    Role,
    Signals,
    Submission,
    Verdict,
)
from service.comment import State as CommentState
from service.priority import rank, weight
from service.settings import Settings
from service.store.credentials import add_token, invite_member, open_session
from service.store.database import Database
from service.store.identity import new_id
from service.store.intake import Writer
from service.store.own import revise
from service.store.reader import Reader
from service.store.records import Arrival, Judged, Site
from service.store.sites import add_site
from service.web.attempt import Attempts
from service.web.batch import Intake
from service.web.directory import SiteDirectory
from service.web.limit import RateLimits
from service.web.metrics import Metrics
from service.web.secret import PasswordDesk
from service.web.state import State

T = TypeVar("T")
Who = Mapping[str, str] | Mapping[str, bytes] | None

MODELS = {"spam": "spam-2026.11.1", "health": "health-2026.11.1"}
LIE = "Honestly, ketamine isn't addictive at all. Ask <b>anyone</b>.\nI took it for years."
QUOTE = "ketamine isn't addictive at all"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A comment to be laid on the desk, and what the judges are to have said about it."""

    body: str
    verdict: Verdict
    author_name: str = "Jo Reader"
    author_url: str = ""
    author_email: str = ""
    html: str | None = None
    state: CommentState = "held"
    page_title: str = "Ketamine therapy: what is known"
    page_key: str = "ketamine"
    age: timedelta = timedelta(0)
    author_key: bytes | None = None


async def new_site(db: Database, name: str) -> Site:
    return await add_site(
        db,
        name=name,
        title=name.title(),
        origins=[f"https://{name}.example"],
        policy=Policy(mode="hybrid", second_review=0.0),
    )


async def lay(db: Database, site: Site, drafts: Sequence[Draft]) -> list[CommentId]:
    """Write the drafts as the service's own writer does and return their ids."""
    writer = Writer(db.dsn)
    try:
        arrivals = [_arrival(site, draft) for draft in drafts]
        pages = await writer.add_pages(arrivals)
        await writer.accept(
            [_judged(arrival, draft, page_id) for arrival, draft, page_id in zip(arrivals, drafts, pages, strict=True)]
        )
    finally:
        await writer.close()
    return [arrival.id for arrival in arrivals]


async def edit(db: Database, site: Site, comment_id: CommentId, draft: Draft, version: int) -> bool:
    arrival = replace(_arrival(site, draft), id=comment_id)
    return await revise(db, _judged(arrival, draft, 0), version)


def nothing_said(action: str = "hold") -> Verdict:
    return Verdict(action=action, scores={"spam": 0.02, "health": 0.01}, models=MODELS)


def plain(body: str, **more: object) -> Draft:
    """Draft a comment that nothing speaks against."""
    return replace(Draft(body=body, verdict=nothing_said()), **more)


def spam(body: str = "Buy cheap watches at watches.example today", **more: object) -> Draft:
    """Draft a comment flagged as spam in its first three words and in the author's name."""
    end = len(" ".join(body.split(" ")[:3]))
    flag = Flag(
        code="spam.text",
        category="spam",
        source="model",
        score=0.998,
        threshold=0.6,
        message="Reads like advertising that was posted many times",
        evidence=(
            Evidence(field="body", start=0, end=end, text=body[:end], weight=2.1),
            Evidence(field="author_name", start=0, end=5, text="Cheap", weight=1.2),
        ),
    )
    verdict = Verdict(action="hold", scores={"spam": 0.998, "health": 0.02}, models=MODELS, flags=(flag,))
    return replace(Draft(body=body, verdict=verdict, author_name="Cheap Watches"), **more)


def lie(body: str = LIE, sources: Sequence[ClaimSource] = (), **more: object) -> Draft:
    """Draft a comment that states a false claim of the claim base, with two sources and those given."""
    start = body.index(QUOTE)
    flag = Flag(
        code="health.claim",
        category="health",
        source="claim",
        score=0.91,
        threshold=0.5,
        message="Says that ketamine is not addictive",
        evidence=(Evidence(field="body", start=start, end=start + len(QUOTE), text=QUOTE, weight=2.4),),
        claim=ClaimMatch(
            id="ket-not-addictive",
            claim="Ketamine is not addictive.",
            stance="asserts",
            cue="honestly",
            severity="serious",
            sentence=QUOTE,
            paraphrase="nobody ever got hooked on ket",
            correction="Ketamine can lead to misuse and dependence.",
            sources=(
                ClaimSource(
                    publisher="NIDA", title="Dissociative drugs", url="https://nida.nih.gov/x", checked_at="2026-11-01"
                ),
                ClaimSource(publisher="DEA", title="Fact sheet", url="https://www.dea.gov/y", checked_at=""),
                *sources,
            ),
        ),
    )
    verdict = Verdict(action="hold", scores={"spam": 0.03, "health": 0.91}, models=MODELS, flags=(flag,))
    return replace(Draft(body=body, verdict=verdict), **more)


def care(body: str, **more: object) -> Draft:
    """Draft a comment of somebody who may need help."""
    flag = Flag(
        code="care.crisis",
        category="care",
        source="rule",
        score=0.9,
        threshold=0.5,
        message="Sounds like somebody in danger",
    )
    verdict = Verdict(action="hold", scores={"spam": 0.02, "health": 0.02}, models=MODELS, flags=(flag,))
    return replace(Draft(body=body, verdict=verdict), **more)


def _arrival(site: Site, draft: Draft) -> Arrival:
    at = datetime.now(UTC) - draft.age
    url = f"{site.origins[0]}/{draft.page_key}"
    return Arrival(
        site=site,
        id=CommentId(new_id(at)),
        created_at=at,
        submission=Submission(
            body=draft.body,
            author_name=draft.author_name,
            author_url=draft.author_url,
            page_url=url,
            page_title=draft.page_title,
            lang="en",
        ),
        author_email=draft.author_email,
        page_key=draft.page_key,
        page_url=url,
        page_title=draft.page_title,
        parent_id=None,
        address_hash=None,
        address_prefix="",
        author_key=draft.author_key,
        idempotency_key=None,
        request_hash=b"",
        signals=Signals(),
    )


def _judged(arrival: Arrival, draft: Draft, page_id: int) -> Judged:
    worth = weight(draft.verdict)
    return Judged(
        arrival=arrival,
        page_id=page_id,
        html=f"<p>{escape(draft.body, quote=False)}</p>" if draft.html is None else draft.html,
        text_hash=hash(draft.body) % 2**62,
        near=0,
        verdict=draft.verdict,
        state=draft.state,
        queued=draft.state == "held",
        weight=worth,
        rank=rank(worth, arrival.created_at),
    )


class Office:
    """The service with two sites, and members with roles on them; each request says whose it is.

    One TestClient serves everybody, since the application's connections belong to the client that started it.
    """

    def __init__(self, client: TestClient, dsn: str):
        self.client = client
        self._dsn = dsn
        self.sites = {name: self.run(new_site, name) for name in ("demo", "other")}

    def lay(self, *drafts: Draft, site: str = "demo") -> list[str]:
        return [str(each) for each in self.run(lay, self.sites[site], drafts)]

    def edit(self, comment_id: str, draft: Draft, *, version: int = 1, site: str = "demo") -> None:
        """Put another text, with its verdict, in a comment's place, as its author may."""
        assert self.run(edit, self.sites[site], CommentId(UUID(comment_id)), draft, version)

    def token(self, role: Role = "moderator", *, site: str = "demo", name: str = "robot") -> dict[str, str]:
        """Return the header of a new API token."""
        plain = self.run(add_token, self.sites[site].id, name=f"{name}-{role}", role=role)
        return {"Authorization": f"Bearer {plain}"}

    def invite(self, email: str = "ada@example.org", role: Role = "moderator", sites: Sequence[str] = ("demo",)) -> str:
        ids = [self.sites[name].id for name in sites]
        return self.run(invite_member, ids, email=email, role=role)

    def session(
        self, role: Role = "moderator", *, email: str = "ada@example.org", sites: Sequence[str] = ("demo",)
    ) -> dict[str, str]:
        """Return the headers that the browser of a signed-in member sends along with a form of our own."""
        session = self.run(open_session, self.invite(email, role, sites))
        return {"Cookie": f"gatepost={session}", "Sec-Fetch-Site": "same-origin"}

    def get(self, path: str, who: Who = None, **parameters: object) -> Response:
        return self._send("GET", path, who, params=parameters or None)

    def post(self, path: str, who: Who, content: object) -> Response:
        return self._send("POST", path, who, json=content)

    def patch(self, path: str, who: Who, content: object) -> Response:
        return self._send("PATCH", path, who, json=content)

    def submit(self, path: str, who: Who, **fields: object) -> Response:
        """Send a form; a list is a field that occurs several times."""
        data = {name: value if isinstance(value, list) else str(value) for name, value in fields.items()}
        return self._send("POST", path, who, data=data)

    def delete(self, path: str, who: Who) -> Response:
        return self._send("DELETE", path, who)

    def decide(
        self, who: Mapping[str, str], comment_id: str, action: str, version: int = 1, **more: object
    ) -> Response:
        wish = {"comment_id": comment_id, "version": version, "action": action, **more}
        return self.post("/v1/review/decisions", who, {"decisions": [wish]})

    def _send(self, method: str, path: str, who: Who, **more: object) -> Response:
        self.client.cookies.clear()
        return self.client.request(method, path, headers=dict(who or {}), follow_redirects=False, **more)

    def run(self, work: Callable[..., Awaitable[T]], *arguments: object, **named: object) -> T:
        async def run() -> T:
            db = await Database.open(self._dsn, size=1)
            try:
                return await work(db, *arguments, **named)
            finally:
                await db.close()

        # In a thread of its own, for Playwright keeps a loop running in the test's.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, run()).result()


@contextmanager
def opened(dsn: str, public_url: str = "http://127.0.0.1:8000") -> Iterator[Office]:
    """Open the office on a database with nothing in it but the schema."""
    with TestClient(build_app(dsn, public_url), base_url=public_url) as client:
        yield Office(client, dsn)


def build_app(dsn: str, public_url: str) -> Starlette:
    """Build the real application, with a start of its own: no model has to be loaded for moderators' tests."""
    settings = Settings(data_dir=Path("/nonexistent"), public_url=public_url, database_url=dsn)
    app = create_app(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:
        db, writer, metrics = await Database.open(dsn), Writer(dsn), Metrics()
        sites = SiteDirectory(db)
        intake = Intake(writer, {}, metrics.batch)
        running = asyncio.create_task(intake.run())
        try:
            yield State(
                settings=settings,
                db=db,
                reader=Reader(db),
                sites=sites,
                intake=intake,
                judges={},
                limits=RateLimits({}),
                metrics=metrics,
                attempts=Attempts(db, sites),
                passwords=PasswordDesk(),
            )
        finally:
            await intake.drain()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await writer.close()
            await db.close()

    app.router.lifespan_context = lifespan
    return app
