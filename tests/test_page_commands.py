"""`gatepost page` and `gatepost doctor --page`, beside a running service and an owner's page."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import Serve, Service

SNIPPET = """<link rel="canonical" href="{page}"><comment-thread data-site="garden">
<form method="post" action="{service}/v1/sites/garden/comments"><input type="hidden" name="page_url" value="{page}">
<textarea name="body"></textarea></form></comment-thread><script type="module" src="{service}/embed.js"></script>"""


@dataclass
class Garden:
    """A service with the site `garden`, and that site's own server, which gives one page."""

    service: Service
    origin: str
    page: dict[str, object] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"{self.origin}/roses"

    def give(self, content: str, **headers: str) -> None:
        made = content.replace("{service}", self.service.url).replace("{page}", self.url)
        self.page.update(content=f"<!doctype html><title>Roses</title>{made}".encode(), headers=headers)

    def doctor(self, url: str = "") -> dict[str, list[tuple[str, str]]]:
        """Return what `doctor --page` found, by part."""
        done = self.service.gatepost("doctor", "--page", url or self.url, "--json", check=False)
        found: dict[str, list[tuple[str, str]]] = {}
        for each in json.loads(done.stdout):
            found.setdefault(each["part"], []).append((each["state"], each["text"]))
        bad = any(state == "bad" for findings in found.values() for state, _ in findings)
        assert done.returncode == int(bad)
        return found

    def post(self, page: str) -> None:
        content = json.dumps({"body": "Thank you for this article.", "page_url": page}).encode()
        request = urllib.request.Request(
            f"{self.service.url}/v1/sites/garden/comments", content, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 201

    def count(self, page: str) -> int:
        with urllib.request.urlopen(f"{self.service.url}/v1/sites/garden/counts?page_url={page}") as answer:
            return int(json.load(answer)["counts"][page])


@pytest.fixture(scope="module")
def garden(serve_module: Serve) -> Iterator[Garden]:
    page: dict[str, object] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in dict(page["headers"]).items():  # type: ignore[call-overload]
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page["content"])  # type: ignore[arg-type]

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service = serve_module(GATEPOST_RATE_LIMITS="off")
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    service.gatepost("site", "add", "garden", "--origin", origin, "--mode", "post")
    yield Garden(service, origin, page)
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_sound_page_is_good_in_every_part_and_no_test_comment_stays(garden: Garden) -> None:
    policy = f"default-src 'self'; script-src {garden.service.url}; connect-src *; form-action http:"
    garden.give(SNIPPET, Content_Security_Policy=policy)

    found = garden.doctor()

    assert {part: {state for state, _ in findings} for part, findings in found.items()} == {
        part: {"good"} for part in ("page", "snippet", "form", "origin", "canonical", "policy", "test")
    }
    assert len(found["policy"]) == 3
    assert garden.count(garden.url) == 0


def test_each_line_of_a_policy_that_forbids_it_is_named(garden: Garden) -> None:
    policy = "default-src 'self'; form-action 'self'; require-trusted-types-for 'script'; trusted-types other"
    garden.give(SNIPPET, Content_Security_Policy=policy)

    said = " ".join(text for state, text in garden.doctor()["policy"] if state == "bad")

    for line in ("script-src", "connect-src", "form-action", "trusted-types"):
        assert f"Add to {line}: " in said


def test_a_policy_in_the_page_counts_too_and_a_frame_needs_its_own_line(garden: Garden) -> None:
    garden.give(
        "<meta http-equiv='Content-Security-Policy' content=\"frame-src 'none'\">"
        "<iframe src='{service}/embed/garden?page_url={page}'></iframe>"
    )

    assert [state for state, _ in garden.doctor()["policy"]] == ["bad"]


@pytest.mark.parametrize(
    ("content", "part", "said"),
    [
        ("<p>Nothing</p>", "snippet", "neither"),
        ('<comment-thread data-site="gardn"></comment-thread>', "snippet", "gardn"),
        ('<comment-thread data-site="garden"></comment-thread>', "script", "embed.js"),
        ('<comment-thread data-site="garden"></comment-thread>', "form", "no form"),
        (SNIPPET.replace('<input type="hidden" name="page_url" value="{page}">', ""), "form", "page_url"),
        (SNIPPET.replace('value="{page}"', 'value="https://elsewhere.example/"'), "canonical", "elsewhere.example"),
        (SNIPPET.replace('href="{page}"', 'href="{page}-other"'), "canonical", "The form's counts"),
    ],
)
def test_what_is_wrong_with_a_page_is_said(garden: Garden, content: str, part: str, said: str) -> None:
    garden.give(content)

    ((state, text),) = garden.doctor()[part]

    assert state == "bad"
    assert said in text


def test_a_page_of_another_origin_is_told_apart(garden: Garden) -> None:
    garden.give(SNIPPET)

    found = garden.doctor(garden.url.replace("127.0.0.1", "localhost"))

    assert "localhost" in found["origin"][0][1]
    assert found["origin"][0][0] == "bad"
    assert "test" not in found


def test_a_page_that_is_not_there_is_said_in_one_line(garden: Garden) -> None:
    assert [state for state, _ in garden.doctor("http://127.0.0.1:9/x")["page"]] == ["bad"]
    done = garden.service.gatepost("doctor", "--page", "file:///etc/passwd", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not a web address" in done.stderr


def test_a_page_gets_another_name(garden: Garden) -> None:
    page = f"{garden.origin}/tulips"
    garden.post(page)

    said = garden.service.gatepost("page", "alias", "--site", "garden", f"{garden.origin}/amp/tulips/", page).stdout

    assert "is now another name of" in said
    assert garden.count(f"{garden.origin}/amp/tulips") == 1
    garden.post(f"{garden.origin}/amp/tulips")
    assert garden.count(page) == 2


def test_a_page_moves_and_so_does_a_whole_domain(garden: Garden) -> None:
    for name in ("one", "two"):
        garden.post(f"{garden.origin}/old/{name}")

    garden.service.gatepost("page", "move", "--site", "garden", f"{garden.origin}/old/one", f"{garden.origin}/first")
    moved = garden.service.gatepost(
        "page", "move", "--site", "garden", "--prefix", f"{garden.origin}/old/", f"{garden.origin}/new/", "--json"
    )

    assert json.loads(moved.stdout) == [{"old": f"{garden.origin}/old/two", "new": f"{garden.origin}/new/two"}]
    assert [garden.count(f"{garden.origin}/{path}") for path in ("first", "old/one", "new/two", "old/two")] == [1] * 4


def test_a_page_that_nobody_knows_does_not_move(garden: Garden) -> None:
    done = garden.service.gatepost("page", "move", "--site", "garden", "a", "b", check=False)
    below = garden.service.gatepost("page", "move", "--site", "garden", "--prefix", "zzz", "b", check=False)

    assert (done.returncode, below.returncode) == (1, 1)
    assert "Nobody has commented" in done.stderr


def test_a_sites_work_is_chosen_on_the_command_line(garden: Garden) -> None:
    said = garden.service.gatepost("site", "change", "garden", "--proof-of-work", "never", "--json").stdout

    assert json.loads(said)["policy"]["proof_of_work"] == "never"
