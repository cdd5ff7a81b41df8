import uuid

import pytest
from live import PAGE, STRICT, Live


@pytest.fixture
def held(live: Live) -> dict[str, str]:
    """Return the answer to a comment that waits for a person."""
    answer = live.post({"body": "Please look at <b>this</b>.", "page_url": PAGE}, path=STRICT).json
    return {name: str(value) for name, value in answer.items()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_an_author_sees_their_own_comment(live: Live, held: dict[str, str]) -> None:
    answer = live.get(f"/v1/comments/{held['id']}", bearer(held["token"]))

    assert answer.status == 200
    assert (answer.json["id"], answer.json["status"], answer.json["page_url"]) == (held["id"], "held", PAGE)
    assert answer.headers["cache-control"] == "no-store"


def test_a_token_is_for_its_own_comment_only(live: Live, held: dict[str, str]) -> None:
    other = live.post({"body": "Another one.", "page_url": PAGE}).json

    assert live.get(f"/v1/comments/{other['id']}", bearer(held["token"])).status == 404
    assert live.get(f"/v1/comments/{uuid.uuid4()}", bearer(held["token"])).status == 404


def test_a_changed_token_is_refused(live: Live, held: dict[str, str]) -> None:
    token = held["token"]
    for i in range(0, len(token) - 1, 5):
        changed = token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :]
        assert live.get(f"/v1/comments/{held['id']}", bearer(changed)).status == 401
        assert live.get(f"/status/{changed}").status == 401


@pytest.mark.parametrize("headers", [{}, bearer(""), bearer("x"), bearer("A" * 5000), {"Authorization": "Basic YTpi"}])
def test_without_a_token_nobody_sees_anything(live: Live, held: dict[str, str], headers: dict[str, str]) -> None:
    answer = live.get(f"/v1/comments/{held['id']}", headers)

    assert (answer.status, answer.json["code"]) == (401, "unauthenticated")
    assert "www-authenticate" in answer.headers


def test_an_id_that_is_none_is_404(live: Live, held: dict[str, str]) -> None:
    assert live.get("/v1/comments/17", bearer(held["token"])).status == 404


def test_the_status_page_shows_the_comment_and_that_it_waits(live: Live, held: dict[str, str]) -> None:
    answer = live.get(f"/status/{held['token']}")

    assert answer.status == 200
    assert "Waiting" in answer.text
    assert "Please look at <b>this</b>." in answer.text
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"


def test_the_status_page_leads_to_a_published_comment(live: Live) -> None:
    answer = live.post({"body": "Good to know.", "page_url": PAGE}).json

    shown = live.get(f"/status/{answer['token']}").text

    assert f'href="{PAGE}#comment-{answer["id"]}"' in shown


@pytest.mark.parametrize("token", ["x", "A" * 48, "%00", "caf%C3%A9", "..%2f..", "A" * 8000])
def test_a_link_that_was_never_given_out_shows_nothing(live: Live, token: str) -> None:
    assert live.get(f"/status/{token}").status in (401, 404)


def test_an_author_sees_no_scores(live: Live, held: dict[str, str]) -> None:
    answer = live.get(f"/v1/comments/{held['id']}", bearer(held["token"]))

    assert not {"verdict", "scores", "flags", "models", "categories"} & set(answer.json)
