"""The public hostile corpora through the widget, the feed and the status page: no row runs, leaves or breaks out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from host import article
from hostile import input_of, rows
from live import run
from playwright.sync_api import BrowserContext, Page
from shelf import arrival
from stage import Stage

from service.comment import CommentId, Verdict
from service.pipeline.sanitise import repair, sanitise
from service.store.database import Database
from service.store.identity import new_id
from service.store.intake import Writer
from service.store.records import Judged, Site
from service.store.sites import find_site

pytest_plugins = ["theatre"]

FILES = ("xss", "mxss", "url_scheme", "html_pathological", "html5_conformance", "unicode", "injection_misc")
ON_A_PAGE = 1000
"""What the widget loads by itself in search of a permalink: 20 times 50."""
ALARM = """
window.ran ??= [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = (...given) => { window.top.ran.push(name + " " + given.join(" ").slice(0, 60)); };
}
"""
# What is between the header and the footer of each comment: only these elements, and only links have attributes.
BROKEN = """(root) => {
  const allowed = new Set("A B STRONG I EM CODE PRE BLOCKQUOTE P BR UL OL LI".split(" "));
  const broken = [];
  for (const article of root.querySelectorAll("article")) {
    const parts = [...article.children].map((each) => each.className || each.localName).join(" ");
    if (parts !== "header body footer") broken.push("parts: " + parts);
    for (const each of article.querySelector(".body")?.querySelectorAll("*") ?? []) {
      const link = each.localName === "a";
      const names = each.getAttributeNames().filter((name) => !(link && ["href", "rel"].includes(name)));
      const leads = link && each.href && !/^(https?|mailto):/.test(each.protocol);
      if (!allowed.has(each.tagName) || names.length || leads) broken.push(each.outerHTML.slice(0, 200));
    }
  }
  return broken;
}"""


def bodies(corpora: Path) -> Iterator[tuple[str, str]]:
    """Yield the class and the text of each row that a comment can hold."""
    for name in FILES:
        for row in rows(corpora, name):
            text = input_of(row)
            if isinstance(text, str) and 0 < len(repair(text).strip()) <= 10_000:
                yield row["class"], repair(text).strip()


def in_thread(work, *given):  # type: ignore[no-untyped-def]
    # Playwright keeps a loop running in the test's own thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: run(work(*given))).result()


async def publish(dsn: str, texts: list[str], urls: list[str]) -> None:
    """Write published comments as the service does, sanitised by it; the judges' opinion does not matter here."""
    db = await Database.open(dsn, size=1)
    writer = Writer(dsn)
    try:
        site = await find_site(db, "demo")
        assert site
        batch = [_judged(site, text, url) for text, url in zip(texts, urls, strict=True)]
        for start in range(0, len(batch), 500):
            some = batch[start : start + 500]
            pages = await writer.add_pages([each.arrival for each in some])
            await writer.accept([_on(each, page_id) for each, page_id in zip(some, pages, strict=True)])
    finally:
        await writer.close()
        await db.close()


def _judged(site: Site, text: str, url: str) -> Judged:
    made = arrival(site, text, page_key=url, page_url=url, page_title=text[:200], author_key=None)
    at = datetime.now(UTC)
    name = " ".join(text.split())[:80]
    return Judged(
        arrival=_replaced(made, id=CommentId(new_id(at)), created_at=at, name=name),
        page_id=0,  # type: ignore[arg-type]
        html=sanitise(text).html,
        text_hash=0,
        near=0,
        verdict=Verdict(action="publish", scores={}, models={}),
        state="published",
        queued=False,
        weight=0.0,
        rank=0.0,
    )


def _replaced(made, *, name: str, **more: object):  # type: ignore[no-untyped-def]
    return replace(made, submission=replace(made.submission, author_name=name), **more)


def _on(judged: Judged, page_id: object) -> Judged:
    return replace(judged, page_id=page_id)  # type: ignore[arg-type]


@pytest.fixture
def context(stage: Stage) -> BrowserContext:
    """Return a profile in which everything that runs is noted."""
    context = stage.browser.new_context()
    context.add_init_script(ALARM)
    return context


def calm(page: Page, url: str) -> None:
    assert page.evaluate("window.ran") == []
    assert page.url.partition("#")[0] == url
    assert len(page.context.pages) == 1


def test_the_alarm_rings(stage: Stage, context: BrowserContext, corpora: Path) -> None:
    raw = [text for _, text in bodies(corpora) if "<script>" in text or "onerror" in text or "onload" in text][:1200:10]
    seen = stage.open(stage.host.put("/raw", "<!doctype html><title>Raw</title>"), context=context, wait=False)
    outside: list[str] = []
    seen.page.on("request", lambda request: outside.append(request.url))
    seen.page.route(
        "**/*", lambda route: route.abort() if stage.host.origin not in route.request.url else route.continue_()
    )

    seen.page.evaluate(
        """(texts) => { for (const text of texts) {
          const frame = document.createElement("iframe");
          frame.srcdoc = `<article><header></header><div class=body>${text}</div><footer></footer></article>`;
          document.body.append(frame);
        } }""",
        raw,
    )
    seen.page.wait_for_timeout(1000)

    broken = sum(len(frame.evaluate(f"() => ({BROKEN})(document)")) for frame in seen.page.frames[1:])
    assert len(seen.page.evaluate("window.ran")) >= 10
    assert broken >= 50
    assert any(not url.startswith((stage.host.origin, "about:")) for url in outside)
    seen.faults.clear()


def test_no_row_runs_leaves_or_breaks_out_of_the_widget_and_the_feed(
    stage: Stage, context: BrowserContext, corpora: Path
) -> None:
    # Rows that come out of the sanitiser as the same HTML are one to a browser.
    every = [text for _, text in bodies(corpora)]
    texts = list({sanitise(text).html: text for text in every}.values())
    assert len(every) > 10_000
    urls = [f"{stage.host.origin}/hostile-{number // ON_A_PAGE}" for number in range(len(texts))]
    in_thread(publish, stage.live.service_dsn, texts, urls)
    nowhere = "#comment-00000000-0000-0000-0000-000000000000"
    held = 0
    for url in dict.fromkeys(urls):
        stage.host.put(url.removeprefix(stage.host.origin), article(stage.live.origin, url=url))
        page = stage.open(url + nowhere, context=context).page
        page.locator(f"article >> nth={min(ON_A_PAGE, urls.count(url)) - 1}").wait_for(state="attached")

        assert page.locator("comment-thread").evaluate(f"(thread) => ({BROKEN})(thread.shadowRoot)") == []
        held += page.locator("article").count()
        calm(page, url)
        feed = f"{stage.live.origin}/v1/sites/demo/feed.atom?page_url={url}"
        page.goto(feed)
        assert page.locator("script, iframe, img, svg, a[href^=javascript]").count() == 0
        calm(page, feed)
        page.close()
    assert held == len(texts)


def test_no_class_of_rows_runs_leaves_or_breaks_out_of_the_status_page(
    stage: Stage, context: BrowserContext, corpora: Path
) -> None:
    some: dict[str, list[str]] = {}
    for kind, text in bodies(corpora):
        if len(some.setdefault(kind, [])) < 2 and len(text.encode()) < 8000:
            some[kind].append(text)
    seen = stage.open("about:blank", context=context, wait=False)
    for text in (each for texts in some.values() for each in texts):
        answer = stage.live.post(
            {"body": text, "page_url": f"{stage.host.origin}/status", "author_name": text[:80]},
            path="/v1/sites/strict/comments",
        )
        assert answer.status == 202
        address = str(answer.json["status_url"])

        seen.page.goto(address)

        assert seen.page.locator("body > main").count() == 1
        for field in seen.page.locator("[name=body]").all():
            assert field.input_value().split() == text.split()
        assert seen.page.locator("script, iframe, img, svg, style, a[href^=javascript]").count() == 0
        calm(seen.page, address)
