"""Show everything about one comment, and what was decided on it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId
from service.errors import NotFound
from service.store.cases import DecisionRow, Stored
from service.store.review import comment_detail
from service.web.auth import Caller
from service.web.console.card import REASONS, card, reasons
from service.web.console.page import render
from service.web.page import moment
from service.web.review import find_comment
from service.web.state import State

_DID = {
    "approve": "approved it",
    "reject": "rejected it",
    "escalate": "escalated it",
    "erase": "erased it",
    "undo": "undid the decision before",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A decision in the history; `undoable` while nothing else was decided since."""

    row: DecisionRow
    sentence: str
    undoable: bool


async def show_comment_page(request: Request[State], caller: Caller) -> Response:
    """Show a comment's page."""
    return page_of(await find_comment(request, caller), caller)


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
    return page_of(stored, caller, notice=notice, status=status)


def page_of(stored: Stored, caller: Caller, *, notice: str = "", status: int = 200) -> Response:
    """Return a comment's page; `notice` stands on top, with what was decided last where that explains it."""
    may_undo = caller.may("moderator", stored.item.site)
    latest = stored.decisions[0].id if stored.decisions else None
    return render(
        "comment.html",
        status=status,
        caller=caller,
        notice=f"{notice} {last_word(stored)}".strip() if status == 409 else notice,
        card=card(stored.item, caller),
        author_email=stored.author_email,
        queued=stored.queued,
        decisions=[
            Past(row=row, sentence=sentence(row), undoable=may_undo and row.id == latest and _undoable(row))
            for row in stored.decisions
        ],
        earlier=[(verdict, reasons(verdict)) for verdict in stored.verdicts[1:]],
        similar=stored.similar,
        reason_names=REASONS,
    )


def last_word(stored: Stored) -> str:
    """Return who decided last, what and when, as a sentence; "" when nobody did."""
    if not stored.decisions:
        return ""
    last = stored.decisions[0]
    return f"{sentence(last)} on {moment(last.created_at)}. The comment is now {stored.item.state}."


def sentence(row: DecisionRow) -> str:
    """Return who did what, and why."""
    reason = f" as {REASONS[row.reason].lower()}" if row.reason else ""
    return f"{row.by} {_DID[row.action]}{reason}"


def _undoable(row: DecisionRow) -> bool:
    return row.action not in ("erase", "undo")
