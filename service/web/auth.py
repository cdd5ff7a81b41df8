"""Decide who is asking and what they may do.

Every route for members is a `MemberRoute`: it states the least role it wants, and its handler is handed a
`Caller` that knows only the sites on which that role is held. A handler cannot ask about another site,
because it has no id to ask with.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.comment import Role, SiteId
from service.errors import Forbidden, NotFound, Unauthenticated
from service.store.credentials import principal
from service.store.records import Access, Principal
from service.web.state import State

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = re.compile(r"(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|::1")
_RANK: Mapping[Role, int] = {"viewer": 0, "moderator": 1, "owner": 2}
_LONGEST_CREDENTIAL = 400
"""Longer ones are refused unread; a member of fifty sites has about 250 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is asking, with the sites on which they hold the role that the route wants."""

    principal: Principal
    role: Role
    sites: Mapping[SiteId, str]

    def named(self, site: str) -> tuple[SiteId, ...]:
        """Return the ids of the sites to look under: the one named, or all of the caller's for "".

        Raises:
            Forbidden: the caller belongs to the site named, in too low a role.
            NotFound: the caller has nothing to do with it, or there is no such site.
        """
        if not site:
            return tuple(self.sites)
        for site_id, access in self.principal.sites.items():
            if access.name == site:
                if site_id not in self.sites:
                    raise Forbidden(f"This needs the role {self.role} on the site {site}.")
                return (site_id,)
        raise NotFound(f"There is no site {site} among yours.")

    def may(self, role: Role, site: str) -> bool:
        """Tell whether the caller holds at least this role on the site named."""
        return any(access.name == site and suffices(access, role) for access in self.principal.sites.values())


Handler: TypeAlias = Callable[[Request[State], Caller], Awaitable[Response]]
Doorkeeper: TypeAlias = Callable[[Request[State], Unauthenticated], Response]


class MemberRoute(Route):
    """A route that only members reach, in `role` or a higher one, and whose answers no cache keeps.

    `strangers` answers those whom nobody knows; without it they get the problem 401.
    """

    def __init__(
        self,
        path: str,
        handler: Handler,
        *,
        method: Literal["GET", "POST", "PATCH", "DELETE"],
        role: Role,
        strangers: Doorkeeper | None = None,
    ):
        @wraps(handler)
        async def endpoint(request: Request[State]) -> Response:
            try:
                caller = await admit(request, role)
            except Unauthenticated as error:
                if strangers is None:
                    raise
                return strangers(request, error)
            response = await handler(request, caller)
            response.headers["Cache-Control"] = "no-store"
            response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
            return response

        super().__init__(path, endpoint, methods=[method])
        self.role = role


async def admit(request: Request[State], role: Role) -> Caller:
    """Return the caller if they hold the role on any site.

    Raises:
        Unauthenticated: no credentials, or they mean nothing (any more).
        Forbidden: the role is held nowhere, or another site's page sent a signed-in browser here.
    """
    who = await identify(request)
    sites = {site_id: access.name for site_id, access in who.sites.items() if suffices(access, role)}
    if not sites:
        raise Forbidden(f"This needs the role {role}.")
    return Caller(principal=who, role=role, sites=sites)


async def identify(request: Request[State]) -> Principal:
    """Return who is asking, by API token or by session cookie.

    A header that names a token is never outvoted by a cookie: who sends one means it.

    Raises:
        Unauthenticated: no credentials, or they mean nothing (any more).
        Forbidden: a signed-in browser was sent here by another site's page.
    """
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, credential = header.partition(" ")
        if scheme.lower() == "bearer":
            return await _known(request, credential.strip(), "token")
        raise Unauthenticated("Credentials are sent as `Authorization: Bearer gp_…`.")
    credential = request.cookies.get(cookie_name(request), "")
    if not credential:
        raise Unauthenticated("Sign in at /console/sign-in, or send an API token as `Authorization: Bearer gp_…`.")
    if request.method not in SAFE_METHODS:
        refuse_cross_site(request)
    return await _known(request, credential, "session")


def refuse_cross_site(request: Request[State]) -> None:
    """Refuse a request that changes something unless the browser says that our own page sent it.

    Browsers set both headers themselves and no page can forge them. `Sec-Fetch-Site: none` is a person's own
    doing (an address typed, a bookmark). Browsers from before 2023 send Origin only.

    Raises:
        Forbidden: another site's page sent it, or nothing says who did.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is None:
        allowed = request.headers.get("origin") in own_origins(request)
    else:
        allowed = fetch_site in ("same-origin", "none")
    if not allowed:
        raise Forbidden("This was not sent by a page of the console.", code="cross_site")


def own_origins(request: Request[State]) -> frozenset[str]:
    """Return the origins under which this service is reached: the one configured and the one asked at."""
    public = urlsplit(request.state["settings"].public_url)
    return frozenset({f"{public.scheme}://{public.netloc}", f"{request.url.scheme}://{request.url.netloc}"})


def behind_tls(request: Request[State]) -> bool:
    """Tell whether browsers reach this service by https, be it through a proxy."""
    return request.url.scheme == "https" or request.state["settings"].public_url.startswith("https://")


def on_loopback(request: Request[State]) -> bool:
    """Tell whether the browser runs on this machine, as far as the address that it asked at says."""
    return _LOOPBACK.fullmatch(request.url.hostname or "") is not None


def cookie_name(request: Request[State]) -> str:
    """Return the session cookie's name; browsers bind one with `__Host-` to TLS and to this host."""
    return "__Host-gatepost" if behind_tls(request) else "gatepost"


def suffices(access: Access, role: Role) -> bool:
    """Tell whether an access is of this role or a higher one."""
    return _RANK[access.role] >= _RANK[role]


async def _known(request: Request[State], credential: str, kind: Literal["token", "session"]) -> Principal:
    usable = credential.isascii() and len(credential) <= _LONGEST_CREDENTIAL
    who = await principal(request.state["db"], credential) if usable else None
    if who is None or who.kind != kind:
        raise Unauthenticated(
            "This API token is unknown or revoked." if kind == "token" else "Your session has ended; sign in again."
        )
    return who
