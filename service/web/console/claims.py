"""Show owners what their site makes of the claim base, and let them add to it and switch parts of it off."""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.errors import Invalid, NotFound
from service.pipeline.claims import Claim
from service.store.records import Site
from service.store.site_claims import MOST, put_claims, site_claims
from service.web.admin.policy import current_site
from service.web.auth import Caller
from service.web.claims import NewClaim, claim_base, require_known, require_room, take_back
from service.web.console.owner import why
from service.web.console.page import render
from service.web.payload import read_form
from service.web.state import State

_MAX_BYTES = 64 * 1024
_DONE = {
    "added": "The claim is added. Comments that come from now on are compared with it.",
    "removed": "The claim is removed.",
    "off": "It is switched off.",
    "on": "It is switched on again.",
}
_SEVERITIES = ("misleading", "serious", "dangerous")
_LINES = ("subject", "predicate", "paraphrases")
_SOURCE = ("publisher", "title", "url")
_EMPTY = dict.fromkeys(("id", "claim", "correction", "topic_off", "claim_off", *_LINES, *_SOURCE), "")


async def show_claims(request: Request[State], caller: Caller) -> Response:
    """Show a site's own claims, and what of the base it has switched off."""
    return await _page(request, caller, done=_DONE.get(request.query_params.get("did", ""), ""))


async def change_claims(request: Request[State], caller: Caller) -> Response:
    """Add or remove a claim, or switch a topic or claim of the base off or on."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    site = await current_site(request, caller)
    try:
        did = await _carried_out(request, site, form)
    except (Invalid, NotFound, msgspec.ValidationError) as error:
        status = error.status if isinstance(error, NotFound) else 422
        return await _page(request, caller, form=form, notice=why(error), status=status)
    request.state["sites"].forget(site.name)
    return RedirectResponse(f"/console/sites/{site.name}/claims?did={did}", status_code=303)


async def _carried_out(request: Request[State], site: Site, form: Mapping[str, str]) -> str:
    """Do what a form asks for and return which of _DONE it was.

    Raises:
        Invalid, msgspec.ValidationError: it cannot be read, there is no room, or the base does not have it.
        NotFound: what is to be taken back is not there.
    """
    db = request.state["db"]
    match form.get("want"):
        case "add":
            claim = _claim(form).site_claim()
            require_room(await site_claims(db, site.id), [claim])
            await put_claims(db, site.id, own=[claim])
            return "added"
        case "switch off":
            topics = [form["topic_off"]] if form.get("topic_off") else []
            claims = [form["claim_off"]] if form.get("claim_off") else []
            if not topics and not claims:
                raise Invalid("Choose a topic or a claim.")
            require_known(topics=topics, claims=claims)
            await put_claims(db, site.id, topics_off=topics, claims_off=claims)
            return "off"
    taken_back = {name: [form[name]] for name in ("own", "topics", "claims") if form.get(name)}
    await take_back(db, site, **taken_back)
    return "removed" if "own" in taken_back else "on"


def _claim(form: Mapping[str, str]) -> NewClaim:
    """Return the claim that a form describes: one wording a line, at most one source.

    Raises:
        msgspec.ValidationError: something is missing or too long.
    """
    given: dict[str, object] = {name: form.get(name, "").strip() for name in ("id", "claim", "severity", "correction")}
    given |= {name: [line.strip() for line in form.get(name, "").splitlines() if line.strip()] for name in _LINES}
    source = {name: form.get(name, "").strip() for name in _SOURCE}
    return msgspec.convert({**given, "sources": [source] if any(source.values()) else []}, NewClaim)


async def _page(
    request: Request[State],
    caller: Caller,
    *,
    form: Mapping[str, str] | None = None,
    notice: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    site = await current_site(request, caller)
    base = claim_base()
    found = await site_claims(request.state["db"], site.id)
    topics: dict[str, list[Claim]] = {}
    for claim in sorted(base.values(), key=lambda each: (each.topic, each.claim)):
        topics.setdefault(claim.topic, []).append(claim)
    return render(
        "claims.html",
        status=status,
        caller=caller,
        site=site,
        page="claims",
        notice=notice,
        done=done,
        own=found.own,
        most=MOST,
        off=[
            *(
                ("topics", name, f"Topic {name}", f"{len(topics.get(name, ()))} claims")
                for name in sorted(found.topics_off)
            ),
            *(("claims", name, name, base[name].claim if name in base else "") for name in sorted(found.claims_off)),
        ],
        topics=topics,
        typed={**_EMPTY, "severity": "serious", **(form or {})},
        severities=_SEVERITIES,
    )
