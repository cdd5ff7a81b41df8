"""The widget on a page of another origin, in Chromium."""

import json
import re
import uuid

import pytest
from host import article
from playwright.sync_api import BrowserContext, Page, Route, expect
from stage import Stage, Watched

pytest_plugins = ["theatre"]

WORDS = "I read this twice and it helped me, thank you."
STRICT = (
    "default-src 'none'; script-src {0}; connect-src {0}; form-action {0}; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types gatepost"
)


def put(stage: Stage, *, headers: dict[str, str] | None = None, **more: str | bool) -> str:
    """Serve a new article that carries the snippet, and return its address."""
    path = f"/{uuid.uuid4().hex}"
    content = article(stage.live.origin, url=f"{stage.host.origin}{path}", **more)  # type: ignore[arg-type]
    return stage.host.put(path, content, **(headers or {}))


def write(page: Page, words: str = WORDS, name: str = "Ada") -> None:
    page.locator("[name=author_name]").fill(name)
    page.locator("[name=body]").fill(words)


def press_send(page: Page) -> None:
    page.locator("comment-thread > form button").click()


def send(page: Page, words: str = WORDS, name: str = "Ada") -> None:
    write(page, words, name)
    press_send(page)


def shown(page: Page, words: str = WORDS) -> None:
    expect(page.locator("article", has_text=words)).to_be_visible()


def stored(stage: Stage, words: str) -> int:
    return int(str(stage.live.rows("SELECT count(*) FROM comment WHERE body = $1", words)[0][0]))


def posted(stage: Stage, url: str, words: str, **more: object) -> str:
    answer = stage.live.post({"body": words, "author_name": "Grace", "page_url": url, **more})
    assert answer.status == 201
    return str(answer.json["id"])


def by(page: Page, words: str):  # type: ignore[no-untyped-def]
    return page.locator("article", has_text=words)


def test_a_comment_appears_in_place_focused_and_counted(stage: Stage) -> None:
    url = put(stage)
    page = stage.open(url).page
    expect(page.locator("comment-thread")).to_contain_text("Nobody has commented yet.")

    send(page)

    expect(by(page, WORDS)).to_be_focused()
    expect(by(page, WORDS)).to_have_class("here")
    expect(page.get_by_role("heading", name="Comments (1)")).to_be_visible()
    expect(page.locator("[name=body]")).to_have_value("")
    assert page.url == url


@pytest.mark.parametrize("take_away", ["", "delete Element.prototype.setHTML"], ids=["setHTML", "Trusted Types"])
def test_under_a_strict_policy_nothing_is_violated(stage: Stage, take_away: str) -> None:
    url = put(stage, headers={"Content_Security_Policy": STRICT.format(stage.live.origin)})
    posted(stage, url, "A <b>bold</b> word")
    context = stage.browser.new_context()
    context.add_init_script(
        f"{take_away}; window.violated = []; "
        "document.addEventListener('securitypolicyviolation', (e) => violated.push(e.violatedDirective))"
    )
    page = stage.open(url, context=context).page

    send(page)

    shown(page)
    expect(page.locator("article b")).to_have_text("bold")
    assert page.evaluate("violated") == []


def test_no_cookie_is_set_and_nothing_but_the_service_is_asked(stage: Stage) -> None:
    page = stage.open(put(stage)).page
    send(page)
    shown(page)

    assert page.context.cookies() == []


def test_it_starts_only_near_the_viewport(stage: Stage) -> None:
    url = put(stage, body="<p>Words</p>" * 200)
    asked: list[str] = []
    seen = stage.open("about:blank", wait=False)
    seen.page.on("request", lambda request: asked.append(request.url))
    seen.page.goto(url)
    seen.page.wait_for_load_state("networkidle")
    before = [each for each in asked if "/v1/" in each]

    seen.page.locator("comment-thread").scroll_into_view_if_needed()

    seen.page.locator("comment-thread h2").wait_for()
    assert before == []


def test_what_is_wrong_stands_beside_its_field(stage: Stage) -> None:
    page = stage.open(put(stage)).page
    page.locator("[name=author_email]").fill("nonsense")

    press_send(page)

    body = page.locator("[name=body]")
    expect(body).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=author_email]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[aria-invalid]").first).to_be_focused()
    fault = page.locator(f"#{body.get_attribute('aria-describedby')}")
    expect(fault).to_have_text("Please write a comment of at most 10,000 characters.")
    page.locator("[name=author_email]").fill("")
    send(page)
    shown(page)
    expect(page.locator("[aria-invalid]")).to_have_count(0)


def test_what_only_the_service_finds_wrong_stands_there_too(stage: Stage) -> None:
    seen = stage.open(put(stage))
    seen.expected.append("status of 422")
    write(seen.page)
    seen.page.locator("[name=author_name]").evaluate("field => { field.removeAttribute('maxlength') }")
    seen.page.locator("[name=author_name]").fill("n" * 81)

    press_send(seen.page)

    expect(seen.page.locator("[name=author_name]")).to_have_attribute("aria-invalid", "true")
    expect(seen.page.locator("[name=body]")).to_have_value(WORDS)


def test_the_count_is_told_near_the_limit(stage: Stage) -> None:
    page = stage.open(put(stage)).page

    page.locator("[name=body]").fill("x" * 9_990)

    expect(page.get_by_text("10 characters left")).to_be_visible()
    page.locator("[name=body]").fill("x" * 10_001)
    press_send(page)
    expect(page.locator("[name=body]")).to_have_attribute("aria-invalid", "true")


def test_a_held_comment_says_why_and_stays_with_its_author(stage: Stage) -> None:
    url = put(stage, site="strict")
    page = stage.open(url).page
    send(page, "Please hold this.")

    waiting = by(page, "Please hold this.")
    expect(waiting).to_contain_text("A person will look at your comment")
    expect(waiting).to_be_focused()
    page.reload()
    expect(by(page, "Please hold this.")).to_contain_text("Only you see this.")
    stranger = stage.open(url).page
    expect(stranger.locator("comment-thread")).to_contain_text("Nobody has commented yet.")
    by(page, "Please hold this.").get_by_role("link", name="See what becomes of it").click()
    expect(page.get_by_role("heading", name="Your comment")).to_be_visible()


def test_an_answer_stands_below_what_it_answers_two_levels_deep(stage: Stage) -> None:
    url = put(stage)
    root = posted(stage, url, "The first one")
    posted(stage, url, "Its reply", parent_id=root)
    posted(stage, url, "The second one")
    page = stage.open(url).page
    write(page, "half a")

    by(page, "Its reply").get_by_role("button", name="Reply to Grace").click()
    expect(page.locator("[name=body]")).to_be_focused()
    expect(page.locator("[name=body]")).to_have_value("half a")
    send(page, "A reply to the reply")

    expect(by(page, "A reply to the reply")).to_contain_text("in answer to Grace")
    order = page.locator("article .body").all_inner_texts()
    assert order == ["The first one", "Its reply", "A reply to the reply", "The second one"]
    assert page.locator(".replies .replies article").count() == 0
    page.reload()
    expect(page.locator("article .body")).to_have_text(order)


def test_a_reply_can_be_thought_better_of(stage: Stage) -> None:
    url = put(stage)
    posted(stage, url, "Something")
    page = stage.open(url).page
    by(page, "Something").get_by_role("button", name="Reply").click()

    page.get_by_role("button", name="Cancel").click()

    expect(by(page, "Something").get_by_role("button", name="Reply")).to_be_focused()
    send(page, "On the article itself")
    shown(page, "On the article itself")
    assert page.locator(".replies article").count() == 0


def test_long_threads_come_in_pages_either_way_around(stage: Stage) -> None:
    url = put(stage)
    first = posted(stage, url, "Number 0")
    for number in range(1, 56):
        posted(stage, url, f"Number {number}", **({"parent_id": first} if number == 55 else {}))
    page = stage.open(url).page
    expect(page.locator("article")).to_have_count(50)

    page.get_by_role("button", name="Show more comments").click()
    expect(page.locator("article")).to_have_count(56)
    assert page.locator("article .body").nth(1).inner_text() == "Number 55"
    expect(page.get_by_role("button", name="Show more comments")).to_be_hidden()

    page.get_by_label("Order").select_option("newest")
    expect(page.locator("article .body").nth(1)).to_have_text("Number 54")
    page.get_by_role("button", name="Show more comments").click()
    expect(page.locator(".replies article .body")).to_have_text(["Number 55"])
    expect(page.locator("article")).to_have_count(56)
    send(page, "The newest of all")
    expect(page.locator("article .body").first).to_have_text("The newest of all")


def test_a_permalink_leads_to_its_comment_on_whatever_page(stage: Stage) -> None:
    url = put(stage, body="<p>Words</p>" * 100)
    ids = [posted(stage, url, f"Number {number}") for number in range(52)]
    page = stage.open(f"{url}#comment-{ids[-1]}").page

    expect(by(page, "Number 51")).to_have_class("here")
    expect(by(page, "Number 51")).to_be_in_viewport()
    by(page, "Number 50").get_by_role("link").click()
    expect(by(page, "Number 50")).to_have_class("here")
    assert page.url.endswith(ids[50])


def test_an_author_changes_and_deletes_their_comment_in_place(stage: Stage) -> None:
    url = put(stage)
    page = stage.open(url).page
    send(page, "With a <b>typpo</b>")
    mine = by(page, "typpo")
    mine.get_by_role("button", name="Edit").click()
    expect(mine.get_by_label("Comment", exact=True)).to_have_value("With a <b>typpo</b>")
    mine.get_by_label("Comment", exact=True).fill("Without one")
    mine.get_by_role("button", name="Save").click()

    expect(by(page, "Without one")).to_contain_text("edited")
    page.reload()
    by(page, "Without one").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Your comment is deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="Comments (0)")).to_be_visible()
    page.reload()
    expect(page.locator("comment-thread")).to_contain_text("Nobody has commented yet.")
    stranger = stage.open(url).page
    expect(stranger.locator("article")).to_have_count(0)


def test_a_reader_reports_a_comment(stage: Stage) -> None:
    url = put(stage)
    comment = posted(stage, url, "Something bad")
    page = stage.open(url).page

    by(page, "Something bad").get_by_role("button", name="Report").click()
    page.get_by_label("What is wrong with it?").select_option("abuse")
    page.get_by_label("Anything to add?").fill("Look at it")
    page.get_by_role("button", name="Send report").click()

    expect(page.get_by_text("Thank you. A person will look at it.")).to_be_focused()
    assert stage.live.rows("SELECT reason, note FROM report WHERE comment_id = $1", uuid.UUID(comment)) == [
        ("abuse", "Look at it")
    ]


def test_counts_are_asked_for_together(stage: Stage) -> None:
    one, two = put(stage), put(stage)
    for number in range(3):
        posted(stage, one, f"Number {number}")
    counts = "".join(
        f'<comment-count data-site="demo" data-page-url="{each}">?</comment-count> ' for each in (one, two)
    )
    url = put(stage, body=f"<p>{counts}</p>")
    asked: list[str] = []
    seen = stage.open("about:blank", wait=False)
    seen.page.on("request", lambda request: asked.append(request.url))

    seen.page.goto(url)

    expect(seen.page.locator("comment-count")).to_have_text(["3", "0"])
    assert len([each for each in asked if "/counts?" in each]) == 1


def test_a_draft_survives_a_reload_until_it_is_sent(stage: Stage) -> None:
    page = stage.open(put(stage)).page
    write(page, "Half a thought")

    page.reload()

    expect(page.locator("[name=body]")).to_have_value("Half a thought")
    press_send(page)
    shown(page, "Half a thought")
    page.reload()
    shown(page, "Half a thought")
    expect(page.locator("[name=body]")).to_have_value("")


def test_two_tabs_keep_two_drafts_and_both_are_sent(stage: Stage) -> None:
    url = put(stage)
    context = stage.browser.new_context()
    one, two = stage.open(url, context=context).page, stage.open(url, context=context).page
    write(one, "From the first tab")
    write(two, "From the second tab")

    one.reload()
    expect(one.locator("[name=body]")).to_have_value("From the first tab")
    press_send(one)
    shown(one, "From the first tab")
    press_send(two)
    shown(two, "From the second tab")
    one.reload()
    expect(one.get_by_role("button", name="Edit")).to_have_count(2)


def test_coming_back_finds_the_page_as_it_was(stage: Stage) -> None:
    url, elsewhere = put(stage), stage.host.put("/elsewhere", "<!doctype html><title>Elsewhere</title><p>Elsewhere")
    context = stage.browser.new_context()
    context.add_init_script("addEventListener('pageshow', (event) => { window.cameBack = event.persisted })")
    page = stage.open(url, context=context).page
    write(page, "Written before leaving")
    page.goto(elsewhere)

    page.evaluate("history.back()")

    expect(page.locator("[name=body]")).to_have_value("Written before leaving")
    assert page.evaluate("cameBack") is True
    press_send(page)
    shown(page, "Written before leaving")


def test_offline_the_text_is_kept_and_sent_once_when_back(stage: Stage) -> None:
    words = f"Written in a tunnel {uuid.uuid4().hex}"
    seen = stage.open(put(stage))
    seen.expected.append("ERR_INTERNET_DISCONNECTED")
    seen.page.context.set_offline(True)
    send(seen.page, words)
    expect(seen.page.get_by_text("You are offline. Your text is kept")).to_be_visible()
    expect(seen.page.locator("[name=body]")).to_have_value(words)

    seen.page.context.set_offline(False)

    shown(seen.page, words)
    assert stored(stage, words) == 1


def answered_with(seen: Watched, answers: list[str]) -> None:
    """Let POSTs fail in these ways, one after the other, before they succeed."""

    def handle(route: Route) -> None:
        if route.request.method != "POST" or not answers:
            route.continue_()
            return
        match answers.pop(0):
            case "503":
                headers = {"Retry-After": "1", "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "*"}
                content = {"code": "unavailable", "status": 503, "detail": "Busy."}
                route.fulfill(status=503, headers=headers, json=content)
            case "lost":
                route.fetch()
                route.abort()

    seen.page.route("**/comments", handle)


def test_a_busy_service_gets_the_text_later_and_once(stage: Stage) -> None:
    words = f"Sent into a storm {uuid.uuid4().hex}"
    seen = stage.open(put(stage))
    seen.expected.append("status of 503")
    answered_with(seen, ["503", "503"])

    send(seen.page, words)

    expect(seen.page.get_by_text("Too many comments are arriving.")).to_be_visible()
    expect(seen.page.locator("[name=body]")).to_have_value(words)
    shown(seen.page, words)
    assert stored(stage, words) == 1


@pytest.mark.parametrize("reload", [False, True], ids=["at once", "after a reload"])
def test_an_answer_that_got_lost_posts_nothing_twice(stage: Stage, reload: bool) -> None:
    words = f"Answered into the void {uuid.uuid4().hex}"
    seen = stage.open(put(stage))
    seen.expected.append("ERR_FAILED")
    answered_with(seen, ["lost"])
    send(seen.page, words)
    expect(seen.page.get_by_text("It could not be sent. Your text is kept")).to_be_visible()
    if reload:
        seen.page.reload()
        seen.page.locator("comment-thread h2").wait_for()

    press_send(seen.page)

    expect(by(seen.page, words)).to_have_count(1)
    assert stored(stage, words) == 1


def test_a_slow_network_sends_once_however_often_the_button_is_pressed(stage: Stage) -> None:
    words = f"Patience {uuid.uuid4().hex}"
    page = stage.open(put(stage)).page
    held: list[Route] = []
    page.route("**/comments", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    send(page, words)
    expect(page.get_by_text("Sending…")).to_be_visible()

    press_send(page)
    press_send(page)
    assert len(held) == 1
    held[0].continue_()

    shown(page, words)
    assert stored(stage, words) == 1


def use_all(context: BrowserContext, stage: Stage) -> None:
    page = stage.open(put(stage), context=context).page
    send(page)
    shown(page)
    by(page, WORDS).get_by_role("button", name="Report").or_(page.get_by_role("button", name="Reply")).first.click()


def test_with_storage_blocked_comments_work(stage: Stage) -> None:
    with stage.profile({"default_content_setting_values": {"cookies": 2}}) as context:
        use_all(context, stage)
        assert context.pages[-1].evaluate("(() => { try { return !localStorage } catch (e) { return e.name } })()")
        stage.close()


def test_with_third_party_cookies_blocked_comments_work(stage: Stage) -> None:
    with stage.profile({"cookie_controls_mode": 1, "block_third_party_cookies": True}) as context:
        use_all(context, stage)
        stage.close()


def test_a_page_of_another_site_is_told_both_origins(stage: Stage) -> None:
    url = put(stage).replace("localhost", "127.0.0.1")
    seen = stage.open("about:blank", wait=False)
    seen.known += (url,)
    seen.page.goto(url)
    seen.expected += ["status of 403", "blocked by CORS", "ERR_FAILED"]

    alert = seen.page.get_by_role("alert")
    expect(alert).to_contain_text(url.rpartition("/")[0])
    expect(alert).to_contain_text(stage.host.origin)
    expect(seen.page.locator("[name=body]")).to_be_visible()


def test_a_service_that_is_away_leaves_the_form_and_can_be_asked_again(stage: Stage) -> None:
    seen = stage.open("about:blank", wait=False)
    seen.expected.append("ERR_FAILED")
    seen.page.route("**/v1/**", lambda route: route.abort())
    seen.page.goto(put(stage))
    expect(seen.page.get_by_role("alert")).to_have_text("The comments cannot be shown at the moment.")
    expect(seen.page.locator("[name=body]")).to_be_visible()
    seen.page.unroute("**/v1/**")

    seen.page.get_by_role("button", name="Try again").click()

    expect(seen.page.get_by_role("heading", name="Comments (0)")).to_be_visible()
    send(seen.page)
    shown(seen.page)


def test_a_page_that_takes_no_more_says_so(stage: Stage) -> None:
    url = put(stage)
    posted(stage, url, "The last word")
    stage.live.rows("UPDATE page SET closed = true WHERE key = $1 RETURNING 1", url)

    page = stage.open(url).page

    expect(page.get_by_text("No more comments are taken here.")).to_be_visible()
    expect(page.locator("[name=body]")).to_be_hidden()
    expect(page.get_by_role("button", name="Reply")).to_have_count(0)


def test_a_browser_does_the_work_that_a_site_asks_for(stage: Stage) -> None:
    page = stage.open(put(stage, site="work")).page
    words = [f"Worked for {number}: thank you for this article." for number in range(2)]
    for each in words:
        send(page, each)
        shown(page, each)

    rows = stage.live.rows(
        "SELECT v.flags FROM verdict AS v JOIN comment AS c USING (site_id, comment_id) WHERE c.body = ANY ($1)", words
    )
    codes = {flag["code"] for (flags,) in rows for flag in json.loads(str(flags))}
    assert len(rows) == 2
    assert "abuse.no_work" not in codes


def test_the_page_is_named_by_key_by_field_by_canonical_link_or_by_address(stage: Stage) -> None:
    canonical = f"{stage.host.origin}/canonical-{uuid.uuid4().hex}"
    key = uuid.uuid4().hex
    for more, wanted in (
        ({"attributes": f' data-page-key="{key}"'}, key),
        ({"form": False, "head": f'<link rel="canonical" href="{canonical}">'}, canonical),
        ({"form": False}, None),
    ):
        url = put(stage, **more)
        page = stage.open(f"{url}?utm_source=mail#top").page
        send(page, f"Named {wanted}")
        shown(page, f"Named {wanted}")
        rows = stage.live.rows(
            "SELECT key FROM page JOIN comment USING (site_id, page_id) WHERE body = $1", f"Named {wanted}"
        )
        assert rows == [(wanted or url,)]


def test_the_form_can_be_left_to_the_widget_and_speaks_the_pages_language(stage: Stage) -> None:
    page = stage.open(put(stage, form=False, lang="de")).page

    expect(page.get_by_label("E-Mail (freiwillig, wird nie gezeigt)")).to_be_visible()
    send(page, "Guten Tag, danke für den Artikel.")

    shown(page, "Guten Tag")
    expect(page.get_by_role("heading", name=re.compile("Kommentare"))).to_be_visible()
    trap = page.locator(".gatepost-trap").bounding_box()
    assert trap
    assert trap["width"] <= 1
