"""Passwords, second factors and sessions: what opens, what does not, and that nobody can tell why not."""

import re
import time
from datetime import timedelta
from html import unescape
from typing import Protocol

import asyncpg
import pytest
from desk import Office
from httpx2 import Response

from service.store.credentials import invite_member, open_session
from service.web.secret import STEP_SECONDS, PasswordDesk, code_at, from_text, step_of

QUEUE = "/v1/review/queue"
SIGN_IN = "/console/sign-in"
PASSWORD = "correct horse battery"
ADA = "ada@example.org"


class Dsns(Protocol):
    service_dsn: str
    superuser_dsn: str


def set_password(office: Office, password: str = PASSWORD, **more: object) -> dict[str, str]:
    """Give ada a password on a session opened by a link; return that session."""
    session = office.session(**more)
    answer = office.submit("/console/account/password", session, new=password)
    assert answer.headers["location"] == "/console/account?did=password"
    return session


def set_second_factor(office: Office, session: dict[str, str]) -> bytes:
    """Turn codes on, with the code of the half-minute before; return the secret."""
    page = office.submit("/console/account/second-factor", session, want="new").text
    secret = from_text(re.search(r'name="secret" value="([A-Z2-7]+)"', page)[1])
    code = code_at(secret, int(time.time() // STEP_SECONDS) - 1)
    answer = office.submit("/console/account/second-factor", session, secret=_text(page), code=code)
    assert answer.headers["location"] == "/console/account?did=on"
    return secret


def _text(page: str) -> str:
    return re.search(r'name="secret" value="([A-Z2-7]+)"', page)[1]


def sign_in(office: Office, email: str = ADA, password: str = PASSWORD, code: str = "", **headers: str) -> Response:
    return office.submit(SIGN_IN, headers, email=email, password=password, code=code)


def cookie(answer: Response) -> dict[str, str]:
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0], "Sec-Fetch-Site": "same-origin"}


def words(answer: Response) -> str:
    """Return what a person reads, without the e-mail that they typed themselves."""
    return re.sub(r'value="[^"]*"', "", unescape(answer.text))


def test_a_password_signs_in_whatever_the_case_of_the_address(office: Office) -> None:
    set_password(office)

    answer = sign_in(office, email=" Ada@Example.ORG ")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    assert office.get(QUEUE, cookie(answer)).status_code == 200


def test_an_unknown_person_a_wrong_password_and_a_missing_code_are_answered_alike(office: Office) -> None:
    set_password(office)
    unknown = sign_in(office, email="nobody@example.org")
    wrong = sign_in(office, password="correct horse batterx")
    set_second_factor(office, office.session())
    missing = sign_in(office)

    assert {answer.status_code for answer in (unknown, wrong, missing)} == {401}
    assert words(unknown) == words(wrong) == words(missing)
    assert not any("set-cookie" in answer.headers for answer in (unknown, wrong, missing))


@pytest.mark.parametrize("hashes", [0, 1])
async def test_as_many_hashes_are_compared_for_unknown_people_as_for_known_ones(hashes: int) -> None:
    desk = PasswordDesk()
    known = [await desk.hash(PASSWORD)] * hashes

    fits = await desk.fitting("something else", known)

    assert fits == set()
    assert desk.verified == 1


def test_a_removed_member_is_an_unknown_one(office: Office, database: Dsns) -> None:
    set_password(office)
    execute(office, database, "UPDATE member SET revoked_at = now()")

    assert sign_in(office).status_code == 401


def test_a_password_set_on_one_site_opens_no_other(office: Office) -> None:
    set_password(office, sites=["demo"])
    office.invite(ADA, "owner", ["other"])

    session = cookie(sign_in(office))

    assert office.get(QUEUE, session, site="demo").status_code == 200
    assert office.get(QUEUE, session, site="other").status_code == 404


def test_wrong_passwords_are_slowed_down_and_the_right_one_with_them(office: Office) -> None:
    set_password(office)
    answers = [sign_in(office, password=f"wrong {i}") for i in range(21)]

    late = sign_in(office)

    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0
    assert sign_in(office, email="bob@example.org").status_code == 401


def test_an_address_with_a_nul_is_read_without_it(office: Office) -> None:
    assert sign_in(office, email="ada\x00@example.org\x00").status_code == 401


def test_another_site_cannot_sign_a_browser_in_by_password(office: Office) -> None:
    set_password(office)

    answer = office.submit(SIGN_IN, {"Sec-Fetch-Site": "cross-site"}, email=ADA, password=PASSWORD)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_in_the_clear_no_password_is_taken_from_another_machine(office: Office) -> None:
    set_password(office)

    answer = sign_in(office, Host="comments.example")

    assert (answer.status_code, "<form" in answer.text) == (403, False)


def test_a_code_is_needed_once_it_is_set_up_and_works_once(office: Office) -> None:
    secret = set_second_factor(office, set_password(office))
    code = code_at(secret, int(time.time() // STEP_SECONDS))

    without, right, again = sign_in(office), sign_in(office, code=code), sign_in(office, code=code)

    assert [answer.status_code for answer in (without, right, again)] == [401, 303, 401]


def test_the_code_that_turned_codes_on_does_not_sign_in(office: Office) -> None:
    secret = set_second_factor(office, set_password(office))

    assert sign_in(office, code=code_at(secret, int(time.time() // STEP_SECONDS) - 1)).status_code == 401


def test_a_new_link_helps_who_lost_their_codes(office: Office) -> None:
    set_second_factor(office, set_password(office))

    office.submit(f"/console/sign-in/{office.invite(ADA)}", None)

    assert sign_in(office).status_code == 303


def test_codes_are_those_of_rfc_6238() -> None:
    secret = b"12345678901234567890"

    assert [code_at(secret, at // STEP_SECONDS) for at in (59, 1111111109, 20000000000)] == [
        "287082",
        "081804",
        "353130",
    ]
    assert step_of(secret, "287 082", 59.0) == 1
    assert step_of(secret, "287082", 59.0 + 2 * STEP_SECONDS) is None
    assert step_of(secret, "²87082", 59.0) is None


def test_the_present_password_is_asked_for_unless_a_link_opened_the_session(office: Office) -> None:
    set_password(office)
    session = cookie(sign_in(office))

    refused = office.submit("/console/account/password", session, new="another long one", present="wrong")
    factor = office.submit("/console/account/second-factor", session, want="off")
    taken = office.submit("/console/account/password", session, new="another long one", present=PASSWORD)

    assert (refused.status_code, factor.status_code, taken.status_code) == (422, 422, 303)
    assert sign_in(office, password="another long one").status_code == 303


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 201])
def test_a_password_too_short_or_too_long_is_refused(office: Office, password: str) -> None:
    answer = office.submit("/console/account/password", office.session(), new=password)

    assert answer.status_code == 422
    assert "12 to 200 characters" in answer.text


def test_a_new_password_ends_every_other_session(office: Office) -> None:
    other, own = office.session(), office.session()

    office.submit("/console/account/password", own, new=PASSWORD)

    assert office.get(QUEUE, other).status_code == 401
    assert office.get(QUEUE, own).status_code == 200


def test_one_session_can_be_ended_from_another(office: Office) -> None:
    lost, kept, own = office.session(), office.session(), office.session()
    (bob,) = [office.session(email="bob@example.org")]
    page = office.get("/console/account", own).text
    ids = re.findall(r'name="session" value="([0-9a-f]{64})"', page)

    office.submit("/console/account/sessions", own, session=ids[-1])

    assert len(ids) == 2
    assert sorted(office.get(QUEUE, each).status_code for each in (lost, kept)) == [200, 401]
    assert office.get(QUEUE, bob).status_code == 200


def test_all_other_sessions_can_be_ended_at_once_but_nobody_elses(office: Office) -> None:
    lost, own, bob = office.session(), office.session(), office.session(email="bob@example.org")

    office.submit("/console/account/sessions", own, session="")

    assert [office.get(QUEUE, each).status_code for each in (lost, own, bob)] == [401, 200, 200]


def test_a_session_ends_when_it_is_not_used_and_in_any_case_at_its_end(office: Office, database: Dsns) -> None:
    idle, old = office.session(email="idle@example.org"), office.session(email="old@example.org")
    assert office.get(QUEUE, idle).status_code == office.get(QUEUE, old).status_code == 200

    execute(office, database, _AGE.format("seen_at = now() - interval '12 hours 1 second'", "idle@example.org"))
    execute(office, database, _AGE.format("expires_at = now() - interval '1 second'", "old@example.org"))

    assert office.get(QUEUE, idle).status_code == office.get(QUEUE, old).status_code == 401


def test_a_late_link_opens_nothing(office: Office) -> None:
    site = office.sites["demo"].id
    late = office.run(invite_member, [site], email=ADA, role="viewer", lifetime=timedelta(seconds=-1))

    assert office.run(open_session, late) is None


def test_a_program_has_no_account(office: Office) -> None:
    assert office.get("/console/account", office.token()).status_code == 404


_AGE = """
UPDATE credential SET {} WHERE kind = 'session' AND member_id IN (SELECT member_id FROM member WHERE email = '{}')
"""


def execute(office: Office, database: Dsns, statement: str) -> None:
    async def run(db: object) -> None:
        connection = await asyncpg.connect(database.superuser_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    office.run(run)
