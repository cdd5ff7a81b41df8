"""Work asked of browsers: bound to site and page, counted once, and evidence only."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace

import altcha
import pytest
from live import HOME, Live, run

from service.settings import Rate
from service.store.database import Database
from service.store.sites import change_policy, find_site
from service.web.directory import REMEMBERED
from service.web.limit import RateLimits

WORDS = "I read this twice and it helped me, thank you."


async def ask_always(dsn: str) -> None:
    db = await Database.open(dsn, size=1)
    try:
        for name in ("demo", "strict"):
            site = await find_site(db, name)
            assert site
            await change_policy(db, site.id, lambda policy: replace(policy, mode="hybrid", proof_of_work="always"))
    finally:
        await db.close()


@pytest.fixture(scope="module")
def live(start) -> Iterator[Live]:  # type: ignore[no-untyped-def]
    """Return a service whose sites ask for work."""
    with start() as service:
        run(ask_always(service.service_dsn))
        time.sleep(REMEMBERED if service.get("/v1/sites/demo/form", page_key="x").json["challenge"] is None else 0)
        yield service


def solved(live: Live, page: str, site: str = "demo") -> str:
    given = live.get(f"/v1/sites/{site}/form", page_url=page).json["challenge"]
    challenge = altcha.Challenge.from_dict(given)  # type: ignore[arg-type]
    solution = altcha.solve_challenge(challenge)
    assert solution
    return altcha.Payload(challenge, solution).to_base64()


def flags(live: Live, comment_id: object) -> set[str]:
    rows = live.rows("SELECT flags FROM verdict WHERE comment_id = $1", uuid.UUID(str(comment_id)))
    return {flag["code"] for flag in json.loads(str(rows[0][0]))}


def counted(live: Live, page: str, work: str | None) -> bool:
    """Send a comment and tell whether its work counted; it is taken in either way."""
    answer = live.post({"body": f"{WORDS} {uuid.uuid4()}", "page_url": page, "altcha": work})
    assert answer.status in (201, 202)
    return "abuse.no_work" not in flags(live, answer.json["id"])


def new_page() -> str:
    return f"{HOME}/{uuid.uuid4().hex}"


def test_work_done_counts(live: Live) -> None:
    page = new_page()

    assert counted(live, page, solved(live, page))


@pytest.mark.parametrize("work", [None, "", "x", "e30=", "A" * 5000, "eyJjaGFsbGVuZ2UiOiAxfQ=="])
def test_who_has_not_worked_is_held_for_a_person_and_not_dropped(live: Live, work: str | None) -> None:
    assert not counted(live, new_page(), work)


def test_work_counts_once_and_only_on_its_page_and_site(live: Live) -> None:
    page = new_page()
    work = solved(live, page)

    assert not counted(live, new_page(), work)
    assert not counted(live, page, solved(live, page, "strict"))
    assert counted(live, page, work)
    assert not counted(live, page, work)


def test_the_same_request_may_be_sent_again(live: Live) -> None:
    page = new_page()
    fields = {"body": WORDS, "page_url": page, "altcha": solved(live, page)}
    key = {"Idempotency-Key": uuid.uuid4().hex}

    answers = [live.post(fields, key) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].json["id"] == answers[1].json["id"]


def test_a_form_without_script_is_never_asked(live: Live) -> None:
    answer = live.form({"body": WORDS + " By form.", "page_url": new_page()}, {"Accept": "application/json"})

    assert answer.status == 201


def test_a_site_under_attack_is_told_by_the_emptiness_of_its_bucket() -> None:
    limits = RateLimits({"site": Rate(count=10, seconds=60)})

    before = limits.is_pressed("demo")
    for _ in range(6):
        limits.spend(address="", site="demo")

    assert (before, limits.is_pressed("demo"), limits.is_pressed("other")) == (False, True, False)
    assert not RateLimits({}).is_pressed("demo")
