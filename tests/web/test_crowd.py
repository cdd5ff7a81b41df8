"""While too many comments wait, others are turned away at the door, and told when to come again."""

from collections.abc import Iterator

import pytest
from desk import Office, opened

from service.web.batch import Intake

COMMENTS = "/v1/sites/demo/comments"


@pytest.fixture
def crowded(anyio_backend, database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Open an office that has no room for another comment."""
    monkeypatch.setattr(Intake, "has_room", lambda intake: False)
    with opened(database.service_dsn) as office:
        yield office


def test_a_comment_is_refused_with_a_time_to_come_again(crowded: Office) -> None:
    answer = crowded.client.post(COMMENTS, json={"body": "Hello there"}, headers={"Origin": "https://any.example"})

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_any_site_may_read_the_refusal(crowded: Office) -> None:
    answer = crowded.client.post(COMMENTS, json={}, headers={"Origin": "https://any.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_the_refusal_is_counted_by_its_route(crowded: Office) -> None:
    crowded.client.post(COMMENTS, json={})

    metrics = crowded.client.get("/metrics").text
    assert 'gatepost_requests_total{route="/v1/sites/{site}/comments",status="503"} 1.0' in metrics


def test_a_form_is_read_before_it_is_refused_so_that_its_words_are_kept(crowded: Office) -> None:
    fields = {"body": "Words that took a while", "page_url": "https://demo.example/a"}

    answer = crowded.client.post(COMMENTS, data=fields, headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Words that took a while" in answer.text


def test_everything_else_is_served(crowded: Office) -> None:
    assert crowded.client.get("/healthz").status_code == 200
    assert crowded.client.get(COMMENTS, params={"page_url": "https://demo.example/a"}).status_code == 200
