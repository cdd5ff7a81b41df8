"""Show the queue: what waits, the most worth looking at first, each with the reasons it is there.

Whoever opens a page of it holds the comments on it for ten minutes, and gives back those of the page before: what two
moderators see at the same time is never the same. That a GET does this is meant; to look is to take.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId, SiteId
from service.errors import Invalid
from service.statement import BACKED_BY, SENTENCES
from service.store.cases import QueueItem
from service.store.history import decided_since
from service.store.leases import backlog, held_by, held_elsewhere, lease_these
from service.store.review import decided_alike, find_items, queue_page, queued_alike
from service.web.auth import Caller, suffices
from service.web.console.address import address, filters_of
from service.web.console.card import CATEGORIES, REASONS, Card, card
from service.web.console.cluster import Cluster, clusters
from service.web.console.done import done
from service.web.console.page import render
from service.web.console.preference import preferences
from service.web.filters import QueueQuery, lenient_query
from service.web.state import State

PER_PAGE = 20
_SHOWN_ALIKE = 6
"""Near-duplicates that are shown beside the first; the others are counted, and decided on with them."""
_SHOWN_ELSEWHERE = 20
_TRIES = 3
_DAY = timedelta(hours=12)
HEADINGS = {"held": "Review queue", "published": "Published", "rejected": "Rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hand:
    """A page of the queue: what is shown, where the next page begins, and what waits with the same words."""

    items: list[QueueItem]
    next_cursor: str
    alike: Mapping[CommentId, list[tuple[CommentId, int]]]


async def show_queue(request: Request[State], caller: Caller) -> Response:
    """Show a page of the queue, or of what was published or rejected."""
    pairs = request.query_params.multi_items()
    query = lenient_query(pairs, QueueQuery)
    if query.site not in caller.sites.values():
        query = msgspec.structs.replace(query, site="")
    db, sites, prefer = request.state["db"], caller.named(query.site), preferences(request)
    try:
        hand = await _hand(request, query, caller)
    except Invalid:
        query = msgspec.structs.replace(query, cursor="")
        hand = await _hand(request, query, caller)
    held = query.status == "held"
    return render(
        "queue.html",
        caller=caller,
        here=query.status,
        heading=HEADINGS[query.status],
        query=query,
        filters=[(name, value, address(query, without=name)) for name, value in filters_of(query).items()],
        back=address(query, cursor=query.cursor).partition("?")[2],
        backlog=await backlog(db, sites, caller.principal),
        elsewhere=await held_elsewhere(db, sites, caller.principal, _SHOWN_ELSEWHERE) if held else [],
        decided=await decided_since(db, sites, caller.principal, datetime.now(UTC) - _DAY) if held else 0,
        site_names=sorted(caller.sites.values()),
        categories=CATEGORIES,
        reason_names=REASONS,
        sentences=[(reason, BACKED_BY.get(reason, ""), said) for reason, said in SENTENCES.items()],
        cards=await _cards(request, hand, caller, veil=prefer.veil),
        may_decide=any(suffices(access, "moderator") for access in caller.principal.sites.values()),
        prefer=prefer,
        done=done(dict(pairs)),
        first_page=address(query) if query.cursor else "",
        next_page=address(query, cursor=hand.next_cursor) if hand.next_cursor else "",
    )


async def _hand(request: Request[State], query: QueueQuery, caller: Caller) -> _Hand:
    """Return a page of comments; of the queue, those that nobody else holds, and hold them."""
    db, sites = request.state["db"], caller.named(query.site)
    takes = _moderated(caller) if query.status == "held" else ()
    for _ in range(_TRIES):
        found = await queue_page(
            db,
            sites,
            query.filters(),
            reader=caller.principal,
            sort=query.sort,
            limit=PER_PAGE + 1,
            cursor=query.cursor,
            free=bool(takes),
        )
        items = found[:PER_PAGE]
        next_cursor = items[-1].cursor if len(found) > PER_PAGE else ""
        if not takes:
            return _Hand(items=items, next_cursor=next_cursor, alike={})
        hand = await _hold(request, items, next_cursor, caller, takes)
        # All of them were taken by somebody else between the two questions: ask for the next ones.
        if hand.items or not items:
            break
    return hand


async def _hold(
    request: Request[State], items: Sequence[QueueItem], next_cursor: str, caller: Caller, takes: Sequence[SiteId]
) -> _Hand:
    """Lease a page of comments and those that are alike, and leave out what cannot be had."""
    db = request.state["db"]
    alike = await queued_alike(db, takes, [item.id for item in items])
    wanted = [item.id for item in items] + [each for found in alike.values() for each, _ in found]
    taken = await lease_these(db, takes, caller.principal, wanted, give_back_others=True)
    return _Hand(
        items=[
            held_by(item, caller.principal) if item.id in taken else item
            for item in items
            if item.id in taken or not caller.may("moderator", item.site)
        ],
        next_cursor=next_cursor,
        alike={
            comment_id: [(each, version) for each, version in found if each in taken]
            for comment_id, found in alike.items()
        },
    )


async def _cards(request: Request[State], hand: _Hand, caller: Caller, *, veil: bool) -> list[Card]:
    db, sites = request.state["db"], caller.named("")
    grouped = clusters(hand.items, {key: [each for each, _ in found] for key, found in hand.alike.items()})
    before = await decided_alike(db, sites, [cluster.first.id for cluster in grouped])
    shown = {item.id for item in hand.items}
    beyond = {
        cluster.first.id: [each for each, _ in hand.alike.get(cluster.first.id, ()) if each not in shown]
        for cluster in grouped
    }
    seen = await find_items(db, sites, [each for found in beyond.values() for each in found[:_SHOWN_ALIKE]])
    items = {item.id: item for item in seen}
    return [
        card(
            cluster.first,
            caller,
            veil=veil,
            before=before[cluster.first.id],
            also=[*cluster.also, *(items[each] for each in beyond[cluster.first.id] if each in items)],
            choice=_choice(cluster, hand),
        )
        for cluster in grouped
    ]


def _choice(cluster: Cluster, hand: _Hand) -> list[tuple[CommentId, int]]:
    """Return every comment of a cluster with its version, those beyond the page included."""
    chosen = {item.id: item.version for item in (cluster.first, *cluster.also)}
    for item in (cluster.first, *cluster.also):
        chosen |= dict(hand.alike.get(item.id, ()))
    return list(chosen.items())


def _moderated(caller: Caller) -> tuple[SiteId, ...]:
    return tuple(site_id for site_id, access in caller.principal.sites.items() if suffices(access, "moderator"))
