"""Every page and state of the console can be read and used by everybody: axe, contrast, and no page too wide."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browse import Desk
from desk import care, lie, plain, spam
from playwright.sync_api import Page

from service.comment import ClaimSource

SHOTS = os.environ.get("GATEPOST_SHOTS", "")
PAGES = ("live", "changed", "retired", "unreachable")
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")


def faults(page: Page) -> list[str]:
    """Return what axe and our own look at contrast and targets find wrong, and whether the page is too wide."""
    found = Axe().run(page).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [
        *(f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]),
        *page.evaluate(CONTRAST),
        *([f"{wide} px too wide"] if wide > 0 else []),
    ]


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (320, "dark"), (1280, "light"), (1280, "dark"), (2560, "light")]
)
def test_every_page_and_state_is_without_fault(desk: Desk, width: int, scheme: str) -> None:
    comment, *_ = desk.office.lay(
        lie(
            sources=[
                ClaimSource(publisher="P", title=each, url="", checked_at="2026-11-02", status=each) for each in PAGES
            ],
            author_name="x" * 80,
            page_title="y" * 200,
            author_key=b"k",
        ),
        spam("https://watches.example/" + "z" * 300, author_url="https://watches.example/" + "z" * 300),
        *(spam("Buy cheap watches at watches.example today", page_title="v" * 90, page_key=f"{i}") for i in range(4)),
        care("I cannot go on"),
        plain("Buy\u200bnow V\u0456agra <b>now</b> &amp; here", author_key=b"k"),
    )
    (edited,) = desk.office.lay(lie(author_name="Edna", page_key="edits", state="published"))
    desk.office.edit(edited, replace(spam("Buy " + "w" * 200 + " now \u202e at once"), state="published"))
    desk.office.edit(edited, care("I cannot go on", state="published"), version=2)
    desk.office.edit(edited, plain("Never mind.", state="published"), version=3)
    page = desk.signed_in(color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce")
    seen: dict[str, list[str]] = {"queue": faults(page)}
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    seen["everything open"] = faults(page)
    page.locator(".pick input").first.check()
    seen["selected"] = faults(page)
    page.locator(".pick input").first.uncheck()
    page.keyboard.press("e")
    page.get_by_role("status").filter(has_text="Escalated").wait_for()
    seen["toast"] = faults(page)
    page.get_by_role("button", name="Reject all 4: spam").click()
    page.get_by_role("status").filter(has_text="4 comments").first.wait_for()
    seen["done"] = faults(page)
    for name, path in {
        "history": "/console/history",
        "comment": f"/console/comments/{comment}",
        "revisions": f"/console/comments/{edited}",
        "author": f"/console/comments/{comment}/author",
        "help": "/console/help",
        "filters": "/console?category=spam&q=watches&sort=newest",
        "rejected": "/console?status=rejected",
        "empty": "/console?q=nothing",
        "not found": "/console/pages/999999",
    }.items():
        page.goto(desk.url + path)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        seen[name] = faults(page)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/moderator-{name}-{scheme}-{width}.png", full_page=True)
    page.goto(f"{desk.url}/console/comments/{comment}")
    page.get_by_role("link", name="all comments of this page").click()
    seen["page"] = faults(page)
    desk.watch.expect("404")

    assert {name: found for name, found in seen.items() if found} == {}


def test_without_script_too(desk: Desk) -> None:
    desk.office.lay(lie(), plain("Text 1"))
    scripted, page = desk.signed_in("ada@example.org"), desk.signed_in("bob@example.org", script=False)
    desk.execute("UPDATE queue SET leased_by = NULL, leased_until = NULL")
    scripted.close()

    page.goto(f"{desk.url}/console")
    assert page.locator("#bulk").is_visible()
    page.locator(".pick input").first.check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()

    assert page.locator("h1").inner_text() == "Reject 1 comment as spam?"
    assert page.get_by_role("button", name="Reject 1").is_visible()


def test_every_control_has_a_name_and_every_id_is_used_once(desk: Desk) -> None:
    desk.office.lay(lie(), spam())

    page = desk.signed_in()

    unnamed = "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')].filter(e => !e.labels.length)"
    assert page.evaluate(f"{unnamed}.length") == 0
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


def test_a_screen_reader_is_told_what_each_control_does(desk: Desk) -> None:
    desk.office.lay(lie(author_name="Ana"))
    page = desk.signed_in()

    page.get_by_role("article", name="Ketamine therapy: what is known").wait_for()
    for name in ("Approve", "Spam", "Health misinformation", "Escalate"):
        assert page.locator("form.actions").get_by_role("button", name=name, exact=True).count() == 1
    assert page.get_by_role("checkbox", name="Select the comment by Ana").count() == 1
    assert page.get_by_role("navigation", name="Console").get_by_role("link", name="Queue").count() == 1
