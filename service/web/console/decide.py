"""Take decisions from the console's forms: on one comment, or on several after saying how many they are."""

from collections.abc import Mapping, Sequence
from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.comment import CommentId, DecisionAction, DecisionId, Reason
from service.errors import Conflict, Malformed, NotFound
from service.pipeline.sanitise import repair
from service.store.cases import Wish
from service.store.decisions import decide, undo, undo_batch
from service.store.review import find_items
from service.web.auth import Caller
from service.web.console.address import address_back, uuid_in
from service.web.console.card import REASONS
from service.web.console.comment import explain
from service.web.console.page import render
from service.web.decisions import MAX_NOTE, MAX_STATEMENT, MOST_AT_ONCE, problem
from service.web.payload import read_form, read_pairs
from service.web.state import State

_MAX_BYTES = 128 * 1024
"""Five hundred ids with their versions, a note and a statement."""
_BUTTONS: Mapping[str, tuple[DecisionAction, Reason | None]] = {
    "approve": ("approve", None),
    "reject": ("reject", None),
    "spam": ("reject", "spam"),
    "health": ("reject", "health_misinformation"),
    "escalate": ("escalate", None),
}
_VERBS = {"approve": "Approve", "reject": "Reject", "escalate": "Escalate"}
_REASONS: Mapping[str, Reason] = {reason: reason for reason in get_args(Reason)}
_SHOWN = 50


async def decide_here(request: Request[State], caller: Caller) -> Response:
    """Carry out what a button says and go back to the list, or show the comment and say why not."""
    pairs = await read_pairs(request, max_bytes=_MAX_BYTES, most=MOST_AT_ONCE + 20)
    form = dict(pairs)
    chosen = [value for name, value in pairs if name == "selected"]
    if "comment_id" not in form:
        return await _decide_together(request, caller, form, chosen)
    wish = _wish(form, form["comment_id"], form.get("version", ""))
    if trouble := _incomplete(wish):
        return await explain(request, caller, wish.comment_id, notice=trouble, status=422)
    (outcome,) = await decide(request.state["db"], caller.named(""), by=caller.principal, wishes=[wish])
    if refused := problem(outcome):
        if isinstance(refused, NotFound):
            raise refused
        notice = f"Not done. {refused}"
        return await explain(request, caller, wish.comment_id, notice=notice, status=refused.status)
    did = "differs" if outcome.differs else form["decision"]
    return _go_back(form, did=did, decision=str(outcome.decision_id), comment=str(wish.comment_id))


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


async def undo_together(request: Request[State], caller: Caller) -> Response:
    """Take back what was decided together, as far as nobody has decided again since."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    batch_id = DecisionId(request.path_params["batch_id"])
    outcomes = await undo_batch(request.state["db"], caller.named(""), by=caller.principal, batch_id=batch_id)
    if not outcomes:
        raise NotFound("There are no such decisions on the sites where you may decide.")
    undone = sum(outcome.status == "done" for outcome in outcomes)
    return _go_back(form, did="undo", n=str(undone), of=str(len(outcomes)))


async def _decide_together(
    request: Request[State], caller: Caller, form: Mapping[str, str], chosen: Sequence[str]
) -> Response:
    """Decide on all the comments chosen; ask first unless the form says that their number was seen."""
    if not chosen:
        return RedirectResponse(address_back(form.get("back", "")), status_code=303)
    wishes = [_wish(form, comment_id, version) for comment_id, _, version in (each.partition(":") for each in chosen)]
    if trouble := _incomplete(wishes[0]):
        return await _ask(request, caller, form, wishes, trouble)
    if form.get("count") != str(len(wishes)):
        return await _ask(request, caller, form, wishes, "")
    outcomes = await decide(request.state["db"], caller.named(""), by=caller.principal, wishes=wishes)
    done = [outcome for outcome in outcomes if outcome.status == "done"]
    more = {"did": form["decision"], "n": str(len(done)), "of": str(len(wishes))}
    if len(done) > 1:
        more["batch"] = str(done[0].batch_id)
    elif done:
        more["decision"] = str(done[0].decision_id)
    return _go_back(form, **more)


async def _ask(
    request: Request[State], caller: Caller, form: Mapping[str, str], wishes: Sequence[Wish], trouble: str
) -> Response:
    items = await find_items(request.state["db"], caller.named(""), [wish.comment_id for wish in wishes[:_SHOWN]])
    wish = wishes[0]
    reason = f" as {REASONS[wish.reason].lower()}" if wish.reason else ""
    return render(
        "confirm.html",
        status=422 if trouble else 200,
        caller=caller,
        here="",
        notice=trouble,
        question=f"{_VERBS[wish.action]} {len(wishes)} comment{'s' if len(wishes) > 1 else ''}{reason}?",
        verb=_VERBS[wish.action],
        number=len(wishes),
        items=items,
        chosen=[f"{each.comment_id}:{each.version}" for each in wishes],
        form=form,
        reason_names=REASONS,
        cancel=address_back(form.get("back", "")),
    )


def _wish(form: Mapping[str, str], comment: str, version: str) -> Wish:
    comment_id = uuid_in({"id": comment}, "id")
    button = _BUTTONS.get(form.get("decision", ""))
    if comment_id is None or button is None or not (version.isdecimal() and version.isascii() and len(version) < 10):
        raise Malformed("The form is not one of the console's.")
    action, reason = button
    return Wish(
        comment_id=CommentId(comment_id),
        version=int(version),
        action=action,
        reason=reason or (_REASONS.get(form.get("reason", "")) if action == "reject" else None),
        note=repair(form.get("note", "")),
        statement=repair(form.get("statement", "")).strip() or None if action == "reject" else None,
        second=form.get("second") == "yes",
    )


def _incomplete(wish: Wish) -> str:
    if wish.action == "reject" and wish.reason is None:
        return "Not done. A rejection needs a reason; choose one."
    if len(wish.note) > MAX_NOTE:
        return f"Not done. A note has at most {MAX_NOTE} characters."
    if len(wish.statement or "") > MAX_STATEMENT:
        return f"Not done. A statement of reasons has at most {MAX_STATEMENT} characters."
    return ""


def _go_back(form: Mapping[str, str], **more: str) -> Response:
    if form.get("back") == "history":
        return RedirectResponse("/console/history", status_code=303)
    return RedirectResponse(address_back(form.get("back", ""), **more), status_code=303)
