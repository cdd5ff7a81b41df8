"""Show everything about one comment, and what was decided on it."""

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId
from service.errors import NotFound
from service.statement import BACKED_BY, SENTENCES
from service.store.cases import CommentRevision, DecisionRow, Stored
from service.store.leases import held_by, lease_these
from service.store.review import comment_detail
from service.web.auth import Caller
from service.web.console.card import REASONS, Why, card, distress, outcome, reasons
from service.web.console.highlight import Piece, marked
from service.web.console.page import render
from service.web.console.preference import preferences
from service.web.page import moment
from service.web.review import find_comment
from service.web.state import State

_DID = {
    "approve": "approved {}",
    "reject": "rejected {}",
    "escalate": "escalated {}",
    "erase": "erased {}",
    "undo": "undid the decision before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A decision in the history; `undoable` while nothing else was decided since."""

    row: DecisionRow
    sentence: str
    undoable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An earlier revision; the numbers of its `reasons` are those that mark its own `pieces`.

    `distress` says why the text is hidden until asked for.
    """

    row: CommentRevision
    pieces: list[Piece]
    reasons: tuple[Why, ...]
    distress: str


async def show_comment_page(request: Request[State], caller: Caller) -> Response:
    """Show a comment's page; who may decide on it holds it from now on, if it waits and nobody else does."""
    stored = await find_comment(request, caller)
    item = stored.item
    if stored.queued and caller.may("moderator", item.site):
        sites = caller.named(item.site)
        if await lease_these(request.state["db"], sites, caller.principal, [item.id]):
            stored = replace(stored, item=held_by(item, caller.principal))
    return page_of(request, stored, caller)


async def explain(
    request: Request[State], caller: Caller, comment_id: CommentId, *, notice: str, status: int
) -> Response:
    """Show a comment's page with the reason why something was not done to it.

    Raises:
        NotFound: there is no such comment on the caller's sites.
    """
    stored = await comment_detail(request.state["db"], caller.named(""), comment_id)
    if stored is None:
        raise NotFound("There is no such comment on your sites.")
    return page_of(request, stored, caller, notice=notice, status=status)


def page_of(
    request: Request[State], stored: Stored, caller: Caller, *, notice: str = "", status: int = 200
) -> Response:
    """Return a comment's page; `notice` stands on top, with what was decided last where that explains it."""
    may_undo = caller.may("moderator", stored.item.site)
    prefer = preferences(request)
    shown = card(stored.item, caller, veil=prefer.veil)
    latest = stored.decisions[0].id if stored.decisions else None
    return render(
        "comment.html",
        status=status,
        caller=caller,
        here="",
        prefer=prefer,
        notice=f"{notice} {last_word(stored)}".strip() if status == 409 else notice,
        card=shown,
        author_email=stored.author_email,
        queued=stored.queued,
        decisions=[
            Past(row=row, sentence=sentence(row), undoable=may_undo and row.id == latest and _undoable(row))
            for row in stored.decisions
            if not shown.blind
        ],
        earlier=[_earlier(row, veil=prefer.veil) for row in stored.revisions[1:]],
        similar=[(other, outcome(other)) for other in stored.similar],
        reason_names=REASONS,
        sentences=[(reason, BACKED_BY.get(reason, ""), said) for reason, said in SENTENCES.items()],
    )


def last_word(stored: Stored) -> str:
    """Return who decided last, what and when, as a sentence; "" when nobody did."""
    if not stored.decisions:
        return ""
    last = stored.decisions[0]
    return f"{sentence(last)} on {moment(last.created_at)}. The comment is now {stored.item.state}."


def sentence(row: DecisionRow, *, together: int = 1) -> str:
    """Return who did what, and why."""
    reason = f" as {REASONS[row.reason].lower()}" if row.reason else ""
    what = "it" if together == 1 else f"{together} comments"
    return f"{row.by} {_DID[row.action].format(what)}{reason}"


def _earlier(row: CommentRevision, *, veil: bool) -> Earlier:
    return Earlier(
        row=row,
        pieces=marked(row.body or "", row.verdict.flags),
        reasons=reasons(row.verdict),
        distress=distress(row.verdict) if veil else "",
    )


def _undoable(row: DecisionRow) -> bool:
    return row.action not in ("erase", "undo")
