"""The pages that readers meet beside the widget: without script, in a frame, the status page, the report."""

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from stage import Stage
from test_looks import check
from test_widget import by, posted, press_send, put, send, shown, write

pytest_plugins = ["theatre"]

WORDS = "I read this twice and it helped me, thank you."


def frame_page(stage: Stage, url: str, script: bool = True) -> str:
    """Serve a page that shows the comments of an address in a frame, as the guide says."""
    sandbox = "allow-scripts allow-same-origin allow-forms allow-top-navigation-by-user-activation"
    content = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Framed</title><body><h1>Framed</h1>
<iframe data-gatepost title="Comments" width="100%" height="300" loading="lazy" sandbox="{sandbox}"
 src="{stage.live.origin}/embed/demo?page_url={url}"></iframe>
{f'<script src="{stage.live.origin}/static/frame.js" defer></script>' if script else ""}</body></html>"""
    return stage.host.put(url.removeprefix(stage.host.origin), content)


def new_url(stage: Stage) -> str:
    return f"{stage.host.origin}/{uuid.uuid4().hex}"


def test_without_script_a_form_leads_back_to_its_comment(stage: Stage) -> None:
    url = put(stage)
    page = stage.open(url, wait=False, java_script_enabled=False).page

    send(page)

    page.wait_for_url(f"{url}#comment-*")
    assert stage.live.rows("SELECT count(*) FROM page WHERE key = $1 AND published = 1", url) == [(1,)]


def test_without_script_a_held_comment_leads_to_its_status_page(stage: Stage) -> None:
    page = stage.open(put(stage, site="strict"), wait=False, java_script_enabled=False).page

    send(page, "Please hold this.")

    page.wait_for_url(f"{stage.live.origin}/status/*")
    expect(page.get_by_text("Please hold this.").first).to_be_visible()
    page.get_by_text("Change it", exact=True).click()
    page.get_by_label("Comment").fill("Please hold that.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".comment")).to_have_text("Please hold that.")
    page.get_by_text("Delete it", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Your comment has been erased.")).to_be_visible()


def test_without_script_a_form_at_fault_comes_back_filled_in_and_can_be_sent(stage: Stage, axe: Axe) -> None:
    url = put(stage, form_attributes="novalidate")
    seen = stage.open(url, wait=False, java_script_enabled=False)
    seen.expected.append("status of 422")
    write(seen.page, "Kept <b>words</b> & all")
    seen.page.locator("[name=author_email]").fill("nonsense")
    press_send(seen.page)

    expect(seen.page.get_by_role("heading", name="Your comment was not sent")).to_be_visible()
    expect(seen.page.get_by_label("Comment")).to_have_value("Kept <b>words</b> & all")
    expect(seen.page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    seen.page.get_by_label("E-mail").fill("ada@example.org")
    seen.page.get_by_role("button", name="Send").click()
    seen.page.wait_for_url(f"{url}#comment-*")


def test_the_page_of_a_form_at_fault_is_accessible(stage: Stage, axe: Axe) -> None:
    seen = stage.open(put(stage, form_attributes="novalidate", script=False), wait=False)
    seen.expected.append("status of 422")
    seen.page.locator("[name=author_email]").fill("nonsense")
    press_send(seen.page)

    seen.page.get_by_role("heading", name="Your comment was not sent").wait_for()
    check(axe, seen.page)


def test_a_frame_takes_and_shows_comments_and_is_as_high_as_they_are(stage: Stage) -> None:
    url = new_url(stage)
    posted(stage, url, "A <b>bold</b> word")
    page = stage.open(frame_page(stage, url), wait=False).page
    frame = page.frame_locator("iframe")
    expect(frame.locator("article")).to_contain_text("bold")

    frame.locator("[name=body]").fill("From within a frame")
    frame.locator("comment-thread > form button").click()

    expect(frame.locator("article", has_text="From within a frame")).to_be_visible()
    page.wait_for_function("document.querySelector('iframe').clientHeight > 500")
    inner = page.frames[1].evaluate("[document.documentElement.scrollHeight, innerHeight]")
    assert inner[0] <= inner[1] + 1
    assert stage.live.rows("SELECT published FROM page WHERE key = $1", url) == [(2,)]


def test_heights_are_taken_from_the_frame_alone(stage: Stage) -> None:
    page = stage.open(frame_page(stage, new_url(stage)), wait=False).page
    page.frame_locator("iframe").locator("h2").wait_for()
    page.wait_for_function("document.querySelector('iframe').clientHeight !== 300")
    before = page.evaluate("document.querySelector('iframe').clientHeight")

    page.evaluate("postMessage({ gatepost: 'height', height: 5 }, '*')")

    page.evaluate("new Promise(requestAnimationFrame)")
    assert page.evaluate("document.querySelector('iframe').clientHeight") == before


def test_only_pages_of_the_site_may_frame_it(stage: Stage) -> None:
    url = new_url(stage)
    seen = stage.open("about:blank", wait=False)
    seen.expected += ["frame-ancestors", "chrome-error"]
    seen.known += (url.replace("localhost", "127.0.0.1"), "chrome-error:")

    with seen.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        seen.page.goto(frame_page(stage, url).replace("localhost", "127.0.0.1"))

    assert seen.page.frame_locator("iframe").locator("form").count() == 0


def test_without_script_what_is_in_a_frame_shows_and_takes_comments_too(stage: Stage) -> None:
    url = new_url(stage)
    stage.host.put(url.removeprefix(stage.host.origin), "<!doctype html><title>An article</title>")
    posted(stage, url, "Something to read")
    page = stage.open(f"{stage.live.origin}/embed/demo?page_url={url}", wait=False, java_script_enabled=False).page
    expect(page.get_by_text("Something to read")).to_be_visible()
    expect(page.get_by_role("link", name="Report")).to_be_visible()

    page.get_by_label("Comment").fill("Without script")
    page.get_by_role("button", name="Send").click()

    page.wait_for_url(f"{url}#comment-*")
    assert stage.live.rows("SELECT published FROM page WHERE key = $1", url) == [(2,)]


def test_the_frames_page_is_accessible_in_a_language_from_right_to_left(stage: Stage, axe: Axe) -> None:
    url = new_url(stage)
    posted(stage, url, "Something to read")
    page = stage.open(f"{stage.live.origin}/embed/demo?page_url={url}&lang=ar").page

    check(axe, page)
    assert page.evaluate("document.dir") == "rtl"


def status_of(stage: Stage, state: str) -> str:
    """Return the address of the status page of a comment in a state."""
    path = "/v1/sites/strict/comments" if state == "held" else "/v1/sites/demo/comments"
    answer = stage.live.post({"body": WORDS, "page_url": new_url(stage)}, path=path).json
    if state == "rejected":
        wish = {"comment_id": answer["id"], "version": 1, "action": "reject", "reason": "health_misinformation"}
        headers = {"Authorization": f"Bearer {token(stage)}"}
        assert stage.live.post({"decisions": [wish]}, headers, path="/v1/review/decisions").status == 200
    return str(answer["status_url"])


def token(stage: Stage) -> str:
    """Return an API token; made in a thread of its own, for Playwright keeps a loop running in the test's."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(stage.live.token).result()


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 320, "height": 640}}])
@pytest.mark.parametrize("state", ["held", "published", "rejected"])
def test_the_status_page_is_accessible_in_every_state(
    stage: Stage, axe: Axe, state: str, options: dict[str, object]
) -> None:
    page = stage.open(status_of(stage, state), wait=False, **options).page
    for summary in page.locator("summary").all():
        summary.click()

    check(axe, page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_an_author_appeals_on_the_status_page(stage: Stage, axe: Axe) -> None:
    page = stage.open(status_of(stage, "rejected"), wait=False).page
    expect(page.get_by_text("the evidence contradicts")).to_be_visible()

    page.get_by_label("Why should it be published?").fill("I quoted somebody.")
    page.get_by_role("button", name="Send the appeal").click()

    expect(page.get_by_text("You appealed on")).to_be_visible()
    expect(page.get_by_role("button", name="Send the appeal")).to_have_count(0)
    check(axe, page)


def test_a_comment_is_reported_without_script(stage: Stage, axe: Axe) -> None:
    comment = posted(stage, new_url(stage), "Something bad")
    address = f"{stage.live.origin}/report/demo/{comment}"
    check(axe, stage.open(address, wait=False).page)
    page = stage.open(address, wait=False, java_script_enabled=False).page

    page.get_by_label("What is wrong with it?").select_option("hate")
    page.get_by_role("button", name="Send report").click()

    expect(page.get_by_role("status")).to_have_text("Thank you. A person will look at it.")


@pytest.mark.parametrize("way", ["", "/strict", "/frame", "/plain"])
def test_each_demonstration_works(stage: Stage, axe: Axe, way: str) -> None:
    words = f"From the demonstration {uuid.uuid4().hex}"
    page = stage.open(f"{stage.live.origin}/demo{way}", wait=way in ("", "/strict")).page
    place: Page = page.frame_locator("iframe") if way == "/frame" else page  # type: ignore[assignment]
    if way == "/frame":
        page.locator("iframe").scroll_into_view_if_needed()
        place.locator("h2").wait_for()

    place.locator("[name=body]").fill(words)
    place.locator("form button").last.click()

    if way == "/plain":
        page.wait_for_url("**/demo#comment-*")
        page.goto(f"{stage.live.origin}/demo/plain")
        expect(page.get_by_text(words)).to_be_visible()
    else:
        expect(by(place, words)).to_be_visible()
    check(axe, page)


def test_the_links_of_a_frame_lead_out_of_it(stage: Stage) -> None:
    url = new_url(stage)
    comment = posted(stage, url, "Something to read")
    page = stage.open(frame_page(stage, url), wait=False).page

    page.frame_locator("iframe").locator("article header a").click()

    page.wait_for_url(f"{url}#comment-{comment}")
    shown(page.frame_locator("iframe"), "Something to read")  # type: ignore[arg-type]
