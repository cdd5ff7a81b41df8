import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from live import Live

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


class Form(HTMLParser):
    """Collect what a browser would send back."""

    def __init__(self, page: str):
        super().__init__()
        self.fields: dict[str, str] = {}
        self.action = ""
        self.labels: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        if tag == "label":
            self.labels.add(given.get("for") or "")
        if tag in ("input", "textarea") and given.get("name"):
            self.fields[given["name"] or ""] = given.get("value") or ""


def send(live: Live, page: str, **fields: str) -> str:
    """Fill the form in as a browser does without script, and return where it leads."""
    form = Form(page)
    headers = BROWSER | {
        "Origin": live.origin,
        "Referer": f"{live.origin}/demo",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = live.ask("POST", form.action, urlencode(form.fields | fields), headers)
    assert answer.status == 303
    return answer.headers["location"]


def test_the_home_page_leads_to_the_article(live: Live) -> None:
    answer = live.get("/")

    assert (answer.status, answer.headers["location"]) == (307, "/demo")


def test_the_form_of_the_article_brings_a_comment_in(live: Live) -> None:
    where = send(live, live.get("/demo", BROWSER).text, body="A <b>bold</b> word & more", author_name="Ada <i>")

    page, _, _ = where.removeprefix(live.origin).partition("#")
    assert "A <b>bold</b> word &amp; more" in live.get(page).text


def test_a_published_comment_stands_below_the_article(live: Live) -> None:
    answer = live.post({"body": "Below it.", "author_name": "Ada <i>", "page_url": f"{live.origin}/demo"})

    shown = live.get("/demo").text
    assert f'id="comment-{answer.json["id"]}"' in shown
    assert "<p>Below it.</p>" in shown
    assert "Ada &lt;i&gt;" in shown


def test_a_comment_can_be_answered_without_script(live: Live) -> None:
    parent = live.post({"body": "A question?", "page_url": f"{live.origin}/demo"}).json["id"]

    link = f"?answer={parent}#form"
    assert link in live.get("/demo").text
    form = Form(live.get(f"/demo?answer={parent}").text)
    assert form.fields["parent_id"] == parent


@pytest.mark.parametrize("asked", ["17", "%22%3E%3Cscript%3E", "00000000-0000-0000-0000-000000000000"])
def test_an_answer_to_nothing_is_a_comment_on_the_article(live: Live, asked: str) -> None:
    page = live.get(f"/demo/plain?answer={asked}").text

    assert Form(page).fields["parent_id"] == ""
    assert "<script" not in page


def test_every_field_that_people_see_has_a_label(live: Live) -> None:
    form = Form(live.get("/demo").text)

    assert {"author_name", "author_email", "body", "website"} <= form.labels
    assert {"page_url", "form_token", "parent_id"} <= set(form.fields)


@pytest.mark.parametrize("path", ["/demo/plain", "/docs", "/nothing", "/status/x"])
def test_pages_have_neither_script_nor_inline_style_nor_foreign_content(live: Live, path: str) -> None:
    page = live.get(path, BROWSER).text

    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", page)
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert link.startswith(("/", "#", "?", live.origin))


def test_the_pages_style_sheet_is_there(live: Live) -> None:
    answer = live.get("/static/reader.css")

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")


def test_the_pages_set_no_cookies(live: Live) -> None:
    for path in ("/", "/demo", "/docs"):
        assert "set-cookie" not in live.get(path).headers
