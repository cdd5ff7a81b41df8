"""Keep how a moderator wants the console to be, in a cookie of this browser."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.web.auth import Caller, behind_tls
from service.web.console.page import render
from service.web.payload import read_form
from service.web.state import State

_COOKIE = "gatepost-view"
_YEAR = 365 * 86400
_MAX_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`veil` hides distressing text until it is asked for, `keys` lets single keys give commands."""

    veil: bool
    keys: bool


def preferences(request: Request[State]) -> Preferences:
    """Return what this browser's moderator prefers; both are on until somebody turns them off."""
    off = request.cookies.get(_COOKIE, "").split("-")
    return Preferences(veil="noveil" not in off, keys="nokeys" not in off)


async def show_help(request: Request[State], caller: Caller) -> Response:
    """Show the keys, how the queue is ordered, and what can be changed about it."""
    return render("help.html", caller=caller, here="help", prefer=preferences(request))


async def set_preferences(request: Request[State], caller: Caller) -> Response:
    """Keep the preferences and show them."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    response = RedirectResponse("/console/help", status_code=303)
    off = [name for name, box in (("noveil", "veil"), ("nokeys", "keys")) if box not in form]
    response.set_cookie(
        _COOKIE,
        "-".join(off),
        max_age=_YEAR,
        path="/console",
        secure=behind_tls(request),
        httponly=True,
        samesite="lax",
    )
    return response
