"""Checking the sources of the claim base, by the command and against a real server."""

import hashlib
import ipaddress
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from service import cli, judges
from service.artefact import read_artefact
from service.commands import claims, sources
from service.fetch import Answer, Fetcher
from service.paths import MODELS
from service.training.sources import read_page

CLAIM = "ket-not-addictive"
HTML = "<html><title>{title}</title><script>{noise}</script><nav>{noise}</nav><main>{text}</main></html>"


class Site(BaseHTTPRequestHandler):
    """Answer each path as `pages` says: a status and what follows from it."""

    pages: dict[str, tuple[int, str]]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, text = self.pages[self.path]
        content = text.encode() if status == 200 else b""
        self.send_response(status)
        if status == 301:
            self.send_header("Location", text)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Site,), {"pages": {}, "asked": []}))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def models(tmp_path: Path, site: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the models whose first two claims have their sources on the server."""
    shutil.copytree(MODELS / "health", tmp_path / "health")
    path = tmp_path / "health" / "claims.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in rows[:2]:
        for number, source in enumerate(row["sources"]):
            source["url"] = f"http://pages.example:{site.server_port}/{number}"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    monkeypatch.setattr(sources, "MODELS", tmp_path)
    monkeypatch.setattr(claims, "MODELS", tmp_path)
    monkeypatch.setattr(judges, "MODELS", tmp_path)
    monkeypatch.setattr(
        sources,
        "FETCHER",
        lambda: Fetcher(
            resolver=lambda _: ["127.0.0.1"],
            permits=lambda address: address == ipaddress.ip_address("127.0.0.1"),
            ports={site.server_port},
            pause=0,
        ),
    )
    return tmp_path


def page(text: str, noise: str = "") -> tuple[int, str]:
    return 200, HTML.format(title="A page", text=text, noise=noise)


def found(models: Path, number: int = 0) -> dict[str, Any]:
    row = json.loads((models / "health" / "claims.jsonl").read_text("utf-8").splitlines()[0])
    source: dict[str, Any] = row["sources"][number]
    return source


def verify(*more: str) -> int:
    return cli.main(["claims", "verify", "--id", CLAIM, *more])


def test_verify_notes_what_became_of_each_page_and_fails_when_one_is_gone(
    models: Path, site: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    site.RequestHandlerClass.pages.update({"/0": page("Hello"), "/1": (404, ""), "/2": (301, "/0"), "/3": (503, "")})

    code = verify("--json")

    said = {each["url"][-1]: each["status"] for each in json.loads(capsys.readouterr().out)}
    assert code == 1
    assert said == {"0": "live", "1": "retired", "2": "changed", "3": "unreachable"}
    live = found(models)
    assert (live["page_title"], live["sha256"]) == ("A page", hashlib.sha256(b"Hello").hexdigest())
    assert live["checked_at"]
    assert read_artefact(models / "health").text("claims.jsonl")
    assert cli.main(["claims", "show", CLAIM]) == 0
    assert f"retired, checked {live['checked_at']}" in capsys.readouterr().out


def test_a_changed_page_stays_changed_until_it_is_accepted(
    models: Path, site: ThreadingHTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = site.RequestHandlerClass.pages
    pages.update({f"/{number}": page("Old") for number in range(4)})
    states = []
    for text, more in (("Old", []), ("New", []), ("New", []), ("New", ["--accept"]), ("New", [])):
        pages["/0"] = page(text)
        assert verify(*more) == 0
        states.append(found(models)["status"])

    assert states == ["live", "changed", "changed", "live", "live"]
    assert "reads differently" in capsys.readouterr().out


def test_what_stands_around_the_text_is_no_change(models: Path, site: ThreadingHTTPServer) -> None:
    for noise in ("menu", "another menu"):
        site.RequestHandlerClass.pages.update({f"/{number}": page("Same", noise) for number in range(4)})
        assert verify() == 0

    assert found(models)["status"] == "live"


def test_an_address_that_two_claims_share_is_fetched_once(models: Path, site: ThreadingHTTPServer) -> None:
    site.RequestHandlerClass.pages.update({f"/{number}": page("Hello") for number in range(4)})
    rows = [json.loads(line) for line in (models / "health" / "claims.jsonl").read_text("utf-8").splitlines()]
    (models / "health" / "claims.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:2]), "utf-8")

    assert cli.main(["claims", "verify", "--topic", "ketamine", "--out", str(models / "out.jsonl")]) == 0

    assert sorted(site.RequestHandlerClass.asked) == ["/0", "/1", "/2", "/3"]
    assert "checked_at" in (models / "out.jsonl").read_text("utf-8")
    assert found(models)["checked_at"] is None


def test_an_unknown_claim_is_not_fetched(models: Path, site: ThreadingHTTPServer) -> None:
    assert cli.main(["claims", "verify", "--id", "no-such-claim"]) == 1
    assert site.RequestHandlerClass.asked == []


def test_sealing_vouches_for_an_edited_base(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "seal"]) == 0
    assert "in order" in capsys.readouterr().out
    path = models / "health" / "claims.jsonl"
    path.write_text("\n".join([*path.read_text("utf-8").splitlines(), path.read_text("utf-8").splitlines()[0]]))

    assert cli.main(["claims", "seal", "--json"]) == 1
    assert "twice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "content", "title", "text"),
    [
        ("text/html; charset=latin-1", "<title>Caf\xe9</title><p>a</p><p>b</p>".encode("latin-1"), "Caf\xe9", "a b"),
        ("text/html; charset=none-such", b"<p>a<svg><title>x</title></svg>", "", "a"),
        ("text/html", b"</p></main><main>a<style>b</main>", "", "a"),
        ("application/pdf", b"%PDF", "", "%PDF"),
    ],
)
def test_a_page_is_read_as_its_title_and_text(kind: str, content: bytes, title: str, text: str) -> None:
    answer = Answer(url="", moved_to="", status=200, kind=kind, content=content)

    assert read_page(answer) == (title, text)
