"""Readers report what is published."""

import uuid
from urllib.parse import urlencode

import pytest
from live import HOME, PAGE, STRICT, Live

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


@pytest.fixture
def comment(live: Live) -> str:
    """Return the id of a published comment."""
    return str(live.post({"body": "Something to read.", "author_name": "Ada", "page_url": PAGE}).json["id"])


def path(comment: str) -> str:
    return f"/v1/sites/demo/comments/{comment}/report"


def test_a_report_arrives_with_its_reason_and_note(live: Live, comment: str) -> None:
    answer = live.post({"reason": "abuse", "note": "Line two."}, {"Origin": HOME}, path=path(comment))

    assert answer.status == 202
    assert answer.headers["access-control-allow-origin"] == HOME
    seen = live.get(f"/v1/review/comments/{comment}", {"Authorization": f"Bearer {live.token()}"}).json
    assert [(each["reason"], each["note"]) for each in seen["reports"]] == [("abuse", "Line two.")]  # type: ignore[attr-defined]
    assert live.rows("SELECT state FROM comment WHERE comment_id = $1", uuid.UUID(comment)) == [("published",)]


def test_a_report_tells_nobody_whether_it_was_the_first(live: Live, comment: str) -> None:
    answers = [live.post({"reason": "spam"}, path=path(comment)) for _ in range(2)]

    assert answers[0].status == answers[1].status == 202
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("content", [{}, {"reason": "dull"}, {"reason": "spam", "note": "x" * 1001}])
def test_a_report_needs_a_reason_that_there_is(live: Live, comment: str, content: object) -> None:
    assert live.post(content, path=path(comment)).status == 422


def test_what_is_not_published_cannot_be_reported(live: Live) -> None:
    held = live.post({"body": "Held.", "page_url": PAGE}, path=STRICT).json["id"]

    assert live.post({"reason": "spam"}, path=f"/v1/sites/strict/comments/{held}/report").status == 404
    assert live.post({"reason": "spam"}, path=path(str(uuid.uuid4()))).status == 404
    assert live.get(f"/report/strict/{held}").status == 404


def test_a_page_of_elsewhere_cannot_report(live: Live, comment: str) -> None:
    assert live.post({"reason": "spam"}, {"Origin": "https://elsewhere.test"}, path=path(comment)).status == 403


def test_reporting_needs_no_script(live: Live, comment: str) -> None:
    page = live.get(f"/report/demo/{comment}", {"Accept-Language": "de"})
    sent = live.ask("POST", f"/report/demo/{comment}", urlencode({"reason": "hate", "note": ""}), FORM)
    wrong = live.ask("POST", f"/report/demo/{comment}", urlencode({"reason": "dull"}), FORM)

    assert "Something to read." in page.text
    assert '<html lang="de"' in page.text
    assert (sent.status, wrong.status) == (200, 422)
    assert live.rows("SELECT reason FROM report WHERE comment_id = $1", uuid.UUID(comment)) == [("hate",)]
