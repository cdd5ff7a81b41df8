"""Name pages: origins, and the one form of a page's URL that all its spellings share."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from service.pipeline.sanitise import safe_url

_TRACKING = frozenset(
    "fbclid gclid dclid gbraid wbraid msclkid yclid twclid igshid mc_cid mc_eid _ga _gl ref_src".split()
)


def origin_of(url: str) -> str:
    """Return the origin of a URL that `safe_url` has returned."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def page_key_of(url: str) -> str:
    """Return the key that a page has by its URL, the same for all its spellings.

    Scheme and host are in lower case and the default port is gone already (`safe_url`); here go the fragment,
    tracking parameters and a trailing slash, and the other parameters are sorted.
    """
    parts = urlsplit(url)
    kept = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _TRACKING and not name.lower().startswith("utm_")
    )
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{query}"


def origin(text: str) -> str | None:
    """Return an origin as sites list it (`https://example.org`), None where the text is anything else."""
    url = safe_url(text)
    return url if url is not None and url == origin_of(url) else None
