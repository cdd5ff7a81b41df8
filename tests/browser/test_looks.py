"""How the widget looks and sounds: every state without a fault of accessibility, and at home on any page."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from host import snippet
from playwright.sync_api import Page, Route, expect
from stage import Stage
from test_widget import by, posted, press_send, put, send, shown, write

pytest_plugins = ["theatre"]

SCHEMES = (
    "<style>:root { color-scheme: light dark } body { font: 1rem/1.5 Georgia, serif; max-width: 40rem; margin: auto;"
    " padding: 1rem; background: #fdfdf8; color: #333 }"
    " @media (prefers-color-scheme: dark) { body { background: #15171c; color: #ddd } }</style>"
)


def check(axe: Axe, page: Page) -> None:
    """Fail on any violation that axe finds."""
    found = axe.run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def thread(stage: Stage, **more: str | bool) -> str:
    """Return the address of an article with some comments."""
    url = put(stage, head=SCHEMES, **more)
    root = posted(
        stage, url, "First, with <a href='https://example.org/'>a link</a>, <code>code</code> and a list<ol><li>x</ol>"
    )
    posted(
        stage, url, "A reply <blockquote>quoting</blockquote>", parent_id=root, author_url="https://example.org/grace"
    )
    posted(stage, url, "مرحبا بالعالم")
    return url


def test_every_state_is_accessible(stage: Stage, axe: Axe) -> None:
    empty = stage.open(put(stage, head=SCHEMES)).page
    check(axe, empty)

    page = stage.open(thread(stage)).page
    check(axe, page)
    press_send(page)
    check(axe, page)
    write(page, "x" * 9_900)
    by(page, "A reply").get_by_role("button", name="Reply").click()
    by(page, "First").get_by_role("button", name="Report").click()
    check(axe, page)
    by(page, "First").get_by_role("button", name="Send report").click()
    send(page, "My own")
    shown(page, "My own")
    check(axe, page)
    by(page, "My own").get_by_role("button", name="Edit").click()
    check(axe, page)
    by(page, "My own").get_by_role("button", name="Cancel").click()
    by(page, "My own").get_by_role("button", name="Delete").click()
    check(axe, page)


def test_the_states_of_waiting_and_failing_are_accessible(stage: Stage, axe: Axe) -> None:
    held = stage.open(put(stage, site="strict", head=SCHEMES)).page
    send(held, "Please hold this.")
    expect(by(held, "Please hold this.")).to_be_focused()
    check(axe, held)

    failing = stage.open("about:blank", wait=False)
    failing.expected.append("ERR_FAILED")
    failing.page.route("**/v1/**", lambda route: route.abort())
    failing.page.goto(put(stage, head=SCHEMES))
    failing.page.get_by_role("alert").wait_for()
    check(axe, failing.page)

    sending = stage.open(put(stage, head=SCHEMES))
    kept: list[Route] = []
    sending.page.route("**/comments", lambda route: kept.append(route))
    send(sending.page)
    expect(sending.page.get_by_text("Sending…")).to_be_visible()
    check(axe, sending.page)


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize(
    "options",
    [{"color_scheme": "dark"}, {"forced_colors": "active"}, {"viewport": {"width": 320, "height": 640}}],
    ids=["dark", "forced colours", "320 px"],
)
def test_it_is_accessible_however_it_is_seen(stage: Stage, axe: Axe, lang: str, options: dict[str, object]) -> None:
    page = stage.open(thread(stage, lang=lang, form=False), **options).page
    page.locator("article footer button").first.click()

    check(axe, page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_arabic_runs_from_right_to_left(stage: Stage) -> None:
    page = stage.open(thread(stage, lang="ar", form=False)).page

    first, reply = (page.locator("article").nth(number).bounding_box() for number in (0, 1))
    assert first
    assert reply
    assert reply["x"] == pytest.approx(first["x"], abs=1)
    assert reply["width"] < first["width"]
    assert page.locator("section").evaluate("each => getComputedStyle(each).direction") == "rtl"


def test_targets_are_large_enough(stage: Stage) -> None:
    page = stage.open(thread(stage, form=False)).page

    for control in page.locator("comment-thread").locator("button, select, input:not([name=website]), textarea").all():
        box = control.bounding_box()
        if box and box["width"] > 1:
            assert min(box["width"], box["height"]) >= 24


def test_everything_can_be_done_with_the_keyboard_alone(stage: Stage) -> None:
    url = thread(stage)
    page = stage.open(url).page

    def tab_to(name: str, most: int = 30) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            seen = page.evaluate(
                "(() => { let at = document.activeElement; while (at?.shadowRoot) at = at.shadowRoot.activeElement;"
                " return [at?.ariaLabel || at?.labels?.[0]?.innerText || at?.textContent,"
                " getComputedStyle(at).outlineStyle] })()"
            )
            if seen[0] and seen[0].strip().startswith(name):
                assert seen[1] != "none", f"the focus on {name} cannot be seen"
                return
        raise AssertionError(f"{name} was not reached")

    tab_to("Reply to Grace")
    page.keyboard.press("Enter")
    page.keyboard.type("Typed only")
    tab_to("Send")
    page.keyboard.press("Enter")
    shown(page, "Typed only")
    expect(by(page, "Typed only")).to_be_focused()
    tab_to("Edit")
    page.keyboard.press("Enter")
    expect(by(page, "Typed only").locator("textarea")).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Still ")
    tab_to("Save")
    page.keyboard.press("Enter")
    shown(page, "Still Typed only")
    tab_to("Report")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    tab_to("Send report")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you. A person will look at it.")).to_be_visible()


def test_the_custom_properties_of_the_guide_change_what_they_say(stage: Stage) -> None:
    style = (
        "<style>comment-thread { --gatepost-accent: rgb(1, 2, 3); --gatepost-line: rgb(4, 5, 6);"
        " --gatepost-soft: rgb(7, 8, 9);"
        " --gatepost-ground: rgb(10, 11, 12); --gatepost-link: rgb(13, 14, 15); --gatepost-gap: 33px;"
        " --gatepost-radius: 7px; --gatepost-indent: 44px; --gatepost-padding: 9px; --gatepost-font: 20px monospace;"
        " --gatepost-error: rgb(16, 17, 18) }</style>"
    )
    url = put(stage, head=style)
    root = posted(stage, url, "First <a href='https://example.org/'>a link</a>")
    posted(stage, url, "Reply", parent_id=root)
    page = stage.open(f"{url}#comment-{root}").page
    press_send(page)

    def style_of(selector: str, name: str) -> str:
        return str(page.locator(selector).first.evaluate(f"each => getComputedStyle(each).{name}"))

    expect(page.locator("article.here")).to_be_visible()
    assert style_of("article.here", "borderTopColor") == "rgb(1, 2, 3)"
    assert style_of(".replies article", "borderTopColor") == "rgb(4, 5, 6)"
    assert style_of("article time", "color") == "rgb(7, 8, 9)"
    assert style_of("article", "backgroundColor") == "rgb(10, 11, 12)"
    assert style_of("article .body a", "color") == "rgb(13, 14, 15)"
    assert style_of("article", "marginTop") == "33px"
    assert style_of("article", "borderTopLeftRadius") == "7px"
    assert style_of(".replies", "marginLeft") == "44px"
    assert style_of("article", "paddingTop") == "9px"
    assert style_of("section", "fontSize") == "20px"
    assert style_of(".gatepost-fault", "color") == "rgb(16, 17, 18)"


OLD_PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<HTML><HEAD><TITLE>Ketamine therapy</TITLE>
<STYLE>
* {{ margin: 3px; letter-spacing: .5px; box-sizing: content-box }}
div, p, form, section, article, header, footer, ol, li {{ float: left; clear: both; border: 1px dotted red !important }}
a {{ color: green !important; text-transform: uppercase }} h2, h3 {{ position: relative; left: 40px; color: purple }}
button, input, textarea {{ background: yellow !important; border-radius: 0 !important; font: 9px monospace }}
.list, .body, .replies, .here, .bar, .soft {{ display: none !important }}
:root {{ --line: 99px; --accent: 12px; --soft: 3 }}
#title {{ visibility: hidden }}
</STYLE></HEAD>
<BODY bgcolor=#eeeeff>
<TABLE border=1 width=600 id=outer><TR><TD width=120 valign=top id=nav>Menu<BR>Home<TD valign=top id=main>
<H1 id=h>Ketamine therapy: what to expect</H1>
<H2 id=who>Who it is for</H2><P id=p1>Words before the list
<UL id=list><LI>One<LI>Two <B>bold</UL>
<TABLE id=inner><TR><TD>a<TD>b</TABLE>
<H2>Leave a comment</H2>
{snippet}
</TABLE><P id=after>A footer of the page</BODY></HTML>"""
BOXES = """() => Object.fromEntries(["outer", "nav", "h", "who", "p1", "list", "inner"].map((id) => {
  const box = document.getElementById(id).getBoundingClientRect();
  const style = getComputedStyle(document.getElementById(id));
  // What holds the comments grows with them; nothing else of it changes.
  const height = ["outer", "nav"].includes(id) ? 0 : box.height;
  return [id, [box.x, box.y, box.width, height, style.color, style.font]];
}))"""


def test_on_an_old_page_with_its_own_ideas_nothing_breaks_on_either_side(stage: Stage) -> None:
    # No charset, an old doctype, tables, unclosed tags, a style sheet that reaches for everything.
    path, bare = "/old-page", "/old-page-bare"
    url = stage.host.origin + path
    with_script = OLD_PAGE.format(snippet=snippet(stage.live.origin, url=url))
    without = with_script.replace(f"{stage.live.origin}/embed.js", f"{stage.host.origin}/nothing.js")
    stage.host.put(path, with_script.encode(), Content_Type="text/html")
    stage.host.put(bare, without.encode(), Content_Type="text/html")
    stage.host.put("/nothing.js", "export {}", Content_Type="text/javascript")
    posted(stage, url, "Größe <b>naïve</b> — 漢字 <a href='https://example.org/'>link</a>")
    plain = stage.open(stage.host.origin + bare, wait=False).page

    page = stage.open(url).page

    expect(page.locator("article .body")).to_have_text("Größe naïve — 漢字 link")
    assert page.evaluate(BOXES) == plain.evaluate(BOXES)
    style = page.locator("article .body").evaluate(
        "each => [getComputedStyle(each).float, getComputedStyle(each).borderTopStyle, getComputedStyle(each).display]"
    )
    assert style == ["none", "none", "block"]
    assert page.locator("article .body a").evaluate("each => getComputedStyle(each).textTransform") == "none"
    assert page.locator("#title").evaluate("each => getComputedStyle(each).visibility") == "visible"
    assert (
        page.locator("comment-thread > form button").evaluate("each => getComputedStyle(each).backgroundColor")
        == "rgb(255, 255, 0)"
    )
    send(page, "Ünïcödé from an old page 漢字")
    shown(page, "Ünïcödé from an old page 漢字")
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--line')").strip() == "99px"
