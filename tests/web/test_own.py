"""Authors change, delete and appeal their own comment, over the API and on its page."""

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from live import PAGE, PATH, STRICT, Live

from service.store.identity import new_id

WORDS = "I read this twice and it helped me, thank you."
SPAM = (
    "BUY CHEAP VIAGRA NOW http://pills.example/a http://pills.example/b http://pills.example/c http://pills.example/d"
)
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


def written(live: Live, words: str = WORDS, path: str = PATH) -> dict[str, str]:
    answer = live.post({"body": words, "author_name": "Ada", "page_url": PAGE}, path=path)
    assert answer.status in (201, 202)
    return {name: str(value) for name, value in answer.json.items()}


def ask(live: Live, method: str, comment: dict[str, str], more: str = "", content: str = ""):  # type: ignore[no-untyped-def]
    headers = {"Authorization": f"Bearer {comment['token']}", "Content-Type": "application/json"}
    return live.ask(method, f"/v1/comments/{comment['id']}{more}", content, headers)


def reject(live: Live, comment: dict[str, str], version: int = 1, token: str = "") -> None:
    wish = {"comment_id": comment["id"], "version": version, "action": "reject", "reason": "abuse"}
    headers = {"Authorization": f"Bearer {token or live.token()}"}
    assert live.post({"decisions": [wish]}, headers, path="/v1/review/decisions").status == 200


def act(live: Live, comment: dict[str, str], **fields: str):  # type: ignore[no-untyped-def]
    return live.ask("POST", f"/status/{comment['token']}", urlencode(fields), FORM)


def test_an_author_changes_their_words_and_readers_see_it(live: Live) -> None:
    comment = written(live)

    answer = ask(live, "PATCH", comment, content='{"body": "Better <b>words</b>."}')

    assert (answer.status, answer.json["status"], answer.json["body"]) == (200, "published", "Better <b>words</b>.")
    shown = [
        each for each in live.get(PATH, page_url=PAGE, sort="newest").json["comments"] if each["id"] == comment["id"]
    ]  # type: ignore[attr-defined]
    assert shown[0]["html"] == "<p>Better <b>words</b>.</p>"
    assert shown[0]["edited_at"]
    kept = live.rows("SELECT revision, body FROM revision WHERE comment_id = $1", uuid.UUID(comment["id"]))
    assert kept == [(1, WORDS)]


def test_a_change_is_judged_again(live: Live) -> None:
    comment = written(live)

    answer = ask(
        live, "PATCH", comment, content='{"body": "Ketamine is not addictive at all, take as much as you like."}'
    )

    assert answer.status == 200
    queued = live.rows("SELECT categories FROM queue WHERE comment_id = $1", uuid.UUID(comment["id"]))
    verdicts = live.rows("SELECT revision FROM verdict WHERE comment_id = $1 ORDER BY 1", uuid.UUID(comment["id"]))
    assert queued == [(["health"],)]
    assert verdicts == [(1,), (2,)]


def test_a_changed_comment_is_held_where_all_are(live: Live) -> None:
    comment = written(live, path=STRICT)

    answer = ask(live, "PATCH", comment, content='{"body": "Other words, then."}')

    assert (answer.status, answer.json["status"]) == (200, "held")
    assert live.rows("SELECT published FROM page WHERE key = $1 AND site_id = 2", PAGE) in ([(0,)], [])


@pytest.mark.parametrize("body", ['{"body": ""}', '{"body": "  "}', "{}", '{"body": 1}'])
def test_a_change_needs_words(live: Live, body: str) -> None:
    answer = ask(live, "PATCH", written(live), content=body)

    assert answer.status == 422


def test_what_was_decided_or_is_old_is_not_changed(live: Live) -> None:
    comment, old = written(live), written(live)
    reject(live, comment)
    live.rows(
        "UPDATE comment SET created_at = $2 WHERE comment_id = $1 RETURNING 1",
        uuid.UUID(old["id"]),
        datetime.now(UTC) - timedelta(minutes=16),
    )

    for each in (comment, old):
        answer = ask(live, "PATCH", each, content='{"body": "Too late."}')
        assert (answer.status, answer.json["code"]) == (409, "not_editable")
        assert ask(live, "GET", each).json["editable_until"] is None


def test_an_author_deletes_their_comment_with_all_that_names_them(live: Live) -> None:
    comment = written(live)
    assert ask(live, "PATCH", comment, content='{"body": "Other words, then."}').status == 200

    assert [ask(live, "DELETE", comment).status for _ in range(2)] == [204, 204]

    assert live.rows("SELECT body FROM revision WHERE comment_id = $1", uuid.UUID(comment["id"])) == []
    kept = live.rows(
        "SELECT state, body, html, author_name FROM comment WHERE comment_id = $1", uuid.UUID(comment["id"])
    )
    assert kept == [("erased", "", "", "")]
    assert ask(live, "PATCH", comment, content='{"body": "Back?"}').status == 410
    assert "Erased" in live.get(f"/status/{comment['token']}").text


def test_an_author_appeals_once_and_reads_the_answer(live: Live) -> None:
    comment, first, second = written(live), live.token(), live.token()
    assert ask(live, "POST", comment, "/appeal", '{"text": "Why?"}').json["code"] == "not_appealable"
    reject(live, comment, token=first)
    assert ask(live, "GET", comment).json["can_appeal"] is True

    appealed = ask(live, "POST", comment, "/appeal", '{"text": "It was a quotation."}')
    again = ask(live, "POST", comment, "/appeal", '{"text": "Hello?"}')
    seen = live.get(f"/v1/review/comments/{comment['id']}", {"Authorization": f"Bearer {second}"}).json
    reject(live, comment, 2, second)

    assert (appealed.status, appealed.json["appeal"]["status"]) == (200, "open")  # type: ignore[index]
    assert (again.status, again.json["code"]) == (409, "not_appealable")
    assert seen["appeal"]["text"] == "It was a quotation."  # type: ignore[index]
    after = ask(live, "GET", comment).json
    assert (after["appeal"]["status"], after["can_appeal"]) == ("refused", False)  # type: ignore[index]
    page = live.get(f"/status/{comment['token']}").text
    assert "not granted" in page
    assert "final here" in page


def test_who_decided_is_told_that_another_has_to_answer(live: Live) -> None:
    comment, robot = written(live), live.token()
    reject(live, comment, token=robot)
    ask(live, "POST", comment, "/appeal", '{"text": "Please."}')
    live.rows(
        "INSERT INTO member (site_id, member_id, email, role) VALUES (1, $1, $2, 'moderator') RETURNING 1",
        new_id(datetime.now(UTC)),
        f"{uuid.uuid4().hex}@example.org",
    )

    wish = {"comment_id": comment["id"], "version": 2, "action": "approve"}
    answer = live.post({"decisions": [wish]}, {"Authorization": f"Bearer {robot}"}, path="/v1/review/decisions")

    assert (answer.status, answer.json["code"]) == (403, "second_member_needed")


def test_any_page_may_ask_with_a_token(live: Live) -> None:
    comment = written(live)

    asked = live.ask("OPTIONS", f"/v1/comments/{comment['id']}", headers={"Origin": "https://elsewhere.test"})
    wrong = live.get(f"/v1/comments/{comment['id']}", {"Origin": "https://elsewhere.test", "Authorization": "Bearer x"})

    assert {"PATCH", "DELETE"} <= set(asked.headers["access-control-allow-methods"].split(", "))
    assert asked.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert (wrong.status, wrong.headers["access-control-allow-origin"]) == (401, "*")


def test_the_status_page_gives_the_reason_whether_a_person_decided_and_how_to_appeal(live: Live) -> None:
    comment = written(live)
    reject(live, comment)

    page = live.get(f"/status/{comment['token']}").text

    for part in ("Not published", "It attacks somebody.", "A person decided this.", "you can appeal here"):
        assert part in page


def test_the_status_page_says_where_a_machine_decided(live: Live) -> None:
    comment = written(live, SPAM)
    if comment["status"] != "rejected":
        live.rows("UPDATE comment SET state = 'rejected' WHERE comment_id = $1 RETURNING 1", uuid.UUID(comment["id"]))
        live.rows(
            "INSERT INTO decision (site_id, decision_id, comment_id, action, reason, state_before, state_after,"
            " decided_by, created_at) VALUES (1, $1, $2, 'reject', 'spam', 'held', 'rejected', 'policy', now())"
            " RETURNING 1",
            uuid.uuid4(),
            uuid.UUID(comment["id"]),
        )

    assert "decided automatically" in live.get(f"/status/{comment['token']}").text


def test_the_forms_of_the_status_page_change_delete_and_appeal(live: Live) -> None:
    comment = written(live)

    changed = act(live, comment, action="edit", body="By the form.")
    assert (changed.status, changed.headers["location"]) == (303, f"/status/{comment['token']}")
    assert "By the form." in live.get(f"/status/{comment['token']}").text
    reject(live, comment, 2)
    assert act(live, comment, action="appeal", text="Please.").status == 303
    assert "You appealed on" in live.get(f"/status/{comment['token']}").text
    assert act(live, comment, action="delete").status == 303
    assert "By the form." not in live.get(f"/status/{comment['token']}").text


def test_a_form_at_fault_keeps_what_was_written(live: Live) -> None:
    comment = written(live)
    reject(live, comment)

    answer = act(live, comment, action="appeal", text="x" * 2001)

    assert answer.status == 422
    assert "x" * 2001 in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_status_page_speaks_the_language_of_the_comment(live: Live) -> None:
    answer = live.post({"body": WORDS, "page_url": PAGE, "lang": "de-AT"}).json

    page = live.get(f"/status/{answer['token']}", {"Accept-Language": "fr"}).text

    assert '<html lang="de"' in page
    assert "Veröffentlicht" in page
