"""Let authors see, change, delete and appeal their own comment, by the token that came with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.comment import CommentId, Reason, Signals, Submission
from service.comment import State as CommentState
from service.errors import Conflict, FieldError, Gone, Invalid, NotFound, Unauthenticated
from service.pipeline.fingerprint import fingerprint, near_hash
from service.pipeline.sanitise import repair, sanitise
from service.store import own
from service.store.decisions import erase_own
from service.store.notices import add_appeal
from service.store.records import Appeal, Arrival, OwnComment, Site
from service.web.field import MAX_BODY
from service.web.form import MAX_BYTES
from service.web.intake import message, speech_for, spend
from service.web.payload import read_json
from service.web.signature import read_author_token
from service.web.state import State

EDIT_WINDOW = timedelta(minutes=15)
"""How long an author may change a comment after sending it; every change is judged again."""
MAX_APPEAL = 2000
_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
    "Cache-Control": "no-store",
}
"""Any page may ask: the token is all that counts, and no browser sends it by itself."""
TOO_LATE = "This comment can no longer be changed."


class AppealState(msgspec.Struct, kw_only=True, frozen=True):
    """Say what became of an appeal."""

    status: Literal["open", "granted", "refused"]
    created_at: datetime
    answered_at: datetime | None


class OwnView(msgspec.Struct, kw_only=True, frozen=True):
    """Show an author their comment.

    `reason` is set where a decision gave one, and `automated` where no person took it. `editable_until` is null when
    the comment cannot be changed any more; `can_appeal` tells whether there is a decision to appeal.
    """

    id: CommentId
    status: CommentState
    body: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    page_url: str
    reason: Reason | None
    automated: bool
    message: str
    editable_until: datetime | None
    can_appeal: bool
    appeal: AppealState | None


class Revision(msgspec.Struct, kw_only=True, frozen=True):
    """Change a comment's text, 1 to 10,000 characters."""

    body: str


class AppealText(msgspec.Struct, kw_only=True, frozen=True):
    """Say why the comment should be published, 1 to 2,000 characters."""

    text: str


async def own_comment(request: Request[State]) -> Response:
    """Show a comment to the author whose token comes with the request."""
    return _shown(request, await _named(request))


async def change(request: Request[State]) -> Response:
    """Change the text of one's own comment, within 15 minutes of sending it; it is judged again."""
    view = await _named(request)
    wanted = await read_json(request, Revision, max_bytes=MAX_BYTES)
    await revise(request, view, wanted.body)
    return _shown(request, await _named(request))


async def delete(request: Request[State]) -> Response:
    """Delete one's own comment, with the name and the e-mail address, for good."""
    await erase(request, await _named(request))
    return Response(status_code=204, headers=_OPEN)


async def appeal(request: Request[State]) -> Response:
    """Appeal the rejection of one's own comment; another member decides where there is one."""
    view = await _named(request)
    wanted = await read_json(request, AppealText, max_bytes=MAX_BYTES)
    await appeal_against(request, view, wanted.text)
    return _shown(request, await _named(request))


async def preflight(request: Request[State]) -> Response:
    """Tell a browser that any page may ask."""
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "7200",
    }
    return Response(status_code=204, headers=_OPEN | headers)


async def read_own(request: Request[State], token: str) -> OwnComment:
    """Return the comment that an author's token is for.

    Raises:
        Unauthenticated, NotFound: it is for none.
    """
    site_id, comment_id = await read_author_token(request.state["sites"], token)
    view = await own.own_comment(request.state["db"], site_id, comment_id)
    if view is None:
        raise NotFound("There is no such comment.")
    return view


def editable_until(view: OwnComment) -> datetime | None:
    """Return until when a comment may be changed, None when it may not."""
    until = view.created_at + EDIT_WINDOW
    return until if view.state in ("held", "published") and datetime.now(UTC) < until else None


def can_appeal(view: OwnComment) -> bool:
    """Tell whether there is a decision to appeal: once each, and not the one that answered an appeal."""
    waits = view.appeal is not None and view.appeal.granted is None
    return view.state == "rejected" and view.standing is not None and not view.standing.final and not waits


async def revise(request: Request[State], view: OwnComment, body: str) -> None:
    """Judge a changed text and put it in the comment's place.

    Raises:
        Invalid: the text is empty or too long.
        Conflict, Gone: the comment cannot be changed any more.
    """
    text = required("body", body, MAX_BODY)
    if view.state == "erased":
        raise Gone("This comment has been erased.")
    if editable_until(view) is None:
        raise Conflict(TOO_LATE, code="not_editable")
    site = await request.state["sites"].get(view.site)
    await spend(request, site)
    arrival = _arrival(site, view, text)
    said = sanitise(text).text
    about = await own.circumstance_of(request.state["db"], arrival, fingerprint(said), near_hash(said))
    judged = await request.state["intake"].judge_again(arrival, replace(about, page_id=view.page.id))
    if not await own.revise(request.state["db"], judged, view.version):
        raise Conflict("Somebody has looked at this comment meanwhile.", code="stale_version")


async def erase(request: Request[State], view: OwnComment) -> None:
    """Erase a comment; once more does no harm."""
    site = await request.state["sites"].get(view.site)
    await erase_own(request.state["db"], site.id, view.id)


async def appeal_against(request: Request[State], view: OwnComment, text: str) -> None:
    """Keep an appeal.

    Raises:
        Invalid: the text is empty or too long.
        Conflict: there is no decision to appeal.
    """
    written = required("text", text, MAX_APPEAL)
    site = await request.state["sites"].get(view.site)
    await spend(request, site)
    if not await add_appeal(request.state["db"], site.id, view.id, written):
        raise Conflict("There is no decision on this comment that could be appealed.", code="not_appealable")


def required(field: str, text: str, most: int) -> str:
    """Return a text of 1 to `most` characters, repaired.

    Raises:
        Invalid: it has none, or more.
    """
    text = repair(text).strip()
    if not 1 <= len(text) <= most:
        error = FieldError(field, f"must have 1 to {most:,} characters")
        raise Invalid("Some fields need attention.", errors=[error])
    return text


def appeal_state(given: Appeal) -> AppealState:
    """Return what became of an appeal."""
    status: Literal["open", "granted", "refused"] = "open"
    if given.granted is not None:
        status = "granted" if given.granted else "refused"
    return AppealState(status=status, created_at=given.created_at, answered_at=given.answered_at)


async def _named(request: Request[State]) -> OwnComment:
    """Return the comment that the path names, for the bearer of its token."""
    request.scope["cors"] = _OPEN
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send the token that came with the comment: `Authorization: Bearer …`.")
    view = await read_own(request, token.strip())
    if view.id != request.path_params["comment_id"]:
        raise NotFound("This token is for another comment.")
    return view


def _shown(request: Request[State], view: OwnComment) -> Response:
    content = OwnView(
        id=view.id,
        status=view.state,
        body=view.body,
        html=view.html,
        created_at=view.created_at,
        edited_at=view.edited_at,
        page_url=view.page.url,
        reason=view.standing.reason if view.standing else None,
        automated=view.standing is None or view.standing.automated,
        message=message(speech_for(request, view.lang), view.state, view.categories),
        editable_until=editable_until(view),
        can_appeal=can_appeal(view),
        appeal=appeal_state(view.appeal) if view.appeal else None,
    )
    return Response(msgspec.json.encode(content), media_type="application/json", headers=_OPEN)


def _arrival(site: Site, view: OwnComment, body: str) -> Arrival:
    """Return a changed comment as if it arrived now."""
    return Arrival(
        site=site,
        id=view.id,
        created_at=datetime.now(UTC),
        submission=Submission(
            body=body,
            author_name=view.author_name,
            author_email_domain=view.author_email.rpartition("@")[2].lower(),
            author_url=view.author_url,
            page_url=view.page.url,
            page_title=view.page.title,
            lang=view.lang,
        ),
        author_email=view.author_email,
        page_key=view.page.key,
        page_url=view.page.url,
        page_title=view.page.title,
        parent_id=view.parent_id,
        address_hash=None,
        address_prefix="",
        author_key=view.author_key,
        idempotency_key=None,
        request_hash=b"",
        signals=Signals(),
    )


_PATH = "/v1/comments/{comment_id:uuid}"
ROUTES = (
    Route(_PATH, own_comment, methods=["GET"]),
    Route(_PATH, change, methods=["PATCH"]),
    Route(_PATH, delete, methods=["DELETE"]),
    Route(f"{_PATH}/appeal", appeal, methods=["POST"]),
    *(Route(path, preflight, methods=["OPTIONS"], include_in_schema=False) for path in (_PATH, f"{_PATH}/appeal")),
)
