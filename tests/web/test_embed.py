"""What the widget is served with."""

import gzip
import re
from urllib.parse import quote

import pytest
from live import HOME, PAGE, Live

from service.paths import STATIC


def test_the_script_is_the_source_and_under_ten_kilobytes(live: Live) -> None:
    plain = live.get("/embed.js")
    packed = live.get("/embed.js", {"Accept-Encoding": "gzip"})

    assert plain.content == gzip.decompress(packed.content) == (STATIC / "embed.js").read_bytes()
    assert len(packed.content) <= 10_000
    assert plain.headers["content-type"].startswith("text/javascript")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"


def test_any_page_may_load_the_script_and_asks_again_for_little(live: Live) -> None:
    first = live.get("/embed.js", {"Origin": "https://anywhere.test"})
    again = live.get("/embed.js", {"If-None-Match": first.headers["etag"]})

    assert first.headers["access-control-allow-origin"] == "*"
    assert (again.status, again.content) == (304, b"")


def test_the_script_makes_html_in_one_place_only(live: Live) -> None:
    script = live.get("/embed.js").text

    assert len(re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTMLUnsafe", script)) == 1
    assert not re.search(r"\beval\(|new Function|\.style\b|setAttribute\(\"style|document\.cookie|https?://", script)


def test_only_pages_of_the_site_may_frame_the_thread(live: Live) -> None:
    answer = live.get("/embed/demo", page_url=PAGE)

    policy = answer.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {HOME};" in policy + ";"
    assert f"form-action 'self' {HOME}" in policy
    assert "unsafe" not in policy
    assert "x-frame-options" not in answer.headers
    assert f'data-framed-by="{HOME}"' in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 422), ("page_key=x", 422), ("page_url=javascript:1", 422), ("page_url=https://elsewhere.test/", 403)],
)
def test_a_frame_needs_a_page_of_the_site(live: Live, query: str, status: int) -> None:
    assert live.get(f"/embed/demo?{query}").status == status
    assert live.get("/embed/nowhere", page_url=PAGE).status == 404


def test_what_a_frame_is_told_is_text(live: Live) -> None:
    bad = '"><script>alert(1)</script>'
    shown = live.get(f"/embed/demo?page_url={PAGE}&page_key={quote(bad)}&page_title={quote(bad)}").text

    assert "<script>alert" not in shown


def test_a_form_comes_back_under_a_policy_that_lets_it_lead_to_the_article(live: Live) -> None:
    answer = live.form({"body": "", "author_name": 'Ada "<b>"', "page_url": PAGE, "lang": "fr"})

    assert answer.status == 422
    assert f"form-action 'self' {HOME};" in answer.headers["content-security-policy"] + ";"
    assert 'value="Ada &#34;&lt;b&gt;&#34;"' in answer.text
    assert f'name="page_url" value="{PAGE}"' in answer.text
    assert '<html lang="fr"' in answer.text
    assert "10 000 caractères" in answer.text


def test_a_forms_language_is_the_one_that_its_page_asks_for(live: Live) -> None:
    needs = live.get("/v1/sites/demo/form", {"Origin": HOME, "Accept-Language": "en"}, page_url=PAGE, lang="ar-EG").json

    assert (needs["lang"], needs["dir"]) == ("ar", "rtl")
    assert needs["strings"]["send"] == "إرسال"  # type: ignore[index]
    assert "abuse" in needs["reasons"]  # type: ignore[operator]


def test_a_page_that_is_none_of_the_sites_can_read_why(live: Live) -> None:
    answer = live.get("/v1/sites/demo/form", {"Origin": "https://elsewhere.test"}, page_url=PAGE)

    assert answer.status == 403
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "https://elsewhere.test" in str(answer.json["detail"])
    assert HOME in str(answer.json["detail"])
