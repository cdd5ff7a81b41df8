"""Write comments into a database for the store's tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from service.comment import CommentId, Flag, Policy, Signals, Submission, Verdict
from service.priority import rank, weight
from service.store.database import Database
from service.store.identity import new_id
from service.store.intake import Writer
from service.store.records import Access, Arrival, Judged, Principal, Site
from service.store.sites import add_site

FLAG = Flag(code="spam.text", category="spam", source="model", score=0.9, threshold=0.5, message="Reads like an ad")
ACTIONS = {"held": "hold", "published": "publish", "rejected": "reject"}


async def new_site(db: Database, name: str = "demo") -> Site:
    return await add_site(db, name=name, title=name, origins=["https://example.org"], policy=Policy())


def arrival(site: Site, body: str = "Some words", *, age: timedelta = timedelta(0), **more: object) -> Arrival:
    at = datetime.now(UTC) - age
    plain = Arrival(
        site=site,
        id=CommentId(new_id(at)),
        created_at=at,
        submission=Submission(body=body, author_name="Ada"),
        author_email="",
        page_key="https://example.org/a",
        page_url="https://example.org/a",
        page_title="An article",
        parent_id=None,
        address_hash=b"a" * 32,
        address_prefix="192.0.2.0/24",
        author_key=b"ada",
        idempotency_key=None,
        request_hash=b"r",
        signals=Signals(),
    )
    return replace(plain, **more)


async def put(
    db: Database,
    arrivals: Sequence[Arrival],
    state: str = "held",
    text_hash: int = 7,
    near: int = 0,
    score: float = 0.9,
) -> list[CommentId]:
    """Accept arrivals in a state, held and rejected ones with a flag."""
    verdict = Verdict(
        action=ACTIONS[state],
        scores={"spam": score},
        models={"spam": "spam-1"},
        flags=() if state == "published" else (FLAG,),
    )
    writer = Writer(db.dsn, pooling=db.pooling)
    try:
        pages = await writer.add_pages(arrivals)
        await writer.accept([
            Judged(
                arrival=each,
                page_id=page_id,
                html=f"<p>{each.submission.body}</p>",
                text_hash=text_hash,
                near=near,
                verdict=verdict,
                state=state,
                queued=state == "held",
                weight=weight(verdict),
                rank=rank(weight(verdict), each.created_at),
            )
            for each, page_id in zip(arrivals, pages, strict=True)
        ])  # fmt: skip
    finally:
        await writer.close()
    return [each.id for each in arrivals]


def moderator(*sites: Site, label: str = "mo@example.org", number: int = 1) -> Principal:
    """Return a token's principal, which needs no member row."""
    return Principal(
        sites={site.id: Access(name=site.name, role="moderator") for site in sites},
        kind="token",
        member_id=None,
        actor=UUID(int=number),
        label=label,
    )
