"""Take a comment from a page: check it, hand it to the batch, answer when it is durable."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.comment import Category, CommentId, Submission
from service.comment import State as CommentState
from service.errors import FieldError, Invalid, OriginNotAllowed
from service.store.identity import new_id
from service.store.records import Arrival, Receipt, Site, SiteKeys
from service.web.address import origin_of
from service.web.field import MAX_BODY, MAX_NAME, Fields, checked
from service.web.form import CommentForm, Sent, read_comment
from service.web.limit import network, prefix
from service.web.problem import Kept, wants_html
from service.web.signature import author_token, form_signals, form_token, keyed
from service.web.state import State
from service.web.strings import Strings, speak
from service.web.work import challenge, judge_work

CORS_SECONDS = 7200
_METHODS = "GET, POST, PATCH, DELETE, OPTIONS"
_HEADERS = "Content-Type, Idempotency-Key, Authorization, If-None-Match"


class Accepted(msgspec.Struct, kw_only=True, frozen=True):
    """Say what became of a comment. `token` proves that it is the caller's own; keep it."""

    id: CommentId
    status: CommentState
    html: str
    created_at: datetime
    token: str
    status_url: str
    message: str


class FormNeeds(msgspec.Struct, kw_only=True, frozen=True):
    """Say what a form needs: its token for `form_token`, the limits of the fields, and the texts around it.

    `challenge` is set where the site asks for work: altcha's, version 2, deterministic; its answer goes into `altcha`.
    `reasons` name what a comment can be reported for.
    """

    form_token: str
    max_body: int
    max_author_name: int
    challenge: dict[str, Any] | None
    lang: str
    dir: Literal["ltr", "rtl"]
    strings: dict[str, str]
    reasons: dict[str, str]


async def submit(request: Request[State]) -> Response:
    """Take a comment in."""
    state, began = request.state, time.perf_counter()
    site = await state["sites"].get(request.path_params["site"])
    waited = time.perf_counter() - began
    allowed = require_origin(request, site)
    host = await spend(request, site)
    keys = await state["sites"].keys(site.id)
    sent = await read_comment(request)
    try:
        receipt = await state["intake"].submit(await _arrival(request, site, keys, sent, host), waited)
        token = author_token(keys.author_token, site.id, receipt.id)
        return _answer(request, sent, site, receipt, token, cors(allowed))
    except Exception:
        if sent.by_form and wants_html(request):
            request.scope["kept_fields"] = Kept(msgspec.to_builtins(sent.fields), site.origins)
        raise


async def form(request: Request[State]) -> Response:
    """Say what a form needs before it is sent."""
    site = await request.state["sites"].get(request.path_params["site"])
    # A page that is none of the site's is told so, where its owner can see it.
    request.scope["cors"] = {"Access-Control-Allow-Origin": "*"}
    allowed = require_origin(request, site)
    fields = CommentForm(page_key=request.query_params.get("page_key"), page_url=request.query_params.get("page_url"))
    page_key = checked(fields, referer="", only_page=True).page_key
    key = (await request.state["sites"].keys(site.id)).form_token
    now = time.time()
    speech = speak(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    needs = FormNeeds(
        form_token=form_token(key, page_key, now),
        max_body=MAX_BODY,
        max_author_name=MAX_NAME,
        challenge=challenge(key, page_key, now) if _asks_for_work(request, site) else None,
        lang=speech.lang,
        dir=speech.dir,
        strings=speech.below("widget"),
        reasons=speech.below("report"),
    )
    return _json(needs, 200, {"Cache-Control": "no-store"} | cors(allowed))


def _asks_for_work(request: Request[State], site: Site) -> bool:
    """Tell whether a browser has to work before it sends a comment to a site."""
    match site.policy.proof_of_work:
        case "always":
            return True
        case "attack":
            return request.state["limits"].is_pressed(site.id)
        case "never":
            return False


async def preflight(request: Request[State]) -> Response:
    """Tell a browser whether a page of this origin may speak to the site."""
    site = await request.state["sites"].get(request.path_params["site"])
    allowed = require_origin(request, site)
    headers = cors(allowed) | {
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Max-Age": str(CORS_SECONDS),
    }
    return Response(status_code=204, headers=headers if allowed else {"Vary": "Origin"})


async def spend(request: Request[State], site: Site) -> str:
    """Count a request against its address and site, and return the address, "" for none.

    Raises:
        TooManyRequests: one of the limits is reached.
    """
    host = request.client.host if request.client else ""
    keys = await request.state["sites"].keys(site.id)
    address = network(host)
    # By a name that other processes may read without learning the address.
    request.state["limits"].spend(site.id, keyed(keys.address, address).hex() if address else "")
    return host


def cors(allowed: str) -> dict[str, str]:
    """Return the headers that let a page of an allowed origin read the answer; "" is no browser's page."""
    headers = {"Vary": "Origin"}
    if allowed:
        headers["Access-Control-Allow-Origin"] = allowed
        headers["Access-Control-Expose-Headers"] = "ETag, Retry-After, X-Request-Id"
    return headers


def is_allowed(origin: str, site: Site, own: str) -> bool:
    """Tell whether an origin is one of the site's, or the service's own."""
    return origin in site.origins or origin == own


def require_origin(request: Request[State], site: Site) -> str:
    """Return the caller's origin if it is one of the site's, "" if none is named.

    Programs name none, and browsers say `null` for sandboxed frames and pages that hide their address; both are let
    in, for the page's address is checked all the same and nobody is identified by a cookie here. So is a page of
    this service by whatever name it is reached: browsers let no page choose the Host that they send.
    """
    origin = request.headers.get("origin", "")
    if origin in ("", "null"):
        return ""
    asked_at = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    if not is_allowed(origin, site, request.state["settings"].public_url) and origin != asked_at:
        raise OriginNotAllowed(_not_allowed("origin", origin, site))
    # For the answer to an error, too: the page shows its reader what was wrong.
    request.scope["cors"] = cors(origin)
    return origin


def _not_allowed(what: str, origin: str, site: Site) -> str:
    known = ", ".join(site.origins) or "none"
    return f"This {what} ({origin[:200]}) is not one of the site's. Configured for {site.name}: {known}."


async def _arrival(request: Request[State], site: Site, keys: SiteKeys, sent: Sent, host: str) -> Arrival:
    fields = checked(sent.fields, referer=request.headers.get("referer", "") if sent.by_form else "")
    if fields.page_url and not is_allowed(origin_of(fields.page_url), site, request.state["settings"].public_url):
        raise OriginNotAllowed(_not_allowed("page's origin", origin_of(fields.page_url), site))
    now = datetime.now(UTC)
    author = f"{fields.author_email.lower()}\n{fields.author_name.casefold()}"
    request_hash = hashlib.sha256(sent.raw).digest()
    signals = form_signals(
        keys.form_token, fields.page_key, fields.form_token, now.timestamp(), honeypot=fields.honeypot
    )
    # A form without script cannot do it; nor is it asked to.
    if not sent.by_form and _asks_for_work(request, site):
        work = await judge_work(
            request.state["db"],
            site.id,
            keys.form_token,
            page_key=fields.page_key,
            payload=fields.altcha,
            request_hash=request_hash,
        )
        signals = replace(signals, work=work)
    return Arrival(
        site=site,
        id=CommentId(new_id(now)),
        created_at=now,
        submission=_submission(fields),
        author_email=fields.author_email,
        page_key=fields.page_key,
        page_url=fields.page_url,
        page_title=fields.page_title,
        parent_id=fields.parent_id,
        address_hash=keyed(keys.address, host) if host else None,
        address_prefix=prefix(host),
        author_key=keyed(keys.author_key, author)[:16] if fields.author_email else None,
        idempotency_key=_idempotency_key(request),
        request_hash=request_hash,
        signals=signals,
    )


def _submission(fields: Fields) -> Submission:
    return Submission(
        body=fields.body,
        author_name=fields.author_name,
        author_email_domain=fields.author_email.rpartition("@")[2].lower(),
        author_url=fields.author_url,
        page_url=fields.page_url,
        page_title=fields.page_title,
        lang=fields.lang,
    )


def _idempotency_key(request: Request[State]) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        error = FieldError("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
        raise Invalid("The Idempotency-Key cannot be used.", errors=[error])
    return key


def _answer(
    request: Request[State], sent: Sent, site: Site, receipt: Receipt, token: str, headers: dict[str, str]
) -> Response:
    status_path = f"/status/{token}"
    own = request.state["settings"].public_url
    headers["Cache-Control"] = "no-store"
    if sent.by_form and "application/json" not in request.headers.get("accept", ""):
        shown = receipt.state == "published" and is_allowed(origin_of(receipt.page_url), site, own)
        bare = receipt.page_url.partition("#")[0]
        target = f"{bare}#comment-{receipt.id}" if shown and bare else f"{own}{status_path}"
        return RedirectResponse(target, 303, headers=headers)
    accepted = Accepted(
        id=receipt.id,
        status=receipt.state,
        html=receipt.html,
        created_at=receipt.created_at,
        token=token,
        status_url=own + status_path,
        message=message(speech_for(request, sent.fields.lang or ""), receipt.state, receipt.categories),
    )
    return _json(accepted, 201 if receipt.state == "published" else 202, headers)


def message(speech: Strings, state: CommentState, categories: Sequence[Category]) -> str:
    """Return what an author is told about a comment: its state, and a coarse reason."""
    said = [speech(f"message.{state}")]
    if state == "held":
        said += [speech(f"message.{why}") for why in ("care", "health", "spam") if why in categories][:1]
    return " ".join(said)


def speech_for(request: Request[State], lang: str) -> Strings:
    """Return the texts for a reader: in the language of their comment, else as their browser asks."""
    return speak(lang, request.headers.get("accept-language", ""))


def _json(content: msgspec.Struct, status: int, headers: Mapping[str, str]) -> Response:
    return Response(msgspec.json.encode(content), status, headers=headers, media_type="application/json")


ROUTES = (
    Route("/v1/sites/{site}/comments", submit, methods=["POST"]),
    Route("/v1/sites/{site}/form", form, methods=["GET"]),
    *(
        Route(f"/v1/sites/{{site}}/{name}", preflight, methods=["OPTIONS"], include_in_schema=False)
        for name in ("comments", "counts", "feed.atom", "form", "comments/{comment_id:uuid}/report")
    ),
)
