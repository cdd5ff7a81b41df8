"""Show what is published: a page's comments, counts, and the Atom feed."""

import hashlib
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.comment import CommentId
from service.errors import FieldError, Invalid
from service.pipeline.sanitise import repair, safe_url
from service.store.database import Database
from service.store.records import Page, PublicComment, Site
from service.store.threads import find_page, find_thread, page_counts, recent_published
from service.web.address import page_key_of
from service.web.feed import atom
from service.web.intake import cors, is_allowed
from service.web.state import State

_FRESH = "public, max-age=5, stale-while-revalidate=30"
_MOST_PAGES = 100
_FEED_ENTRIES = 50


class PageView(msgspec.Struct, kw_only=True, frozen=True):
    """Name a page, with the number of its published comments."""

    key: str
    url: str
    title: str
    count: int
    closed: bool


class CommentView(msgspec.Struct, kw_only=True, frozen=True):
    """Show a published comment; `html` is safe to insert as it is."""

    id: CommentId
    parent_id: CommentId | None
    author_name: str
    author_url: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    badge: str | None = None


class Thread(msgspec.Struct, kw_only=True, frozen=True):
    """List a page's published comments; `next_cursor` is null on the last page."""

    page: PageView
    comments: list[CommentView]
    next_cursor: str | None


class Counts(msgspec.Struct, kw_only=True, frozen=True):
    """Give the number of published comments by page, named as asked."""

    counts: dict[str, int]


class ThreadQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Name the page by its key or its URL, the order, and where to go on."""

    page_key: Annotated[str, Meta(max_length=2000)] = ""
    page_url: Annotated[str, Meta(max_length=2048)] = ""
    sort: Literal["oldest", "newest"] = "oldest"
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: UUID | None = None


async def list_comments(request: Request[State]) -> Response:
    """List the published comments of one page."""
    site = await request.state["sites"].get(request.path_params["site"])
    query = _query(request)
    key = _page_key(query.page_key, query.page_url)
    reader = request.state["reader"]
    if "if-none-match" in request.headers:
        # Whoever has the page mostly has it as it is; comments are then not worth reading.
        known = await reader.read(lambda db: find_page(db, site.id, key))
        headers = _headers(request, site, known, str(request.url.query))
        if _is_current(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    page, found = await reader.read(
        lambda db: find_thread(db, site.id, key, sort=query.sort, limit=query.limit + 1, after=query.cursor)
    )
    shown = found[: query.limit]
    thread = Thread(
        page=_page_view(page, key, query.page_url),
        comments=[_comment_view(comment) for comment in shown],
        next_cursor=str(shown[-1].id) if len(found) > query.limit else None,
    )
    headers = _headers(request, site, page, str(request.url.query))
    return Response(msgspec.json.encode(thread), headers=headers, media_type="application/json")


async def count(request: Request[State]) -> Response:
    """Count the published comments of up to 100 pages."""
    site = await request.state["sites"].get(request.path_params["site"])
    named = [(url, _page_key("", url)) for url in request.query_params.getlist("page_url")]
    named += [(key, _page_key(key, "")) for key in request.query_params.getlist("page_key")]
    if not 1 <= len(named) <= _MOST_PAGES:
        error = FieldError("page_url", f"must be given 1 to {_MOST_PAGES} times")
        raise Invalid("The pages to count cannot be read.", errors=[error])
    keys = [key for _, key in named]
    counts = await request.state["reader"].read(lambda db: page_counts(db, site.id, keys))
    content = msgspec.json.encode(Counts(counts={name: counts[key] for name, key in named}))
    headers = {"ETag": _tag(content), "Cache-Control": _FRESH} | _cors(request, site)
    if _is_current(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


async def feed(request: Request[State]) -> Response:
    """Give a page's, or the site's, latest published comments as an Atom feed."""
    site = await request.state["sites"].get(request.path_params["site"])
    url, key = request.query_params.get("page_url", ""), request.query_params.get("page_key", "")
    page, entries = await request.state["reader"].read(
        lambda db: _entries(db, site, _page_key(key, url) if url or key else "")
    )
    own = request.state["settings"].public_url
    content = atom(site, page, entries, address=f"{own}{request.url.path}", query=request.url.query)
    headers = {"ETag": _tag(content), "Cache-Control": _FRESH} | _cors(request, site)
    if _is_current(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/atom+xml")


async def _entries(db: Database, site: Site, key: str) -> tuple[Page | None, list[tuple[Page, PublicComment]]]:
    """Return the page of a key, and its latest comments; without a key, the site's."""
    if not key:
        return None, await recent_published(db, site.id, _FEED_ENTRIES)
    page, latest = await find_thread(db, site.id, key, sort="newest", limit=_FEED_ENTRIES, after=None)
    return page, [(page, comment) for comment in latest if page]


def _query(request: Request[State]) -> ThreadQuery:
    try:
        # A parameter left empty, as a form sends it, counts as left out.
        given = {name: value for name, value in request.query_params.items() if value}
        return msgspec.convert(given, ThreadQuery, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise Invalid(
            "A parameter of the URL cannot be read.", errors=[FieldError(place.strip("`.") or "query", f"{message}.")]
        ) from error


def _page_key(key: str, url: str) -> str:
    if key := repair(key).strip():
        return key
    safe = safe_url(url)
    if safe is None:
        error = FieldError("page_url", "is needed, a web address that begins with http:// or https://; or page_key")
        raise Invalid("The page cannot be read.", errors=[error])
    return page_key_of(safe)


def _headers(request: Request[State], site: Site, page: Page | None, query: str) -> dict[str, str]:
    # The count, too: a comment that arrived before the last change may be committed after it.
    version = f"{page.changed_at.timestamp()!r} {page.count} {page.closed}" if page else "none"
    return {"ETag": _tag(f"{version} {query}".encode()), "Cache-Control": _FRESH} | _cors(request, site)


def _cors(request: Request[State], site: Site) -> dict[str, str]:
    """Return the headers for a page of the site; anybody may read, but only its pages by script."""
    origin = request.headers.get("origin", "")
    return cors(origin if is_allowed(origin, site, request.state["settings"].public_url) else "")


def _is_current(request: Request[State], tag: str) -> bool:
    asked = request.headers.get("if-none-match", "")
    return asked == "*" or tag in {each.strip().removeprefix("W/") for each in asked.split(",")}


def _tag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def _page_view(page: Page | None, key: str, url: str) -> PageView:
    if page is None:
        return PageView(key=key, url=safe_url(url) or "", title="", count=0, closed=False)
    return PageView(key=page.key, url=page.url, title=page.title, count=page.count, closed=page.closed)


def _comment_view(comment: PublicComment) -> CommentView:
    return CommentView(
        id=comment.id,
        parent_id=comment.parent_id,
        author_name=comment.author_name,
        author_url=comment.author_url,
        html=comment.html,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
    )


ROUTES = (
    Route("/v1/sites/{site}/comments", list_comments, methods=["GET"]),
    Route("/v1/sites/{site}/counts", count, methods=["GET"]),
    Route("/v1/sites/{site}/feed.atom", feed, methods=["GET"]),
)
