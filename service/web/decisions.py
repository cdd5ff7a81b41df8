"""Take moderators' decisions, one or hundreds at once, and take them back.

A request with one decision answers like any other: 200, or the problem that kept it from being carried out.
One with several answers 200 where all were carried out and 207 (RFC 4918, section 13) where some were not;
each item then says for itself what became of it. Nothing is rolled back on account of another item.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId, DecisionAction, DecisionId, Reason
from service.comment import State as CommentState
from service.errors import Conflict, Forbidden, Gone, NotFound, RequestError
from service.pipeline.sanitise import repair
from service.store.cases import DecisionRow, Outcome, Wish
from service.store.decisions import decide, undo, undo_batch
from service.store.history import history_page
from service.web.auth import Caller, MemberRoute
from service.web.filters import HistoryQuery, strict_query
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

MOST_AT_ONCE = 500
MAX_NOTE = 2000
MAX_STATEMENT = 2000
_MAX_BYTES = 8 * 1024 * 1024
"""500 decisions, each with the longest note and statement in four-byte characters."""

NOT_FOUND = "There is no such comment on the sites where you may decide."
ERASED = "This comment has been erased; nothing is left to decide on."
NEEDS_ANOTHER = "You escalated this comment: another member decides. Undo the escalation to decide yourself."
SECOND = "The author appeals your own decision; another member has to answer."
NOT_UNDOABLE = "This decision cannot be undone; decide again instead."
DIFFERS = "Noted. The first decision was another one, so a colleague decides between the two; until then it stands."


class DecisionWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask for one decision, on the version that was seen; a rejection names its reason.

    `notify` says whether the author may be told; the author's status page shows the outcome either way. `statement`
    is what they are told of a rejection; without it, one is written from the reason and the evidence.
    `second_opinion` answers the question for one: a decision that differs from the first moves nothing, but escalates.
    """

    comment_id: CommentId
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    action: DecisionAction
    reason: Reason | None = None
    note: Annotated[str, Meta(max_length=MAX_NOTE)] | None = None
    statement: Annotated[str, Meta(max_length=MAX_STATEMENT)] | None = None
    notify: bool | None = None
    second_opinion: bool = False

    def __post_init__(self) -> None:
        if self.action == "reject" and self.reason is None:
            raise ValueError("A rejection needs a reason")


class DecisionsRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask for up to 500 decisions; of two on the same comment, the second comes too late."""

    decisions: Annotated[list[DecisionWish], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class DecisionResult(msgspec.Struct, kw_only=True, frozen=True):
    """Say what became of one wish; `state` and `version` are what stands, `decided_by` who was faster.

    `batch_id` names decisions that were taken together, to undo them together.
    """

    comment_id: CommentId
    status: Literal[
        "done", "stale_version", "not_found", "leased", "erased", "needs_another", "second_member", "not_undoable"
    ]
    decision_id: DecisionId | None
    batch_id: DecisionId | None
    state: CommentState | None
    version: int | None
    decided_by: str
    message: str


class DecisionResults(msgspec.Struct, kw_only=True, frozen=True):
    """Say what became of each wish, in the order asked."""

    results: list[DecisionResult]


class PastDecision(msgspec.Struct, kw_only=True, frozen=True):
    """Show a decision; of decisions taken together the first, with their number."""

    decision: DecisionRow
    site: str
    together: int
    undoable: bool


class DecisionHistory(msgspec.Struct, kw_only=True, frozen=True):
    """List decisions, latest first; `next_before` is null on the last page."""

    decisions: list[PastDecision]
    next_before: DecisionId | None


async def decide_on(request: Request[State], caller: Caller) -> Response:
    """Approve, reject, escalate or erase comments."""
    wanted = await read_json(request, DecisionsRequest, max_bytes=_MAX_BYTES)
    wishes = [_wish(decision) for decision in wanted.decisions]
    outcomes = await decide(request.state["db"], caller.named(""), by=caller.principal, wishes=wishes)
    problems = [problem(outcome) for outcome in outcomes]
    if len(outcomes) == 1 and problems[0]:
        raise problems[0]
    return _results(outcomes)


async def undo_decision(request: Request[State], caller: Caller) -> Response:
    """Restore what stood before a decision, as a new decision."""
    decision_id = DecisionId(request.path_params["decision_id"])
    outcome = await undo(request.state["db"], caller.named(""), by=caller.principal, decision_id=decision_id)
    if outcome is None:
        raise NotFound("There is no such decision on the sites where you may decide.")
    return answer(_result(outcome))


async def undo_decisions(request: Request[State], caller: Caller) -> Response:
    """Restore what stood before decisions that were taken together, as far as nobody has decided again since."""
    batch_id = DecisionId(request.path_params["batch_id"])
    outcomes = await undo_batch(request.state["db"], caller.named(""), by=caller.principal, batch_id=batch_id)
    if not outcomes:
        raise NotFound("There are no such decisions on the sites where you may decide.")
    return _results(outcomes)


async def list_decisions(request: Request[State], caller: Caller) -> Response:
    """List what was decided, latest first, without what a second person is to judge unknowingly."""
    query = strict_query(request.query_params.multi_items(), HistoryQuery)
    entries = await history_page(
        request.state["db"],
        caller.named(query.site),
        caller.principal,
        by=query.by,
        before=DecisionId(query.before) if query.before else None,
        limit=query.limit + 1,
    )
    page = entries[: query.limit]
    return answer(
        DecisionHistory(
            decisions=[
                PastDecision(decision=each.decision, site=each.site, together=each.together, undoable=each.undoable)
                for each in page
                if not each.secret
            ],
            next_before=page[-1].decision.id if len(entries) > query.limit else None,
        )
    )


def _results(outcomes: Sequence[Outcome]) -> Response:
    results = [_result(outcome) for outcome in outcomes]
    return answer(
        DecisionResults(results=results), 200 if all(outcome.status == "done" for outcome in outcomes) else 207
    )


def problem(outcome: Outcome) -> RequestError | None:
    """Return what kept a wish from being carried out, None when it was."""
    match outcome.status:
        case "not_found":
            return NotFound(NOT_FOUND)
        case "erased":
            return Gone(ERASED)
        case "leased":
            return Conflict(f"{outcome.decided_by} is looking at this comment at the moment.", code="leased")
        case "second_member":
            return Forbidden(SECOND, code="second_member_needed")
        case "stale_version":
            who = f"{outcome.decided_by} was faster" if outcome.decided_by else "The comment was changed meanwhile"
            return Conflict(
                f"{who}. The comment is now {outcome.state}, version {outcome.version}.", code="stale_version"
            )
        case "needs_another":
            return Conflict(NEEDS_ANOTHER, code="needs_another")
        case "not_undoable":
            return Conflict(NOT_UNDOABLE, code="not_undoable")
        case "done":
            return None


def _wish(decision: DecisionWish) -> Wish:
    return Wish(
        comment_id=decision.comment_id,
        version=decision.version,
        action=decision.action,
        reason=decision.reason,
        note=repair(decision.note or ""),
        statement=repair(decision.statement or "").strip() or None,
        second=decision.second_opinion,
    )


def _result(outcome: Outcome) -> DecisionResult:
    return DecisionResult(
        comment_id=outcome.comment_id,
        status=outcome.status,
        decision_id=outcome.decision_id,
        batch_id=outcome.batch_id,
        state=outcome.state,
        version=outcome.version,
        decided_by=outcome.decided_by,
        message=str(problem(outcome) or (DIFFERS if outcome.differs else "")),
    )


ROUTES = (
    MemberRoute("/v1/review/decisions", list_decisions, method="GET", role="viewer"),
    MemberRoute("/v1/review/decisions", decide_on, method="POST", role="moderator"),
    MemberRoute("/v1/review/decisions/{decision_id:uuid}/undo", undo_decision, method="POST", role="moderator"),
    MemberRoute("/v1/review/batches/{batch_id:uuid}/undo", undo_decisions, method="POST", role="moderator"),
)
