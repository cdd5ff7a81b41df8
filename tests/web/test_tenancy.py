"""Two sites on one service: nobody sees or moves a row of the other, by any route that the application has.

The routes are the application's own. One that is new is asked as well; if nobody says below what it takes, or if it
never once answers as it should, the test fails.
"""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol, TypeVar
from uuid import UUID

import asyncpg
from desk import Draft, Office, lie, plain, spam
from httpx2 import Response
from starlette.routing import Route
from test_access_table import ROLES, routes, shape

from service.comment import CommentId
from service.store.database import Database
from service.store.sites import change_policy, site_keys
from service.web.auth import MemberRoute
from service.web.signature import author_token

T = TypeVar("T")

ROUNDS = 20
"""How often each route is asked; more than 2,000 requests in all, and those of reviewing half as often again."""
SEED = 20261124
SHOWN = 10
"""Comments of each site that are published before anybody asks, to be read and reported."""
REJECTED = 10
"""Comments of each site that are rejected before anybody asks, so that there is something to appeal against."""
NAMES = ("demo", "other")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_BY_AUTHORS = ("/v1/comments/", "/status/")
KINDS = ("decision_id", "batch_id", "prefix", "next_cursor", "member_id", "entry_id", "webhook_id", "delivery_id")
_ID_OF = {
    "members": "member_id",
    "lists": "entry_id",
    "decisions": "decision_id",
    "webhooks": "webhook_id",
    "deliveries": "delivery_id",
}
"""What an "id" is of, in the answers of these addresses."""
MAY_NEVER_BE_GRANTED = {("POST", "/console/sign-in"), ("DELETE", "/v1/review/leases/{comment_id}")}
"""Nobody guesses a password here, and few the comment that they hold themselves."""

Content = Mapping[str, object]


class Dsns(Protocol):
    service_dsn: str
    superuser_dsn: str


def mark(name: str) -> str:
    """Return what every row of a site carries somewhere in its text."""
    return f"row-of-{name}"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request. `allowed` are the sites whose rows the answer may show."""

    method: str
    route: Route
    path: str
    who: Mapping[str, str]
    allowed: frozenset[str]
    content: Content
    query: Content

    @property
    def key(self) -> tuple[str, str]:
        return self.method, shape(self.route.path)


class Fuzz:
    """Ask at random, as members of either site, with ids, names, cursors and versions of both."""

    def __init__(self, office: Office):
        self.office = office
        self.random = random.Random(SEED)
        self.comments = {name: self._lay(name) for name in NAMES}
        self.authors = {name: self._author_tokens(name) for name in NAMES}
        self.found: dict[str, dict[str, list[str]]] = {name: {kind: [] for kind in KINDS} for name in NAMES}
        self.hire()
        for name in NAMES:
            for comment in self.comments[name][-REJECTED:]:
                self.office.decide(self.members[name][2][1], comment, "reject", reason="spam", note=mark(name))

    def hire(self) -> None:
        """Give both sites new members: what is asked may have ended the session of those before, or changed a role."""
        self.members = {
            name: [
                *((role, self.office.token(role, site=name, name=mark(name))) for role in ROLES),
                *(
                    (role, self.office.session(role, email=f"{mark(name)}-{role}@example.org", sites=[name]))
                    for role in ("moderator", "owner")
                ),
            ]
            for name in NAMES
        }  # fmt: skip

    def decide_together(self) -> None:
        """Decide on fresh comments of each site together, so that there is a batch to undo."""
        for name in NAMES:
            ids = self.office.lay(*(plain(f"{mark(name)} fresh {i}") for i in range(2)), site=name)
            wishes = [{"comment_id": each, "version": 1, "action": "approve"} for each in ids]
            answer = self.office.post("/v1/review/decisions", self.members[name][2][1], {"decisions": wishes})
            self.found[name]["batch_id"] += [each["batch_id"] for each in answer.json()["results"]]

    def question(self, method: str, route: Route) -> Question:
        """Return a request of a route, as a member of one site or as an author of either."""
        name, path = self.pick(NAMES), shape(route.path)
        who, allowed = self.who(name, route), {name}
        # Half of the time everything fits together, else anything goes.
        near = name if self.random.random() < 0.5 else ""
        values = {param: self.value(param, near) for param in route.param_convertors}
        if path.startswith(_BY_AUTHORS):
            # The token says which comment it is, and which site's.
            of_site = self.authors[name][-REJECTED:] if path.endswith("/appeal") else self.authors[name]
            owner, comment, token = self.pick(of_site)
            who, allowed = {"Authorization": f"Bearer {token}"}, {owner}
            values |= {"token": token} | ({"comment_id": comment} if self.random.random() < 0.8 else {})
            values = {param: value for param, value in values.items() if param in route.param_convertors}
        elif not isinstance(route, MemberRoute) and "site" in values:
            allowed = {values["site"]}
            if "comment_id" in values and near:
                values["comment_id"] = self.pick(self.comments[near][-REJECTED - SHOWN : -REJECTED])
        elif path.startswith("/demo"):
            allowed = {"demo"}
        subject = next(iter(allowed))
        return Question(
            method=method,
            route=route,
            path=path.format(**values),
            who=who,
            allowed=frozenset(allowed),
            content=CONTENTS[method, path](self, subject) if method in ("POST", "PATCH") else {},
            query=QUERIES[method, path](self, subject) if (method, path) in QUERIES else {},
        )

    def ask(self, question: Question) -> Response:
        """Send a request; who has lost their credentials meanwhile is given new ones."""
        self.office.client.cookies.clear()
        headers, sent = dict(question.who), {}
        if question.method in ("POST", "PATCH"):
            by_form = question.path.startswith(("/console", "/status", "/report"))
            sent = {"data" if by_form else "json": question.content}
        answer: Response = self.office.client.request(
            question.method, question.path, headers=headers, params=question.query or None, follow_redirects=False,
            **sent,
        )  # fmt: skip
        if answer.status_code == 401 and isinstance(question.route, MemberRoute):
            self.hire()
        return answer

    def learn(self, question: Question, answer: Response) -> None:
        """Keep ids and cursors from an answer, to use them on anybody's behalf."""
        if len(question.allowed) == 1 and answer.headers.get("content-type") == "application/json" and answer.content:
            kinds = {"id": _ID_OF.get(shape(question.route.path).rpartition("/")[2], "")}
            self._walk(json.loads(answer.content), self.found[next(iter(question.allowed))], kinds)

    def pick(self, things: Iterable[T]) -> T:
        return self.random.choice(list(things))

    def who(self, name: str, route: Route) -> Mapping[str, str]:
        least = route.role if isinstance(route, MemberRoute) and self.random.random() < 0.85 else "viewer"
        sessions = shape(route.path).startswith(("/console/account", "/console/sign-out"))
        return self.pick(
            headers
            for role, headers in self.members[name]
            if ROLES.index(role) >= ROLES.index(least) and ("Cookie" in headers or not sessions)
        )

    def comment(self, near: str = "") -> str:
        return self.pick(self.comments[near or self.pick(NAMES)])

    def known(self, kind: str, near: str = "") -> str:
        """Return something learnt, of the site named or of any."""
        of_any = [each for found in self.found.values() for each in found[kind]]
        return self.pick((self.found[near][kind] if near else of_any) or of_any or [self.comment(near)])

    def value(self, param: str, near: str = "") -> str:
        """Return something for a part of a path; a part that is new has to be named here."""
        match param:
            case "site":
                return near or self.pick(NAMES)
            case "comment_id":
                return self.comment(near)
            case "page_id":
                return str(self.random.randint(1, 6))
            case "decision_id" | "batch_id" | "prefix" | "member_id" | "entry_id" | "webhook_id":
                return self.known(param, near)
            case "delivery_id":
                return self.known(param, near) if any(found[param] for found in self.found.values()) else "1"
            case "token":
                name = near or self.pick(NAMES)
                return self.office.invite(f"{mark(name)}-guest@example.org", "viewer", [name])
        raise AssertionError(f"say what stands for {{{param}}}")

    def site_or_none(self) -> dict[str, object]:
        return {"site": self.pick(NAMES)} if self.random.random() < 0.5 else {}

    def _lay(self, name: str) -> list[str]:
        drafts = (
            [plain(f"{mark(name)} plain {i}") for i in range(15)]
            + [spam(f"{mark(name)} is spam {i}") for i in range(10)]
            + [lie() for _ in range(5)]
            + [plain(f"{mark(name)} seen {i}", state="published") for i in range(SHOWN)]
            + [plain(f"{mark(name)} bad {i}") for i in range(REJECTED)]
        )
        ids = self.office.lay(*(self._marked(draft, name, i) for i, draft in enumerate(drafts)), site=name)
        for comment in ids[:5]:
            self.office.edit(comment, plain(f"{mark(name)} again"), site=name)
        site = self.office.sites[name].id
        self.office.run(change_policy, site, lambda policy: replace(policy, second_review=0.3))
        return ids

    def _marked(self, draft: Draft, name: str, place: int) -> Draft:
        return replace(
            draft,
            author_name=f"{mark(name)} {place}",
            author_email=f"{mark(name)}@mail.example",
            author_key=b"%d" % (place % 4),
            page_title=f"{mark(name)} page",
            page_key=f"key-{place % 3}",
            age=timedelta(seconds=place),
        )

    def _author_tokens(self, name: str) -> list[tuple[str, str, str]]:
        async def read(db: Database) -> bytes:
            keys = await site_keys(db, site)
            assert keys
            return keys.author_token

        site = self.office.sites[name].id
        key = self.office.run(read)
        return [(name, each, author_token(key, site, CommentId(UUID(each)))) for each in self.comments[name]]

    def _walk(self, content: object, found: Mapping[str, list[str]], kinds: Mapping[str, str]) -> None:
        if isinstance(content, list):
            for each in content:
                self._walk(each, found, kinds)
        for name, value in content.items() if isinstance(content, dict) else ():
            kind = kinds.get(name, name)
            if isinstance(value, str) and kind in found:
                found[kind].append(value)
            else:
                self._walk(value, found, kinds)


def _queue(fuzz: Fuzz, name: str) -> Content:
    pick = fuzz.pick
    query: dict[str, object] = {
        "status": pick(("held", "published", "rejected")),
        "sort": pick(("priority", "oldest", "newest")),
        "limit": pick((1, 3, 100)),
        "q": pick(("", "row-of", "plain", "seen", "ketamine")),
        "page_key": pick(("", "", "key-1")),
        "category": pick(("", "", "spam", "health")),
        **fuzz.site_or_none(),
    }
    if fuzz.random.random() < 0.3:
        query["cursor"] = fuzz.known("next_cursor", "")
    return query


def _wishes(fuzz: Fuzz, name: str) -> Content:
    return {
        "decisions": [
            {
                "comment_id": fuzz.comment(),
                "version": fuzz.pick((1, 1, 2, 2, 3)),
                "action": fuzz.pick(("approve", "reject", "escalate") * 3 + ("erase",)),
                "reason": "spam",
                "note": f"{mark(name)} note",
                "statement": f"{mark(name)} statement",
            }
            for _ in range(fuzz.pick((1, 2, 5)))
        ]
    }


def _decision(fuzz: Fuzz, name: str) -> Content:
    one = {"comment_id": fuzz.comment(), "version": fuzz.pick((1, 2)), "note": mark(name)}
    several = {"selected": [f"{fuzz.comment()}:{fuzz.pick((1, 2))}" for _ in range(3)], "count": "3"}
    return {**fuzz.pick((one, one, several)), "decision": fuzz.pick(("approve", "spam", "health", "escalate"))}


def _entry(fuzz: Fuzz, name: str) -> dict[str, object]:
    return {"kind": "word", "value": f"{mark(name)} {fuzz.random.randint(1, 9)}", "note": mark(name)}


def _lines(fuzz: Fuzz, name: str) -> Content:
    adding = {"kind": "word", "action": "hold", "values": mark(name), "note": ""}
    return fuzz.pick((adding, {"remove": fuzz.value("entry_id")}))


def _policy(fuzz: Fuzz, name: str) -> Content:
    return {"hold_at": {"spam": fuzz.pick((0.5, 0.9))}, "second_review": 0.3}


def _policy_form(fuzz: Fuzz, name: str) -> Content:
    shares = {"hold_spam": "0.5", "hold_health": "", "reject_spam": "", "second_review": "0.3"}
    entries = {"kind": "word", "action": "hold", "values": mark(name), "note": ""}
    return {"mode": "hybrid", "want": fuzz.pick(("try", "switch on")), **shares, **entries}


def _claim(fuzz: Fuzz, name: str) -> dict[str, object]:
    return {"id": f"claim-{fuzz.random.randint(1, 5)}", "claim": f"{mark(name)} cures gout.", "correction": mark(name)}


def _claim_form(fuzz: Fuzz, name: str) -> Content:
    adding = {**_claim(fuzz, name), "want": "add", "severity": "serious"}
    return fuzz.pick(
        (adding, {"want": "switch off", "topic_off": "vaccines"}, {"topics": "vaccines"}, {"own": "claim-1"})
    )


def _member_form(fuzz: Fuzz, name: str) -> Content:
    want, member = fuzz.pick(("invite", "role", "remove")), fuzz.value("member_id")
    return {"want": want, "role": "viewer", "member": member, "email": f"{mark(name)}-new@example.org"}


def _token_form(fuzz: Fuzz, name: str) -> Content:
    return {"want": fuzz.pick(("make", "end")), "role": "viewer", "name": mark(name), "prefix": fuzz.value("prefix")}


def _site(fuzz: Fuzz, name: str) -> Content:
    return {"name": f"made-{fuzz.random.randint(1, 999)}", "title": mark(name)}


def _titled(fuzz: Fuzz, name: str) -> Content:
    return {"title": f"{mark(name)} site"}


def _title_form(fuzz: Fuzz, name: str) -> Content:
    return {"title": f"{mark(name)} site", "origins": f"https://{name}.example"}


def _new_comment(fuzz: Fuzz, name: str) -> Content:
    return {"body": f"{mark(name)} new", "author_name": mark(name), "page_url": f"https://{name}.example/key-1"}


def _report(fuzz: Fuzz, name: str) -> Content:
    return {"reason": "abuse", "note": f"{mark(name)} report"}


def _own_action(fuzz: Fuzz, name: str) -> Content:
    action = fuzz.pick(("edit", "edit", "appeal", "delete"))
    return {"action": action, "body": f"{mark(name)} edited", "text": f"{mark(name)} appeal"}


def _nothing(fuzz: Fuzz, name: str) -> Content:
    return {}


CONTENTS: Mapping[tuple[str, str], Callable[[Fuzz, str], Content]] = {
    ("POST", "/v1/sites/{site}/comments"): _new_comment,
    ("POST", "/v1/sites/{site}/comments/{comment_id}/report"): _report,
    ("POST", "/report/{site}/{comment_id}"): _report,
    ("PATCH", "/v1/comments/{comment_id}"): lambda fuzz, name: {"body": f"{mark(name)} edited"},
    ("POST", "/v1/comments/{comment_id}/appeal"): lambda fuzz, name: {"text": f"{mark(name)} appeal"},
    ("POST", "/status/{token}"): _own_action,
    ("POST", "/v1/review/leases"): lambda fuzz, name: {"limit": fuzz.pick((1, 3)), **fuzz.site_or_none()},
    ("POST", "/v1/review/decisions"): _wishes,
    ("POST", "/v1/review/decisions/{decision_id}/undo"): _nothing,
    ("POST", "/v1/review/batches/{batch_id}/undo"): _nothing,
    ("POST", "/v1/sites"): _site,
    ("PATCH", "/v1/sites/{site}"): _titled,
    ("PATCH", "/v1/sites/{site}/policy"): _policy,
    ("POST", "/v1/sites/{site}/policy/preview"): lambda fuzz, name: {"policy": _policy(fuzz, name)},
    ("POST", "/v1/sites/{site}/lists"): lambda fuzz, name: {"entries": [_entry(fuzz, name)]},
    ("POST", "/v1/sites/{site}/claims"): lambda fuzz, name: {"own": [_claim(fuzz, name)], "topics_off": ["gout"]},
    ("POST", "/v1/sites/{site}/members"): lambda fuzz, name: {"email": f"{mark(name)}-new@example.org"},
    ("PATCH", "/v1/sites/{site}/members/{member_id}"): lambda fuzz, name: {"role": "viewer"},
    ("POST", "/v1/sites/{site}/tokens"): lambda fuzz, name: {"name": mark(name)},
    ("POST", "/v1/sites/{site}/webhooks"): lambda fuzz, name: {"url": f"https://{mark(name)}.example/"},
    ("POST", "/v1/sites/{site}/webhooks/{webhook_id}/deliveries/{delivery_id}/redelivery"): _nothing,
    ("POST", "/console/sign-in"): lambda fuzz, name: {"email": f"{mark(name)}-owner@example.org", "password": "y" * 12},
    ("POST", "/console/sign-in/{token}"): _nothing,
    ("POST", "/console/sign-out"): _nothing,
    ("POST", "/console/account/password"): lambda fuzz, name: {"new": "x" * 12},
    ("POST", "/console/account/second-factor"): lambda fuzz, name: {"want": fuzz.pick(("off", "new"))},
    ("POST", "/console/account/sessions"): lambda fuzz, name: {"session": ""},
    ("POST", "/console/help"): lambda fuzz, name: {"keys": "yes"},
    ("POST", "/console/decisions"): _decision,
    ("POST", "/console/decisions/{decision_id}/undo"): lambda fuzz, name: {"comment_id": fuzz.comment()},
    ("POST", "/console/batches/{batch_id}/undo"): lambda fuzz, name: {"back": ""},
    ("POST", "/console/sites"): _site,
    ("POST", "/console/sites/{site}"): _title_form,
    ("POST", "/console/sites/{site}/policy"): _policy_form,
    ("POST", "/console/sites/{site}/lists"): _lines,
    ("POST", "/console/sites/{site}/claims"): _claim_form,
    ("POST", "/console/sites/{site}/members"): _member_form,
    ("POST", "/console/sites/{site}/tokens"): _token_form,
}
"""What each route takes that changes something; the name is that of the site on whose behalf it is asked."""

QUERIES: Mapping[tuple[str, str], Callable[[Fuzz, str], Content]] = {
    ("GET", "/v1/review/queue"): _queue,
    ("GET", "/console"): _queue,
    ("GET", "/v1/review/backlog"): lambda fuzz, name: fuzz.site_or_none(),
    ("GET", "/v1/review/stats"): lambda fuzz, name: fuzz.site_or_none(),
    ("GET", "/v1/review/decisions"): lambda fuzz, name: fuzz.site_or_none(),
    ("GET", "/console/statistics"): lambda fuzz, name: fuzz.site_or_none(),
    ("GET", "/console/history"): lambda fuzz, name: fuzz.site_or_none(),
    ("GET", "/v1/sites/{site}/comments"): lambda fuzz, name: {"page_key": f"key-{fuzz.pick((0, 1, 2))}"},
    ("GET", "/v1/sites/{site}/counts"): lambda fuzz, name: {"page_url": f"https://{name}.example/key-1"},
    ("GET", "/v1/sites/{site}/feed.atom"): _nothing,
    ("GET", "/embed/{site}"): lambda fuzz, name: {"page_url": f"https://{name}.example/key-1"},
    ("GET", "/v1/sites/{site}/form"): lambda fuzz, name: {"page_key": "key-1"},
    ("DELETE", "/v1/sites/{site}/claims"): lambda fuzz, name: {"own": f"claim-{fuzz.random.randint(1, 5)}"},
}


def calls() -> list[tuple[str, Route]]:
    """Return every method of every route of the application."""
    return [(method, route) for route in routes() for method in sorted((route.methods or set()) - {"HEAD"})]


def foreign_rows(dsn: str, office: Office) -> Counter[str]:
    """Return how many rows of each table stand under a site and carry the mark of the other, read past all guards."""

    async def count() -> Counter[str]:
        connection = await asyncpg.connect(dsn)
        tables = await connection.fetch(
            "SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
            "WHERE a.attname = 'site_id' AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
        )
        found: Counter[str] = Counter()
        for (table,) in tables:
            for name, foreign in (NAMES, NAMES[::-1]):
                query = f"SELECT count(*) FROM {table} AS t WHERE site_id = $1 AND strpos(t::text, $2) > 0"
                site = office.sites[name].id
                found["own rows"] += await connection.fetchval(query, site, mark(name))
                found[table] += await connection.fetchval(query, site, mark(foreign))
        await connection.close()
        return found

    return asyncio.run(count())


def test_somebody_says_what_every_route_takes() -> None:
    changing = {(method, shape(route.path)) for method, route in calls() if method in ("POST", "PATCH", "PUT")}

    assert changing == set(CONTENTS)


def test_requests_of_two_sites_members_by_every_route_show_and_move_no_foreign_row(
    office: Office, database: Dsns
) -> None:
    fuzz = Fuzz(office)
    every = calls()
    reviewing = [(method, route) for method, route in every if shape(route.path).startswith("/v1/review")]
    showed: Counter[str] = Counter()
    granted: Counter[tuple[str, str]] = Counter()
    asked = 0

    for _ in range(ROUNDS):
        this_round = [*every, *reviewing * 3]
        fuzz.random.shuffle(this_round)
        fuzz.hire()
        fuzz.decide_together()
        for method, route in this_round:
            question = fuzz.question(method, route)
            answer = fuzz.ask(question)
            where = (question.method, question.path, sorted(question.allowed), answer.status_code)
            assert answer.status_code < 500, where
            said = answer.text + " ".join(answer.headers.values())
            for name in {*NAMES} - question.allowed:
                assert mark(name) not in said, where
                if method == "GET":
                    strange = {*_UUID.findall(said)} & {*fuzz.comments[name]} - {*_UUID.findall(question.path)}
                    assert strange == set(), where
            for name in question.allowed:
                showed[name] += mark(name) in said
            granted[question.key] += answer.status_code < 400
            fuzz.learn(question, answer)
            asked += 1

    assert asked > 2000
    assert {key for key, times in granted.items() if not times} <= MAY_NEVER_BE_GRANTED
    assert set(granted) == {(method, shape(route.path)) for method, route in every}
    assert min(showed[name] for name in NAMES) > asked / 10
    found = foreign_rows(database.superuser_dsn, office)
    assert found.pop("own rows") > 500
    assert {table: rows for table, rows in found.items() if rows} == {}


def test_the_search_for_foreign_rows_finds_one(office: Office, database: Dsns) -> None:
    office.lay(plain(f"{mark('other')} astray"), site="demo")

    assert foreign_rows(database.superuser_dsn, office)["comment"] == 1
