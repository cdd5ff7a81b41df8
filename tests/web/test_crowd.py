"""While too many comments wait, others are turned away at the door, and told when to come again."""

import asyncio
import json
import logging
import re
import socket
import time

import pytest
from live import PATH, Live, drain

from service.web.batch import Intake
from service.web.protocol import PatientProtocol


@pytest.fixture
def crowded(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Give a service that has no room for another comment."""
    monkeypatch.setattr(Intake, "has_room", lambda intake: False)
    return live


def request(*, path: str = PATH, length: int = 2, headers: str = "", body: bytes = b"{}") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}"
    return head.encode() + b"\r\n" + body


def statuses(answers: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d+) ", answers)


def test_a_comment_is_refused_with_a_time_to_come_again(crowded: Live) -> None:
    answer = crowded.post({"body": "Hello there"}, {"Origin": "https://any.example"})

    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["date"]


def test_a_page_of_any_site_may_read_the_refusal(crowded: Live) -> None:
    answer = crowded.post({}, {"Origin": "https://any.example"}, path=f"{PATH}?from=widget")

    assert answer.status == 503
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


def test_the_refusal_is_counted_and_logged_as_any_answer_is(crowded: Live, caplog: pytest.LogCaptureFixture) -> None:
    series = 'gatepost_requests_total{route="/v1/sites/{site}/comments",status="503"}'

    def counted() -> float:
        lines = crowded.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(series))

    before = counted()
    with caplog.at_level(logging.INFO, "gatepost.request"):
        answer = crowded.post({}, {"X-Request-Id": "from-the-proxy-7"})

    assert counted() == before + 1
    assert answer.headers["x-request-id"] == "from-the-proxy-7"
    (line,) = [record.fields for record in caplog.records if record.fields["status"] == 503]
    assert (line["request_id"], line["method"], line["route"]) == (
        "from-the-proxy-7",
        "POST",
        "/v1/sites/{site}/comments",
    )


def test_a_form_is_read_before_it_is_refused_so_that_its_words_are_kept(crowded: Live) -> None:
    answer = crowded.form({"body": "Words that took a while", "page_url": "https://site.test/a"})

    assert answer.status == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "Words that took a while" in answer.text


def test_everything_else_is_served(crowded: Live) -> None:
    assert crowded.get("/healthz").status == 200
    assert crowded.get(PATH, page_url="https://site.test/a").status == 200
    assert crowded.ask("POST", f"{PATH}/none").status == 404


def test_the_next_request_of_a_connection_is_read_after_the_body_of_one_turned_away(crowded: Live) -> None:
    body = json.dumps({"body": "GET /docs HTTP/1.1\r\n\r\n" * 400}).encode()
    health = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", crowded.port), timeout=10) as connection:
        connection.sendall(request(length=len(body), body=body[:100]))
        first = connection.recv(65536)
        connection.sendall(body[100:] + request() + request() + health)
        rest = drain(connection)

    assert first.startswith(b"HTTP/1.1 503 ")
    assert statuses(rest) == [b"503", b"503", b"200"]


def test_a_connection_with_a_crowd_of_requests_stays_open_while_it_is_used(
    crowded: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = PatientProtocol.connection_made

    def impatient(protocol: PatientProtocol, transport: asyncio.Transport) -> None:
        made(protocol, transport)
        protocol.timeout_keep_alive = 0.6

    monkeypatch.setattr(PatientProtocol, "connection_made", impatient)
    with socket.create_connection(("127.0.0.1", crowded.port), timeout=10) as connection:
        connection.sendall(request() + request())
        time.sleep(0.4)
        connection.sendall(request())
        time.sleep(0.4)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        assert statuses(drain(connection)) == [b"503", b"503", b"503", b"200"]


@pytest.mark.parametrize("header", ["Connection: close\r\n", "Expect: 100-continue\r\n"])
def test_a_connection_that_cannot_be_read_on_is_closed(crowded: Live, header: str) -> None:
    body = b"{}" if "close" in header else b""

    answer = crowded.raw(request(headers=header, body=body))

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_answers_keep_the_order_of_their_requests(crowded: Live) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    body = json.dumps({"body": "The seeds came up", "page_url": "https://site.test/a"}).encode()

    answer = crowded.raw(health + request(length=len(body), headers="Connection: close\r\n", body=body))

    assert statuses(answer) == [b"200", b"503"]


def test_a_comment_is_taken_again_when_there_is_room(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connection:
        with monkeypatch.context() as patch:
            patch.setattr(Intake, "has_room", lambda intake: False)
            connection.sendall(request())
            first = connection.recv(65536)
        body = json.dumps({"body": "The seeds came up", "page_url": "https://site.test/a"}).encode()
        connection.sendall(request(length=len(body), headers="Connection: close\r\n", body=body))
        second = drain(connection)

    assert first.startswith(b"HTTP/1.1 503 ")
    assert second.startswith((b"HTTP/1.1 201 ", b"HTTP/1.1 202 "))
