"""Take moderators' decisions, one or hundreds at once, and take them back.

A request with one decision answers like any other: 200, or the problem that kept it from being carried out.
One with several answers 200 where all were carried out and 207 (RFC 4918, section 13) where some were not;
each item then says for itself what became of it. Nothing is rolled back on account of another item.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import CommentId, DecisionAction, DecisionId, Reason
from service.comment import State as CommentState
from service.errors import Conflict, Forbidden, Gone, NotFound, RequestError
from service.pipeline.sanitise import repair
from service.store.cases import Outcome, Wish
from service.store.decisions import decide, undo
from service.web.auth import Caller, MemberRoute
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

MOST_AT_ONCE = 500
MAX_NOTE = 2000
_MAX_BYTES = 4 * 1024 * 1024
"""500 decisions, each with the longest note in four-byte characters."""

NOT_FOUND = "There is no such comment on the sites where you may decide."
ERASED = "This comment has been erased; nothing is left to decide on."
LEASED = "Somebody else is looking at this comment at the moment."
SECOND = "The author appeals your own decision; another member has to answer."
STALE = "Somebody decided on this comment meanwhile."


class DecisionWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask for one decision, on the version that was seen; a rejection names its reason.

    `notify` says whether the author may be told; the author's status page shows the outcome either way.
    """

    comment_id: CommentId
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    action: DecisionAction
    reason: Reason | None = None
    note: Annotated[str, Meta(max_length=MAX_NOTE)] | None = None
    notify: bool | None = None

    def __post_init__(self) -> None:
        if self.action == "reject" and self.reason is None:
            raise ValueError("A rejection needs a reason")


class DecisionsRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Ask for up to 500 decisions; of two on the same comment, the second comes too late."""

    decisions: Annotated[list[DecisionWish], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class DecisionResult(msgspec.Struct, kw_only=True, frozen=True):
    """Say what became of one wish; `state` and `version` are what stands, `decided_by` who was faster."""

    comment_id: CommentId
    status: Literal["done", "stale_version", "not_found", "leased", "erased", "second_member"]
    decision_id: DecisionId | None
    state: CommentState | None
    version: int | None
    decided_by: str
    message: str


class DecisionResults(msgspec.Struct, kw_only=True, frozen=True):
    """Say what became of each wish, in the order asked."""

    results: list[DecisionResult]


async def decide_on(request: Request[State], caller: Caller) -> Response:
    """Approve, reject, escalate or erase comments."""
    wanted = await read_json(request, DecisionsRequest, max_bytes=_MAX_BYTES)
    wishes = [_wish(decision) for decision in wanted.decisions]
    outcomes = await decide(request.state["db"], caller.named(""), by=caller.principal, wishes=wishes)
    problems = [problem(outcome) for outcome in outcomes]
    if len(outcomes) == 1 and problems[0]:
        raise problems[0]
    results = [_result(outcome, str(trouble or "")) for outcome, trouble in zip(outcomes, problems, strict=True)]
    return answer(DecisionResults(results=results), 207 if any(problems) else 200)


async def undo_decision(request: Request[State], caller: Caller) -> Response:
    """Restore what stood before a decision, as a new decision."""
    decision_id = DecisionId(request.path_params["decision_id"])
    outcome = await undo(request.state["db"], caller.named(""), by=caller.principal, decision_id=decision_id)
    if outcome is None:
        raise NotFound("There is no such decision on the sites where you may decide.")
    return answer(_result(outcome, ""))


def problem(outcome: Outcome) -> RequestError | None:
    """Return what kept a wish from being carried out, None when it was."""
    match outcome.status:
        case "not_found":
            return NotFound(NOT_FOUND)
        case "erased":
            return Gone(ERASED)
        case "leased":
            return Conflict(LEASED, code="leased")
        case "second_member":
            return Forbidden(SECOND, code="second_member_needed")
        case "stale_version":
            return Conflict(f"{STALE} It is now {outcome.state}, version {outcome.version}.", code="stale_version")
        case "done":
            return None


def _wish(decision: DecisionWish) -> Wish:
    return Wish(
        comment_id=decision.comment_id,
        version=decision.version,
        action=decision.action,
        reason=decision.reason,
        note=repair(decision.note or ""),
    )


def _result(outcome: Outcome, message: str) -> DecisionResult:
    return DecisionResult(
        comment_id=outcome.comment_id,
        status=outcome.status,
        decision_id=outcome.decision_id,
        state=outcome.state,
        version=outcome.version,
        decided_by=outcome.decided_by,
        message=message,
    )


ROUTES = (
    MemberRoute("/v1/review/decisions", decide_on, method="POST", role="moderator"),
    MemberRoute("/v1/review/decisions/{decision_id:uuid}/undo", undo_decision, method="POST", role="moderator"),
)
