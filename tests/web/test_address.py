import pytest

from service.web.address import origin, origin_of, page_key_of


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://site.test", "https://site.test"),
        ("https://site.test/", "https://site.test"),
        ("https://site.test/a/", "https://site.test/a"),
        ("https://site.test/a#b", "https://site.test/a"),
        ("https://site.test/a?", "https://site.test/a"),
        ("https://site.test/a?b=2&a=1", "https://site.test/a?a=1&b=2"),
        ("https://site.test/a?a=2&a=1", "https://site.test/a?a=1&a=2"),
        ("https://site.test/a?empty=", "https://site.test/a?empty="),
        ("https://site.test/a?utm_source=x&UTM_Medium=y&gclid=z&p=1", "https://site.test/a?p=1"),
        ("https://site.test/a?q=a+b", "https://site.test/a?q=a+b"),
        ("https://site.test/a?q=a%20b", "https://site.test/a?q=a+b"),
        ("https://site.test:8443/a", "https://site.test:8443/a"),
    ],
)
def test_spellings_of_an_address_have_one_key(url: str, key: str) -> None:
    assert page_key_of(url) == key


@pytest.mark.parametrize("url", ["https://site.test/a?b=2&a=1#x", "https://site.test/%C3%BC/?q=%26"])
def test_a_key_is_its_own_key(url: str) -> None:
    assert page_key_of(page_key_of(url)) == page_key_of(url)


@pytest.mark.parametrize("url", ["https://site.test/A", "https://site.test/a?P=1", "http://site.test/a"])
def test_what_servers_tell_apart_has_a_key_of_its_own(url: str) -> None:
    assert page_key_of(url) != page_key_of("https://site.test/a?p=1")
    assert page_key_of(url) != page_key_of("https://site.test/a")


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin_of("https://site.test:8443/a?b#c") == "https://site.test:8443"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://site.test", "https://site.test"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://site.test/", None),
        ("https://site.test/a", None),
        ("site.test", None),
        ("https://*.site.test", None),
        ("null", None),
    ],
)
def test_only_an_origin_is_read_as_one(text: str, read: str | None) -> None:
    assert origin(text) == read
