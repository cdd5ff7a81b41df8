"""Let owners add claims of their own and switch topics or claims of the base off."""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import ClaimSource, Severity, SiteClaim, SiteClaims
from service.errors import FieldError, Invalid, NotFound
from service.store.records import Site
from service.store.site_claims import MOST, drop_claims, put_claims, site_claims
from service.web.auth import Caller, MemberRoute
from service.web.payload import read_json
from service.web.state import State
from service.wire import encode

_MAX_BYTES = 256 * 1024
Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]
Text: TypeAlias = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*$")]
Url: TypeAlias = Annotated[str, Meta(max_length=2000, pattern=r"^(https?://[^\x00\s]+)?$")]


class NewSource(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Name a page that contradicts a claim."""

    publisher: Line
    title: Line
    url: Url = ""


class NewClaim(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """State a false claim of a site's own: `subject` and `predicate` are words that together take it up."""

    id: Name
    claim: Line
    topic: Name = "own"
    severity: Severity = "serious"
    correction: Text = ""
    subject: Annotated[list[Line], Meta(max_length=20)] = []
    predicate: Annotated[list[Line], Meta(max_length=20)] = []
    paraphrases: Annotated[list[Line], Meta(max_length=10)] = []
    sources: Annotated[list[NewSource], Meta(max_length=10)] = []

    def site_claim(self) -> SiteClaim:
        """Return it as the judge takes it."""
        sources = (
            ClaimSource(publisher=each.publisher, title=each.title, url=each.url, checked_at="")
            for each in self.sources
        )
        return SiteClaim(
            id=self.id,
            topic=self.topic,
            claim=self.claim,
            severity=self.severity,
            correction=self.correction,
            subject=tuple(self.subject),
            predicate=tuple(self.predicate),
            paraphrases=tuple(self.paraphrases),
            sources=tuple(sources),
        )


class ClaimsRequest(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Add claims, replacing those of the same id, and switch topics and claims of the base off."""

    own: Annotated[list[NewClaim], Meta(max_length=MOST)] = []
    topics_off: Annotated[list[Name], Meta(max_length=100)] = []
    claims_off: Annotated[list[Name], Meta(max_length=100)] = []


class ClaimsView(msgspec.Struct, kw_only=True, frozen=True):
    """Show what a site makes of the claim base."""

    own: list[SiteClaim]
    topics_off: list[str]
    claims_off: list[str]


async def list_claims(request: Request[State], caller: Caller) -> Response:
    """List a site's own claims, and what of the base it has switched off."""
    return await _view(request, _site_of(await request.state["sites"].get(request.path_params["site"]), caller))


async def put_site_claims(request: Request[State], caller: Caller) -> Response:
    """Add claims to a site, and switch topics and claims of the base off."""
    site = _site_of(await request.state["sites"].get(request.path_params["site"]), caller)
    wish = await read_json(request, ClaimsRequest, max_bytes=_MAX_BYTES)
    known = await site_claims(request.state["db"], site.id)
    own = [each.site_claim() for each in wish.own]
    require_room(known, own)
    await put_claims(request.state["db"], site.id, own=own, topics_off=wish.topics_off, claims_off=wish.claims_off)
    request.state["sites"].forget(site.name)
    return await _view(request, site)


async def drop_site_claims(request: Request[State], caller: Caller) -> Response:
    """Remove a site's own claims, and switch topics and claims of the base on again."""
    site = _site_of(await request.state["sites"].get(request.path_params["site"]), caller)
    asked = {key: request.query_params.getlist(key) for key in ("own", "topic", "claim")}
    if any("\x00" in name for names in asked.values() for name in names):
        raise NotFound("There is nothing of this name to remove.")
    dropped = await drop_claims(
        request.state["db"], site.id, own=asked["own"], topics_off=asked["topic"], claims_off=asked["claim"]
    )
    if not dropped:
        raise NotFound("There is nothing of this name to remove.")
    request.state["sites"].forget(site.name)
    return await _view(request, site)


def require_room(known: SiteClaims, own: list[SiteClaim]) -> None:
    """Refuse more claims than a site may have.

    Raises:
        Invalid: there would be too many.
    """
    if len({claim.id for claim in (*known.own, *own)}) > MOST:
        error = FieldError("own", f"may hold {MOST} claims of a site at most")
        raise Invalid(f"A site may have {MOST} claims of its own.", errors=[error])


def _site_of(site: Site, caller: Caller) -> Site:
    if site.id not in caller.sites:
        raise NotFound("There is no site of this name.")
    return site


async def _view(request: Request[State], site: Site) -> Response:
    claims = await site_claims(request.state["db"], site.id)
    view = ClaimsView(own=list(claims.own), topics_off=sorted(claims.topics_off), claims_off=sorted(claims.claims_off))
    return Response(encode(view), media_type="application/json")


_PATH = "/v1/sites/{site}/claims"
ROUTES = (
    MemberRoute(_PATH, list_claims, method="GET", role="owner"),
    MemberRoute(_PATH, put_site_claims, method="POST", role="owner"),
    MemberRoute(_PATH, drop_site_claims, method="DELETE", role="owner"),
)
