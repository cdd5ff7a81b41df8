"""Take decisions from the console's forms."""

from collections.abc import Mapping
from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.comment import CommentId, DecisionAction, DecisionId, Reason
from service.errors import Conflict, Malformed, NotFound
from service.pipeline.sanitise import repair
from service.store.cases import Wish
from service.store.decisions import decide, undo
from service.web.auth import Caller
from service.web.console.comment import explain
from service.web.console.queue import address_back, uuid_in
from service.web.decisions import MAX_NOTE, problem
from service.web.payload import read_form
from service.web.state import State

_MAX_BYTES = 64 * 1024
_BUTTONS: Mapping[str, tuple[DecisionAction, Reason | None]] = {
    "approve": ("approve", None),
    "reject": ("reject", None),
    "spam": ("reject", "spam"),
    "health": ("reject", "health_misinformation"),
    "escalate": ("escalate", None),
}
_REASONS: Mapping[str, Reason] = {reason: reason for reason in get_args(Reason)}


async def decide_here(request: Request[State], caller: Caller) -> Response:
    """Carry out what a button says and go back to the list, or show the comment and say why not."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    wish = _wish(form)
    if trouble := _incomplete(wish):
        return await explain(request, caller, wish.comment_id, notice=trouble, status=422)
    (outcome,) = await decide(request.state["db"], caller.named(""), by=caller.principal, wishes=[wish])
    if refused := problem(outcome):
        if isinstance(refused, NotFound):
            raise refused
        notice = f"Not done. {refused}"
        return await explain(request, caller, wish.comment_id, notice=notice, status=refused.status)
    return _go_back(form, did=form["decision"], decision=str(outcome.decision_id), comment=str(wish.comment_id))


async def undo_here(request: Request[State], caller: Caller) -> Response:
    """Take a decision back and go back to the list, or show the comment and say why not."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    comment_id = uuid_in(form, "comment_id")
    decision_id = DecisionId(request.path_params["decision_id"])
    try:
        outcome = await undo(request.state["db"], caller.named(""), by=caller.principal, decision_id=decision_id)
    except Conflict as error:
        if comment_id is None:
            raise
        notice = f"Not undone. {error}"
        return await explain(request, caller, CommentId(comment_id), notice=notice, status=error.status)
    if outcome is None:
        raise NotFound("There is no such decision on the sites where you may decide.")
    return _go_back(form, did="undo", comment=str(outcome.comment_id))


def _wish(form: Mapping[str, str]) -> Wish:
    comment_id, version = uuid_in(form, "comment_id"), form.get("version", "")
    button = _BUTTONS.get(form.get("decision", ""))
    if comment_id is None or button is None or not (version.isdecimal() and len(version) < 10):
        raise Malformed("The form is not one of the console's.")
    action, reason = button
    return Wish(
        comment_id=CommentId(comment_id),
        version=int(version),
        action=action,
        reason=reason or (_REASONS.get(form.get("reason", "")) if action == "reject" else None),
        note=repair(form.get("note", "")),
    )


def _incomplete(wish: Wish) -> str:
    if wish.action == "reject" and wish.reason is None:
        return "Not done. A rejection needs a reason; choose one."
    if len(wish.note) > MAX_NOTE:
        return f"Not done. A note has at most {MAX_NOTE} characters."
    return ""


def _go_back(form: Mapping[str, str], **more: str) -> Response:
    return RedirectResponse(address_back(form.get("back", ""), **more), status_code=303)
