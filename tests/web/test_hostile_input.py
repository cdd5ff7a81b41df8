"""Send every row of the public hostile corpora to the running service."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hostile import as_bytes, input_of, rows
from live import HOME, PATH, Live

from service.pipeline.sanitise import repair

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def live(start: Callable[..., AbstractContextManager[Live]]) -> Iterator[Live]:
    """Return a service that does not wait long for the rest of a broken request."""
    with start(seconds=0.5) as service:
        yield service


def stored(live: Live) -> int:
    return int(str(live.rows("SELECT count(*) FROM comment")[0][0]))


def test_no_body_breaks_the_service_and_each_accepted_one_is_stored_once(live: Live, corpora: Path) -> None:
    before, accepted, broken = stored(live), 0, []
    for row in rows(corpora, "bodies"):
        content = as_bytes(input_of(row))
        if row["class"] == "content_type_values":
            sent = [({"Content-Type": row["payload"]}, b'{"body": "words", "page_key": "hostile"}')]
        else:
            sent = [
                (JSON, content),
                (FORM, content),
                (FORM, b"page_key=hostile&body=" + content),
                (JSON, b'{"page_key": "hostile", "body": ' + content + b"}"),
                ({"Content-Type": "multipart/form-data; boundary=x"}, content),
            ]
        for headers, body in sent:
            answer = live.ask("POST", PATH, body, headers)
            accepted += answer.status in (201, 202, 303)
            kind = answer.headers.get("content-type", "")
            if answer.status >= 500 or not (answer.status == 303 or re.match(r"application/(problem\+)?json", kind)):
                broken.append((row["id"], answer.status))

    assert broken == []
    assert stored(live) - before == accepted
    assert live.get("/readyz").status == 200


@pytest.mark.parametrize("name", ["unicode", "redos", "html_pathological"])
def test_every_text_is_refused_by_name_or_stored_as_it_was_sent(live: Live, corpora: Path, name: str) -> None:
    broken = []
    for row in rows(corpora, name):
        text = input_of(row)
        assert isinstance(text, str)
        answer = live.ask("POST", PATH, json.dumps({"body": text, "page_key": name}), JSON)
        if answer.status in (201, 202):
            found = live.rows("SELECT body FROM comment WHERE comment_id = $1", uuid.UUID(str(answer.json["id"])))
            if found != [(repair(text).strip(),)]:
                broken.append((row["id"], "stored otherwise"))
        elif answer.status not in (413, 422):
            broken.append((row["id"], str(answer.status)))

    assert broken == []
    assert live.get(PATH, page_key=name, limit=100).status == 200
    assert live.get("/v1/sites/demo/feed.atom", page_key=name).status == 200


@pytest.mark.parametrize(
    "fields", [("author_name", "page_title", "page_key", "form_token", "website"), ("lang", "author_url", "parent_id")]
)
def test_no_text_breaks_another_field(live: Live, corpora: Path, fields: tuple[str, ...]) -> None:
    statuses = set()
    for row in rows(corpora, "unicode"):
        content = {"body": "words", "page_key": "fields"} | dict.fromkeys(fields, input_of(row))
        statuses.add(live.ask("POST", PATH, json.dumps(content), JSON).status)

    assert statuses <= {201, 202, 413, 422}


def heads(payload: bytes) -> Iterator[bytes]:
    yield b"GET " + payload + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    yield b"GET /status/" + payload + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    yield b"GET /v1/sites/demo/comments?page_url=" + payload + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for name in (b"Host", b"Origin", b"Referer", b"X-Request-Id", b"If-None-Match", b"Authorization", b"Cookie"):
        yield (
            b"GET /v1/sites/demo/comments?page_key=a HTTP/1.1\r\n"
            + name
            + b": "
            + payload
            + (b"\r\nConnection: close\r\n\r\n")
        )


def test_no_path_and_no_header_breaks_the_service_or_leads_away(live: Live, corpora: Path) -> None:
    broken = []
    for row in rows(corpora, "http_headers_paths"):
        payload = as_bytes(input_of(row))
        for request in heads(payload):
            head, _, content = live.raw(request).partition(b"\r\n\r\n")
            status = int(head[9:12])
            names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
            location = re.search(rb"\r\nlocation: ([^\r]*)", head)
            if status >= 500 or names & {b"set-cookie", b"x-inj", b"x-injection-header"} or b"root:" in content:
                broken.append((row["id"], status, request[:60]))
            elif location and location[1] not in (b"/demo", b"/console/sign-in"):
                broken.append((row["id"], status, location[1]))

    assert broken == []
    assert live.get("/readyz").status == 200


def test_no_foreign_page_address_is_stored_or_led_to(live: Live, corpora: Path) -> None:
    for row in rows(corpora, "http_headers_paths"):
        if row["class"] == "open_redirect":
            answer = live.ask(
                "POST", PATH, json.dumps({"body": "words", "page_url": row["payload"]}), JSON | {"Accept": "text/html"}
            )
            on_site = re.match(rf"{HOME}(/|$)", row["payload"]) is not None
            assert answer.status in ((201, 202) if on_site else (403, 422)), row["id"]


def test_no_origin_that_only_resembles_the_sites_is_let_in(live: Live, corpora: Path) -> None:
    body = b'{"body": "words", "page_key": "cors"}'
    for row in rows(corpora, "http_headers_paths"):
        origin = as_bytes(input_of(row))
        if row["class"] != "cors_origin" or origin in (b"", b"null", HOME.encode()):
            continue
        head = (
            b"POST /v1/sites/demo/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nOrigin: " + origin
        )
        end = b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        said = live.raw(head + end + body)
        assert said[9:12] in (b"400", b"403"), (row["id"], said)
        assert b"access-control-allow-origin" not in said.lower()
