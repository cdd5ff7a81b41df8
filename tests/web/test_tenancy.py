"""Two sites on one service: nobody sees or moves a row of the other."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

import pytest
from desk import Office, lie, opened, plain, spam
from httpx2 import Response

REQUESTS = 2000
SEED = 20261124
NAMES = ("demo", "other")


class Dsns(Protocol):
    service_dsn: str


@pytest.fixture
def office(anyio_backend: str, database: Dsns) -> Iterator[Office]:
    with opened(database.service_dsn) as office:
        yield office


class Fuzz:
    """Ask at random, as members of either site, with ids, names, cursors and versions of both."""

    def __init__(self, office: Office):
        self.office = office
        self.random = random.Random(SEED)
        self.members = {
            name: [
                office.token("moderator", site=name, name=f"{name}-robot"),
                office.token("owner", site=name, name=f"{name}-owner"),
                office.token("viewer", site=name, name=f"{name}-viewer"),
                office.session("moderator", email=f"{name}-ada@example.org", sites=[name]),
            ]
            for name in NAMES
        }
        self.comments = [each for name in NAMES for each in self._lay(name)]
        self.decisions: list[str] = []
        self.cursors: list[str] = []

    def _lay(self, name: str) -> list[str]:
        mark = f"row-of-{name}"
        drafts = [
            draft.__class__(
                **{
                    **{field: getattr(draft, field) for field in draft.__dataclass_fields__},
                    "author_name": f"{mark} {i}",
                    "author_email": f"{mark}@mail.example",
                    "page_title": f"{mark} page",
                    "page_key": f"key-{i % 3}",
                    "age": timedelta(minutes=i),
                }
            )
            for i, draft in enumerate(
                [plain(f"{mark} plain {i}") for i in range(15)]
                + [spam(f"{mark} is spam {i}") for i in range(10)]
                + [lie() for _ in range(5)]
                + [plain(f"{mark} seen {i}", state="published") for i in range(5)]
            )
        ]
        return self.office.lay(*drafts, site=name)

    def ask(self, name: str) -> Response:
        """Send one request as a member of the site named."""
        pick = self.random.choice
        who = pick(self.members[name])
        comment = pick(self.comments)
        match pick(("queue", "queue", "comment", "lease", "give back", "decide", "undo", "console", "page", "form")):
            case "queue":
                return self.office.get("/v1/review/queue", who, **self._query())
            case "comment":
                return self.office.get(f"/v1/review/comments/{comment}", who)
            case "lease":
                return self.office.post("/v1/review/leases", who, {"limit": pick((1, 3)), **self._site()})
            case "give back":
                return self.office.delete(f"/v1/review/leases/{comment}", who)
            case "decide":
                return self.office.post("/v1/review/decisions", who, {"decisions": self._wishes()})
            case "undo":
                return self.office.post(f"/v1/review/decisions/{self._decision()}/undo", who, None)
            case "console":
                return self.office.get("/console", who, **self._query())
            case "page":
                return self.office.get(f"/console/comments/{comment}", who)
            case _:
                fields = {"comment_id": comment, "version": pick((1, 2)), "decision": pick(("approve", "spam"))}
                return self.office.submit("/console/decisions", who, **fields)

    def learn(self, answer: Response) -> None:
        """Keep ids and cursors from an answer, to use them on anybody's behalf."""
        if answer.headers.get("content-type") != "application/json":
            return
        content = json.loads(answer.content)
        self.decisions += [each["decision_id"] for each in content.get("results", []) if each["decision_id"]]
        if content.get("next_cursor"):
            self.cursors.append(content["next_cursor"])

    def _site(self) -> dict[str, str]:
        return {"site": self.random.choice(NAMES)} if self.random.random() < 0.5 else {}

    def _query(self) -> dict[str, object]:
        pick = self.random.choice
        query: dict[str, object] = {
            "status": pick(("held", "published", "rejected")),
            "sort": pick(("priority", "oldest", "newest")),
            "limit": pick((1, 3, 100)),
            "q": pick(("", "row-of", "plain", "seen", "ketamine")),
            "page_key": pick(("", "", "key-1")),
            "category": pick(("", "", "spam", "health")),
            **self._site(),
        }
        if self.cursors and self.random.random() < 0.3:
            query["cursor"] = pick(self.cursors)
        return query

    def _wishes(self) -> list[dict[str, object]]:
        pick = self.random.choice
        return [
            {
                "comment_id": comment,
                "version": pick((1, 1, 2, 3)),
                "action": pick(("approve", "reject", "escalate")),
                "reason": "spam",
            }
            for comment in self.random.sample(self.comments, pick((1, 2, 5)))
        ]

    def _decision(self) -> str:
        return self.random.choice(self.decisions or self.comments)


def test_two_thousand_requests_of_two_sites_members_show_and_move_no_foreign_row(office: Office) -> None:
    fuzz = Fuzz(office)
    showed = dict.fromkeys(NAMES, 0)

    for _ in range(REQUESTS):
        name = fuzz.random.choice(NAMES)
        foreign = next(each for each in NAMES if each != name)
        answer = fuzz.ask(name)
        assert answer.status_code < 500
        assert f"row-of-{foreign}" not in answer.text, (name, str(answer.request.url))
        showed[name] += f"row-of-{name}" in answer.text
        fuzz.learn(answer)

    assert min(showed.values()) > REQUESTS / 10
    moved = 0
    for name in NAMES:
        owner = fuzz.members[name][1]
        for comment in fuzz.comments:
            detail = office.get(f"/v1/review/comments/{comment}", owner)
            if detail.status_code == 200:
                decided_by = {each["by"] for each in detail.json()["decisions"]}
                assert all(label.startswith(name) for label in decided_by), decided_by
                moved += bool(decided_by)
    assert moved > 20
