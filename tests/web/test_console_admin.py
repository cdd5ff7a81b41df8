"""The console's pages for people and settings in a real browser, with script off and on."""

import asyncio
import os
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from desk import Draft, Office, build_app, lie, nothing_said, opened, plain, spam
from hostile import input_of, rows
from live import run
from playwright.sync_api import Browser, Page, sync_playwright

from service.comment import ListEntry
from service.store.credentials import open_session
from service.store.sites import change_policy
from service.web.secret import STEP_SECONDS, code_at, from_text

CHROMIUM = "/usr/bin/chromium"
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")
SHOTS = os.environ.get("GATEPOST_SHOTS", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""
PASSWORD = "correct horse battery"
PAGES = (
    "/console/sign-in",
    "/console/account",
    "/console/statistics",
    "/console/sites",
    "/console/sites/demo/policy",
    "/console/sites/demo/lists",
    "/console/sites/demo/claims",
    "/console/sites/demo/members",
    "/console/sites/demo/tokens",
)


class Front:
    """One running service and one browser, shared by the tests of this module."""

    def __init__(self, office: Office, url: str, browser: Browser):
        self.office, self.url, self.browser = office, url, browser
        self.wrong: list[str] = []

    def page(self, email: str = "olga@example.org", *, signed_in: bool = True, **options: object) -> Page:
        """Return a page of a fresh profile, signed in as an owner; whatever goes wrong on it is noted."""
        context = self.browser.new_context(**options)
        if signed_in:
            session = self.office.run(open_session, self.office.invite(email, "owner"))
            context.add_cookies([{"name": "gatepost", "value": session, "url": self.url}])
        context.on("request", lambda request: self._note_request(request.url))
        context.on("dialog", lambda dialog: (self.wrong.append("dialog"), dialog.dismiss()))
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if _matters(said) else None)
        return page

    def _note_request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:")):
            self.wrong.append(f"asked {urlsplit(url).netloc}")


def _matters(said: object) -> bool:
    """Tell a console error from the browser's own note that a page was answered with 4xx."""
    return said.type == "error" and "Failed to load resource" not in said.text


@pytest.fixture(scope="module")
def front(anyio_backend: str, postgres: object, template: str) -> Iterator[Front]:
    name = f"admin_{time.monotonic_ns()}"
    boss = postgres.dsn("postgres", "postgres")
    run(_execute(boss, f"CREATE DATABASE {name} OWNER gatepost_owner TEMPLATE {template} STRATEGY file_copy"))
    dsn = postgres.dsn("gatepost_service", name)
    try:
        with opened(dsn) as office, socket.socket() as taken, sync_playwright() as playwright:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            server = uvicorn.Server(uvicorn.Config(build_app(dsn, url), ws="none", log_config=None, lifespan="on"))
            thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[taken]),))
            thread.start()
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
            )
            try:
                _fill(office)
                yield Front(office, url, browser)
            finally:
                browser.close()
                server.should_exit = True
                thread.join()
    finally:
        run(_execute(boss, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(autouse=True)
def nothing_goes_wrong(front: Front) -> Iterator[None]:
    front.wrong.clear()
    yield
    for context in list(front.browser.contexts):
        context.close()
    assert front.wrong == []


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _fill(office: Office) -> None:
    """Lay and decide comments, so that every page has something to show."""
    owner, ada = office.token("owner", name="robot"), office.session(email="ada@example.org")
    ids = office.lay(
        *(spam(f"Buy watch {i} now " + "w" * 200) for i in range(6)), lie(), *(plain(f"Hi {i}") for i in range(4))
    )
    for i, comment in enumerate(ids[:8]):
        office.decide(ada, comment, "approve" if i in (1, 7) else "reject", reason=None if i in (1, 7) else "spam")
    office.decide(owner, ids[1], "reject", 2, reason="spam")
    _give_second_opinions(office, ada)
    entries = [
        {"kind": "word", "value": "casino"},
        {"kind": "link", "value": "x" * 60 + ".example", "action": "reject"},
    ]
    office.post("/v1/sites/demo/lists", owner, {"entries": entries})
    claim = {"id": "c" * 63, "claim": "Water cures " + "w" * 200, "correction": "x" * 300, "predicate": ["cures"]}
    source = {"publisher": "Town", "title": "y" * 200, "url": "https://town.example/" + "z" * 200}
    wish = {"own": [{**claim, "sources": [source]}], "topics_off": ["gout"], "claims_off": ["ket-not-addictive"]}
    assert office.post("/v1/sites/demo/claims", owner, wish).status_code == 200


def _give_second_opinions(office: Office, first: Mapping[str, str]) -> None:
    """Have two decisions judged again by somebody who does not know of them, once alike and once otherwise."""
    site, bob = office.sites["demo"].id, office.session(email="bob@example.org")
    office.run(change_policy, site, lambda policy: replace(policy, second_review=1.0))
    for comment, action in zip(office.lay(spam("Buy one"), spam("Buy two")), ("reject", "approve"), strict=True):
        office.decide(first, comment, action, reason=None if action == "approve" else "spam")
        office.decide(bob, comment, "reject", 2, reason="spam", second_opinion=True)
    office.run(change_policy, site, lambda policy: replace(policy, second_review=0.0))


def try_policy(page: Page, front: Front, **fields: str) -> None:
    page.goto(f"{front.url}/console/sites/demo/policy")
    for label, value in fields.items():
        page.locator(f"[name={label}]").fill(value)
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("heading", name="What this would have done").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280, 2560])
def test_every_page_fits_can_be_read_and_is_accessible(front: Front, scheme: str, width: int) -> None:
    page = front.page(color_scheme=scheme, viewport={"width": width, "height": 900})

    for path in (*PAGES, "preview"):
        if path == "preview":
            try_policy(page, front, hold_spam="1", values="hi")
        else:
            page.goto(front.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{path.rpartition('/')[2]}-{scheme}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CONTRAST) == [], path
        if width != 2560:
            found = Axe().run(page)
            assert found.violations_count == 0, (path, found.generate_report())


@pytest.mark.parametrize("script", [False, True], ids=["script off", "script on"])
def test_a_change_is_tried_then_switched_on(front: Front, script: bool) -> None:
    page = front.page(java_script_enabled=script)

    try_policy(page, front, hold_spam="1", values="hi")
    said = page.locator("main").inner_text()
    before = front.office.get("/v1/sites/demo/policy", front.office.token("owner")).json()
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_text("The policy is switched on.").wait_for()

    owner = front.office.token("owner")
    assert re.search(r"Of the last \d+ comments that people decided on", said)
    assert before["hold_at"] == {}
    assert front.office.get("/v1/sites/demo/policy", owner).json()["hold_at"] == {"spam": 1}
    assert "hi" in front.office.get("/v1/sites/demo/lists", owner).text
    page.get_by_label("Hold as spam from").fill("")
    with page.expect_navigation():
        page.get_by_role("button", name="Switch it on").click()
    assert front.office.get("/v1/sites/demo/policy", owner).json()["hold_at"] == {}
    page.goto(f"{front.url}/console/sites/demo/lists")
    with page.expect_navigation():
        page.get_by_role("button", name="Take off hi", exact=True).click()
    assert page.get_by_role("button", name="Take off hi", exact=True).count() == 0


@pytest.mark.parametrize("script", [False, True], ids=["script off", "script on"])
def test_the_share_of_second_reviews_is_set(front: Front, script: bool) -> None:
    page, owner = front.page(java_script_enabled=script), front.office.token("owner")
    page.goto(f"{front.url}/console/sites/demo/policy")
    share = page.get_by_label("Share of decisions for a second, blind review")
    assert share.input_value() == "0"

    for wrong in ("1.5", "nan", "two"):
        share.fill(wrong)
        page.get_by_role("button", name="Switch it on").click()
        page.get_by_role("alert").filter(has_text="is a number from 0 to 1").wait_for()
        assert share.input_value() == wrong
    share.fill("0.25")
    page.get_by_role("button", name="Switch it on").click()
    page.get_by_text("The policy is switched on.").wait_for()

    assert share.input_value() == "0.25"
    assert front.office.patch("/v1/sites/demo/policy", owner, {"second_review": 0}).json()["second_review"] == 0


@pytest.mark.parametrize("script", [False, True], ids=["script off", "script on"])
def test_claims_are_added_removed_and_switched_off_and_on(front: Front, script: bool) -> None:
    page, owner = front.page(java_script_enabled=script), front.office.token("owner")
    page.goto(f"{front.url}/console/sites/demo/claims")

    page.get_by_label("Short name").fill("spring-water")
    page.get_by_label("The false claim").fill("Lindal water cures <b>gout</b>.")
    page.get_by_label("Subjects").fill("lindal water\n\nlindal spring ")
    page.get_by_label("Publisher").fill("Town")
    page.get_by_role("button", name="Add", exact=True).click()
    trouble = page.get_by_role("alert").inner_text()
    kept = page.get_by_label("Short name").input_value()
    page.get_by_label("Title").fill("Our spring")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("The claim is added.").wait_for()
    page.get_by_label("A whole topic").select_option("vaccines")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("It is switched off.").wait_for()

    assert ("Not done." in trouble, kept) == (True, "spring-water")
    made = front.office.get("/v1/sites/demo/claims", owner).json()
    (claim,) = [each for each in made["own"] if each["id"] == "spring-water"]
    assert (claim["claim"], claim["subject"]) == ("Lindal water cures <b>gout</b>.", ["lindal water", "lindal spring"])
    assert claim["sources"][0]["title"] == "Our spring"
    assert "vaccines" in made["topics_off"]
    row = page.get_by_role("row").filter(has_text="Topic vaccines").inner_text()
    assert "15 claims" in row
    page.get_by_role("button", name="Switch on vaccines").click()
    page.get_by_text("It is switched on again.").wait_for()
    page.get_by_role("button", name="Remove spring-water").click()
    page.get_by_text("The claim is removed.").wait_for()
    assert page.get_by_role("button", name="Remove spring-water").count() == 0


def test_a_forged_form_switches_off_only_what_there_is(front: Front) -> None:
    who, path = front.office.session("owner", email="olga@example.org"), "/console/sites/demo/claims"

    answers = [
        front.office.submit(path, who, **fields)
        for fields in (
            {"want": "switch off", "topic_off": "none-such"},
            {"want": "switch off"},
            {"want": "add", "id": "No Name", "claim": "x"},
            {"topics": "none\x00such"},
            {"want": "x"},
        )
    ]

    assert [each.status_code for each in answers] == [422, 422, 422, 404, 422]
    assert "names no topic of the claim base: none-such" in answers[0].text


def test_what_cannot_be_meant_is_explained_and_what_was_typed_stays(front: Front) -> None:
    page = front.page()
    page.goto(f"{front.url}/console/sites/demo/policy")

    page.get_by_label("Reject as spam from").fill("much")
    page.get_by_role("button", name="Try it").click()
    policy = page.get_by_role("alert").inner_text()
    kept = page.get_by_label("Reject as spam from").input_value()
    page.goto(f"{front.url}/console/sites/demo/lists")
    page.locator("#kind").select_option("network")
    page.locator("#values").fill("10.0.0.1")
    page.get_by_role("button", name="Add").click()

    assert ("A threshold is a number from 0 to 1." in policy, kept) == (True, "much")
    assert "is not a network such as" in page.get_by_role("alert").inner_text()
    assert page.locator("#values").input_value() == "10.0.0.1"


@pytest.mark.parametrize("script", [False, True], ids=["script off", "script on"])
def test_somebody_is_invited_sets_a_password_and_a_code_and_comes_back(front: Front, script: bool) -> None:
    email = f"new-{script}@example.org"
    owner, newcomer = front.page(java_script_enabled=script), front.page(signed_in=False, java_script_enabled=script)

    owner.goto(f"{front.url}/console/sites/demo/members")
    owner.get_by_label("E-mail").fill(email)
    owner.get_by_role("button", name="Make a link").click()
    link = owner.get_by_role("status").locator("code").inner_text()
    newcomer.goto(link)
    newcomer.get_by_role("button", name="Sign in").click()
    newcomer.get_by_role("link", name="Account").click()
    newcomer.locator("#new").fill(PASSWORD)
    newcomer.get_by_role("button", name="Set a password").click()
    newcomer.get_by_text("Your password is set.").wait_for()
    newcomer.get_by_role("button", name="Set up").click()
    secret = from_text(newcomer.locator("code.secret").inner_text())
    step = int(time.time() // STEP_SECONDS)
    newcomer.get_by_label("Code that the app shows").fill(code_at(secret, step - 1))
    newcomer.get_by_role("button", name="Turn on").click()
    newcomer.get_by_text("From now on, a code is asked for").wait_for()
    newcomer.get_by_role("button", name="Sign out").click()
    newcomer.get_by_label("E-mail").fill(email)
    newcomer.get_by_label("Password").fill(PASSWORD)
    newcomer.get_by_label("Code from your app").fill(code_at(secret, step))
    newcomer.get_by_role("button", name="Sign in").click()
    newcomer.wait_for_url(f"{front.url}/console")

    owner.goto(f"{front.url}/console/sites/demo/members")
    assert "password and code" in owner.get_by_role("row").filter(has_text=email).inner_text()
    owner.get_by_role("button", name=f"Remove {email}").click()
    assert newcomer.goto(f"{front.url}/console").status == 401


def test_a_token_is_made_and_ended_and_a_site_is_made(front: Front) -> None:
    page = front.page(java_script_enabled=False)

    page.goto(f"{front.url}/console/sites/demo/tokens")
    page.get_by_label("Name").fill("importer")
    page.get_by_role("button", name="Make a token").click()
    token = page.get_by_role("status").locator("code").inner_text()
    robot = {"Authorization": f"Bearer {token}"}
    assert front.office.get("/v1/review/queue", robot).status_code == 200
    page.get_by_role("button", name="End importer").click()
    assert front.office.get("/v1/review/queue", robot).status_code == 401

    page.goto(f"{front.url}/console/sites")
    page.get_by_label("Name in addresses").fill("garden")
    page.get_by_role("button", name="Make the site").click()
    page.goto(page.get_by_role("status").locator("code").inner_text())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Sites").click()
    assert page.get_by_role("heading", name="garden").count() == 1


def test_statistics_are_plots_with_names_and_tables(front: Front) -> None:
    page = front.page(java_script_enabled=False)
    page.goto(f"{front.url}/console/statistics")

    assert {each.get_attribute("aria-labelledby") for each in page.get_by_role("img").all()} == {
        "inflow",
        "waiting",
        "precision",
        "time",
        "work",
    }
    for name in ("inflow", "waiting", "precision", "time", "work"):
        assert page.locator(f"section:has(#{name}) details table").count() == 1
    page.locator("section:has(#precision) summary").click()
    assert "spam.text" in page.get_by_role("region", name="Precision by flag").inner_text()
    said = page.locator("section:has(#agreement)").inner_text()
    assert "Cohen’s κ is 0.00, from 2 pairs (interval of 95 %:" in said
    assert "not told of the first" in said
    page.locator("section:has(#time) summary").click()
    (quick, *_) = front.office.get("/v1/review/stats", front.office.token("viewer")).json()["took"]
    row = page.locator("section:has(#time) tr", has_text="under 5 minutes")
    assert row.inner_text().split()[-1] == str(quick["comments"]) != "0"
    work = page.locator("section:has(#work)")
    work.locator("summary").click()
    names = work.locator("tbody th").all_inner_texts()
    assert names == sorted(names)
    assert "say nothing about how well it was done" in work.inner_text()
    page.goto(f"{front.url}/console/statistics?from=2020-01-01&to=x")
    assert "These days cannot be shown" in page.get_by_role("alert").inner_text()


@pytest.mark.parametrize(("name", "each"), [("xss", 20), ("mxss", 20), ("url_scheme", 2)])
def test_hostile_comments_and_entries_neither_run_nor_fetch(front: Front, corpora: Path, name: str, each: int) -> None:
    step = int(os.environ.get("GATEPOST_HOSTILE_STEP", each))
    payloads = [value for row in rows(corpora, name) if isinstance(value := input_of(row), str)][::step]
    payloads = [text for value in payloads if (text := _sendable(value))]
    page = front.page(viewport={"width": 800, "height": 800})

    for start in range(0, len(payloads), 100):
        _decide_and_list(front.office, payloads[start : start + 100])
        page.goto(f"{front.url}/console/sites/demo/policy")
        page.get_by_label("Mode", exact=True).select_option("pre")
        page.get_by_role("button", name="Try it").click()
        page.get_by_role("heading", name="What this would have done").wait_for()
        _unharmed(page)
        page.goto(f"{front.url}/console/sites/demo/lists")
        _unharmed(page)


def _sendable(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode()[:2000].strip()


def _decide_and_list(office: Office, payloads: list[str]) -> None:
    """Approve a comment of each payload, and make the lists hold nothing else."""
    owner = office.token("owner")
    ids = office.lay(
        *(
            Draft(body=text, html="", verdict=nothing_said(), author_name=text[:80], page_title=text)
            for text in payloads
        )
    )
    wishes = [{"comment_id": each, "version": 1, "action": "approve"} for each in ids]
    assert office.post("/v1/review/decisions", owner, {"decisions": wishes}).status_code == 200
    entries = tuple(ListEntry(kind="author", value=text[:150], note=text[:150]) for text in payloads)
    office.run(change_policy, office.sites["demo"].id, lambda policy: replace(policy, lists=entries))


def _unharmed(page: Page) -> None:
    assert page.title().endswith("– Gatepost")
    assert page.locator("h1").count() == 1
    assert page.locator("main script, main img, main iframe, main svg, main style, main link, main meta").count() == 0
    assert page.locator("main a:not([href^='/console'])").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


def test_the_watch_notices_a_script_and_a_request(front: Front) -> None:
    page = front.page()
    page.set_content("<img src='http://127.0.0.1:9/x'><script>alert(1)</script><script>throw Error('x')</script>")
    page.wait_for_timeout(300)

    noticed = list(front.wrong)
    front.wrong.clear()
    assert "dialog" in noticed
    assert "asked 127.0.0.1:9" in noticed
    assert any(each == "x" for each in noticed)
