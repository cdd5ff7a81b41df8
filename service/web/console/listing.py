"""Show a page's comments and an author's, in every state."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId, PageId
from service.errors import NotFound
from service.store.cases import QueueItem
from service.store.review import author_comments, page_comments
from service.web.auth import Caller
from service.web.console.address import uuid_in
from service.web.console.card import REASONS, card, record
from service.web.console.page import render
from service.web.console.preference import preferences
from service.web.review import find_comment
from service.web.state import State

_PER_PAGE = 30


async def show_page_comments(request: Request[State], caller: Caller) -> Response:
    """Show what was written under one article."""
    page_id = PageId(request.path_params["page_id"])
    found = await page_comments(
        request.state["db"], caller.named(""), page_id, before=_before(request), limit=_PER_PAGE + 1
    )
    if found is None:
        raise NotFound("There is no such page on your sites.")
    site, page, items = found
    return _list(
        request,
        caller,
        items,
        heading=f"Comments on “{page.title or page.url}”",
        about=f"{site} · {page.count} published{' · closed' if page.closed else ''}",
        article=page.url if page.url.startswith(("https://", "http://")) else "",
    )


async def show_author(request: Request[State], caller: Caller) -> Response:
    """Show what the author of a comment has written, and how it was decided."""
    item = (await find_comment(request, caller)).item
    items = await author_comments(
        request.state["db"], caller.named(item.site), item.id, before=_before(request), limit=_PER_PAGE + 1
    )
    return _list(
        request,
        caller,
        items or [item],
        heading=f"Comments by {item.author_name or 'an author without a name'}",
        about=f"{item.site} · {record(item.record)}",
        article="",
        alone=not items,
    )


def _list(
    request: Request[State],
    caller: Caller,
    items: Sequence[QueueItem],
    *,
    heading: str,
    about: str,
    article: str,
    alone: bool = False,
) -> Response:
    veil = preferences(request).veil
    page = items[:_PER_PAGE]
    return render(
        "listing.html",
        caller=caller,
        here="",
        heading=heading,
        about=about,
        article=article,
        alone=alone,
        cards=[card(item, caller, veil=veil) for item in page],
        may_decide=any(caller.may("moderator", item.site) for item in page),
        reason_names=REASONS,
        back="",
        next_page=f"{request.url.path}?before={page[-1].id}" if len(items) > _PER_PAGE else "",
    )


def _before(request: Request[State]) -> CommentId | None:
    found = uuid_in(request.query_params, "before")
    return CommentId(found) if found else None
