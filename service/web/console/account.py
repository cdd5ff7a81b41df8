"""Look after one's own sign-in: password, second factor, sessions."""

import time

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.errors import NotFound
from service.store.credentials import hash_of
from service.store.sign_in import (
    OwnLogin,
    Session,
    end_sessions,
    list_sessions,
    own_login,
    set_password,
    set_second_factor,
)
from service.web.auth import Caller, cookie_name
from service.web.console.page import render
from service.web.payload import read_form
from service.web.secret import LONGEST, SHORTEST, app_link, as_text, from_text, new_secret, step_of
from service.web.state import State

_PAGE = "/console/account"
_MAX_BYTES = 4096
_DONE = {
    "password": "Your password is set. Every other session has ended.",
    "on": "From now on, a code is asked for when you sign in.",
    "off": "No code is asked for any more.",
    "ended": "The session has ended.",
    "others": "Every other session has ended.",
}
_NOT_YOURS = "Not done: this is not your present password."


async def show_account(request: Request[State], caller: Caller) -> Response:
    """Show how one signs in, and where one is signed in."""
    return await _show(request, caller, done=_DONE.get(request.query_params.get("did", ""), ""))


async def change_password(request: Request[State], caller: Caller) -> Response:
    """Set a password; whoever else is signed in with the old one is signed in no more."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    new = form.get("new", "")
    if not await _may_change(request, caller, form.get("present", "")):
        return await _show(request, caller, notice=_NOT_YOURS, status=422)
    if not SHORTEST <= len(new) <= LONGEST:
        return await _show(
            request, caller, notice=f"Not done: a password has {SHORTEST} to {LONGEST} characters.", status=422
        )
    db = request.state["db"]
    await set_password(db, caller.principal, await request.state["passwords"].hash(new))
    await end_sessions(db, caller.principal, keep=_token(request))
    return _go("password")


async def change_second_factor(request: Request[State], caller: Caller) -> Response:
    """Turn the second factor off, offer a new secret, or turn it on once a code shows that the app has the secret."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    if not await _may_change(request, caller, form.get("present", "")):
        return await _show(request, caller, notice=_NOT_YOURS, status=422)
    db = request.state["db"]
    if form.get("want") == "off":
        await set_second_factor(db, caller.principal, None, 0)
        return _go("off")
    secret = from_text(form.get("secret", ""))
    if secret is None:
        return await _show(request, caller, secret=new_secret())
    step = step_of(secret, form.get("code", ""), time.time())
    if step is None:
        return await _show(request, caller, secret=secret, notice="Not done: this code does not fit.", status=422)
    await set_second_factor(db, caller.principal, secret, step)
    return _go("on")


async def end_own_session(request: Request[State], caller: Caller) -> Response:
    """End one of one's sessions, or all but this one."""
    form = await read_form(request, max_bytes=_MAX_BYTES)
    await _own(request, caller)
    await end_sessions(request.state["db"], caller.principal, form.get("session", ""), keep=_token(request))
    return _go("ended" if form.get("session") else "others")


async def _show(
    request: Request[State],
    caller: Caller,
    *,
    done: str = "",
    notice: str = "",
    secret: bytes | None = None,
    status: int = 200,
) -> Response:
    login, sessions, own = await _own(request, caller)
    return render(
        "account.html",
        status=status,
        caller=caller,
        done=done,
        notice=notice,
        login=login,
        sessions=sessions,
        own=own,
        ask_present=_asks(login, own),
        secret=as_text(secret) if secret else "",
        app_link=app_link(secret, caller.principal.label) if secret else "",
        shortest=SHORTEST,
        longest=LONGEST,
    )


async def _own(request: Request[State], caller: Caller) -> tuple[OwnLogin, list[Session], Session]:
    """Return the caller's login, their sessions and the present one.

    Raises:
        NotFound: the caller is a program.
    """
    if caller.principal.kind == "token":
        raise NotFound("An API token has no account. Sign in as a person.")
    db = request.state["db"]
    login, sessions = await own_login(db, caller.principal), await list_sessions(db, caller.principal)
    present = hash_of(_token(request)).hex()
    return login, sessions, next(session for session in sessions if session.id == present)


async def _may_change(request: Request[State], caller: Caller, present: str) -> bool:
    """Tell whether somebody has shown that they are who signed in: by a link just now, or by their password."""
    login, _, own = await _own(request, caller)
    if not _asks(login, own):
        return True
    return bool(await request.state["passwords"].fitting(present[: LONGEST + 1], login.passwords))


def _asks(login: OwnLogin, own: Session) -> bool:
    return bool(login.passwords) and own.opened_by != "link"


def _token(request: Request[State]) -> str:
    return request.cookies.get(cookie_name(request), "")


def _go(did: str) -> Response:
    return RedirectResponse(f"{_PAGE}?did={did}", status_code=303)
