"""Sanitising: what passes, what goes, what text becomes, and where the limits are."""

import html_oracle as oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.pipeline import sanitise as module
from service.pipeline.links import linked
from service.pipeline.plain import MAX_HTML_BYTES, plain, without_overrides
from service.pipeline.sanitise import MAX_AMPERSANDS, MAX_BRACKETS, MAX_LINES, MAX_LINKS, repair, sanitise

LINK = '<a href="{}" rel="nofollow ugc noopener">{}</a>'
PIECES = [
    *("<a href='https://a.example/x'>", "</a>", "<b>", "</b>", "<i>", "</i>", "<em>", "<code>", "</code>"),
    *("<pre>", "</pre>", "<pre>\n\n", "<p>", "</p>", "<br>", "<blockquote>", "</blockquote>", "<ul>", "</ul>"),
    *("<ol>", "</ol>", "<li>", "</li>", "<div>", "</div>", "<span onclick=x>", "</span>", "<script>", "</script>"),
    *("<svg>", "<math>", "<style>", "<textarea>", "<table><td>", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "<!"),
    *("<a href=javascript:x>", "<a>", "<a href=/x>", '<b x="', "'", '"', ">", "<", "&", "&lt;", "&amp;", "&#10;"),
    *("&#0;", "&#xd800;", "&#x202e;", "&nbsp;", "&copy", "\n", "\n\n", "\r\n", " ", "\t", "\0", "\x0b", "\ud800"),
    *("\u202e", "\u2028", "word", "x.", "http://b.example/", "www.c.example", ").", "é", "😀", "/", "=", "href="),
]
markup = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=40).map("".join)
surrogates_too = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)


def test_plain_text_is_one_paragraph() -> None:
    clean = sanitise("Fish & chips < 3 > 2")

    assert clean.html == "<p>Fish &amp; chips &lt; 3 &gt; 2</p>"
    assert clean.text == "Fish & chips < 3 > 2"


@pytest.mark.parametrize("body", ["", " \n\t\n ", "\u00a0", "<b></b>", "<pre>\n \n</pre>", "<!-- x -->", "&#1;"])
def test_a_body_without_words_is_empty(body: str) -> None:
    clean = sanitise(body)

    assert (clean.html, clean.text) == ("", "")


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("a\nb", "<p>a<br>b</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
        (" a \r\n \r\n\r\n b ", "<p>a</p><p>b</p>"),
        ("<b>a</b>\nb\n\nc", "<p><b>a</b><br>b</p><p>c</p>"),
        ("<b>a\n\nb</b>", "<p><b>a</b></p><p><b>b</b></p>"),
        ("<p>a\nb</p>\n<p>c</p>", "<p>a b</p><p>c</p>"),
        ("a<br>b<br><br>c", "<p>a<br>b</p><p>c</p>"),
        ("a<br>\nb", "<p>a<br>b</p>"),
        ("a <i>b </i>c", "<p>a <i>b</i> c</p>"),
        ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
        ("a&#10;b", "<p>a<br>b</p>"),
    ],
)
def test_line_ends_become_breaks_and_paragraphs(body: str, html: str) -> None:
    assert sanitise(body).html == html


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("<b><i>x</b>y</i>", "<p><b><i>x</i></b><i>y</i></p>"),
        ("<b>x<blockquote>y", "<p><b>x</b></p><blockquote><p><b>y</b></p></blockquote>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul>a<li>b", "<ul><li>a</li><li>b</li></ul>"),
        ("<li>a<li>b", "<p>a</p><p>b</p>"),
        ("<ol><li>a<p>b</ol>", "<ol><li>a<p>b</p></li></ol>"),
        ("<ol><li><p>a</p></li></ol>", "<ol><li>a</li></ol>"),
        ("<pre>\n\n a\n  <b>b</b></pre>", "<pre>\n\n a\n  <b>b</b></pre>"),
        ("<pre>a<br>b</pre>", "<pre>a\nb</pre>"),
        ("<pre><div>a</div><ul><li>b</ul></pre>", "<pre>a\nb\n</pre>"),
        ("<code><pre>x</pre></code>", "<pre><code>x</code></pre>"),
        ("<b><b>x</b></b>", "<p><b>x</b></p>"),
        ("<span class=x>a</span><x-y>b", "<p>ab</p>"),
        ("<" + "blockquote><" * 20 + "b>x", "<blockquote>" * 8 + "<p><b>x</b></p>" + "</blockquote>" * 8),
    ],
)
def test_markup_comes_out_well_formed(body: str, html: str) -> None:
    assert sanitise(body).html == html


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a <3 months, I <!3 it", "a <3 months, I <!3 it"),
        ("mail <ann@example.org> or </https://x", "mail <ann@example.org> or </https://x"),
        ("if a<b", "if a<b"),
        ('unclosed <b x="y', 'unclosed <b x="y'),
        ("&lt;b&gt; AT&T &copy", "<b> AT&T &copy"),
        ("a<!-- gone -->b<!>c<?x y>d</ z>e<!-->f<!doctype html>g", "abcdefg"),
        ("a<!-- to the end", "a"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<ul><li>a<li>b</ul>c<br>d", "a\n\nb\n\nc\nd"),
    ],
)
def test_words_survive_as_text(body: str, text: str) -> None:
    assert sanitise(body).text == text


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (
            '<a href="https://A.Example:443/x?a=1&amp;b=2#c">t</a>',
            LINK.format("https://a.example/x?a=1&amp;b=2#c", "t"),
        ),
        ("<a title='>' HREF=http://a.example/ href=x onclick=y>t</a>", LINK.format("http://a.example/", "t")),
        ("<a href='mailto:ann@a.example'>t</a>", LINK.format("mailto:ann@a.example", "t")),
        ("<a href='http://bücher.example/ü'>t</a>", LINK.format("http://xn--bcher-kva.example/%C3%BC", "t")),
        ("<a href='http://a.example'>see www.b.example</a>", LINK.format("http://a.example", "see www.b.example")),
        ("<a href='http://a.example'><b>t</b></a>", LINK.format("http://a.example", "<b>t</b>")),
    ],
)
def test_web_and_mail_links_pass_with_rel(body: str, html: str) -> None:
    assert sanitise(body).html == f"<p>{html}</p>"


@pytest.mark.parametrize(
    "href",
    [
        "/x",
        "x",
        "//a.example",
        "#x",
        "?x",
        "",
        "ftp://a.example",
        "data:text/html,x",
        "java\tscript:x",
        "&#106;avascript:x",
    ],
)
def test_any_other_link_is_dropped_and_its_text_stays(href: str) -> None:
    assert sanitise(f'<a href="{href}">t</a>').html == "<p>t</p>"


def test_a_link_without_a_target_is_dropped() -> None:
    assert sanitise("<a name=x>t</a>").html == "<p>t</p>"


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("see http://a.example/x.", f"see {LINK.format('http://a.example/x', 'http://a.example/x')}."),
        ("(www.a.example/x_(y))", f"({LINK.format('https://www.a.example/x_(y)', 'www.a.example/x_(y)')})"),
        ("[http://a.example],", f"[{LINK.format('http://a.example', 'http://a.example')}],"),
        ("http://a.example/?a=1&b", LINK.format("http://a.example/?a=1&amp;b", "http://a.example/?a=1&amp;b")),
        ("http://user@a.example http:// ann@www.x", "http://user@a.example http:// ann@www.x"),
        ("<code>http://a.example</code>", "<code>http://a.example</code>"),
    ],
)
def test_bare_web_addresses_are_linked(body: str, html: str) -> None:
    assert sanitise(body).html == f"<p>{html}</p>"


def test_too_many_bare_addresses_are_not_linked() -> None:
    assert sanitise("http://a.example " * MAX_LINKS).html.count("<a ") == MAX_LINKS
    assert "<a " not in sanitise("http://a.example " * (MAX_LINKS + 1)).html


def test_repair_keeps_tabs_and_lines_and_drops_controls() -> None:
    assert repair("a\tb\r\nc\rd\n\0\x07\x1b\x7f\x85e") == "a\tb\nc\nd\ne"


def test_repair_replaces_lone_surrogates() -> None:
    assert repair("a\ud800b\udfff") == "a\ufffdb\ufffd"


def test_direction_overrides_are_dropped_and_marks_stay() -> None:
    clean = sanitise("a\u202eb\u2066c\u200fd&#x202e;e")

    assert clean.text == "abc\u200fde"


@pytest.mark.parametrize(
    "body", ["<b>" * (MAX_BRACKETS + 1), "<b>&lt;" + "&" * MAX_AMPERSANDS, "<b>x" + "\nx" * (MAX_LINES + 1)]
)
def test_a_body_with_too_much_markup_is_shown_as_typed(body: str) -> None:
    assert sanitise(body).text == body


def test_neighbouring_links_to_one_page_stay_two() -> None:
    link = LINK.format("http://a.example", "http://a.example")

    assert sanitise("<i>http://a.example http://a.example").html == f"<p><i>{link} {link}</i></p>"
    assert sanitise(f"{link} {link}").html == f"<p>{link} {link}</p>"


@pytest.mark.parametrize("unit", ["&", "\n\n&", "😀&", "www.a.de ", "http://a.de\n"])
def test_output_stays_within_48_kb(unit: str) -> None:
    clean = sanitise((unit * 10_000)[:10_000])

    assert len(clean.html.encode()) <= MAX_HTML_BYTES
    assert clean.html.endswith("</p>")


def test_an_output_that_grew_too_large_falls_back_to_plain_text() -> None:
    body = f"<a href='http://a.example/{'x' * 1000}'>" + "x\n\n" * 100

    clean = sanitise(body)

    assert clean.html.startswith("<p>&lt;a href")
    assert len(clean.html.encode()) <= MAX_HTML_BYTES


def test_attributes_never_reach_the_parser() -> None:
    body = "<b " + " ".join(f"a{i}=1" for i in range(20)) + "><a x=1 href='http://a.example'>t"

    assert module._bare(body) == '<b><a href="http://a.example">t'


def test_a_tag_with_too_many_attributes_is_text() -> None:
    assert module._bare("<b " + "a " * 200 + ">") == "&lt;b " + "a " * 200 + ">"


def test_one_target_stands_after_bleach_even_if_it_let_others_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_bleached", lambda _: '<p><a href="javascript:x">t</a></p>')

    assert sanitise("<b>t</b>").html == "<p>t</p>"


def test_bleach_refuses_what_the_first_pass_lets_through() -> None:
    assert module._bleached('<script>x</script><a href="javascript:x" title="y">t</a>') == "x<a>t</a>"


@settings(max_examples=300, deadline=None)
@given(st.one_of(markup, surrogates_too))
@example("http://x.<a>com</a>")
@example("&l<b></b>t;b>")
def test_only_what_is_allowed_comes_out(body: str) -> None:
    clean = sanitise(body)

    oracle.assert_safe(clean.html)
    assert len(clean.html.encode()) <= MAX_HTML_BYTES


@settings(max_examples=300, deadline=None)
@given(st.one_of(markup, surrogates_too))
def test_sanitising_twice_changes_nothing(body: str) -> None:
    once = sanitise(body)

    assert sanitise(once.html).html == once.html


@settings(max_examples=300, deadline=None)
@given(st.one_of(markup, st.text(max_size=200)))
def test_the_fast_path_equals_bleach(body: str) -> None:
    text = without_overrides(repair(body))
    if module._MARKUP.search(text):
        text = text.replace("<", "< ").replace("&", "& ")

    assert module._by_bleach(text, linked) == plain(text)
