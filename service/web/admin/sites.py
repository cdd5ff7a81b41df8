"""Make, read and change sites."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import Policy
from service.errors import FieldError, Invalid
from service.pipeline.sanitise import repair
from service.store.credentials import add_token, invite_member
from service.store.records import Site
from service.store.sites import add_site, list_sites, rename_site
from service.web.address import origin
from service.web.admin.policy import PolicyView, current_site, view
from service.web.auth import Caller, MemberRoute
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

_MAX_BYTES = 32 * 1024
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,62}")
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Origins = Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=50)]


class SiteView(msgspec.Struct, kw_only=True, frozen=True):
    """Show a site; `origins` are where its pages are served from."""

    name: str
    title: str
    origins: list[str]
    policy: PolicyView


class Sites(msgspec.Struct, kw_only=True, frozen=True):
    """Show the caller's sites, by name."""

    sites: list[SiteView]


class SiteWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Make a site; its name stands in URLs."""

    name: Annotated[str, Meta(max_length=63, pattern="^[a-z0-9][a-z0-9-]*$")]
    title: Title | None = None
    origins: Origins = []


class SiteMade(msgspec.Struct, kw_only=True, frozen=True):
    """Show the new site. Its first owner is the caller: a program by `token`, a person by `link`, each shown once."""

    site: SiteView
    token: str | None
    link: str | None


class SiteChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Say what to change; null stays."""

    title: Title | None = None
    origins: Origins | None = None


async def show_sites(request: Request[State], caller: Caller) -> Response:
    """Show the sites that the caller owns."""
    sites = [site for site in await list_sites(request.state["db"]) if site.id in caller.sites]
    return answer(Sites(sites=[_view(site) for site in sites]))


async def make_site(request: Request[State], caller: Caller) -> Response:
    """Make a site of which the caller is the first owner."""
    return answer(await made(request, caller, await read_json(request, SiteWish, max_bytes=_MAX_BYTES)), 201)


async def show_site(request: Request[State], caller: Caller) -> Response:
    """Show one site."""
    return answer(_view(await current_site(request, caller)))


async def change_site(request: Request[State], caller: Caller) -> Response:
    """Change a site's title and origins."""
    wanted = await read_json(request, SiteChange, max_bytes=_MAX_BYTES)
    await apply_change(request, caller, wanted)
    return answer(_view(await current_site(request, caller)))


async def apply_change(request: Request[State], caller: Caller, wanted: SiteChange) -> None:
    """Write what is given of a site's title and origins.

    Raises:
        Invalid: something is not an origin.
    """
    site = await current_site(request, caller)
    _require_origins(wanted.origins or [])
    origins = site.origins if wanted.origins is None else wanted.origins
    await rename_site(request.state["db"], site.id, title=repair(wanted.title or site.title), origins=origins)


async def made(request: Request[State], caller: Caller, wanted: SiteWish) -> SiteMade:
    """Make a site and its first owner.

    Raises:
        Invalid: something is not an origin.
        Conflict: the name is taken.
    """
    _require_origins(wanted.origins)
    if not _NAME.fullmatch(wanted.name):
        raise Invalid("This cannot be a site's name.", errors=[FieldError("name", "needs a-z, 0-9 and hyphens")])
    db, who = request.state["db"], caller.principal
    title = repair(wanted.title or wanted.name)
    site = await add_site(db, name=wanted.name, title=title, origins=wanted.origins, policy=Policy())
    if who.kind == "token":
        return SiteMade(site=_view(site), token=await add_token(db, site.id, name=who.label, role="owner"), link=None)
    invite = await invite_member(db, [site.id], email=who.label, role="owner")
    return SiteMade(
        site=_view(site), token=None, link=f"{request.state['settings'].public_url}/console/sign-in/{invite}"
    )


def _require_origins(origins: list[str]) -> None:
    for each in origins:
        if origin(each) is None:
            error = FieldError("origins", "holds something else than origins such as https://www.example.org")
            raise Invalid("An origin cannot be read.", errors=[error])


def _view(site: Site) -> SiteView:
    return SiteView(name=site.name, title=site.title, origins=list(site.origins), policy=view(site.policy))


ROUTES = (
    MemberRoute("/v1/sites", show_sites, method="GET", role="owner"),
    MemberRoute("/v1/sites", make_site, method="POST", role="owner"),
    MemberRoute("/v1/sites/{site}", show_site, method="GET", role="owner"),
    MemberRoute("/v1/sites/{site}", change_site, method="PATCH", role="owner"),
)
