"""The review API: queue, leases, decisions."""

from datetime import timedelta
from typing import Any

import pytest
from desk import LIE, QUOTE, Draft, Office, lie, nothing_said, plain, spam

from service.comment import SiteId
from service.store.database import Database

QUEUE = "/v1/review/queue"
LEASES = "/v1/review/leases"
DECISIONS = "/v1/review/decisions"


@pytest.fixture
def robot(office: Office) -> dict[str, str]:
    return office.token("moderator")


def bodies(answer: Any) -> list[str]:
    return [item["comment"]["body"] for item in answer.json()["items"]]


def comment_of(office: Office, who: dict[str, str], comment: str) -> dict[str, Any]:
    found: dict[str, Any] = office.get(f"/v1/review/comments/{comment}", who).json()
    return found


def test_the_gravest_comment_comes_first(office: Office, robot: dict[str, str]) -> None:
    office.lay(plain("Fine"), spam(), lie())

    assert bodies(office.get(QUEUE, robot)) == [LIE, spam().body, "Fine"]


def test_waiting_raises_a_comment(office: Office, robot: dict[str, str]) -> None:
    office.lay(plain("Old", age=timedelta(days=4)), spam("Fresh spam it is"))

    assert bodies(office.get(QUEUE, robot)) == ["Old", "Fresh spam it is"]


def test_an_item_carries_what_a_decision_needs(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())

    (item,) = office.get(QUEUE, robot).json()["items"]

    (evidence,) = item["verdict"]["flags"][0]["evidence"]
    assert item["comment"]["id"] == comment
    assert item["comment"]["body"][evidence["start"] : evidence["end"]] == QUOTE == evidence["text"]
    assert item["verdict"]["flags"][0]["claim"]["sources"][1]["checked_at"] == ""
    assert (item["version"], item["lease"], item["reports"]) == (1, None, [])
    assert item["author_record"] == {"approved": 0, "rejected": 0}


@pytest.mark.parametrize("sort", ["priority", "oldest", "newest"])
def test_paging_shows_each_comment_once_and_in_order(office: Office, robot: dict[str, str], sort: str) -> None:
    drafts = [plain(f"Number {i}", age=timedelta(minutes=i)) for i in range(9)] + [
        spam(f"Spam number {i}") for i in range(5)
    ]
    office.lay(*drafts)
    whole = bodies(office.get(QUEUE, robot, sort=sort, limit=100))

    seen, cursor = [], ""
    while cursor is not None:
        page = office.get(QUEUE, robot, sort=sort, limit=4, **({"cursor": cursor} if cursor else {}))
        seen += bodies(page)
        cursor = page.json()["next_cursor"]

    assert seen == whole
    assert sorted(seen) == sorted(draft.body for draft in drafts)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"category": "spam"}, ["Buy it now"]),
        ({"flag": "health.claim"}, [LIE]),
        ({"q": "FINE"}, ["A fine day"]),
        ({"q": "watches"}, ["Buy it now"]),
        ({"q": "%"}, []),
        ({"page_key": "tea"}, ["A fine day"]),
        ({"site": "demo"}, [LIE, "Buy it now", "A fine day"]),
        ({"status": "published"}, ["Seen already"]),
        ({"status": "rejected"}, []),
    ],
)
def test_filters_narrow_the_queue(
    office: Office, robot: dict[str, str], parameters: dict[str, str], expected: list[str]
) -> None:
    office.lay(lie(), spam("Buy it now"), plain("A fine day", page_key="tea"), plain("Seen already", state="published"))

    assert bodies(office.get(QUEUE, robot, **parameters)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=9999999999999999999999", "limit"),
        ("limit=x", "limit"),
        ("sort=best", "sort"),
        ("status=erased", "status"),
        ("category=fun", "category"),
        ("catgory=spam", "catgory"),
        ("q=a&q=b", "q"),
        ("q=%00", "q"),
        ("page_key=%00", "page_key"),
        ("flag='", "flag"),
        ("cursor=AAAA", "cursor"),
        ("cursor=bmFuIDE%3D", "cursor"),
        ("cursor=%C3%A9", "cursor"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(
    office: Office, robot: dict[str, str], query: str, field: str
) -> None:
    answer = office.get(f"{QUEUE}?{query}", robot)

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])


def test_a_site_of_other_people_looks_like_none(office: Office, robot: dict[str, str]) -> None:
    foreign, unknown = office.get(QUEUE, robot, site="other"), office.get(QUEUE, robot, site="nowhere")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["detail"].replace("other", "…") == unknown.json()["detail"].replace("nowhere", "…")


def test_a_lease_is_shown_to_everybody(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    office.lay(lie())

    (taken,) = office.post(LEASES, ada, {"limit": 5}).json()["items"]

    assert taken["lease"]["mine"] is True
    (seen,) = office.get(QUEUE, bob).json()["items"]
    assert (seen["lease"]["by"], seen["lease"]["mine"]) == ("ada@example.org", False)


def test_two_moderators_never_hold_the_same_comment(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    office.lay(*(plain(f"Number {i}") for i in range(5)))

    hers = bodies(office.post(LEASES, ada, {"limit": 3}))
    his = bodies(office.post(LEASES, bob, {"limit": 3}))

    assert (len(hers), len(his), set(hers) & set(his)) == (3, 2, set())


def test_leases_can_be_narrowed(office: Office, robot: dict[str, str]) -> None:
    office.lay(lie(), spam("Buy it now"), plain("Fine"))

    answer = office.post(LEASES, robot, {"limit": 5, "site": "demo", "filters": {"category": "spam"}})

    assert bodies(answer) == ["Buy it now"]


def test_what_is_given_back_can_be_taken_again(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    (comment,) = office.lay(lie())
    office.post(LEASES, ada, {})

    assert office.delete(f"{LEASES}/{comment}", bob).status_code == 404
    assert office.delete(f"{LEASES}/{comment}", ada).status_code == 204
    assert len(bodies(office.post(LEASES, bob, {}))) == 1


def test_nobody_decides_on_what_somebody_else_holds(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    (comment,) = office.lay(lie())
    office.post(LEASES, ada, {})

    late = office.decide(bob, comment, "approve")

    assert (late.status_code, late.json()["code"]) == (409, "leased")
    assert office.decide(ada, comment, "approve").status_code == 200


@pytest.mark.parametrize(
    ("action", "reason", "state", "queued"),
    [
        ("approve", None, "published", False),
        ("reject", "health_misinformation", "rejected", False),
        ("escalate", None, "held", True),
        ("erase", "illegal_content", "erased", False),
    ],
)
def test_a_decision_moves_the_comment_and_is_remembered(
    office: Office, robot: dict[str, str], action: str, reason: str | None, state: str, queued: bool
) -> None:
    (comment,) = office.lay(lie())

    answer = office.decide(robot, comment, action, reason=reason, note="Seen twice", notify=False)

    (result,) = answer.json()["results"]
    assert (answer.status_code, result["status"], result["state"], result["version"]) == (200, "done", state, 2)
    detail = comment_of(office, robot, comment)
    (decision,) = detail["decisions"]
    assert (detail["comment"]["state"], detail["queued"]) == (state, queued)
    assert (decision["action"], decision["reason"], decision["note"]) == (action, reason, "Seen twice")
    assert decision["by"] == "robot-moderator"


def test_an_escalated_comment_rises(office: Office, robot: dict[str, str]) -> None:
    office.lay(lie())
    (doubtful,) = office.lay(plain("Doubtful"))

    office.decide(robot, doubtful, "escalate")

    assert bodies(office.get(QUEUE, robot)) == ["Doubtful", LIE]


def test_an_erased_comment_is_gone(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())
    office.decide(robot, comment, "erase")

    answer = office.decide(robot, comment, "approve", version=2)

    assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    assert LIE not in office.get(f"/v1/review/comments/{comment}", robot).text


def test_a_single_decision_that_comes_too_late_is_a_conflict(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())
    office.decide(robot, comment, "approve")

    answer = office.decide(robot, comment, "reject", reason="spam")

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_version")
    assert comment_of(office, robot, comment)["comment"]["state"] == "published"


def test_in_a_batch_each_item_says_what_became_of_it(office: Office, robot: dict[str, str]) -> None:
    first, second, foreign = *office.lay(plain("One"), plain("Two")), *office.lay(plain("Other's"), site="other")
    office.decide(robot, second, "approve")
    wishes = [{"comment_id": each, "version": 1, "action": "approve"} for each in (first, second, foreign, first)]

    answer = office.post(DECISIONS, robot, {"decisions": wishes})

    results = answer.json()["results"]
    assert answer.status_code == 207
    assert [each["comment_id"] for each in results] == [first, second, foreign, first]
    assert [each["status"] for each in results] == ["done", "stale_version", "not_found", "stale_version"]
    assert results[1]["decided_by"] == "robot-moderator (approve)"


def test_five_hundred_decisions_are_taken_at_once(office: Office, robot: dict[str, str]) -> None:
    ids = office.lay(*(plain(f"Number {i}") for i in range(501)))
    wishes = [{"comment_id": each, "version": 1, "action": "reject", "reason": "spam"} for each in ids]

    too_many = office.post(DECISIONS, robot, {"decisions": wishes})
    answer = office.post(DECISIONS, robot, {"decisions": wishes[:500]})

    assert too_many.status_code == 422
    assert (answer.status_code, {each["status"] for each in answer.json()["results"]}) == (200, {"done"})
    assert len(bodies(office.get(QUEUE, robot))) == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"action": "reject"}, "decisions[0]"),
        ({"action": "publish"}, "decisions[0].action"),
        ({"action": "reject", "reason": "boring"}, "decisions[0].reason"),
        ({"action": "approve", "version": 0}, "decisions[0].version"),
        ({"action": "approve", "version": 10**30}, "decisions[0].version"),
        ({"action": "approve", "version": "1"}, "decisions[0].version"),
        ({"action": "approve", "comment_id": "1"}, "decisions[0].comment_id"),
        ({"action": "approve", "note": "x" * 2001}, "decisions[0].note"),
        ({"action": "approve", "raeson": "spam"}, "decisions[0]"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(
    office: Office, robot: dict[str, str], wish: dict[str, object], field: str
) -> None:
    (comment,) = office.lay(lie())

    answer = office.post(DECISIONS, robot, {"decisions": [{"comment_id": comment, "version": 1, **wish}]})

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
    assert comment_of(office, robot, comment)["decisions"] == []


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 422),
        (b"\xff\xfe{}", "application/json", 400),
        (b'{"decisions": [], "decisions": []}', "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b" " * (8 * 1024 * 1024 + 1), "application/json", 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    office: Office, robot: dict[str, str], content: bytes, content_type: str, status: int
) -> None:
    headers = robot | {"Content-Type": content_type}

    assert office.client.post(DECISIONS, headers=headers, content=content).status_code == status


def test_a_note_keeps_no_control_characters(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())

    office.decide(robot, comment, "approve", note="a\x00b\x1b[31mc\nd")

    assert comment_of(office, robot, comment)["decisions"][0]["note"] == "ab[31mc\nd"


def test_undo_restores_what_stood_before(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())
    decision = office.decide(robot, comment, "reject", reason="spam").json()["results"][0]["decision_id"]

    answer = office.post(f"{DECISIONS}/{decision}/undo", robot, None)

    assert (answer.status_code, answer.json()["state"]) == (200, "held")
    detail = comment_of(office, robot, comment)
    assert [each["action"] for each in detail["decisions"]] == ["undo", "reject"]
    assert (detail["queued"], detail["decisions"][1]["undone"]) == (True, True)


def test_a_decision_is_undone_once_and_only_while_it_is_the_last(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())
    first = office.decide(robot, comment, "approve").json()["results"][0]["decision_id"]
    second = office.decide(robot, comment, "reject", version=2, reason="spam").json()["results"][0]["decision_id"]

    statuses = [office.post(f"{DECISIONS}/{each}/undo", robot, None).status_code for each in (first, second, second)]

    assert statuses == [409, 200, 409]
    assert comment_of(office, robot, comment)["comment"]["state"] == "published"


def test_a_decision_of_another_site_cannot_be_undone(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie(), site="other")
    theirs = office.token("moderator", site="other")
    decision = office.decide(theirs, comment, "approve").json()["results"][0]["decision_id"]

    assert office.post(f"{DECISIONS}/{decision}/undo", robot, None).status_code == 404


def test_the_authors_record_counts_what_stands(office: Office, robot: dict[str, str]) -> None:
    author = b"k" * 32
    one, two = office.lay(plain("One", author_key=author), plain("Two", author_key=author))
    office.decide(robot, one, "approve")
    second = office.decide(robot, two, "reject", reason="spam").json()["results"][0]["decision_id"]

    before = comment_of(office, robot, one)["author_record"]
    office.post(f"{DECISIONS}/{second}/undo", robot, None)

    assert before == {"approved": 1, "rejected": 1}
    assert comment_of(office, robot, one)["author_record"] == {"approved": 1, "rejected": 0}


def test_the_detail_shows_comments_with_the_same_words(office: Office, robot: dict[str, str]) -> None:
    one, two = office.lay(plain("Same words"), plain("Same words"))

    assert [each["id"] for each in comment_of(office, robot, one)["similar"]] == [two]


def test_the_detail_shows_every_revision_with_its_text_and_verdict(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())
    office.edit(comment, spam("Buy two of them at once"))
    office.edit(comment, plain("Never mind."), version=2)

    detail = office.get(f"/v1/review/comments/{comment}", robot).json()

    assert [(each["revision"], each["body"]) for each in detail["revisions"]] == [
        (3, "Never mind."),
        (2, "Buy two of them at once"),
        (1, LIE),
    ]
    first = detail["revisions"][-1]
    quote = first["verdict"]["flags"][0]["evidence"][0]
    assert first["body"][quote["start"] : quote["end"]] == quote["text"]
    assert [each["written_at"] for each in detail["revisions"]] == sorted(
        (each["written_at"] for each in detail["revisions"]), reverse=True
    )
    assert first["written_at"] == detail["comment"]["created_at"]
    assert detail["verdicts"] == [each["verdict"] for each in detail["revisions"]]
    assert detail["comment"]["body"] == "Never mind."


def test_an_edit_that_comes_too_late_keeps_nothing(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(plain("Once"))

    with pytest.raises(AssertionError):
        office.edit(comment, plain("Twice"), version=7)

    assert [each["body"] for each in office.get(f"/v1/review/comments/{comment}", robot).json()["revisions"]] == [
        "Once"
    ]


def test_an_erased_comment_leaves_no_revision_behind(office: Office, robot: dict[str, str]) -> None:
    (comment,) = office.lay(lie())
    office.edit(comment, plain("Never mind."))

    office.decide(robot, comment, "erase", 2)

    detail = office.get(f"/v1/review/comments/{comment}", robot).json()
    assert [each["body"] for each in detail["revisions"]] == [None, None]
    assert office.run(_kept, office.sites["demo"].id) == 0


def test_revisions_are_seen_by_their_own_site_only(office: Office) -> None:
    (comment,) = office.lay(lie())
    office.edit(comment, plain("Never mind."))

    assert (office.run(_kept, office.sites["demo"].id), office.run(_kept, office.sites["other"].id)) == (1, 0)


async def _kept(db: Database, site_id: SiteId) -> int:
    async with db.seeing(site_id) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM revision"))


def test_a_comment_of_another_site_cannot_be_seen(office: Office, robot: dict[str, str]) -> None:
    (foreign,) = office.lay(lie(), site="other")

    assert office.get(f"/v1/review/comments/{foreign}", robot).status_code == 404


def test_a_comment_of_any_script_survives_the_way(office: Office, robot: dict[str, str]) -> None:
    body = "ünïcode 汉字 العربية 👩‍⚕️ \u202e\u200b<&>\"' end"
    office.lay(Draft(body=body, verdict=nothing_said()))

    assert bodies(office.get(QUEUE, robot)) == [body]


def test_named_comments_are_leased_as_far_as_nobody_holds_them(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    first, second = office.lay(plain("One"), plain("Two"))
    office.post(LEASES, bob, {"comment_ids": [first]})

    taken = office.post(LEASES, ada, {"comment_ids": [first, second]})

    assert bodies(taken) == ["Two"]


def test_the_backlog_says_how_much_waits_and_what_one_holds(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    office.lay(plain("One"), plain("Two"), plain("Three"))
    office.post(LEASES, bob, {"limit": 2})
    (hers,) = office.post(LEASES, ada, {}).json()["items"]

    found = office.get("/v1/review/backlog", ada, site="demo").json()

    assert (found["held"], found["elsewhere"]) == (3, 2)
    assert [each["comment_id"] for each in found["leases"]] == [hers["comment"]["id"]]
    assert found["oldest_at"] is not None


def test_decisions_taken_together_are_listed_and_undone_as_one(office: Office, robot: dict[str, str]) -> None:
    ids = office.lay(plain("One"), plain("Two"))
    wishes = [{"comment_id": each, "version": 1, "action": "approve"} for each in ids]
    batches = {each["batch_id"] for each in office.post(DECISIONS, robot, {"decisions": wishes}).json()["results"]}
    (batch,) = batches

    (listed,) = office.get(DECISIONS, robot).json()["decisions"]
    undone = office.post(f"/v1/review/batches/{batch}/undo", robot, None)
    again = office.post(f"/v1/review/batches/{batch}/undo", robot, None)

    assert (listed["together"], listed["decision"]["id"], listed["undoable"]) == (2, batch, True)
    assert (undone.status_code, [each["state"] for each in undone.json()["results"]]) == (200, ["held", "held"])
    assert (again.status_code, {each["status"] for each in again.json()["results"]}) == (207, {"stale_version"})


def test_the_list_of_decisions_is_paged_and_narrowed(office: Office, robot: dict[str, str]) -> None:
    for comment in office.lay(plain("One"), plain("Two"), plain("Three")):
        office.decide(robot, comment, "approve")

    first = office.get(DECISIONS, robot, limit=2).json()
    rest = office.get(DECISIONS, robot, limit=2, before=first["next_before"]).json()

    assert (len(first["decisions"]), len(rest["decisions"]), rest["next_before"]) == (2, 1, None)
    assert office.get(DECISIONS, robot, by="nobody").json()["decisions"] == []


def test_a_statement_of_reasons_is_kept_and_drafted_where_none_is_given(office: Office, robot: dict[str, str]) -> None:
    first, second = office.lay(spam(), plain("Two"))
    office.decide(robot, first, "reject", reason="spam")
    office.decide(robot, second, "reject", reason="other", statement="As written.")

    said = [comment_of(office, robot, each)["decisions"][0]["statement"] for each in (first, second)]

    assert said == ["It was taken for spam. It says: “Buy cheap watches”.", "As written."]


def test_who_escalated_does_not_decide(office: Office) -> None:
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    (comment,) = office.lay(lie())
    office.decide(ada, comment, "escalate")

    late = office.decide(ada, comment, "approve", version=2)

    assert (late.status_code, late.json()["code"]) == (409, "needs_another")
    assert bodies(office.post(LEASES, ada, {})) == []
    (item,) = office.post(LEASES, bob, {}).json()["items"]
    assert (item["escalated"], item["second_opinion"]) == (True, False)
    assert office.decide(bob, comment, "approve", version=2).status_code == 200
