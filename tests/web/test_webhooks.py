"""Owners name the places that are told of a site's comments, and see and repeat what they were told."""

from uuid import uuid4

import pytest
from desk import Office, plain

from service.store.webhooks import MOST

PATH = "/v1/sites/demo/webhooks"
WISH = {"url": "https://hooks.example.org/in"}


def test_a_place_is_named_with_a_secret_that_is_shown_once(office: Office) -> None:
    owner = office.token("owner")

    made = office.post(PATH, owner, WISH | {"kinds": ["comment.rejected", "comment.held", "comment.held"]})
    (listed,) = office.get(PATH, owner).json()["webhooks"]

    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert made.json()["id"] == listed["id"]
    assert listed["kinds"] == ["comment.held", "comment.rejected"]
    assert "secret" not in listed


def test_what_happens_to_comments_waits_for_the_place_and_can_be_told_again(office: Office) -> None:
    owner = office.token("owner")
    made = office.post(PATH, owner, WISH).json()["id"]
    (comment,) = office.lay(plain("Hello"))
    office.decide(office.token("moderator"), comment, "approve")
    path = f"{PATH}/{made}/deliveries"

    first = office.get(f"{path}?limit=1", owner).json()
    second = office.get(f"{path}?limit=1&cursor={first['next_cursor']}", owner).json()
    again = office.post(f"{path}/{second['deliveries'][0]['id']}/redelivery", owner, {})

    assert [each["kind"] for each in first["deliveries"] + second["deliveries"]] == [
        "comment.published",
        "comment.held",
    ]
    assert first["deliveries"][0]["comment_id"] == comment
    assert (first["deliveries"][0]["state"], first["deliveries"][0]["tries"]) == ("waiting", 0)
    assert second["next_cursor"] is None
    assert again.status_code == 202


def test_a_comment_that_is_erased_is_heard_of(office: Office) -> None:
    owner = office.token("owner")
    made = office.post(PATH, owner, WISH).json()["id"]
    (comment,) = office.lay(plain("Hello", state="published"))
    office.decide(owner, comment, "erase")

    told = office.get(f"{PATH}/{made}/deliveries", owner).json()["deliveries"]

    assert [each["kind"] for each in told] == ["comment.erased", "comment.published"]


@pytest.mark.parametrize(
    "wish",
    [
        {"url": "http://127.0.0.1/in"},
        {"url": "https://localhost/in"},
        {"url": "https://name:word@hooks.example.org/"},
        {"url": "file:///etc/passwd"},
        {"url": ""},
        WISH | {"kinds": []},
        WISH | {"kinds": ["comment.liked"]},
        WISH | {"secret": "mine"},
    ],
)
def test_what_nothing_can_be_delivered_to_is_refused(office: Office, wish: dict[str, object]) -> None:
    answer = office.post(PATH, office.token("owner"), wish)

    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_site_has_at_most_ten_places(office: Office) -> None:
    owner = office.token("owner")
    for _ in range(MOST):
        assert office.post(PATH, owner, WISH).status_code == 201

    answer = office.post(PATH, owner, WISH)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_webhooks")


def test_what_is_not_there_is_not_found(office: Office) -> None:
    owner = office.token("owner")
    made = office.post(PATH, owner, WISH).json()["id"]

    assert office.delete(f"{PATH}/{uuid4()}", owner).status_code == 404
    assert office.get(f"{PATH}/{made}/deliveries", owner).json() == {"deliveries": [], "next_cursor": None}
    assert office.post(f"{PATH}/{made}/deliveries/7/redelivery", owner, {}).status_code == 404
    assert office.post(f"{PATH}/{made}/deliveries/{10**30}/redelivery", owner, {}).status_code == 404
    assert office.delete(f"{PATH}/{made}", owner).status_code == 204
    assert office.get(f"{PATH}/{made}/deliveries", owner).status_code == 404
