"""Web addresses: one normal form for what is plainly http, https or mailto, nothing for the rest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.pipeline.links import safe_href, safe_url


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://a.example", "https://a.example"),
        ("https://XN--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("HTTP://A.example:80/P?q=é|", "http://a.example/P?q=%C3%A9%7C"),
        ("http://localhost:8000/demo", "http://localhost:8000/demo"),
        ("http://127.0.0.1:8000/%20", "http://127.0.0.1:8000/%20"),
        ("https://a.example/?a&amp;b&copy=1", "https://a.example/?a&b&copy=1"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("https://ａ.example", "https://a.example"),
    ],
)
def test_a_web_address_comes_out_in_one_form(value: str, url: str) -> None:
    assert safe_url(value) == url
    assert safe_url(url) is not None


@pytest.mark.parametrize(
    "value",
    [
        *("", "a.example", "//a.example", "http:a.example", "http:/a.example", "http:///a.example", "https://"),
        *("javascript:alert(1)", "mailto:ann@a.example", "data:,x", "ftp://a.example", "view-source:http://a.example"),
        *("http://u@a.example", "http://u:p@a.example", "http://a.example\\@b.example", "http:\\\\a.example"),
        *("http://a.example:", "http://a.example:0", "http://a.example:080", "http://a.example:65536", "http://a:b"),
        *(
            " http://a.example",
            "http://a.example ",
            "http://a.example/a b",
            "ht\ttp://a.example",
            "http://a.example/\n",
        ),
        *(
            "http://a.example/\u202e",
            "http://a.example/\0",
            "http://a.example/\ud800",
            "http://a.example/<",
            "http://%61",
        ),
        *("http://2130706433", "http://0x7f.1", "http://1.2.3", "http://256.1.1.1", "http://01.1.1.1", "http://[::1]"),
        *("http://-a.example", "http://a..example", "http://a.example.", "http://a_b.example", "http://xn--a.example"),
        *(
            "http://xn--abc-.example",
            f"http://{'é' * 65}.example",
            f"http://{'é' * 30}.{'ü' * 30}.de",
            "http://xn--abc-d.xn--99999999.example",
        ),
        *("http://\u00ad.example", "http://" + "a." * 130 + "example", "http://a.example/" + "x" * 2048),
        *("http://a.example/" + "é" * 500, "&#106;avascript:x", "http&colon;//a.example/&#10;"),
    ],
)
def test_anything_else_is_no_web_address(value: str) -> None:
    assert safe_url(value) is None


@pytest.mark.parametrize(
    "value", ["mailto:", "mailto:a@b", "mailto:a..b@c.example", "mailto:a@b.example?cc=x", "mailto:a@b@c.d"]
)
def test_mail_links_name_one_bare_address(value: str) -> None:
    assert safe_href(value) is None


@settings(deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=200))
def test_a_web_address_is_ascii_and_stays_itself(value: str) -> None:
    for candidate in (value, f"http://{value}", f"http://a.example/{value}"):
        url = safe_url(candidate)

        assert url is None or (url.isascii() and safe_url(url.replace("&", "&amp;")) == url)
