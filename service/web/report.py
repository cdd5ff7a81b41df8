"""Let readers report a published comment, by a program or on a page that needs no script."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.comment import CommentId, Reason
from service.errors import Invalid, NotFound
from service.pipeline.sanitise import repair
from service.store.notices import add_report
from service.store.records import PublicComment, Site
from service.store.threads import find_published
from service.web.form import MAX_BYTES
from service.web.intake import cors, require_origin, speech_for, spend
from service.web.page import page
from service.web.payload import read_form, read_json
from service.web.signature import keyed
from service.web.state import State

MAX_NOTE = 1000


class ReportForm(msgspec.Struct, kw_only=True, frozen=True):
    """Report a published comment; a person will look at it. `note` is for the moderators' eyes."""

    reason: Reason
    note: Annotated[str, Meta(max_length=MAX_NOTE)] = ""


class Reported(msgspec.Struct, kw_only=True, frozen=True):
    """Say that a report has arrived."""

    message: str


async def report(request: Request[State]) -> Response:
    """Report a published comment. Reports of one address count once until somebody has looked."""
    site = await request.state["sites"].get(request.path_params["site"])
    allowed = require_origin(request, site)
    sent = await read_json(request, ReportForm, max_bytes=MAX_BYTES)
    await _keep(request, site, sent)
    said = Reported(message=speech_for(request, "")("widget.reported"))
    headers = {"Cache-Control": "no-store"} | cors(allowed)
    return Response(msgspec.json.encode(said), 202, headers=headers, media_type="application/json")


async def report_page(request: Request[State]) -> Response:
    """Show a form to report a comment with."""
    site = await request.state["sites"].get(request.path_params["site"])
    return _shown(request, await _published(request, site), done=False)


async def report_by_form(request: Request[State]) -> Response:
    """Take a report from the form."""
    site = await request.state["sites"].get(request.path_params["site"])
    comment = await _published(request, site)
    sent = await read_form(request, max_bytes=MAX_BYTES)
    try:
        wanted = msgspec.convert({"reason": sent.get("reason"), "note": sent.get("note", "")}, ReportForm)
    except msgspec.ValidationError as error:
        raise Invalid(
            f"The report cannot be read: choose a reason, and write at most {MAX_NOTE:,} characters."
        ) from error
    await _keep(request, site, wanted)
    return _shown(request, comment, done=True)


async def _keep(request: Request[State], site: Site, sent: ReportForm) -> None:
    host = await spend(request, site)
    await _published(request, site)
    keys = await request.state["sites"].keys(site.id)
    await add_report(
        request.state["db"],
        site.id,
        CommentId(request.path_params["comment_id"]),
        reason=sent.reason,
        note=repair(sent.note).strip(),
        address_hash=keyed(keys.address, host) if host else None,
    )


async def _published(request: Request[State], site: Site) -> PublicComment:
    comment = await find_published(request.state["db"], site.id, CommentId(request.path_params["comment_id"]))
    if comment is None:
        raise NotFound("There is no such comment among the published ones.")
    return comment


def _shown(request: Request[Any], comment: PublicComment, *, done: bool) -> Response:
    return page(
        "report.html",
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
        t=speech_for(request, ""),
        comment=comment,
        done=done,
        max_note=MAX_NOTE,
    )


_PATH = "/v1/sites/{site}/comments/{comment_id:uuid}/report"
ROUTES = (
    Route(_PATH, report, methods=["POST"]),
    Route("/report/{site}/{comment_id:uuid}", report_page, methods=["GET"], include_in_schema=False),
    Route("/report/{site}/{comment_id:uuid}", report_by_form, methods=["POST"], include_in_schema=False),
)
