"""The widget on a page of another origin, in Chromium."""

import uuid

import pytest
from conftest import Stage, Watched
from host import article
from playwright.sync_api import expect

WORDS = "I read this twice and it helped me, thank you."


@pytest.fixture
def page(stage: Stage) -> str:
    """Return the address of a new article that carries the snippet."""
    return stage.host.put(f"/{uuid.uuid4().hex}", article(stage.live.origin))


def write(watched: Watched, words: str = WORDS, name: str = "Ada") -> None:
    watched.page.get_by_label("Name").fill(name)
    watched.page.get_by_label("Comment", exact=True).fill(words)


def send(watched: Watched, words: str = WORDS, name: str = "Ada") -> None:
    write(watched, words, name)
    watched.page.get_by_role("button", name="Send", exact=True).click()


def test_a_comment_appears_in_place_focused_and_counted(stage: Stage, page: str) -> None:
    seen = stage.open(page)

    send(seen)

    article = seen.page.locator("article", has_text=WORDS)
    expect(article).to_be_focused()
    expect(article).to_have_class("here")
    expect(seen.page.get_by_role("heading", name="Comments (1)")).to_be_visible()
    assert seen.page.url == page
    assert stage.live.rows("SELECT count(*) FROM comment JOIN page USING (site_id, page_id) WHERE key = $1", page) == [
        (1,)
    ]
