import uuid
from xml.etree import ElementTree as ET

import pytest
from live import HOME, PATH, STRICT, Live

ATOM = {"atom": "http://www.w3.org/2005/Atom"}
COUNTS = "/v1/sites/demo/counts"
FEED = "/v1/sites/demo/feed.atom"


@pytest.fixture
def page(live: Live) -> str:
    """Return a page with three published comments and one that is held on the other site."""
    address = f"{HOME}/{uuid.uuid4().hex}"
    for words in ("First of all, thanks.", "A second thought on this.", "And a third one."):
        assert live.post({"body": words, "author_name": "Jo & Co", "page_url": address}).status == 201
    return address


def shown(live: Live, **query: object) -> list[str]:
    comments = live.get(PATH, **query).json["comments"]
    return [comment["html"] for comment in comments]  # type: ignore[attr-defined]


def test_comments_are_listed_oldest_first(live: Live, page: str) -> None:
    assert shown(live, page_url=page) == [
        "<p>First of all, thanks.</p>",
        "<p>A second thought on this.</p>",
        "<p>And a third one.</p>",
    ]


def test_comments_are_listed_newest_first_on_demand(live: Live, page: str) -> None:
    assert shown(live, page_url=page, sort="newest") == shown(live, page_url=page)[::-1]


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_pages_of_a_list_join_without_gap_or_repetition(live: Live, page: str, sort: str) -> None:
    found, cursor = [], ""
    while cursor is not None:
        answer = live.get(PATH, page_url=page, limit=2, sort=sort, cursor=cursor).json
        found += [comment["html"] for comment in answer["comments"]]  # type: ignore[attr-defined]
        cursor = answer["next_cursor"]  # type: ignore[assignment]

    assert found == shown(live, page_url=page, sort=sort)


def test_nothing_private_is_listed(live: Live, page: str) -> None:
    live.post({"body": "With an address.", "author_email": "secret@mail.test", "page_url": page})

    assert "secret" not in live.get(PATH, page_url=page).text


def test_held_comments_are_not_listed_counted_or_fed(live: Live, page: str) -> None:
    live.post({"body": "Held words.", "page_url": page}, path=STRICT)

    assert live.get(STRICT, page_url=page).json["comments"] == []
    assert live.get("/v1/sites/strict/counts", page_url=page).json == {"counts": {page: 0}}
    assert "Held words" not in live.get("/v1/sites/strict/feed.atom").text


def test_a_page_that_nobody_has_commented_is_empty(live: Live) -> None:
    answer = live.get(PATH, page_url=f"{HOME}/nobody/")

    assert answer.status == 200
    assert answer.json["page"] == {
        "key": f"{HOME}/nobody",
        "url": f"{HOME}/nobody/",
        "title": "",
        "count": 0,
        "closed": False,
    }


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page_url": "nonsense"},
        {"page_url": "javascript:alert(1)"},
        {"page_key": "a", "limit": 0},
        {"page_key": "a", "limit": 101},
        {"page_key": "a", "limit": "9" * 40},
        {"page_key": "a", "sort": "best"},
        {"page_key": "a", "cursor": "17"},
        {"page_key": "k" * 3000},
    ],
)
def test_a_parameter_that_cannot_be_read_is_a_field_error(live: Live, query: dict[str, object]) -> None:
    answer = live.get(PATH, **query)

    assert answer.status == 422
    assert answer.json["errors"]


def test_a_list_that_has_not_changed_is_304(live: Live, page: str) -> None:
    tag = live.get(PATH, page_url=page).headers["etag"]

    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = live.get(PATH, {"If-None-Match": asked}, page_url=page)
        assert (answer.status, answer.content, answer.headers["etag"]) == (304, b"", tag)


def test_a_new_comment_changes_the_tags_of_list_counts_and_feed(live: Live, page: str) -> None:
    paths = (PATH, COUNTS, FEED)
    before = {path: live.get(path, page_url=page).headers["etag"] for path in paths}

    live.post({"body": "One more.", "page_url": page})

    for path in paths:
        assert live.get(path, {"If-None-Match": before[path]}, page_url=page).status == 200


def test_other_parameters_have_another_tag(live: Live, page: str) -> None:
    tags = {live.get(PATH, page_url=page, sort=sort).headers["etag"] for sort in ("oldest", "newest")}

    assert len(tags) == 2


def test_answers_may_be_kept_for_a_short_time_by_everybody(live: Live, page: str) -> None:
    for path in (PATH, COUNTS, FEED):
        assert live.get(path, page_url=page).headers["cache-control"].startswith("public, max-age=")


def test_head_has_the_headers_of_get_and_no_content(live: Live, page: str) -> None:
    got, head = live.ask("GET", f"{PATH}?page_url={page}"), live.ask("HEAD", f"{PATH}?page_url={page}")

    assert (head.status, head.content, head.headers["etag"]) == (200, b"", got.headers["etag"])


@pytest.mark.parametrize("path", [PATH, COUNTS, FEED])
def test_scripts_of_the_sites_pages_may_read_and_those_of_others_may_not(live: Live, page: str, path: str) -> None:
    ours = live.get(path, {"Origin": HOME}, page_url=page)
    theirs = live.get(path, {"Origin": "https://elsewhere.test"}, page_url=page)

    assert ours.headers["access-control-allow-origin"] == HOME
    assert "access-control-allow-origin" not in theirs.headers
    assert "Origin" in theirs.headers["vary"]


def test_pages_are_counted_by_the_names_they_were_asked_by(live: Live, page: str) -> None:
    answer = live.ask("GET", f"{COUNTS}?page_url={page}&page_url={page}%23top&page_key=none")

    assert answer.json == {"counts": {page: 3, f"{page}#top": 3, "none": 0}}


@pytest.mark.parametrize("query", ["", "&".join(f"page_key={n}" for n in range(101)), "page_url=nonsense"])
def test_too_few_too_many_and_unreadable_pages_are_field_errors(live: Live, query: str) -> None:
    assert live.ask("GET", f"{COUNTS}?{query}").status == 422


def test_the_feed_is_atom_with_absolute_links(live: Live, page: str) -> None:
    answer = live.get(FEED, page_url=page)

    root = ET.fromstring(answer.text)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    for needed in ("id", "title", "updated"):
        assert root.findtext(f"atom:{needed}", namespaces=ATOM)
    entries = root.findall("atom:entry", ATOM)
    assert [entry.findtext("atom:content", namespaces=ATOM) for entry in entries] == shown(
        live, page_url=page, sort="newest"
    )
    for entry in entries:
        assert entry.findtext("atom:author/atom:name", namespaces=ATOM) == "Jo & Co"
        assert entry.findtext("atom:id", "", ATOM).startswith("urn:uuid:")
        link = entry.find("atom:link", ATOM)
        assert link is not None
        assert link.get("href", "").startswith(f"{page}#comment-")
    assert all(link.get("href", "").startswith("http") for link in root.iter(f"{{{ATOM['atom']}}}link"))


def test_the_sites_feed_has_the_comments_of_all_its_pages(live: Live, page: str) -> None:
    other = f"{HOME}/{uuid.uuid4().hex}"
    live.post({"body": "On another page.", "page_url": other})

    feed = live.get(FEED).text

    assert other in feed
    assert page in feed


def test_a_feed_survives_what_xml_cannot_hold(live: Live) -> None:
    key = uuid.uuid4().hex
    live.post(
        {"body": "odd \ufffe \u0085 \u2028 ]]> & letters \U0001f980", "author_name": "\uffff<b>", "page_key": key}
    )

    root = ET.fromstring(live.get(FEED, page_key=key).text)

    assert "letters \U0001f980" in root.findtext("atom:entry/atom:content", "", ATOM)


@pytest.mark.parametrize("path", [PATH, COUNTS, FEED, "/v1/sites/demo/form"])
def test_an_unknown_site_is_404(live: Live, path: str) -> None:
    answer = live.get(path.replace("demo", "nowhere"), page_url=f"{HOME}/a")

    assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_form_is_told_its_token_and_the_limits(live: Live, page: str) -> None:
    answer = live.get("/v1/sites/demo/form", {"Origin": HOME}, page_url=page)

    assert {"form_token", "max_body", "max_author_name", "strings", "reasons"} <= set(answer.json)
    assert answer.json["challenge"] is None
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == HOME
