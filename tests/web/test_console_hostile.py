"""Stored-XSS rows of the public corpora on each page that shows them: nothing runs, nothing leaves, nothing breaks.

The pages are served without their content security policy, so that it is our escaping that is tested and not the
browser's second line. Every 50th row is taken, as more than ten thousand would take the better part of an hour;
GATEPOST_HOSTILE_STEP=1 takes all.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browse import Desk
from desk import Draft, nothing_said
from hostile import input_of, rows
from playwright.sync_api import Page, Route

from service.pipeline.sanitise import repair, sanitise
from service.web.console import cluster, history, listing, queue

FILES = ("xss", "mxss", "url_scheme")
SAMPLE = 40
BROKEN = """() => [
    ...document.querySelectorAll("main :is(script, img, svg, style, link, meta, base, iframe, object, embed)"),
    ...document.querySelectorAll("main form:not([action^='/console'])"),
    ...[...document.querySelectorAll("main *")].filter(each => each.getAttributeNames().some(
        name => name.startsWith("on") || name === "style" || /^\\s*javascript:/i.test(each.getAttribute(name)))),
    ...[...document.querySelectorAll("main a")].filter(each => !/^(https?|mailto):$/.test(each.protocol)),
    ...(document.querySelectorAll("h1, main").length === 2 ? [] : [document.body]),
    ...(document.title.endsWith("– Gatepost") ? [] : [document.head]),
].map(each => each.outerHTML.slice(0, 200))"""


def payloads(corpora: Path) -> Iterator[tuple[str, str]]:
    for name in FILES:
        for row in rows(corpora, name):
            text = input_of(row)
            yield f"{name}-{row['id']}", repair(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


def draft(key: str, payload: str) -> Draft:
    """Draft a comment with the payload in every field that is shown."""
    return Draft(
        body=payload[:10_000],
        html=sanitise(payload[:10_000]).html,
        verdict=nothing_said(),
        author_name=payload[:80],
        author_url=payload[:2000],
        author_email=payload[:200],
        author_key=b"k" * 32,
        page_title=payload[:300],
        page_key=key,
    )


def unguarded(route: Route) -> None:
    """Let a page through without its policy."""
    answer = route.fetch(max_redirects=0, timeout=60_000)
    headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    route.fulfill(response=answer, headers=headers)


def broken(page: Page, address: str, following: str = "") -> tuple[list[str], int]:
    """Open a page and those that follow it; return what stands where it should not, and how many entries were seen."""
    found: list[str] = []
    seen = 0
    while address:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        found += page.evaluate(BROKEN)
        seen += page.locator("main article, main .log > li").count()
        link = page.locator("nav.paging a[rel=next]")
        address = page.evaluate("link => link.href", link.element_handle()) if following and link.count() else ""
    return found, seen


def test_nothing_that_was_smuggled_in_runs_leaves_or_breaks_a_page(
    desk: Desk, corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in (
        (queue, "PER_PAGE", 100),
        (listing, "_PER_PAGE", 1000),
        (history, "_PER_PAGE", 1000),
        (cluster, "_CLOSE", 2.0),
    ):
        monkeypatch.setattr(module, name, value)
    # What several corpora have in common is taken once: of comments with the same words the queue shows a few.
    distinct = {payload[:10_000]: (key, payload) for key, payload in payloads(corpora)}
    every = dict(list(distinct.values())[:: int(os.environ.get("GATEPOST_HOSTILE_STEP", "50"))])
    drafts = [draft(key, payload) for key, payload in every.items()]
    page = desk.signed_in()
    page.set_default_timeout(60_000)
    page.route("**/console**", unguarded)
    ids = [each for start in range(0, len(drafts), 1000) for each in desk.office.lay(*drafts[start : start + 1000])]

    # Rows that came all at once are planned for as few, until autovacuum has come by.
    desk.execute("ANALYZE")

    in_queue = broken(page, f"{desk.url}/console?sort=oldest", "next")
    of_author = broken(page, f"{desk.url}/console/comments/{ids[0]}/author", "next")
    step = max(1, len(ids) // SAMPLE)
    for each, before in zip(ids[::step], drafts[::step], strict=True):
        desk.office.edit(each, replace(before, body=f"{before.body[:9000]} again"))
        desk.office.edit(each, before, version=2)
    reject(desk, ids, list(every.values()), edited=ids[::step])
    in_history = broken(page, f"{desk.url}/console/history", "next")
    pages = [broken(page, f"{desk.url}/console/comments/{each}") for each in ids[::step]]

    assert len(ids) > 200
    assert (in_queue, of_author) == (([], len(ids)), ([], len(ids)))
    assert in_history == ([], len(ids))
    assert [found for found, _ in pages if found] == []


def reject(desk: Desk, ids: list[str], texts: list[str], *, edited: list[str]) -> None:
    """Reject every comment with its payload as the note and as the statement, each on its own."""
    ada = desk.office.token()
    desk.execute("UPDATE queue SET leased_by = NULL, leased_until = NULL")
    for start in range(0, len(ids), 250):
        wishes = [
            {
                "comment_id": each,
                "version": 3 if each in edited else 1,
                "action": "reject",
                "reason": "spam",
                "note": text[:2000],
                "statement": text[:2000],
            }
            for each, text in zip(ids[start : start + 250], texts[start : start + 250], strict=True)
        ]
        answer = desk.office.post("/v1/review/decisions", ada, {"decisions": wishes})
        assert answer.status_code == 200, answer.text[:500]
    desk.execute("UPDATE decision SET batch_id = NULL")


def test_what_is_typed_into_a_form_comes_back_as_text(desk: Desk, corpora: Path) -> None:
    page = desk.signed_in()
    page.route("**/console**", unguarded)
    (comment,) = desk.office.lay(draft("one", "x"))
    texts = [payload for _, payload in payloads(corpora)][::800]
    page.goto(f"{desk.url}/console/help")

    for text in texts:
        for name, value in (("selected", f"{comment}:1"), ("decision", "reject"), ("note", text), ("statement", text)):
            page.evaluate(
                "([name, value]) => document.querySelector('form.prefer').append("
                "Object.assign(document.createElement('textarea'), {name, value}))",
                [name, value[:2000]],
            )
        page.evaluate("Object.assign(document.querySelector('form.prefer'), {action: '/console/decisions'}).submit()")
        page.wait_for_selector("form.confirm")
        assert page.evaluate(BROKEN) == []
        assert page.locator("textarea[name=note]").input_value() == text[:2000].replace("\r\n", "\n").lstrip("\n")
        page.goto(f"{desk.url}/console/help")
    desk.watch.expect("422")


def test_the_detector_notices_raw_payloads(desk: Desk, corpora: Path) -> None:
    context = desk.browser.new_context()
    noticed = 0
    raw = [payload for key, payload in payloads(corpora) if key.startswith("xss")][::300]
    for payload in raw:
        page = context.new_page()
        fired: list[str] = []
        page.on("dialog", lambda dialog, fired=fired: (fired.append("dialogue"), dialog.dismiss()))
        page.on("request", lambda request, fired=fired: fired.append(request.url))
        page.set_content(f"<title>x – Gatepost</title><main><h1>x</h1>{payload}</main>", wait_until="commit")
        noticed += bool(fired or page.evaluate(BROKEN))
        page.close(run_before_unload=False)

    assert noticed > len(raw) * 0.6
