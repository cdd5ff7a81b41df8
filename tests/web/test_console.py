"""The console, as a browser shows it, with script off and on."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
import uvicorn
from desk import LIE, QUOTE, Draft, Office, build_app, lie, nothing_said, opened, plain, spam
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from service.pipeline.sanitise import sanitise

CHROMIUM = "/usr/bin/chromium"
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
PAYLOADS = (
    "<script>document.title='hit'</script>",
    "<img src=x onerror=\"document.title='hit'\">",
    '"><svg onload="document.title=\'hit\'">',
    "'-alert(1)-'",
    "</mark></div></article><h1>Layout</h1><style>*{display:none}</style>",
    '<a href="javascript:alert(1)">x</a><a href="https://evil.example/?q">y</a>',
    "{{ 7*7 }}{% raw %}",
    "<form action=https://evil.example/><button>Approve</button></form>",
    "<link rel=stylesheet href=https://evil.example/x.css><meta http-equiv=refresh content=0;url=https://evil.example>",
)


class Dsns(Protocol):
    service_dsn: str


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A running service, its members, and a browser in front of it."""

    office: Office
    url: str
    browser: Browser

    def signed_in(self, email: str = "ada@example.org", *, script: bool = True, **options: object) -> Page:
        """Return a page of a fresh profile on which a member has signed in by their link."""
        context = self.browser.new_context(java_script_enabled=script, **options)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{self.url}/console/sign-in/{self.office.invite(email)}")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/console")
        return page


@pytest.fixture
def office(anyio_backend: str, database: Dsns) -> Iterator[Office]:
    with opened(database.service_dsn) as office:
        yield office


@pytest.fixture
def browser(office: Office) -> Iterator[Browser]:
    # Once per test, inside the other fixtures: Playwright keeps a loop running that theirs cannot run beside.
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
            )
        except Error as error:
            pytest.skip(f"there is no Chromium at {CHROMIUM}: {error.message.splitlines()[0]}")
        yield started
        started.close()


@pytest.fixture
def desk(database: Dsns, office: Office, browser: Browser) -> Iterator[Desk]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        app = build_app(database.service_dsn, url)
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_config=None, lifespan="on"))
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[taken]),))
        thread.start()
        yield Desk(office=office, url=url, browser=browser)
        for context in list(browser.contexts):
            context.close()
        server.should_exit = True
        thread.join()


@pytest.fixture(params=[False, True], ids=["script off", "script on"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_the_evidence_is_marked_where_it_stands(desk: Desk) -> None:
    desk.office.lay(lie())

    page = desk.signed_in()

    assert page.locator("article .text mark").evaluate("mark => mark.firstChild.textContent") == QUOTE
    whole = page.locator("article .text").evaluate("text => text.textContent")
    assert whole == LIE.replace(QUOTE, f"{QUOTE}reason 1")


def test_a_card_says_why_it_is_here(desk: Desk, script: bool) -> None:
    desk.office.lay(lie())

    why = desk.signed_in(script=script).get_by_role("region", name="Why it is here").inner_text()

    for part in (
        "Says that ketamine is not addictive",
        "score 0.91, threshold 0.50",
        "Claim: Ketamine is not addictive.",
        "The comment states it as a fact",
        "What is known: Ketamine can lead to misuse and dependence.",
        "NIDA: Dissociative drugs",
        "checked 2026-11-01",
        "source not yet checked",
        "health-2026.11.1",
    ):
        assert part in why


def test_evidence_outside_the_text_is_quoted(desk: Desk) -> None:
    desk.office.lay(spam())

    assert "In the author's name: Cheap" in desk.signed_in().locator("article").inner_text()


@pytest.mark.parametrize(
    ("button", "sentence", "state", "reason"),
    [
        ("Approve", "Approved", "published", None),
        ("Reject: spam", "Rejected as spam", "rejected", "spam"),
        ("Reject: health misinformation", "Rejected as health misinformation", "rejected", "health_misinformation"),
        ("Escalate", "Escalated", "held", None),
    ],
)
def test_a_button_decides_and_can_be_undone(
    desk: Desk, script: bool, button: str, sentence: str, state: str, reason: str | None
) -> None:
    (comment,) = desk.office.lay(lie())
    page = desk.signed_in(script=script)
    robot = desk.office.token("viewer")

    page.get_by_role("button", name=button, exact=True).click()
    said = page.get_by_role("status").inner_text()
    decided = desk.office.get(f"/v1/review/comments/{comment}", robot).json()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("status").filter(has_text="Undone").wait_for()
    undone = desk.office.get(f"/v1/review/comments/{comment}", robot).json()

    assert sentence in said
    assert (decided["comment"]["state"], decided["decisions"][0]["reason"]) == (state, reason)
    assert decided["decisions"][0]["by"] == "ada@example.org"
    assert (undone["comment"]["state"], undone["queued"]) == ("held", True)


def test_rejecting_takes_a_reason_and_a_note(desk: Desk, script: bool) -> None:
    (comment,) = desk.office.lay(plain("Off we go"))
    page = desk.signed_in(script=script)

    page.get_by_label("Another reason").select_option("off_topic")
    page.get_by_text("Add a note for colleagues").click()
    page.get_by_label("Note").fill("Twice today")
    page.get_by_role("button", name="Reject", exact=True).click()
    page.get_by_role("status").wait_for()

    (decision,) = desk.office.get(f"/v1/review/comments/{comment}", desk.office.token("viewer")).json()["decisions"]
    assert (decision["action"], decision["reason"], decision["note"]) == ("reject", "off_topic", "Twice today")


def test_deciding_too_late_is_explained(desk: Desk, script: bool) -> None:
    desk.office.lay(lie())
    ada, bob = desk.signed_in("ada@example.org", script=script), desk.signed_in("bob@example.org", script=script)

    ada.get_by_role("button", name="Reject: spam").click()
    ada.get_by_role("status").wait_for()
    bob.get_by_role("button", name="Approve").click()

    said = bob.get_by_role("alert").inner_text()
    assert "Not done." in said
    assert "ada@example.org rejected it as spam" in said
    assert "The comment is now rejected." in said


def test_filters_and_the_place_in_the_list_survive_a_decision(desk: Desk, script: bool) -> None:
    desk.office.lay(*(spam(f"Buy number {i} now") for i in range(25)), plain("Fine"))
    page = desk.signed_in(script=script)

    page.goto(f"{desk.url}/console?category=spam&sort=newest")
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("button", name="Approve").first.click()
    page.get_by_role("status").wait_for()

    assert "category=spam" in page.url
    assert "cursor=" in page.url
    assert page.locator("article").count() == 4


def test_the_queue_says_how_much_waits(desk: Desk) -> None:
    desk.office.lay(plain("One"), plain("Two"))

    assert (
        "2 comments wait; the oldest has waited less than a minute." in desk.signed_in().locator(".count").inner_text()
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_fits_and_can_be_read(desk: Desk, scheme: str, width: int) -> None:
    (comment, *_) = desk.office.lay(
        lie(author_name="x" * 80, page_title="y" * 200),
        spam("https://watches.example/" + "z" * 300, author_url="https://watches.example/" + "z" * 300),
    )
    page = desk.signed_in(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Escalate").first.click()
    page.get_by_role("status").wait_for()

    for path in (page.url, f"{desk.url}/console/comments/{comment}", f"{desk.url}/console/sign-in"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRAST) == []


def test_every_control_has_a_name_and_every_id_is_used_once(desk: Desk) -> None:
    desk.office.lay(lie(), spam())

    page = desk.signed_in()

    unnamed = "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')].filter(e => !e.labels.length)"
    assert page.evaluate(f"{unnamed}.length") == 0
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


def test_the_keyboard_alone_reaches_and_decides(desk: Desk) -> None:
    desk.office.lay(lie())
    page = desk.signed_in()

    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Approve":
            break
    page.keyboard.press("Enter")

    page.get_by_role("status").filter(has_text="Approved").wait_for()


def test_what_a_comment_smuggles_in_neither_runs_nor_fetches(desk: Desk) -> None:
    ids = desk.office.lay(
        *(
            Draft(
                body=payload,
                html=sanitise(payload).html,
                verdict=nothing_said(),
                author_name=payload[:80],
                author_url=payload,
                author_email=payload,
                page_title=payload,
                page_key=payload,
            )
            for payload in PAYLOADS
        )
    )
    page = desk.signed_in()
    asked, shown = watched(page.context)

    for path in ("/console", *(f"/console/comments/{each}" for each in ids)):
        page.goto(desk.url + path)
        assert page.title().endswith("– Gatepost")
        assert page.locator("h1").count() == 1
        assert page.locator("main script, main img, main svg, main style, main link, main meta").count() == 0
        assert page.locator("main form:not([action^='/console'])").count() == 0

    assert [url for url in asked if not url.startswith(desk.url)] == []
    assert shown == []


def test_the_watch_notices_a_script_and_a_request(desk: Desk) -> None:
    page = desk.browser.new_page()
    asked, shown = watched(page.context)

    page.set_content("<img src='http://127.0.0.1:9/x'><script>alert(1)</script>")
    page.wait_for_timeout(200)

    assert asked
    assert shown


def test_characters_that_cannot_be_seen_are_shown_as_badges(desk: Desk) -> None:
    desk.office.lay(plain("Buy\u200bnow \u202egnp.exe 👩\u200d⚕️"))

    badges = desk.signed_in().locator(".badge").all_text_contents()

    assert badges == ["[zero-width space]", "[right-to-left override]"]


def test_a_forged_way_back_leads_to_the_console(office: Office) -> None:
    (comment,) = office.lay(lie())

    answer = office.submit(
        "/console/decisions",
        office.session(),
        comment_id=comment,
        version=1,
        decision="approve",
        back="https://evil.example/?a\r\nSet-Cookie: b=c&q=tea",
    )

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console?q=tea&did=approve&")


def test_a_rejection_without_a_reason_is_explained(office: Office) -> None:
    (comment,) = office.lay(lie())

    answer = office.submit(
        "/console/decisions", office.session(), comment_id=comment, version=1, decision="reject", reason="boring"
    )

    assert answer.status_code == 422
    assert "A rejection needs a reason; choose one." in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "approve"},
        {"comment_id": "x", "version": "1", "decision": "approve"},
        {"comment_id": "01a20b34-d143-7ff7-8cd3-6b48576d5c06", "version": "-1", "decision": "approve"},
        {"comment_id": "01a20b34-d143-7ff7-8cd3-6b48576d5c06", "version": "²", "decision": "approve"},
        {"comment_id": "01a20b34-d143-7ff7-8cd3-6b48576d5c06", "version": "1", "decision": "publish"},
    ],
)
def test_a_form_that_is_not_the_consoles_is_refused(office: Office, fields: dict[str, str]) -> None:
    assert office.submit("/console/decisions", office.session(), **fields).status_code == 400


@pytest.mark.parametrize(
    "query", ["sort=best", "limit=x", "cursor=%00", "cursor=AAAA", "q=%00", "site=nowhere", "%FF=%FF"]
)
def test_an_address_that_cannot_be_read_shows_the_queue(office: Office, query: str) -> None:
    office.lay(plain("Hello"))

    answer = office.get(f"/console?{query}", office.session())

    assert answer.status_code == 200
    assert "Hello" in answer.text


def test_a_viewer_is_shown_no_buttons(office: Office) -> None:
    office.lay(lie())

    text = office.get("/console", office.session("viewer")).text

    assert QUOTE in text
    assert "/console/decisions" not in text


def test_who_holds_a_comment_is_shown_instead_of_the_buttons(office: Office) -> None:
    office.lay(lie())
    office.post("/v1/review/leases", office.session(email="bob@example.org"), {})

    text = office.get("/console", office.session()).text

    assert "bob@example.org is looking at this comment until" in text
    assert "/console/decisions" not in text


def test_nobody_but_members_sees_the_console(office: Office) -> None:
    answer = office.get("/console", {"Accept": "text/html"})

    assert answer.status_code == 401
    assert "gatepost member invite" in answer.text


def test_no_script_and_no_foreign_file_may_be_used(office: Office) -> None:
    policy = office.get("/console", office.session()).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(word in policy for word in ("unsafe", "script-src", "http", "*"))


def watched(context: BrowserContext) -> tuple[list[str], list[str]]:
    """Return lists that fill with each address asked for and each dialogue opened."""
    asked: list[str] = []
    shown: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("dialog", lambda dialog: (shown.append(dialog.message), dialog.dismiss()))
    return asked, shown
