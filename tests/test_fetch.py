"""Fetching public pages and nothing else, against real servers on loopback that a test lets in by name."""

import ipaddress
import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import AddressRefused, FetchError
from service.fetch import Address, Fetcher, addresses, is_public, permitting, read_url

LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Pages(BaseHTTPRequestHandler):
    """Serve what a path asks for; `asked` notes each request's path, Host and user agent."""

    asked: list[tuple[str, str, str]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"], self.headers["User-Agent"]))
        kind, _, rest = self.path[1:].partition("/")
        if kind.isdecimal():
            self.send_response(int(kind))
            if rest:
                self.send_header("Location", rest.replace("_", "/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif kind == "loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif kind in ("slow", "huge"):
            self.send_response(200)
            self.end_headers()
            self._pour(b"x" * (65536 if kind == "huge" else 1), 0 if kind == "huge" else 0.05)
        elif kind == "slowhead":
            self._pour(b"H", 0.05)
        elif kind == "zipped":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
        else:
            self._page()

    def _page(self) -> None:
        content = b"<title>A page</title><main>Hello</main>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content) + 5 * (self.path == "/short")))
        self.end_headers()
        self.wfile.write(content)

    def _pour(self, piece: bytes, pause: float) -> None:
        try:
            for _ in range(400):
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            return

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def pages() -> Iterator[ThreadingHTTPServer]:
    yield from _serving(None)


def _serving(context: ssl.SSLContext | None) -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (Pages,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is part of the test
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fetcher(server: ThreadingHTTPServer, **more: object) -> Fetcher:
    """Return a fetcher for which pages.example is this server, and 127.0.0.1 alone is let in."""
    return Fetcher(
        **{
            "resolver": lambda _: ["127.0.0.1"],
            "permits": lambda address: address == LOOPBACK,
            "ports": {server.server_port},
            "pause": 0,
            **more,
        }
    )


def at(server: ThreadingHTTPServer, path: str, scheme: str = "http") -> str:
    return f"{scheme}://pages.example:{server.server_port}/{path}"


def test_a_page_comes_with_its_kind_from_the_host_that_was_named(pages: ThreadingHTTPServer) -> None:
    answer = fetcher(pages).get(at(pages, "page"))

    assert (answer.status, answer.kind, answer.moved_to) == (200, "text/html; charset=utf-8", "")
    assert b"Hello" in answer.content
    ((path, host, agent),) = pages.RequestHandlerClass.asked
    assert (path, host) == ("/page", f"pages.example:{pages.server_port}")
    assert agent.startswith("Gatepost/")


@pytest.mark.parametrize("status", [404, 410, 500])
def test_an_error_is_an_answer(pages: ThreadingHTTPServer, status: int) -> None:
    assert fetcher(pages).get(at(pages, str(status))).status == status


def test_permanent_redirects_say_where_the_page_has_moved(pages: ThreadingHTTPServer) -> None:
    moved = fetcher(pages).get(at(pages, "301/_page"))
    for_now = fetcher(pages).get(at(pages, "302/_page"))

    assert moved.moved_to == moved.url == at(pages, "page")
    assert (for_now.moved_to, for_now.url) == ("", at(pages, "page"))


def test_a_page_that_redirects_to_itself_is_given_up(pages: ThreadingHTTPServer) -> None:
    with pytest.raises(FetchError, match="more than 5 times"):
        fetcher(pages).get(at(pages, "loop"))

    assert len(pages.RequestHandlerClass.asked) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http:__127.0.0.2_",
        "http:__169.254.169.254_latest",
        "file:___etc_passwd",
        "http:__[::1]_",
        "http:__private.example_",
    ],
)
def test_a_redirect_to_a_private_address_is_refused(pages: ThreadingHTTPServer, target: str) -> None:
    names = {"pages.example": ["127.0.0.1"], "private.example": ["10.0.0.1"]}
    client = fetcher(pages, resolver=names.__getitem__, ports={pages.server_port, 80})

    with pytest.raises(AddressRefused):
        client.get(at(pages, f"302/{target}"))

    assert len(pages.RequestHandlerClass.asked) == 1


def test_one_private_address_among_public_ones_is_refused(pages: ThreadingHTTPServer) -> None:
    with pytest.raises(AddressRefused):
        fetcher(pages, resolver=lambda _: ["127.0.0.1", "10.0.0.1"]).get(at(pages, "page"))

    assert pages.RequestHandlerClass.asked == []


def test_a_name_is_resolved_once_and_the_checked_address_is_called(pages: ThreadingHTTPServer) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    assert fetcher(pages, resolver=lambda _: next(answers)).get(at(pages, "page")).status == 200
    assert next(answers) == ["10.0.0.1"]


@pytest.mark.parametrize("path", ["slow", "slowhead"])
def test_a_page_that_trickles_is_cut_off_at_the_deadline(pages: ThreadingHTTPServer, path: str) -> None:
    with pytest.raises(FetchError, match="took too long"):
        fetcher(pages, seconds=0.3).get(at(pages, path))


def test_a_page_without_end_is_not_read_to_its_end(pages: ThreadingHTTPServer) -> None:
    with pytest.raises(FetchError, match="larger than 100,000 bytes"):
        fetcher(pages, max_bytes=100_000).get(at(pages, "huge"))


@pytest.mark.parametrize("path", ["zipped", "short"])
def test_a_page_that_cannot_be_read_whole_is_none(pages: ThreadingHTTPServer, path: str) -> None:
    with pytest.raises(FetchError):
        fetcher(pages).get(at(pages, path))


def test_requests_to_one_host_keep_a_pause(pages: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("service.fetch.time.sleep", slept.append)
    client = fetcher(pages, pause=60)

    client.get(at(pages, "page"))
    client.get(f"http://other.example:{pages.server_port}/page")
    assert slept == []
    client.get(at(pages, "301/_page"))

    assert len([pause for pause in slept if 0 < pause <= 60]) == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    names = ["-subj", "/CN=pages.example", "-addext", "subjectAltName=DNS:pages.example"]
    subprocess.run([*made, *files, *names], check=True, capture_output=True)
    return folder


@pytest.fixture
def secure_pages(certificate: Path) -> Iterator[ThreadingHTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    yield from _serving(context)


def test_tls_is_checked_against_the_name_and_not_the_address(
    secure_pages: ThreadingHTTPServer, certificate: Path
) -> None:
    client = fetcher(secure_pages, context=ssl.create_default_context(cafile=certificate / "cert.pem"))

    assert client.get(at(secure_pages, "page", "https")).status == 200
    with pytest.raises(FetchError, match="SSLCertVerificationError"):
        client.get(f"https://other.example:{secure_pages.server_port}/page")
    with pytest.raises(FetchError, match="SSLCertVerificationError"):
        fetcher(secure_pages).get(at(secure_pages, "page", "https"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "10.1.2.3", "pages.localhost"])
def test_the_fetcher_as_it_ships_reaches_no_server_of_this_machine(pages: ThreadingHTTPServer, host: str) -> None:
    for port in (80, pages.server_port):
        with pytest.raises(FetchError):
            Fetcher().get(f"http://{host}:{port}/page")

    assert pages.RequestHandlerClass.asked == []


def test_every_hostile_address_of_the_corpus_is_refused(corpora: Path) -> None:
    rows = [json.loads(line) for line in (corpora / "hostile" / "ssrf.jsonl").read_text("utf-8").splitlines()]
    wrong = [row["payload"] for row in rows if _refuses(row) != (row["expect"] == "block")]

    assert len(rows) > 200
    assert wrong == []


def _refuses(row: Mapping[str, str]) -> bool:
    """Tell whether an address is refused when its name resolves to what it is after, by default to loopback."""
    elsewhere = "127.0.0.1" if row["expect"] == "block" else "1.1.1.1"
    try:
        addresses(read_url(row["payload"]), resolver=lambda _: [row.get("target", elsewhere)])
    except AddressRefused:
        return True
    return False


def test_a_network_that_is_named_is_let_in_and_no_other() -> None:
    permits = permitting([ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("::1")])
    permitted = [
        permits(ipaddress.ip_address(each)) for each in ("10.1.2.3", "::1", "1.1.1.1", "10.2.0.1", "127.0.0.1")
    ]

    assert permitted == [True, True, True, False, False]


@given(st.ip_addresses())
def test_what_python_takes_for_private_is_never_public(address: Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
