"""What owners do through the API: policy with preview, lists, members, tokens, sites, statistics."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import Office, lie, plain, spam

from service.comment import SiteId
from service.store.audit import verify_chains
from service.store.database import Database
from service.store.sites import change_policy
from service.web.stats import agreement, wilson

DEMO = "/v1/sites/demo"


def test_a_policy_is_read_changed_and_kept_where_it_is_not_named(office: Office) -> None:
    owner = office.token("owner")

    changed = office.patch(f"{DEMO}/policy", owner, {"mode": "pre", "hold_at": {"spam": 0.3}})
    office.patch(f"{DEMO}/policy", owner, {"reject_at": {"spam": 0.99}})

    assert changed.status_code == 200
    assert office.get(f"{DEMO}/policy", owner).json() == {
        "mode": "pre",
        "hold_at": {"spam": 0.3},
        "reject_at": {"spam": 0.99},
        "second_review": 0.0,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"second_review": 1.01},
        {"second_review": -0.1},
        {"second_review": None},
        {"mode": "best"},
        {"hold_at": {"spam": 2}},
        {"reject_at": {"health": 0.9}},
        {"holdat": {}},
    ],
)
def test_a_policy_that_means_nothing_is_refused(office: Office, change: dict[str, object]) -> None:
    answer = office.patch(f"{DEMO}/policy", office.token("owner"), change)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_preview_says_what_would_have_happened_and_changes_nothing(office: Office) -> None:
    owner = office.token("owner")
    ids = office.lay(lie(), spam("Buy cheap watches"), plain("Hello casino"), plain("Not decided"))
    for comment, action in zip(ids, ("reject", "reject", "approve"), strict=False):
        office.decide(owner, comment, action, reason="spam" if action == "reject" else None)

    answer = office.post(
        f"{DEMO}/policy/preview",
        owner,
        {
            "policy": {"hold_at": {"health": 0.95}},
            "add": [{"kind": "word", "value": "casino", "action": "reject"}],
        },
    ).json()

    assert answer["comments"] == 3
    assert answer["before"] == {
        "approved": {"publish": 1, "hold": 0, "reject": 0},
        "rejected": {"publish": 0, "hold": 2, "reject": 0},
    }
    assert answer["after"] == {
        "approved": {"publish": 0, "hold": 0, "reject": 1},
        "rejected": {"publish": 1, "hold": 1, "reject": 0},
    }
    assert [(each["id"], each["before"], each["after"]) for each in answer["changed"]] == [
        (ids[2], "publish", "reject"),
        (ids[0], "hold", "publish"),
    ]
    assert office.get(f"{DEMO}/lists", owner).json()["entries"] == []


def test_lists_are_filled_read_and_emptied(office: Office) -> None:
    owner = office.token("owner")

    added = office.post(
        f"{DEMO}/lists",
        owner,
        {"entries": [{"kind": "word", "value": " Casino "}, {"kind": "link", "value": "https://SPAM.example/"}]},
    )
    first, second = office.get(f"{DEMO}/lists", owner).json()["entries"]
    gone = office.delete(f"{DEMO}/lists/{first['id']}", owner)

    assert added.status_code == 200
    assert [(each["kind"], each["value"]) for each in (first, second)] == [("word", "Casino"), ("link", "spam.example")]
    assert gone.status_code == 204
    assert office.delete(f"{DEMO}/lists/{first['id']}", owner).status_code == 404
    assert office.get(f"{DEMO}/lists", owner).json()["entries"] == [second]


def test_an_entry_that_could_never_match_is_refused_with_its_field(office: Office) -> None:
    answer = office.post(
        f"{DEMO}/lists", office.token("owner"), {"entries": [{"kind": "network", "value": "10.0.0.1"}]}
    )

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "value")


@pytest.mark.parametrize(("action", "state"), [("hold", "held"), ("reject", "rejected")])
def test_a_listed_word_is_held_or_rejected_when_it_comes_in(office: Office, action: str, state: str) -> None:
    owner = office.token("owner")
    office.post(f"{DEMO}/lists", owner, {"entries": [{"kind": "word", "value": "casino", "action": action}]})

    sent = office.post(
        f"{DEMO}/comments", None, {"body": "My casino", "page_url": "https://demo.example/a", "author_name": "Jo"}
    ).json()

    detail = office.get(f"/v1/review/comments/{sent['id']}", owner).json()
    assert sent["status"] == state
    assert [flag["code"] for flag in detail["verdicts"][0]["flags"]] == ["list.word"]
    assert [each["reason"] for each in detail["decisions"]] == (["other"] if action == "reject" else [])


def test_a_listed_address_is_held_and_stands_in_no_verdict(office: Office) -> None:
    owner = office.token("owner")
    office.post(f"{DEMO}/lists", owner, {"entries": [{"kind": "author", "value": "troll@mail.example"}]})

    sent = office.post(
        f"{DEMO}/comments",
        None,
        {"body": "Hi", "page_url": "https://demo.example/a", "author_email": "Troll@mail.example"},
    ).json()

    verdict = office.get(f"/v1/review/comments/{sent['id']}", owner).json()["verdicts"][0]
    assert [flag["code"] for flag in verdict["flags"]] == ["list.author"]
    assert "troll" not in str(verdict).lower()


def test_members_are_invited_given_a_role_and_removed(office: Office) -> None:
    owner = office.token("owner")

    link = office.post(f"{DEMO}/members", owner, {"email": "bob@example.org", "role": "viewer"}).json()["link"]
    opened = office.submit(link.removeprefix("http://127.0.0.1:8000"), None)
    bob = {"Cookie": opened.headers["set-cookie"].partition(";")[0]}
    (member,) = office.get(f"{DEMO}/members", owner).json()["members"]
    changed = office.patch(f"{DEMO}/members/{member['id']}", owner, {"role": "moderator"})

    assert changed.status_code == 204
    assert office.get("/v1/review/queue", bob).status_code == 200
    assert office.delete(f"{DEMO}/members/{member['id']}", owner).status_code == 204
    assert office.get("/v1/review/queue", bob).status_code == 401
    assert office.get(f"{DEMO}/members", owner).json()["members"] == []
    assert office.delete(f"{DEMO}/members/{member['id']}", owner).status_code == 404


def test_the_last_owner_stays_one(office: Office) -> None:
    owner = office.token("owner")
    office.invite("ada@example.org", "owner")
    (ada,) = office.get(f"{DEMO}/members", owner).json()["members"]

    for answer in (
        office.delete(f"{DEMO}/members/{ada['id']}", owner),
        office.patch(f"{DEMO}/members/{ada['id']}", owner, {"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


def test_a_token_is_made_shown_once_and_ended(office: Office) -> None:
    owner = office.token("owner", name="first")

    token = office.post(f"{DEMO}/tokens", owner, {"name": "robot", "role": "viewer"}).json()["token"]
    robot = {"Authorization": f"Bearer {token}"}
    listed = office.get(f"{DEMO}/tokens", owner)

    assert office.get("/v1/review/queue", robot).status_code == 200
    assert token not in listed.text
    (prefix,) = [each["prefix"] for each in listed.json()["tokens"] if each["name"] == "robot"]
    assert office.delete(f"{DEMO}/tokens/{prefix}", owner).status_code == 204
    assert office.get("/v1/review/queue", robot).status_code == 401
    assert office.delete(f"{DEMO}/tokens/robot", owner).status_code == 404


def test_a_site_is_made_by_a_program_and_belongs_to_it(office: Office) -> None:
    made = office.post("/v1/sites", office.token("owner"), {"name": "third", "origins": ["https://third.example"]})
    third = {"Authorization": f"Bearer {made.json()['token']}"}

    assert made.status_code == 201
    assert [site["name"] for site in office.get("/v1/sites", third).json()["sites"]] == ["third"]
    changed = office.patch("/v1/sites/third", third, {"title": "The third"}).json()
    assert (changed["title"], changed["origins"]) == ("The third", ["https://third.example"])
    again = office.post("/v1/sites", office.token("owner"), {"name": "third"})
    assert (again.status_code, again.json()["code"]) == (409, "site_exists")


def test_a_site_made_by_a_person_is_opened_by_a_link(office: Office) -> None:
    made = office.post("/v1/sites", office.session("owner"), {"name": "fourth"}).json()

    opened = office.submit(made["link"].removeprefix("http://127.0.0.1:8000"), None)

    ada = {"Cookie": opened.headers["set-cookie"].partition(";")[0]}
    assert office.get("/v1/sites/fourth", ada).json()["title"] == "fourth"


@pytest.mark.parametrize("path", ["", "/policy", "/lists", "/members", "/tokens"])
def test_an_owner_of_one_site_learns_nothing_of_another(office: Office, path: str) -> None:
    assert office.get(f"/v1/sites/other{path}", office.token("owner")).status_code == 404


def test_statistics_count_what_came_and_what_was_decided(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    ids = office.lay(spam(), spam("Buy two now"), plain("Hello"))
    office.lay(plain("Elsewhere"), site="other")
    office.decide(ada, ids[0], "reject", reason="spam")
    office.decide(ada, ids[1], "approve")
    office.decide(bob, ids[1], "reject", 2, reason="spam")

    stats = office.get("/v1/review/stats", ada, site="demo").json()

    assert sum(day["comments"] for day in stats["inflow"]) == 3
    assert len(stats["inflow"]) == 30
    assert stats["waiting"][0] == {"waited": "under 1 hour", "comments": 1}
    assert [each["comments"] for each in stats["took"]] == [2, 0, 0, 0, 0, 0, 0]
    (flag,) = stats["flags"]
    assert (flag["flag"], flag["decided"], flag["rejected"], flag["share"]) == ("spam.text", 2, 2, 1.0)
    assert 0 < flag["low"] < 0.5
    assert stats["agreement"] == {"pairs": 0, "alike": 0, "kappa": None, "low": None, "high": None}
    assert [(each["decided_by"], each["approved"], each["rejected"]) for each in stats["work"]] == [
        ("ada@example.org", 1, 1),
        ("bob@example.org", 0, 1),
    ]


def test_times_to_decision_are_counted_by_length(office: Office) -> None:
    ada = office.token()
    ages = (timedelta(minutes=1), timedelta(minutes=6), timedelta(hours=3), timedelta(days=2), timedelta(days=9))
    for comment in office.lay(*(plain(f"Hi {i}", age=age) for i, age in enumerate(ages))):
        office.decide(ada, comment, "approve")

    stats = office.get("/v1/review/stats", ada).json()

    assert {each["took"]: each["comments"] for each in stats["took"]} == {
        "under 5 minutes": 1,
        "5 to 30 minutes": 1,
        "30 minutes to 2 hours": 0,
        "2 to 8 hours": 1,
        "8 to 24 hours": 0,
        "1 to 3 days": 1,
        "over 3 days": 1,
    }
    assert stats["decisions"] == 5


@pytest.mark.parametrize("query", ["from=x", "from=2026-02-01&to=2026-01-01", "from=2020-01-01", "form=2026-01-01"])
def test_days_that_cannot_be_shown_are_refused(office: Office, query: str) -> None:
    assert office.get(f"/v1/review/stats?{query}", office.token()).status_code == 422


def test_the_interval_is_wilsons() -> None:
    # Values as in Newcombe 1998, table I: 81 of 263, and 0 of 20.
    assert [round(each, 4) for each in wilson(81, 263)] == [0.2553, 0.3662]
    assert [round(each, 4) for each in wilson(0, 20)] == [0.0, 0.1611]


def test_an_owner_sets_the_share_of_second_reviews_and_it_is_on_record(office: Office) -> None:
    owner, ada, bob = office.token("owner"), office.session(), office.session(email="bob@example.org")
    (comment,) = office.lay(spam())

    changed = office.patch(f"{DEMO}/policy", owner, {"second_review": 1})
    office.patch(f"{DEMO}/policy", owner, {"second_review": 1})
    office.decide(ada, comment, "reject", reason="spam")

    assert changed.json()["second_review"] == 1.0
    (item,) = office.get("/v1/review/queue", bob).json()["items"]
    assert (item["comment"]["id"], item["second_opinion"]) == (comment, True)
    (detail,) = office.run(_policy_events, office.sites["demo"].id)
    assert re.fullmatch("second_review=1.0 by [0-9a-f-]{36}", detail)


def test_lists_go_on_record_without_what_is_on_them(office: Office) -> None:
    entry = {"kind": "author", "value": "jo@mail.example"}

    office.post(f"{DEMO}/lists", office.token("owner"), {"entries": [entry]})

    (detail,) = office.run(_policy_events, office.sites["demo"].id)
    assert detail.startswith("lists by ")


async def _policy_events(db: Database, site_id: SiteId) -> list[str]:
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch("SELECT detail FROM event WHERE kind = 'policy.changed' ORDER BY seq")
    assert [report.broken_at for report in await verify_chains(db, site_id)] == [None, None]
    return [row["detail"] for row in rows]


def test_agreement_rests_on_blind_second_reviews_only(office: Office) -> None:
    ada, bob, eva = (office.session(email=f"{name}@example.org") for name in ("ada", "bob", "eva"))
    ids = office.lay(*(spam(f"Buy {i} now") for i in range(3)))
    office.run(change_policy, office.sites["demo"].id, lambda policy: replace(policy, second_review=1.0))
    for comment, action in zip(ids, ("reject", "approve", "reject"), strict=True):
        office.decide(ada, comment, action, reason=None if action == "approve" else "spam")
    # Two blind opinions, of which one differs; eva decides in knowledge of what was decided before.
    office.decide(bob, ids[0], "reject", 2, reason="spam", second_opinion=True)
    office.decide(bob, ids[1], "reject", 2, reason="spam", second_opinion=True)
    office.decide(eva, ids[2], "approve", 2)

    agreement = office.get("/v1/review/stats", ada).json()["agreement"]

    assert (agreement["pairs"], agreement["alike"], agreement["kappa"]) == (2, 1, 0.0)
    assert agreement["low"] < 0 < agreement["high"]


def test_agreement_is_cohens_with_an_interval() -> None:
    found = agreement({("a", "a"): 20, ("a", "b"): 5, ("b", "a"): 10, ("b", "b"): 15})

    assert found.kappa == pytest.approx(0.4)
    # Wilson's interval of 35 in 50 is 0.5625 to 0.8090; half of them would agree by chance.
    assert (found.low, found.high) == (pytest.approx(0.125, abs=1e-3), pytest.approx(0.618, abs=1e-3))


def test_few_pairs_that_all_agree_are_no_certainty() -> None:
    found = agreement({("a", "a"): 5, ("b", "b"): 5})

    assert (found.kappa, found.high) == (1.0, pytest.approx(1.0))
    assert found.low is not None
    assert found.low < 0.5


@pytest.mark.parametrize("pairs", [{}, {("a", "a"): 3}])
def test_there_is_no_agreement_to_speak_of_where_chance_alone_would_make_all_alike(
    pairs: dict[tuple[str, str], int],
) -> None:
    assert agreement(pairs).kappa is None
