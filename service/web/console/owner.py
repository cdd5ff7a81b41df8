"""Show owners their sites, members, tokens and lists, and carry out what the forms there say."""

from collections.abc import Mapping
from typing import get_args

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.comment import ListKind, MemberId, Role
from service.errors import Conflict, Invalid
from service.store.credentials import add_token, list_members, list_tokens, remove_member, set_role
from service.store.sites import change_policy, list_sites
from service.web.admin.lists import ListWish, added, entry_id, entry_of, without
from service.web.admin.people import end_token_of, invite_link
from service.web.admin.policy import current_site
from service.web.admin.sites import SiteChange, SiteWish, apply_change, made
from service.web.auth import Caller
from service.web.console.address import uuid_in
from service.web.console.page import render
from service.web.payload import read_form
from service.web.state import State

_MAX_BYTES = 128 * 1024
_ROLES: Mapping[str, Role] = {role: role for role in get_args(Role)}
KINDS: Mapping[ListKind, str] = {
    "word": "Word or phrase",
    "link": "Link",
    "author": "Author",
    "network": "Network",
}


async def show_sites(request: Request[State], caller: Caller) -> Response:
    """Show the sites that the caller owns, and a form that makes another."""
    return await _sites(request, caller)


async def make_site(request: Request[State], caller: Caller) -> Response:
    """Make a site and give the link that opens it."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    origins = form.get("origins", "").split()
    try:
        wish = msgspec.convert(
            {"name": form.get("name", ""), "title": form.get("title") or None, "origins": origins}, SiteWish
        )
        new = await made(request, caller, wish)
    except (Invalid, Conflict, msgspec.ValidationError) as error:
        return await _sites(request, caller, notice=why(error), status=422)
    return await _sites(request, caller, secret=new.link or new.token or "", done=f"The site {new.site.name} is made.")


async def change_site(request: Request[State], caller: Caller) -> Response:
    """Change a site's title and origins."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    try:
        wish = msgspec.convert(
            {"title": form.get("title") or None, "origins": form.get("origins", "").split()}, SiteChange
        )
        await apply_change(request, caller, wish)
    except (Invalid, msgspec.ValidationError) as error:
        return await _sites(request, caller, notice=why(error), status=422)
    return RedirectResponse("/console/sites", status_code=303)


async def show_members(request: Request[State], caller: Caller) -> Response:
    """Show a site's members."""
    return await _members(request, caller)


async def change_members(request: Request[State], caller: Caller) -> Response:
    """Invite somebody, give a member another role, or end a membership."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    site, db = await current_site(request, caller), request.state["db"]
    role, member = _ROLES.get(form.get("role", "")), uuid_in(form, "member")
    try:
        if form.get("want") == "invite" and role:
            link = await invite_link(request, caller, form.get("email", "").strip(), role)
            return await _members(request, caller, secret=link)
        if form.get("want") == "role" and role and member:
            await set_role(db, site.id, MemberId(member), role)
        elif form.get("want") == "remove" and member:
            await remove_member(db, site.id, MemberId(member))
    except (Conflict, Invalid) as error:
        return await _members(request, caller, notice=f"Not done. {error}", status=error.status)
    return RedirectResponse(f"/console/sites/{site.name}/members", status_code=303)


async def show_tokens(request: Request[State], caller: Caller) -> Response:
    """Show a site's API tokens."""
    return await _tokens(request, caller)


async def change_tokens(request: Request[State], caller: Caller) -> Response:
    """Make an API token, or end one."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    site, role = await current_site(request, caller), _ROLES.get(form.get("role", ""))
    name = form.get("name", "").strip()
    if form.get("want") == "make" and role:
        if not 1 <= len(name) <= 80:
            return await _tokens(request, caller, notice="Not done. A name has 1 to 80 characters.", status=422)
        return await _tokens(
            request, caller, secret=await add_token(request.state["db"], site.id, name=name, role=role)
        )
    await end_token_of(request, caller, form.get("prefix", ""))
    return RedirectResponse(f"/console/sites/{site.name}/tokens", status_code=303)


async def show_lists(request: Request[State], caller: Caller) -> Response:
    """Show a site's lists."""
    return await _lists(request, caller)


async def change_lists(request: Request[State], caller: Caller) -> Response:
    """Put lines on a list, or take an entry off."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    site = await current_site(request, caller)
    db, who = request.state["db"], caller.principal.actor
    try:
        if wanted := form.get("remove"):
            await change_policy(db, site.id, lambda policy: without(policy, wanted), by=who)
        else:
            entries = [entry_of(wish) for wish in wishes(form)]
            await change_policy(db, site.id, lambda policy: added(policy, entries), by=who)
    except (Invalid, msgspec.ValidationError) as error:
        return await _lists(request, caller, notice=why(error), typed=form.get("values", ""), status=422)
    return RedirectResponse(f"/console/sites/{site.name}/lists", status_code=303)


def wishes(form: Mapping[str, str]) -> list[ListWish]:
    """Return what a form puts on a list, one entry a line.

    Raises:
        msgspec.ValidationError: a line is too long, or the form is not one of ours.
    """
    lines = filter(str.strip, form.get("values", "").splitlines())
    shared = {"kind": form.get("kind", ""), "action": form.get("action", ""), "note": form.get("note", "").strip()}
    return [msgspec.convert({**shared, "value": line.strip()}, ListWish) for line in lines]


async def _sites(
    request: Request[State], caller: Caller, *, notice: str = "", done: str = "", secret: str = "", status: int = 200
) -> Response:
    sites = [site for site in await list_sites(request.state["db"]) if site.id in caller.sites]
    return render("sites.html", status=status, caller=caller, notice=notice, done=done, secret=secret, sites=sites)


async def _members(
    request: Request[State], caller: Caller, *, notice: str = "", secret: str = "", status: int = 200
) -> Response:
    site = await current_site(request, caller)
    members = [each for each in await list_members(request.state["db"], site.id) if each.revoked_at is None]
    return render(
        "members.html", status=status, caller=caller, notice=notice, secret=secret, site=site, members=members,
        roles=list(_ROLES), page="members",
    )  # fmt: skip


async def _tokens(
    request: Request[State], caller: Caller, *, notice: str = "", secret: str = "", status: int = 200
) -> Response:
    site = await current_site(request, caller)
    tokens = await list_tokens(request.state["db"], site.id)
    return render(
        "tokens.html", status=status, caller=caller, notice=notice, secret=secret, site=site, tokens=tokens,
        roles=list(_ROLES), page="tokens",
    )  # fmt: skip


async def _lists(
    request: Request[State], caller: Caller, *, notice: str = "", typed: str = "", status: int = 200
) -> Response:
    site = await current_site(request, caller)
    entries = [(entry_id(entry), entry) for entry in site.policy.lists]
    return render(
        "lists.html", status=status, caller=caller, notice=notice, site=site, entries=entries, kinds=KINDS,
        typed=typed, page="lists",
    )  # fmt: skip


def why(error: Exception) -> str:
    """Return what was wrong with a form, as a sentence."""
    fields = error.errors if isinstance(error, Invalid) else ()
    return " ".join(["Not done.", str(error).partition(" - at")[0], *(f"{e.field} {e.message}." for e in fields)])
