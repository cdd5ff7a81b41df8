"""Sign in by password or with a one-time link, and out again.

Opening a link changes nothing: mail scanners and chat programs open links, too. The button on the page that it shows
uses it up. Whatever does not fit at a password sign-in is answered in the same words, after the same work.
"""

import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.errors import TooManyRequests, Unauthenticated
from service.store.credentials import SESSION_LIFETIME, end_session, open_session
from service.store.sign_in import Login, logins, open_session_for, use_code
from service.web.auth import (
    SAFE_METHODS,
    Caller,
    behind_tls,
    cookie_name,
    on_loopback,
    refuse_cross_site,
)
from service.web.console.page import render
from service.web.payload import read_form
from service.web.secret import LONGEST, step_of
from service.web.state import State

_IN_THE_CLEAR = (
    "This address is neither https nor on this machine, so the session could be read on its way. Open the "
    "console by https, with GATEPOST_PUBLIC_URL set to that address."
)
_USED_UP = "This link has been used, has expired, or was not copied whole. Ask for another one."
_WRONG = "This does not fit. Check e-mail, password and, if you have set one up, the code; a code works once."
_TOO_OFTEN = "Too many attempts. Wait some minutes, or ask for a link."
_MAX_BYTES = 4096


async def sign_in_by_password(request: Request[State]) -> Response:
    """Show the form, and sign in when it is sent."""
    if not _safe_here(request):
        return _page(status=403, notice=_IN_THE_CLEAR, form=False)
    if request.method in SAFE_METHODS:
        return _page()
    _refuse_known_cross_site(request)
    form = await read_form(request, max_bytes=_MAX_BYTES)
    # Postgres takes no NUL.
    email = form.get("email", "").replace("\x00", "").strip()[:320]
    try:
        await request.state["attempts"].count(email, request.client.host if request.client else "")
    except TooManyRequests as error:
        answer = _page(status=429, notice=_TOO_OFTEN, email=email)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    opened = await _opened(request, email, form)
    if not opened:
        return _page(status=401, notice=_WRONG, email=email)
    return _signed_in(request, await open_session_for(request.state["db"], opened))


async def sign_in(request: Request[State]) -> Response:
    """Show the button that signs in by a link, and sign in when it is pressed."""
    if not _safe_here(request):
        return _page(status=403, notice=_IN_THE_CLEAR, form=False)
    if request.method in SAFE_METHODS:
        return _page(link=True)
    _refuse_known_cross_site(request)
    session = await open_session(request.state["db"], request.path_params["token"])
    if session is None:
        return _page(status=410, notice=_USED_UP)
    return _signed_in(request, session)


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
    response = _page(status=401, notice=notice)
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _opened(request: Request[State], email: str, form: Mapping[str, str]) -> list[Login]:
    """Return the memberships that e-mail, password and code open together."""
    db = request.state["db"]
    known = await logins(db, email)
    password = form.get("password", "")[: LONGEST + 1]
    fitting = await request.state["passwords"].fitting(password, [login.password for login in known])
    return [
        login
        for login in known
        if login.password in fitting
        and (login.totp is None or await _second_factor(request, login, form.get("code", "")))
    ]


async def _second_factor(request: Request[State], login: Login, code: str) -> bool:
    assert login.totp is not None
    step = step_of(login.totp, code, time.time())
    return step is not None and await use_code(request.state["db"], login, step)


def _signed_in(request: Request[State], session: str) -> Response:
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


def _page(*, status: int = 200, notice: str = "", link: bool = False, form: bool = True, email: str = "") -> Response:
    return render("sign_in.html", status=status, link=link, form=form, notice=notice, email=email)


def _safe_here(request: Request[State]) -> bool:
    return behind_tls(request) or on_loopback(request)


def _refuse_known_cross_site(request: Request[State]) -> None:
    """Refuse to sign a browser in on another site's behalf.

    What proves the right to sign in is in the request here, not in a cookie, so a program that says nothing about
    where it comes from is let in.
    """
    if "sec-fetch-site" in request.headers or "origin" in request.headers:
        refuse_cross_site(request)
