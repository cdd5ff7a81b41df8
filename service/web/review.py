"""Answer moderators' programs: the queue, leases and everything about one comment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import AuthorRecord, CommentId, Verdict
from service.comment import State as CommentState
from service.errors import NotFound
from service.store.cases import CommentRevision, DecisionRow, QueueFilters, QueueItem, Similar, Stored
from service.store.leases import backlog, give_back, lease_these, own_leases, take_leases
from service.store.records import Appeal, Report
from service.store.review import comment_detail, find_items, queue_page
from service.web.auth import Caller, MemberRoute
from service.web.filters import MOST, BacklogQuery, LeaseFilters, QueueQuery, SiteName, strict_query
from service.web.payload import read_json
from service.web.state import State
from service.wire import encode

_MAX_BYTES = 16 * 1024


class PageRef(msgspec.Struct, kw_only=True, frozen=True):
    """Name the article under which a comment stands."""

    key: str
    url: str
    title: str


class ReviewComment(msgspec.Struct, kw_only=True, frozen=True):
    """Show a comment to a moderator: `body` as submitted, `html` as readers would see it."""

    id: CommentId
    site: str
    page: PageRef
    parent_id: CommentId | None
    state: CommentState
    author_name: str
    author_url: str
    lang: str
    body: str
    html: str
    created_at: datetime


class LeaseView(msgspec.Struct, kw_only=True, frozen=True):
    """Say who looks at a comment at the moment; `mine` is true for the caller's own lease."""

    by: str
    mine: bool
    until: datetime


class QueueEntry(msgspec.Struct, kw_only=True, frozen=True):
    """Show a comment with what a decision needs; `version` goes back with the decision.

    `priority` is severity × probability of the gravest flag plus a point for each two days waited. `escalated` asks
    for another person than the one who escalated; `second_opinion` for one on a decision that stands already.
    """

    comment: ReviewComment
    verdict: Verdict
    author_record: AuthorRecord
    lease: LeaseView | None
    priority: float
    queued_at: datetime
    version: int
    escalated: bool
    second_opinion: bool
    reports: tuple[Report, ...]
    appeal: Appeal | None


class QueuePage(msgspec.Struct, kw_only=True, frozen=True):
    """List comments; `next_cursor` is null on the last page."""

    items: list[QueueEntry]
    next_cursor: str | None


class LeaseRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask for the next `limit` comments that nobody holds, of one site or of all of the caller's.

    With `comment_ids`, for these instead, as far as nobody else holds them; one's own lease begins anew.
    """

    site: SiteName | None = None
    comment_ids: Annotated[list[CommentId], Meta(min_length=1, max_length=MOST)] | None = None
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 1
    filters: LeaseFilters = LeaseFilters()


class Leased(msgspec.Struct, kw_only=True, frozen=True):
    """List the comments that are the caller's for the next ten minutes, highest priority first."""

    items: list[QueueEntry]


class HeldLease(msgspec.Struct, kw_only=True, frozen=True):
    """Say until when a comment is the caller's."""

    comment_id: CommentId
    until: datetime


class BacklogView(msgspec.Struct, kw_only=True, frozen=True):
    """Say how much waits, since when, how much of it others look at, and what the caller holds."""

    held: int
    oldest_at: datetime | None
    elsewhere: int
    leases: list[HeldLease]


class CommentDetail(msgspec.Struct, kw_only=True, frozen=True):
    """Show everything about one comment; revisions, verdicts and decisions latest first.

    A revision's evidence points into its own `body`, which is null once the comment is erased, and for edits from
    before texts were kept. `verdicts` are those of the revisions.
    """

    comment: ReviewComment
    author_email: str
    author_record: AuthorRecord
    edited_at: datetime | None
    queued: bool
    lease: LeaseView | None
    priority: float
    version: int
    revisions: tuple[CommentRevision, ...]
    verdicts: tuple[Verdict, ...]
    decisions: tuple[DecisionRow, ...]
    similar: tuple[Similar, ...]
    reports: tuple[Report, ...]
    appeal: Appeal | None


async def list_queue(request: Request[State], caller: Caller) -> Response:
    """List what waits for a person, or what was published or rejected."""
    query = strict_query(request.query_params.multi_items(), QueueQuery)
    items = await queue_page(
        request.state["db"],
        caller.named(query.site),
        query.filters(),
        reader=caller.principal,
        sort=query.sort,
        limit=query.limit + 1,
        cursor=query.cursor,
    )
    page = items[: query.limit]
    more = page[-1].cursor if len(items) > query.limit else None
    return answer(QueuePage(items=_entries(page, caller), next_cursor=more))


async def lease(request: Request[State], caller: Caller) -> Response:
    """Take the next comments for ten minutes; no two people are given the same one."""
    wanted = await read_json(request, LeaseRequest, max_bytes=_MAX_BYTES)
    db, sites, narrowed = request.state["db"], caller.named(wanted.site or ""), wanted.filters
    if wanted.comment_ids:
        taken = await lease_these(db, sites, caller.principal, wanted.comment_ids)
        items = await find_items(db, sites, [each for each in wanted.comment_ids if each in taken])
    else:
        items = await take_leases(
            db,
            sites,
            caller.principal,
            limit=wanted.limit,
            filters=QueueFilters(
                category=narrowed.category or "",
                flag=narrowed.flag,
                page_key=narrowed.page_key,
                q=narrowed.q,
                author=narrowed.author,
            ),
        )
    return answer(Leased(items=_entries(items, caller)))


async def show_backlog(request: Request[State], caller: Caller) -> Response:
    """Say how much waits and what the caller holds; meant to be asked again and again."""
    query = strict_query(request.query_params.multi_items(), BacklogQuery)
    db, sites = request.state["db"], caller.named(query.site)
    found = await backlog(db, sites, caller.principal)
    held = await own_leases(db, sites, caller.principal)
    leases = [HeldLease(comment_id=each, until=until) for each, until in held.items()]
    return answer(BacklogView(held=found.held, oldest_at=found.oldest_at, elsewhere=found.elsewhere, leases=leases))


async def end_lease(request: Request[State], caller: Caller) -> Response:
    """Give a leased comment back before its time is over."""
    comment_id = CommentId(request.path_params["comment_id"])
    if not await give_back(request.state["db"], caller.named(""), caller.principal, comment_id):
        raise NotFound("You hold no lease on such a comment.")
    return Response(status_code=204)


async def show_comment(request: Request[State], caller: Caller) -> Response:
    """Show everything about one comment: source text, verdicts, decisions, similar comments."""
    stored = await find_comment(request, caller)
    return answer(_detail(stored, caller))


async def find_comment(request: Request[State], caller: Caller) -> Stored:
    """Return the comment that the path names.

    Raises:
        NotFound: there is none on the caller's sites.
    """
    comment_id = CommentId(request.path_params["comment_id"])
    stored = await comment_detail(request.state["db"], caller.named(""), comment_id)
    if stored is None:
        raise NotFound("There is no such comment on your sites.")
    return stored


def answer(content: msgspec.Struct, status: int = 200) -> Response:
    """Return a wire value as JSON."""
    return Response(encode(content), status_code=status, media_type="application/json")


def lease_of(item: QueueItem, caller: Caller) -> LeaseView | None:
    """Return who holds the comment, None when nobody does."""
    if item.lease is None:
        return None
    mine = item.lease.member_id == caller.principal.actor
    return LeaseView(by=item.leased_by, mine=mine, until=item.lease.until)


def _entries(items: Sequence[QueueItem], caller: Caller) -> list[QueueEntry]:
    return [
        QueueEntry(
            comment=_comment(item),
            verdict=item.verdict,
            author_record=item.record,
            lease=lease_of(item, caller),
            priority=item.priority,
            queued_at=item.queued_at,
            version=item.version,
            escalated=item.escalated,
            second_opinion=item.second,
            reports=item.reports,
            appeal=item.appeal,
        )
        for item in items
    ]


def _comment(item: QueueItem) -> ReviewComment:
    return ReviewComment(
        id=item.id,
        site=item.site,
        page=PageRef(key=item.page.key, url=item.page.url, title=item.page.title),
        parent_id=item.parent_id,
        state=item.state,
        author_name=item.author_name,
        author_url=item.author_url,
        lang=item.lang,
        body=item.body,
        html=item.html,
        created_at=item.created_at,
    )


def _detail(stored: Stored, caller: Caller) -> CommentDetail:
    item = stored.item
    return CommentDetail(
        comment=_comment(item),
        author_email=stored.author_email,
        author_record=item.record,
        edited_at=stored.edited_at,
        queued=stored.queued,
        lease=lease_of(item, caller),
        priority=item.priority,
        version=item.version,
        revisions=stored.revisions,
        verdicts=tuple(each.verdict for each in stored.revisions),
        decisions=stored.decisions,
        similar=stored.similar,
        reports=item.reports,
        appeal=item.appeal,
    )


ROUTES = (
    MemberRoute("/v1/review/queue", list_queue, method="GET", role="viewer"),
    MemberRoute("/v1/review/backlog", show_backlog, method="GET", role="viewer"),
    MemberRoute("/v1/review/leases", lease, method="POST", role="moderator"),
    MemberRoute("/v1/review/leases/{comment_id:uuid}", end_lease, method="DELETE", role="moderator"),
    MemberRoute("/v1/review/comments/{comment_id:uuid}", show_comment, method="GET", role="viewer"),
)
