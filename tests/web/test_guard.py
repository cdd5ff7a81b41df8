import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from live import PAGE, PATH, Live, drain
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from service.settings import Rate
from service.store.intake import PATIENCE
from service.web.guard import Guard

HEADERS = {
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "content-security-policy",
    "x-request-id",
}
SLOW = 0.3
Start = Callable[..., AbstractContextManager[Live]]


@pytest.fixture(scope="module")
def hasty(start: Start) -> Iterator[Live]:
    """Return a service that waits for heads and bodies for a moment only."""
    with start(seconds=SLOW) as service:
        yield service


@pytest.fixture
def limited(start: Start) -> Iterator[Live]:
    """Return a service that takes three comments per address."""
    with start(rates={"address": Rate(count=3, seconds=3600)}) as service:
        yield service


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/demo"),
        ("GET", "/docs"),
        ("GET", "/static/reader.css"),
        ("GET", "/nothing/here"),
        ("PUT", "/healthz"),
        ("GET", PATH),
        ("POST", PATH),
        ("GET", "/status/x"),
        ("GET", "/v1/review/queue"),
        ("GET", "/console"),
    ],
)
def test_every_answer_carries_the_security_headers(live: Live, method: str, path: str) -> None:
    answer = live.ask(method, path)

    assert set(answer.headers) >= HEADERS
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert "server" not in answer.headers


def test_what_is_no_http_is_a_problem_with_the_security_headers(live: Live) -> None:
    head, _, content = live.raw(b"nonsense\r\n\r\n").partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"x-content-type-options: nosniff" in head
    assert json.loads(content)["code"] == "malformed"


def test_a_request_keeps_the_name_that_it_came_with(live: Live) -> None:
    assert live.get("/healthz", {"X-Request-Id": "abc-123.def_456"}).headers["x-request-id"] == "abc-123.def_456"


@pytest.mark.parametrize("name", ["short", "x" * 65, "with space inside", 'quote"quote', "caf\xe9-caf\xe9"])
def test_a_name_that_could_not_be_logged_safely_is_replaced(live: Live, name: str) -> None:
    assert live.get("/healthz", {"X-Request-Id": name}).headers["x-request-id"] != name


def test_a_wrong_method_is_told_all_the_right_ones(live: Live) -> None:
    answer = live.ask("PUT", PATH)

    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1/sites/demo/nothing", "/v1/", "/demo/x", "/static/../app.py", "//demo"]
)
def test_what_is_not_there_is_a_problem_404(live: Live, path: str) -> None:
    answer = live.get(path)

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_browser_is_told_what_is_not_there_by_a_page(live: Live) -> None:
    answer = live.get("/nothing", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")


def crashing(request: Request) -> PlainTextResponse:
    raise RuntimeError("secret words of a reader")


def test_a_fault_of_ours_is_a_problem_without_a_word_about_it(caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette(routes=[Route("/", crashing)], middleware=[Middleware(Guard)])

    with caplog.at_level(logging.ERROR), TestClient(app) as client:
        answer = client.get("/")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "x-content-type-options" in answer.headers


def test_the_log_names_the_route_and_no_one(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        live.post(
            {"body": "private words", "author_email": "private@mail.test", "page_url": PAGE},
            path=f"{PATH}?q=private-query",
        )
        live.get("/status/private-token")
        live.get("/private-path")

    said = [str(record.getMessage()) + json.dumps(getattr(record, "fields", {})) for record in caplog.records]
    assert any("/v1/sites/{site}/comments" in line and '"status": 201' in line for line in said)
    assert not any("private" in line or "127.0.0.1" in line for line in said)


# Deadlines and sizes on the wire


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
def test_a_late_head_is_hung_up_on(hasty: Live, sent: bytes) -> None:
    assert hasty.raw(sent).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_trickles_is_hung_up_on(hasty: Live) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=30) as connection:
        said = b""
        connection.settimeout(SLOW / 10)
        for byte in b"GET /healthz HTTP/1.1\r\nX-Long: " + b"x" * 1000:
            try:
                connection.sendall(bytes([byte]))
                said = connection.recv(65536)
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
            break

    assert said.startswith(b"HTTP/1.1 408 ")


def test_a_second_head_is_timed_too(hasty: Live) -> None:
    said = hasty.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTT")

    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in said


def test_a_late_body_is_answered_with_408(hasty: Live) -> None:
    said = hasty.raw(
        b"POST /v1/sites/strict/comments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b'Content-Length: 100\r\n\r\n{"body":'
    )

    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"request_timeout"' in said


def test_a_body_on_a_slow_line_is_taken(live: Live) -> None:
    body = json.dumps({"body": "Typed in a tunnel", "page_url": PAGE}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"

    with socket.create_connection(("127.0.0.1", live.port), timeout=30) as connection:
        connection.sendall(head.encode() + body[:20])
        time.sleep(PATIENCE + 0.5)
        connection.sendall(body[20:])
        said = connection.recv(65536)

    assert said.startswith((b"HTTP/1.1 201 ", b"HTTP/1.1 202 "))


def test_a_body_that_nobody_reads_is_hung_up_on(hasty: Live) -> None:
    said = hasty.raw(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow")

    assert said.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
    ],
)
def test_a_head_of_more_than_32_kilobytes_is_refused(live: Live, head: bytes) -> None:
    assert live.raw(head).startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "head",
    [
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\nabcd",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
        b"GET /caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT site.test:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_two_servers_could_read_differently_is_refused(live: Live, head: bytes) -> None:
    said = live.raw(head + b"")

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


# Rates


def test_more_comments_than_allowed_are_told_when_to_come_back(limited: Live) -> None:
    answers = [limited.post({"body": f"Comment {n}", "page_url": PAGE}) for n in range(4)]

    last = answers[-1]
    assert (last.status, last.json["code"]) == (429, "too_many_requests")
    assert 1 <= int(last.headers["retry-after"]) <= 1800


def test_reading_is_not_limited(limited: Live) -> None:
    assert {limited.get(PATH, page_url=PAGE).status for _ in range(20)} == {200}


def test_without_limits_nobody_waits(live: Live) -> None:
    assert {live.post({"body": f"Comment {n}", "page_url": PAGE}).status for n in range(30)} == {201}


def test_the_drain_reads_to_the_end(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert drain(connection).endswith(b'{"status":"ok"}')
