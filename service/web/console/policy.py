"""Show how a site decides; try a change on what people have decided on, then switch it on."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.comment import Policy
from service.errors import Invalid
from service.pipeline.lists import merged
from service.store.sites import change_policy
from service.web.admin.lists import entry_of
from service.web.admin.policy import (
    USUAL_CASES,
    PolicyChange,
    PolicyPreview,
    changed,
    current_site,
    preview,
    view,
)
from service.web.auth import Caller
from service.web.console.highlight import Piece, marked
from service.web.console.owner import KINDS, wishes
from service.web.console.page import render
from service.web.payload import read_form
from service.web.state import State

_MAX_BYTES = 128 * 1024
_SECOND = "The share of second reviews is a number from 0 to 1."


async def show_policy(request: Request[State], caller: Caller) -> Response:
    """Show how the site decides."""
    return await _page(request, caller)


async def try_policy(request: Request[State], caller: Caller) -> Response:
    """Show what a change would have done, or switch it on."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    site = await current_site(request, caller)
    try:
        wanted = _wanted(form)
        entries = [entry_of(wish) for wish in wishes(form)]
        after = replace(changed(site.policy, wanted), lists=merged(site.policy.lists, entries))
    except (Invalid, msgspec.ValidationError, ValueError) as error:
        fields = error.errors if isinstance(error, Invalid) else ()
        why = " ".join([str(error).partition(" - at")[0], *(f"{each.field} {each.message}." for each in fields)])
        return await _page(request, caller, form=form, notice=f"Not done. {why}", status=422)
    db = request.state["db"]
    if form.get("want") == "switch on":
        await change_policy(
            db,
            site.id,
            lambda policy: replace(changed(policy, wanted), lists=merged(policy.lists, entries)),
            by=caller.principal.actor,
        )
        return RedirectResponse(f"/console/sites/{site.name}/policy?did=on", status_code=303)
    return await _page(
        request, caller, form=form, tried=await preview(db, site.id, site.policy, after, limit=USUAL_CASES)
    )


def _wanted(form: Mapping[str, str]) -> PolicyChange:
    def share(name: str) -> float | None:
        return _share(form.get(name, ""), "A threshold is a number from 0 to 1.")

    thresholds = {
        "hold_at": {"spam": share("hold_spam"), "health": share("hold_health")},
        "reject_at": {"spam": share("reject_spam")},
    }
    second = _share(form.get("second_review", ""), _SECOND)
    if second is None:
        raise ValueError(_SECOND)
    return msgspec.convert({"mode": form.get("mode"), **thresholds, "second_review": second}, PolicyChange)


def _share(text: str, otherwise: str) -> float | None:
    """Return the share that somebody typed, None for nothing.

    Raises:
        ValueError: it is none, with the words `otherwise`.
    """
    try:
        value = float(text.strip()) if text.strip() else None
    except ValueError:
        raise ValueError(otherwise) from None
    if value is not None and not 0 <= value <= 1:
        raise ValueError(otherwise)
    return value


def _typed(policy: Policy) -> dict[str, str]:
    given = view(policy)
    numbers = {
        "hold_spam": given.hold_at.spam,
        "hold_health": given.hold_at.health,
        "reject_spam": given.reject_at.spam,
    }
    return {
        "second_review": f"{policy.second_review:g}",
        "mode": policy.mode, "kind": "word", "action": "hold", "values": "", "note": "",
        **{name: "" if value is None else f"{value:g}" for name, value in numbers.items()},
    }  # fmt: skip


async def _page(
    request: Request[State],
    caller: Caller,
    *,
    form: Mapping[str, str] | None = None,
    tried: PolicyPreview | None = None,
    notice: str = "",
    status: int = 200,
) -> Response:
    site = await current_site(request, caller)
    quoted: list[list[Piece]] = [marked(each.text, ()) for each in tried.changed] if tried else []
    return render(
        "policy.html",
        status=status,
        caller=caller,
        site=site,
        page="policy",
        notice=notice,
        done="The policy is switched on." if request.query_params.get("did") == "on" else "",
        typed={**_typed(site.policy), **(form or {})},
        tried=tried,
        quoted=quoted,
        kinds=KINDS,
    )
