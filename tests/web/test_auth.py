"""Who gets in, and who does not."""

from collections.abc import Iterator
from typing import Protocol

import pytest
from desk import Office, opened, plain

from service.store.credentials import revoke_tokens

QUEUE = "/v1/review/queue"
DECISIONS = "/v1/review/decisions"


class Dsns(Protocol):
    service_dsn: str


@pytest.fixture
def office_behind_tls(anyio_backend: str, database: Dsns) -> Iterator[Office]:
    with opened(database.service_dsn, "https://comments.example") as office:
        yield office


def test_without_credentials_nothing_is_shown(office: Office) -> None:
    answer = office.get(QUEUE)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer gp_t1_" + "A" * 43,
        "Bearer gp_t999999999_" + "A" * 43,
        "Bearer gp_t1-2-3_" + "é" * 43,
        "Bearer " + "gp_t" + "1-" * 4000,
        "Basic YWRhOmFkYQ==",
        "gp_t1_" + "A" * 43,
    ],
)
def test_an_unknown_credential_opens_nothing(office: Office, header: str) -> None:
    answer = office.get(QUEUE, {"Authorization": header.encode()})

    assert answer.status_code == 401


def test_a_token_opens_its_own_site(office: Office) -> None:
    office.lay(plain("Hello"))

    answer = office.get(QUEUE, office.token("viewer"))

    assert [item["comment"]["body"] for item in answer.json()["items"]] == ["Hello"]


def test_a_revoked_token_opens_nothing(office: Office) -> None:
    robot = office.token("moderator", name="old")
    office.run(revoke_tokens, office.sites["demo"].id, "old-moderator")

    assert office.get(QUEUE, robot).status_code == 401


def test_a_session_is_not_accepted_as_a_token(office: Office) -> None:
    session = office.session()["Cookie"].partition("=")[2]

    assert office.get(QUEUE, {"Authorization": f"Bearer {session}"}).status_code == 401


def test_a_token_is_not_accepted_as_a_session(office: Office) -> None:
    token = office.token()["Authorization"].partition(" ")[2]

    assert office.get(QUEUE, {"Cookie": f"gatepost={token}"}).status_code == 401


def test_an_invite_is_not_accepted_as_a_session(office: Office) -> None:
    assert office.get(QUEUE, {"Cookie": f"gatepost={office.invite()}"}).status_code == 401


def test_naming_another_site_in_a_credential_opens_nothing_there(office: Office) -> None:
    office.lay(plain("Other's"), site="other")
    token = office.token("owner")["Authorization"]
    both = token.replace(
        f"gp_t{office.sites['demo'].id}_", f"gp_t{office.sites['demo'].id}-{office.sites['other'].id}_"
    )

    answer = office.get(QUEUE, {"Authorization": both})

    assert answer.status_code == 401 or answer.json()["items"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {},
    ],
)
def test_a_form_on_another_site_decides_nothing_for_a_signed_in_browser(
    office: Office, headers: dict[str, str]
) -> None:
    (comment,) = office.lay(plain("Hello"))
    cookie = office.session()["Cookie"]

    answer = office.decide({"Cookie": cookie, **headers}, comment, "approve")

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert office.get(QUEUE, {"Cookie": cookie}).json()["items"][0]["version"] == 1


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://127.0.0.1:8000"}]
)
def test_a_form_of_the_console_decides(office: Office, headers: dict[str, str]) -> None:
    (comment,) = office.lay(plain("Hello"))

    answer = office.decide({"Cookie": office.session()["Cookie"], **headers}, comment, "approve")

    assert answer.status_code == 200


def test_a_link_from_another_site_may_open_the_queue(office: Office) -> None:
    cookie = office.session()["Cookie"]

    assert office.get("/console", {"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_opening_a_sign_in_link_does_not_use_it_up(office: Office) -> None:
    link = f"/console/sign-in/{office.invite()}"

    for _ in range(3):
        assert "set-cookie" not in office.get(link).headers

    assert office.submit(link, None).status_code == 303


def test_a_sign_in_link_works_once(office: Office) -> None:
    link = f"/console/sign-in/{office.invite()}"
    office.submit(link, None)

    again = office.submit(link, None)

    assert again.status_code == 410
    assert "set-cookie" not in again.headers


def test_an_unknown_sign_in_link_is_answered_like_a_used_one(office: Office) -> None:
    link = f"/console/sign-in/{office.invite()}"
    office.submit(link, None)

    used, unknown = office.submit(link, None), office.submit(f"/console/sign-in/gp_i1_{'A' * 43}", None)

    assert (used.status_code, used.text) == (unknown.status_code, unknown.text)


def test_another_site_cannot_sign_a_browser_in(office: Office) -> None:
    link = f"/console/sign-in/{office.invite()}"

    answer = office.submit(link, {"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert office.submit(link, None).status_code == 303


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(office: Office) -> None:
    cookie = office.submit(f"/console/sign-in/{office.invite()}", None).headers["set-cookie"]

    assert cookie.startswith("gatepost=gp_s")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))


def test_over_tls_the_session_cookie_is_bound_to_the_host(office_behind_tls: Office) -> None:
    office = office_behind_tls

    cookie = office.submit(f"/console/sign-in/{office.invite()}", None).headers["set-cookie"]

    assert cookie.startswith("__Host-gatepost=gp_s")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()


def test_over_tls_a_cookie_without_the_prefix_is_ignored(office_behind_tls: Office) -> None:
    session = office_behind_tls.session()["Cookie"]

    assert office_behind_tls.get(QUEUE, {"Cookie": session}).status_code == 401


def test_in_the_clear_nobody_signs_in_from_another_machine(office: Office) -> None:
    link = f"/console/sign-in/{office.invite()}"

    answer = office.submit(link, {"Host": "comments.example"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    session = office.session()

    answer = office.submit("/console/sign-out", session)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert 'gatepost=""' in answer.headers["set-cookie"]
    assert office.get(QUEUE, session).status_code == 401


def test_a_changed_role_counts_at_once(office: Office) -> None:
    (comment,) = office.lay(plain("Hello"))
    session = office.session("moderator")
    office.invite(role="viewer")

    assert office.decide(session, comment, "approve").status_code == 403


def test_a_viewer_reads_and_decides_nothing(office: Office) -> None:
    (comment,) = office.lay(plain("Hello"))
    viewer = office.token("viewer")

    assert office.get(f"/v1/review/comments/{comment}", viewer).status_code == 200
    assert office.decide(viewer, comment, "approve").status_code == 403
    assert office.post("/v1/review/leases", viewer, {"limit": 1}).status_code == 403


def test_a_role_on_one_site_is_worth_nothing_on_another(office: Office) -> None:
    (comment,) = office.lay(plain("Other's"), site="other")
    office.invite(role="viewer", sites=["other"])
    session = office.session("moderator", sites=["demo"])

    assert office.decide(session, comment, "approve").status_code == 404


def test_no_answer_to_a_member_is_kept_in_a_cache(office: Office) -> None:
    assert office.get(QUEUE, office.token()).headers["cache-control"] == "no-store"
    assert office.get("/console", office.session()).headers["cache-control"] == "no-store"
