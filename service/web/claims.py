"""Let owners add claims of their own and switch topics or claims of the base off."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import ClaimSource, Severity, SiteClaim, SiteClaims
from service.errors import FieldError, Invalid, NotFound
from service.judges import known_claims
from service.pipeline.claims import Claim
from service.store.database import Database
from service.store.records import Site
from service.store.site_claims import MOST, drop_claims, put_claims, site_claims
from service.web.auth import Caller, MemberRoute
from service.web.payload import read_json
from service.web.state import State
from service.wire import encode

_MAX_BYTES = 256 * 1024
# In Python, unlike in browsers and Postgres, $ stands before a last line break as well.
Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$(?!\n)")]
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
    require_known(topics=wish.topics_off, claims=wish.claims_off)
    await put_claims(request.state["db"], site.id, own=own, topics_off=wish.topics_off, claims_off=wish.claims_off)
    request.state["sites"].forget(site.name)
    return await _view(request, site)


async def drop_site_claims(request: Request[State], caller: Caller) -> Response:
    """Remove a site's own claims, and switch topics and claims of the base on again."""
    site = _site_of(await request.state["sites"].get(request.path_params["site"]), caller)
    await take_back(
        request.state["db"],
        site,
        own=request.query_params.getlist("own"),
        topics=request.query_params.getlist("topic"),
        claims=request.query_params.getlist("claim"),
    )
    request.state["sites"].forget(site.name)
    return await _view(request, site)


async def take_back(
    db: Database, site: Site, *, own: Sequence[str] = (), topics: Sequence[str] = (), claims: Sequence[str] = ()
) -> None:
    """Remove a site's own claims, and switch topics and claims of the base on again; all of these or none.

    Raises:
        Invalid: nothing is named.
        NotFound: the site has no such claim, or has not switched this off; says which.
    """
    if not (own or topics or claims):
        raise Invalid(
            "Name what to remove or switch on again.", errors=[FieldError("own", "or topic or claim is missing")]
        )
    known = await site_claims(db, site.id)
    missing = [
        *(f"a claim {_short(name)} of its own" for name in own if name not in {claim.id for claim in known.own}),
        *(f"the topic {_short(name)} switched off" for name in topics if name not in known.topics_off),
        *(f"the claim {_short(name)} switched off" for name in claims if name not in known.claims_off),
    ]
    if missing:
        raise NotFound(f"The site does not have {', nor '.join(missing)}.")
    await drop_claims(db, site.id, own=own, topics_off=topics, claims_off=claims)


def require_known(*, topics: Sequence[str] = (), claims: Sequence[str] = ()) -> None:
    """Refuse to switch off what the claim base does not have.

    Raises:
        Invalid: there is no such topic or claim; says which.
    """
    base = claim_base()
    known = {claim.topic for claim in base.values()}
    missing = [("topics_off", "topic", name) for name in topics if name not in known]
    missing += [("claims_off", "claim", name) for name in claims if name not in base]
    errors = [FieldError(field, f"names no {kind} of the claim base: {_short(name)}") for field, kind, name in missing]
    if errors:
        raise Invalid("The claim base has no such topic or claim.", errors=errors)


@cache
def claim_base() -> Mapping[str, Claim]:
    """Return the claims of the base by id, as they were when the process first asked."""
    return {claim.id: claim for claim in known_claims()}


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


def _short(name: str) -> str:
    """Return what somebody gave as a name, fit to be said back to them."""
    return "".join(filter(str.isprintable, name))[:63]


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
