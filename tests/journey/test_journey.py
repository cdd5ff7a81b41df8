"""Tell a comment's whole story over HTTP, against a service started as a user starts it."""

import re
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import httpx2
import pytest

from service.pipeline.signals import MIN_SECONDS

ATOM = {"a": "http://www.w3.org/2005/Atom"}
CLAIM = "One ketamine session cures depression for good, so throw your antidepressants away."
REFUTATION = (
    "It is not true that one ketamine session cures depression for good; the effect fades, as my own doctor warned."
)
QUESTION = "Does one ketamine session really cure depression for good?"
SPAM = (
    "Best casino bonus online!!! Win real money today at http://lucky-spins-casino.top/bonus and http://slots-777.xyz"
)
THANKS = (
    "Thank you for this article. My sister had six sessions last year, and the part about blood pressure was new to us."
)


class Reader:
    """Somebody on the demo article."""

    def __init__(self, http: httpx2.Client):
        self.http = http
        self.page = str(http.base_url).rstrip("/") + "/demo"

    def send(self, body: str, **fields: str) -> httpx2.Response:
        return self.http.post(
            "/v1/sites/demo/comments", json={"body": body, "author_name": "Ada", "page_url": self.page, **fields}
        )

    def send_form(self, body: str) -> httpx2.Response:
        """Fill in the form that the article shows, as a browser without script does."""
        html = self.http.get("/demo").text
        # Nobody reads and writes within two seconds, and whoever does is queued.
        time.sleep(MIN_SECONDS + 0.1)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))
        return self.http.post(
            "/v1/sites/demo/comments",
            data=hidden | {"body": body, "author_name": "Ben", "author_email": "", "website": ""},
            headers={"Accept": "text/html", "Origin": self.page.removesuffix("/demo")},
        )


class Moderator:
    """Somebody with an API token."""

    def __init__(self, http: httpx2.Client, token: str):
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    def queue(self) -> dict[str, dict]:
        items = self._http.get("/v1/review/queue?limit=100", headers=self._headers).raise_for_status().json()["items"]
        return {item["comment"]["id"]: item for item in items}

    def decide(self, item: dict, action: str, **more: str) -> httpx2.Response:
        wish = {"comment_id": item["comment"]["id"], "version": item["version"], "action": action, **more}
        return self._http.post("/v1/review/decisions", json={"decisions": [wish]}, headers=self._headers)

    def undo(self, decision_id: str) -> httpx2.Response:
        return self._http.post(f"/v1/review/decisions/{decision_id}/undo", headers=self._headers)


@pytest.fixture(scope="module")
def started(serve_module):
    return serve_module(GATEPOST_RATE_LIMITS="off")


@pytest.fixture
def http(started) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=started.url, timeout=20) as client:
        yield client


@pytest.fixture
def reader(http) -> Reader:
    return Reader(http)


@pytest.fixture
def moderator(started, http) -> Moderator:
    said = started.gatepost("token", "add", "--site", "demo", "--role", "moderator", "--json").stdout
    return Moderator(http, said.split('"')[3])


def test_the_first_start_prints_links_that_all_work(started, http):
    links = re.findall(r"http://\S+", started.output)

    assert len(links) >= 3
    assert [http.get(link).status_code for link in links[:3]] == [200, 200, 200]


def test_a_held_comment_is_approved_and_appears_everywhere(reader, moderator, http):
    sent = reader.send(CLAIM)
    held = sent.json()
    assert (sent.status_code, held["status"]) == (202, "held")

    item = moderator.queue()[held["id"]]
    flags = [flag for flag in item["verdict"]["flags"] if flag["category"] == "health"]
    assert flags
    assert flags[0]["evidence"]
    assert item["comment"]["body"] == CLAIM

    decided = moderator.decide(item, "approve")
    assert decided.status_code == 200
    listed = http.get("/v1/sites/demo/comments", params={"page_url": reader.page}).json()
    assert held["id"] in [comment["id"] for comment in listed["comments"]]
    feed = ElementTree.fromstring(http.get("/v1/sites/demo/feed.atom").content)
    assert f"urn:uuid:{held['id']}" in [
        entry.findtext("a:id", namespaces=ATOM) for entry in feed.findall("a:entry", ATOM)
    ]
    counts = http.get("/v1/sites/demo/counts", params={"page_url": reader.page}).json()["counts"]
    assert counts[reader.page] == listed["page"]["count"]
    assert f'id="comment-{held["id"]}"' in http.get("/demo").text
    own = http.get(f"/v1/comments/{held['id']}", headers={"Authorization": f"Bearer {held['token']}"}).json()
    assert own["status"] == "published"


def test_a_comment_by_form_lands_back_on_the_article_or_on_its_status_page(reader, http):
    clean = reader.send_form(THANKS)
    held = reader.send_form(CLAIM)

    assert clean.status_code == held.status_code == 303
    location, _, anchor = clean.headers["location"].partition("#")
    assert location == reader.page
    assert f'id="{anchor}"' in http.get(location).text
    assert "/status/" in held.headers["location"]
    assert "Waiting" in http.get(held.headers["location"]).text


def test_spam_is_kept_from_the_page_and_named(reader, moderator, http):
    sent = reader.send(SPAM, author_name="Best Casino Bonus", author_url="http://slots-777.xyz/")

    assert sent.status_code == 202
    detail = http.get(f"/v1/review/comments/{sent.json()['id']}", headers=moderator._headers).json()
    assert "spam" in [flag["category"] for flag in detail["verdicts"][0]["flags"]]


@pytest.mark.parametrize("body", [REFUTATION, QUESTION])
def test_refuting_or_asking_is_not_flagged_for_health(body, reader, moderator, http):
    made = reader.send(body).json()

    detail = http.get(f"/v1/review/comments/{made['id']}", headers=moderator._headers).json()
    assert [flag["code"] for flag in detail["verdicts"][0]["flags"] if flag["category"] == "health"] == []


def test_a_decision_is_undone_and_a_late_one_is_told_so(reader, moderator):
    made = reader.send(CLAIM).json()
    item = moderator.queue()[made["id"]]

    first = moderator.decide(item, "reject", reason="health_misinformation").json()["results"][0]
    late = moderator.decide(item, "approve")
    undone = moderator.undo(first["decision_id"])

    assert first["state"] == "rejected"
    assert (late.status_code, late.json()["code"]) == (409, "stale_version")
    assert undone.json()["state"] == "held"
    assert made["id"] in moderator.queue()


def test_the_same_idempotency_key_makes_one_comment(reader, http):
    body = {"body": "Sent twice by a nervous finger.", "page_url": reader.page}

    ids = {
        http.post("/v1/sites/demo/comments", json=body, headers={"Idempotency-Key": "finger-1"}).json()["id"]
        for _ in range(2)
    }
    other = http.post(
        "/v1/sites/demo/comments", json=body | {"body": "Another"}, headers={"Idempotency-Key": "finger-1"}
    )

    assert len(ids) == 1
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_an_answer_names_its_parent_and_needs_one_on_the_same_page(reader):
    parent = reader.send(THANKS + " Once more.").json()

    answer = reader.send("I had the same thought about blood pressure.", parent_id=parent["id"])
    astray = reader.send("Where am I?", parent_id="01890000-0000-7000-8000-000000000000")

    assert answer.status_code == 201
    assert astray.status_code == 422
    assert astray.json()["errors"][0]["field"] == "parent_id"
