"""Show the queue: what waits, the most worth looking at first, each with the reasons it is there."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId, DecisionId
from service.errors import Invalid
from service.store.cases import QueueItem
from service.store.review import backlog, queue_page
from service.web.auth import Caller
from service.web.console.card import CATEGORIES, REASONS, card
from service.web.console.page import render
from service.web.filters import QueueQuery, lenient_query
from service.web.state import State

_PER_PAGE = 20
SENTENCES: Mapping[str, str] = {
    "approve": "Approved: the comment is published.",
    "reject": "Rejected.",
    "spam": "Rejected as spam.",
    "health": "Rejected as health misinformation.",
    "escalate": "Escalated: it stays in the queue, near the top.",
    "undo": "Undone: what stood before stands again.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the person has just done, as told by the address they were sent to."""

    sentence: str
    decision_id: DecisionId | None
    comment_id: CommentId | None


async def show_queue(request: Request[State], caller: Caller) -> Response:
    """Show a page of the queue, or of what was published or rejected."""
    pairs = request.query_params.multi_items()
    query = lenient_query(pairs)
    if query.site not in caller.sites.values():
        query = msgspec.structs.replace(query, site="")
    sites = caller.named(query.site)
    try:
        items = await _items(request, query, caller)
    except Invalid:
        query = msgspec.structs.replace(query, cursor="")
        items = await _items(request, query, caller)
    page = items[:_PER_PAGE]
    return render(
        "queue.html",
        caller=caller,
        heading={"held": "Review queue", "published": "Published", "rejected": "Rejected"}[query.status],
        query=query,
        filtered=bool(_filters(query)),
        back=address(query, cursor=query.cursor).partition("?")[2],
        backlog=await backlog(request.state["db"], sites),
        site_names=sorted(caller.sites.values()),
        categories=CATEGORIES,
        reason_names=REASONS,
        cards=[card(item, caller) for item in page],
        done=_done(dict(pairs)),
        first_page=address(query) if query.cursor else "",
        next_page=address(query, cursor=page[-1].cursor) if len(items) > _PER_PAGE else "",
    )


def address(query: QueueQuery, **more: str) -> str:
    """Return the console's address that shows this query, without what has its default value anyway."""
    given = _filters(query) | {name: value for name, value in more.items() if value}
    return f"/console?{urlencode(given)}" if given else "/console"


def address_back(back: str, **more: str) -> str:
    """Return the address of the list that a form was sent from; `back` is its query, as the form says.

    It is read and written anew, so that a forged one leads nowhere but to the console.
    """
    try:
        pairs = parse_qsl(back, max_num_fields=20)
    except ValueError:
        pairs = []
    query = lenient_query(pairs)
    return address(query, cursor=query.cursor, **more)


async def _items(request: Request[State], query: QueueQuery, caller: Caller) -> list[QueueItem]:
    return await queue_page(
        request.state["db"],
        caller.named(query.site),
        query.filters(),
        sort=query.sort,
        limit=_PER_PAGE + 1,
        cursor=query.cursor,
    )


def _filters(query: QueueQuery) -> dict[str, str]:
    defaults = {field.name: field.default for field in msgspec.structs.fields(query)}
    given: dict[str, str] = {name: str(value) for name, value in msgspec.structs.asdict(query).items()}
    return {name: value for name, value in given.items() if name not in ("cursor", "limit") and value != defaults[name]}


def _done(given: Mapping[str, str]) -> Done | None:
    sentence = SENTENCES.get(given.get("did", ""))
    if sentence is None:
        return None
    decision, comment = uuid_in(given, "decision"), uuid_in(given, "comment")
    return Done(
        sentence=sentence,
        decision_id=DecisionId(decision) if decision else None,
        comment_id=CommentId(comment) if comment else None,
    )


def uuid_in(given: Mapping[str, str], name: str) -> UUID | None:
    """Return the id in a field, None when there is none."""
    try:
        return UUID(given.get(name, ""))
    except ValueError:
        return None
