"""Who may do what: every route of the application, by method and role. What is not in the table fails the test."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from desk import Office, plain
from starlette.routing import Mount, Route

from service.app import create_app
from service.settings import Settings
from service.web.auth import MemberRoute

OPEN = "open"
OPEN_BUT_ASKS = "asks for a password"
AUTHOR = "author"
ROLES = ("viewer", "moderator", "owner")

TABLE = {
    ("GET", "/"): OPEN,
    ("OPTIONS", "/v1/sites/{site}/comments"): OPEN,
    ("OPTIONS", "/v1/sites/{site}/counts"): OPEN,
    ("OPTIONS", "/v1/sites/{site}/feed.atom"): OPEN,
    ("OPTIONS", "/v1/sites/{site}/form"): OPEN,
    ("POST", "/v1/sites/{site}/comments"): OPEN,
    ("GET", "/v1/sites/{site}/comments"): OPEN,
    ("GET", "/v1/sites/{site}/counts"): OPEN,
    ("GET", "/v1/sites/{site}/feed.atom"): OPEN,
    ("GET", "/v1/sites/{site}/form"): OPEN,
    ("OPTIONS", "/v1/sites/{site}/comments/{comment_id}/report"): OPEN,
    ("POST", "/v1/sites/{site}/comments/{comment_id}/report"): OPEN,
    ("GET", "/report/{site}/{comment_id}"): OPEN,
    ("POST", "/report/{site}/{comment_id}"): OPEN,
    ("OPTIONS", "/v1/comments/{comment_id}"): OPEN,
    ("GET", "/v1/sites/{site}/claims"): "owner",
    ("POST", "/v1/sites/{site}/claims"): "owner",
    ("DELETE", "/v1/sites/{site}/claims"): "owner",
    ("GET", "/v1/comments/{comment_id}"): AUTHOR,
    ("PATCH", "/v1/comments/{comment_id}"): AUTHOR,
    ("DELETE", "/v1/comments/{comment_id}"): AUTHOR,
    ("OPTIONS", "/v1/comments/{comment_id}/appeal"): OPEN,
    ("POST", "/v1/comments/{comment_id}/appeal"): AUTHOR,
    ("GET", "/status/{token}"): AUTHOR,
    ("POST", "/status/{token}"): AUTHOR,
    ("GET", "/favicon.ico"): OPEN,
    ("GET", "/embed.js"): OPEN,
    ("GET", "/embed/{site}"): OPEN,
    ("GET", "/demo"): OPEN,
    ("GET", "/demo/strict"): OPEN,
    ("GET", "/demo/frame"): OPEN,
    ("GET", "/demo/plain"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/docs"): OPEN,
    ("GET", "/console/sign-in"): OPEN,
    ("POST", "/console/sign-in"): OPEN_BUT_ASKS,
    ("GET", "/console/sign-in/{token}"): OPEN,
    ("POST", "/console/sign-in/{token}"): OPEN,
    ("GET", "/v1/review/queue"): "viewer",
    ("GET", "/v1/review/comments/{comment_id}"): "viewer",
    ("GET", "/v1/review/backlog"): "viewer",
    ("GET", "/v1/review/decisions"): "viewer",
    ("POST", "/v1/review/batches/{batch_id}/undo"): "moderator",
    ("POST", "/v1/review/leases"): "moderator",
    ("DELETE", "/v1/review/leases/{comment_id}"): "moderator",
    ("POST", "/v1/review/decisions"): "moderator",
    ("POST", "/v1/review/decisions/{decision_id}/undo"): "moderator",
    ("GET", "/v1/review/stats"): "viewer",
    ("GET", "/v1/sites"): "owner",
    ("POST", "/v1/sites"): "owner",
    ("GET", "/v1/sites/{site}"): "owner",
    ("PATCH", "/v1/sites/{site}"): "owner",
    ("GET", "/v1/sites/{site}/policy"): "owner",
    ("PATCH", "/v1/sites/{site}/policy"): "owner",
    ("POST", "/v1/sites/{site}/policy/preview"): "owner",
    ("GET", "/v1/sites/{site}/lists"): "owner",
    ("POST", "/v1/sites/{site}/lists"): "owner",
    ("DELETE", "/v1/sites/{site}/lists/{entry_id}"): "owner",
    ("GET", "/v1/sites/{site}/members"): "owner",
    ("POST", "/v1/sites/{site}/members"): "owner",
    ("PATCH", "/v1/sites/{site}/members/{member_id}"): "owner",
    ("DELETE", "/v1/sites/{site}/members/{member_id}"): "owner",
    ("GET", "/v1/sites/{site}/tokens"): "owner",
    ("POST", "/v1/sites/{site}/tokens"): "owner",
    ("DELETE", "/v1/sites/{site}/tokens/{prefix}"): "owner",
    ("GET", "/v1/sites/{site}/webhooks"): "owner",
    ("POST", "/v1/sites/{site}/webhooks"): "owner",
    ("DELETE", "/v1/sites/{site}/webhooks/{webhook_id}"): "owner",
    ("GET", "/v1/sites/{site}/webhooks/{webhook_id}/deliveries"): "owner",
    ("POST", "/v1/sites/{site}/webhooks/{webhook_id}/deliveries/{delivery_id}/redelivery"): "owner",
    ("GET", "/console/statistics"): "viewer",
    ("GET", "/console/sites"): "owner",
    ("POST", "/console/sites"): "owner",
    ("POST", "/console/sites/{site}"): "owner",
    ("GET", "/console/sites/{site}/policy"): "owner",
    ("POST", "/console/sites/{site}/policy"): "owner",
    ("GET", "/console/sites/{site}/lists"): "owner",
    ("POST", "/console/sites/{site}/lists"): "owner",
    ("GET", "/console/sites/{site}/claims"): "owner",
    ("POST", "/console/sites/{site}/claims"): "owner",
    ("GET", "/console/sites/{site}/members"): "owner",
    ("POST", "/console/sites/{site}/members"): "owner",
    ("GET", "/console/sites/{site}/tokens"): "owner",
    ("POST", "/console/sites/{site}/tokens"): "owner",
    ("GET", "/console/account"): "viewer",
    ("POST", "/console/account/password"): "viewer",
    ("POST", "/console/account/second-factor"): "viewer",
    ("POST", "/console/account/sessions"): "viewer",
    ("GET", "/console"): "viewer",
    ("GET", "/console/comments/{comment_id}"): "viewer",
    ("GET", "/console/comments/{comment_id}/author"): "viewer",
    ("GET", "/console/pages/{page_id}"): "viewer",
    ("GET", "/console/history"): "viewer",
    ("GET", "/console/help"): "viewer",
    ("POST", "/console/help"): "viewer",
    ("POST", "/console/batches/{batch_id}/undo"): "moderator",
    ("POST", "/console/sign-out"): "viewer",
    ("POST", "/console/decisions"): "moderator",
    ("POST", "/console/decisions/{decision_id}/undo"): "moderator",
}
MEMBERS_ONLY = {key: least for key, least in TABLE.items() if least in ROLES}


def routes() -> list[Route]:
    application = create_app(Settings(data_dir=Path("/nonexistent")))
    mounted = [route.path for route in application.routes if isinstance(route, Mount)]
    assert mounted == ["/static"]
    return [route for route in application.routes if isinstance(route, Route)]


def shape(path: str) -> str:
    return re.sub(r":\w+\}", "}", path)


def calls() -> set[tuple[str, str]]:
    return {(method, shape(route.path)) for route in routes() for method in (route.methods or set()) - {"HEAD"}}


def filled(path: str, comment: str) -> str:
    token = "gp_i1_" + "A" * 43
    ids = {name: str(uuid4()) for name in ("decision_id", "batch_id", "member_id", "webhook_id")}
    return path.format(
        site="demo", comment_id=comment, page_id=1, delivery_id=1, token=token, entry_id="0" * 16, prefix="0" * 8, **ids
    )


def status(office: Office, method: str, path: str, who: dict[str, str] | None) -> int:
    office.client.cookies.clear()
    kind = "application/x-www-form-urlencoded" if path.startswith("/console") else "application/json"
    headers = {"Content-Type": kind, **(who or {})} if method in ("POST", "PUT", "PATCH") else dict(who or {})
    return office.client.request(method, path, headers=headers, follow_redirects=False).status_code


def test_every_route_of_the_application_is_in_the_table() -> None:
    assert calls() == set(TABLE)


def test_every_route_below_console_and_review_is_for_members_unless_the_table_opens_it() -> None:
    closed = [route for route in routes() if shape(route.path).startswith(("/console", "/v1/review"))]

    unguarded = {shape(route.path) for route in closed if not isinstance(route, MemberRoute)}

    assert unguarded == {"/console/sign-in", "/console/sign-in/{token}"}


def test_every_guarded_route_states_the_role_of_the_table() -> None:
    stated = {
        (method, shape(route.path)): route.role
        for route in routes()
        if isinstance(route, MemberRoute)
        for method in (route.methods or set()) - {"HEAD"}
    }

    assert stated == MEMBERS_ONLY


@pytest.mark.parametrize(("method", "path"), sorted(MEMBERS_ONLY))
def test_strangers_and_lower_roles_are_refused_and_the_role_is_let_in(office: Office, method: str, path: str) -> None:
    least = MEMBERS_ONLY[method, path]
    (comment,) = office.lay(plain("Hello"))
    asked = filled(path, comment)

    answers = {role: status(office, method, asked, office.token(role)) for role in ROLES}

    assert status(office, method, asked, None) == 401
    for role, answer in answers.items():
        if ROLES.index(role) < ROLES.index(least):
            assert answer == 403
        else:
            assert answer not in (401, 403)


@pytest.mark.parametrize(("method", "path"), sorted(MEMBERS_ONLY))
def test_a_role_counts_the_same_in_a_browser(office: Office, method: str, path: str) -> None:
    least = MEMBERS_ONLY[method, path]
    (comment,) = office.lay(plain("Hello"))

    for role in ROLES:
        answer = status(office, method, filled(path, comment), office.session(role, email=f"{role}@example.org"))
        assert (answer == 403) == (ROLES.index(role) < ROLES.index(least))


@pytest.mark.parametrize(("method", "path"), sorted(key for key, least in TABLE.items() if least == OPEN))
def test_what_is_open_asks_nobody_who_they_are(office: Office, method: str, path: str) -> None:
    (comment,) = office.lay(plain("Hello"))
    asked = filled(path, comment)

    stranger, owner = status(office, method, asked, None), status(office, method, asked, office.token("owner"))

    assert stranger == owner
    assert stranger not in (401, 403)
    assert stranger < 500


@pytest.mark.parametrize(("method", "path"), sorted(key for key, least in TABLE.items() if least == AUTHOR))
def test_a_members_token_opens_no_authors_own_page(office: Office, method: str, path: str) -> None:
    (comment,) = office.lay(plain("Hello"))

    for who in (None, *(office.token(role) for role in ROLES)):
        assert status(office, method, filled(path, comment), who) == 401


@pytest.mark.parametrize("path", sorted({path for _, path in TABLE}))
def test_a_method_that_is_not_in_the_table_is_not_taken(office: Office, path: str) -> None:
    (comment,) = office.lay(plain("Hello"))
    owner = office.token("owner")
    known = {method for method, each in TABLE if each == path}

    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
        assert status(office, method, filled(path, comment), owner) == 405
