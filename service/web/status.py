"""Show authors a page about their own comment: its state and why, and what they can do about it. Needs no script."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from service.errors import FieldError, RequestError
from service.store.records import OwnComment
from service.web.author import (
    MAX_APPEAL,
    appeal_against,
    appeal_state,
    can_appeal,
    editable_until,
    erase,
    read_own,
    revise,
)
from service.web.field import MAX_BODY
from service.web.form import MAX_BYTES
from service.web.intake import message, speech_for
from service.web.page import page
from service.web.payload import read_form
from service.web.state import State

_MAX_BYTES = 4 * MAX_BYTES
"""A form writes a letter of some scripts in nine bytes."""
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


async def status_page(request: Request[State]) -> Response:
    """Show a comment to whoever has its link."""
    return _shown(request, await read_own(request, request.path_params["token"]))


async def act(request: Request[State]) -> Response:
    """Change, delete or appeal a comment, and show what stands then."""
    token = request.path_params["token"]
    view = await read_own(request, token)
    sent = await read_form(request, max_bytes=_MAX_BYTES)
    try:
        match sent.get("action"):
            case "edit":
                await revise(request, view, sent.get("body", ""))
            case "delete":
                await erase(request, view)
            case "appeal":
                await appeal_against(request, view, sent.get("text", ""))
    except RequestError as error:
        return _shown(request, view, error=error, body=sent.get("body"), text=sent.get("text", ""))
    return RedirectResponse(f"/status/{token}", 303, headers=_HEADERS)


def _shown(
    request: Request[State],
    view: OwnComment,
    *,
    error: RequestError | None = None,
    body: str | None = None,
    text: str = "",
) -> Response:
    speech = speech_for(request, view.lang)
    faults: dict[str, FieldError] = {each.field: each for each in error.errors} if error else {}
    return page(
        "status.html",
        status=error.status if error else 200,
        headers=_HEADERS,
        t=speech,
        view=view,
        message=message(speech, view.state, view.categories),
        appeal=appeal_state(view.appeal) if view.appeal else None,
        can_appeal=can_appeal(view),
        editable_until=editable_until(view),
        error=str(error) if error and not faults else "",
        faults=faults,
        body=view.body if body is None else body,
        text=text,
        max_body=MAX_BODY,
        max_appeal=MAX_APPEAL,
    )


ROUTES = (
    Route("/status/{token}", status_page, methods=["GET"], include_in_schema=False),
    Route("/status/{token}", act, methods=["POST"], include_in_schema=False),
)
