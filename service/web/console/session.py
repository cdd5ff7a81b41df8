"""Sign in with a one-time link, and out again.

Opening the link changes nothing: mail scanners and chat programs open links, too. The button on the page that
it shows uses it up.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.errors import Unauthenticated
from service.store.credentials import SESSION_LIFETIME, end_session, open_session
from service.web.auth import (
    SAFE_METHODS,
    Caller,
    behind_tls,
    cookie_name,
    on_loopback,
    refuse_cross_site,
)
from service.web.console.page import render
from service.web.state import State

_IN_THE_CLEAR = (
    "This address is neither https nor on this machine, so the session could be read on its way. Open the "
    "console by https, with GATEPOST_PUBLIC_URL set to that address."
)
_USED_UP = "This link has been used, has expired, or was not copied whole. Ask for another one."


async def explain_sign_in(request: Request[State]) -> Response:
    """Say how to get a link to sign in with."""
    return render("sign_in.html", ready=False, notice="")


async def sign_in(request: Request[State]) -> Response:
    """Show the button that signs in, and sign in when it is pressed."""
    if not (behind_tls(request) or on_loopback(request)):
        return render("sign_in.html", status=403, ready=False, notice=_IN_THE_CLEAR)
    if request.method in SAFE_METHODS:
        return render("sign_in.html", ready=True, notice="")
    _refuse_known_cross_site(request)
    session = await open_session(request.state["db"], request.path_params["token"])
    if session is None:
        return render("sign_in.html", status=410, ready=False, notice=_USED_UP)
    response = RedirectResponse("/console", status_code=303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        cookie_name(request),
        session,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path="/",
        secure=behind_tls(request),
        httponly=True,
        samesite="lax",
    )
    return response


async def sign_out(request: Request[State], caller: Caller) -> Response:
    """End the session on the server and in the browser."""
    name = cookie_name(request)
    await end_session(request.state["db"], request.cookies.get(name, ""))
    response = RedirectResponse("/console/sign-in", status_code=303)
    response.delete_cookie(name, path="/", secure=behind_tls(request), httponly=True, samesite="lax")
    return response


def ask_to_sign_in(request: Request[State], error: Unauthenticated) -> Response:
    """Answer somebody who is not signed in with the page that says how to."""
    notice = str(error) if cookie_name(request) in request.cookies else ""
    response = render("sign_in.html", status=401, ready=False, notice=notice)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _refuse_known_cross_site(request: Request[State]) -> None:
    """Refuse to sign a browser in on another site's behalf.

    What proves the right to sign in is in the address here, not in a cookie, so a program that says nothing
    about where it comes from is let in.
    """
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        refuse_cross_site(request)
