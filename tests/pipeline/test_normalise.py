"""What people hide in text comes out, is counted, and can be found again in what was submitted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.comment import Normal, Submission
from service.pipeline.normalise import MAX_CHARS, host_of, normalise


def read(body: str) -> Normal:
    return normalise(Submission(body=body))


@pytest.mark.parametrize(
    ("body", "text", "kind"),
    [
        ("ca\u200bsino", "casino", "zero_width"),
        ("c\u0336a\u0336s\u0336i\u0336n\u0336o\u0336", "casino", "combining"),
        ("сasino", "casino", "homoglyph"),
        ("Haйдu фото", "Найди фото", "homoglyph"),
        ("ʙᴀᴧюᴛᴀ", "валюта", "homoglyph"),
        ("𝐜𝐚𝐬𝐢𝐧𝐨", "casino", "styled"),
        ("🅲🅰🆂🅸🅽🅾", "CASINO", "styled"),
        ("c a s i n o now", "casino now", "spaced"),
        ("c.a.s.i.n.o", "casino", "spaced"),
        ("c4s1n0", "casino", "leet"),
        ("ca$h", "cash", "leet"),
        ("freeeee", "free", "stretched"),
        ("&#86;iagra", "Viagra", "entity"),
        ("\u202eonisac\u202c", "casino", "bidi"),
        ("see best-slots dot com", "see best-slots.com", "dotted"),
        ("see slots[.]ru", "see slots.ru", "dotted"),
    ],
)
def test_a_disguise_is_undone_and_counted(body: str, text: str, kind: str) -> None:
    normal = read(body)

    assert normal.text == text
    assert normal.undone[kind] > 0


@pytest.mark.parametrize(
    "body",
    [
        "covid-19, H1N1, HbA1c and vitamin B12",
        "diabetes 2 since the 2nd of May, 100k people",
        "a naïve café in Łódź",
        "Tiếng Việt",
        "SMSка про iPhone",
        "می‌خواهم",
        "U.S.S.R.",
        "the dot com bubble",
        "it ended yesterday.In fact it did",
        "www",
    ],
)
def test_innocent_writing_counts_as_no_disguise(body: str) -> None:
    assert not read(body).undone


def test_a_link_in_a_tag_keeps_its_target_and_its_words() -> None:
    body = 'x <a href="https://shop.example/a">cheap</a> y'

    (link,) = read(body).links

    assert (link.url, link.host, link.anchor) == ("https://shop.example/a", "shop.example", "cheap")
    assert body[link.start : link.end] == '<a href="https://shop.example/a">cheap</a>'


@pytest.mark.parametrize(
    ("body", "host"),
    [
        ("see https://www.gov.uk/a.", "gov.uk"),
        ("[url=http://a.ru]b[/url]", "a.ru"),
        ("[b](https://q.com/s)", "q.com"),
        ("bit.ly/abc", "bit.ly"),
        ("hxxp://bad-site.com", "bad-site.com"),
    ],
)
def test_an_address_is_found_however_it_is_written(body: str, host: str) -> None:
    assert [link.host for link in read(body).links] == [host]


def test_a_disguised_word_is_found_where_it_stands() -> None:
    body = "<b>buy</b> v\u200bi\u200ba\u200bgra now"
    normal = read(body)
    start = normal.text.index("viagra")

    found = body[normal.offsets[start] : normal.offsets[start + 6]]

    assert found.strip() == "v\u200bi\u200ba\u200bgra"


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None), max_size=200) | st.text("<>&;#[]=/.@a1e \u200b\u0301\u202e", max_size=300))
def test_any_string_is_read_and_its_offsets_never_decrease(body: str) -> None:
    normal = read(body)

    assert len(normal.offsets) == len(normal.text) + 1
    assert list(normal.offsets) == sorted(normal.offsets)
    assert normal.offsets[-1] <= len(body)
    assert all(0 <= link.start <= link.end <= len(body) for link in normal.links)


@settings(max_examples=100, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyz ,", max_size=200).filter(lambda text: "com" not in text))
def test_plain_words_stay_as_they_are(body: str) -> None:
    normal = read(body)

    if not normal.undone:
        assert normal.text == body


def test_what_is_longer_than_a_comment_can_be_is_not_read() -> None:
    assert len(read("word " * MAX_CHARS).text) <= MAX_CHARS


def test_a_host_is_read_without_scheme_user_and_port() -> None:
    assert host_of("HTTPS://me@www.Shop.Example:8080/a?b#c") == "shop.example"
    assert host_of("") == ""
