"""Judge and write web addresses: only plain http, https and mailto ones pass, in one normal form.

Browsers read addresses leniently (backslashes, tabs, one slash, `user@`, numbers as hosts), and so does bleach. Here
the whole decoded value matches a strict pattern or there is no link.
"""

import html
import re
from urllib.parse import quote

import idna

MAX_URL = 2048
MAX_IDN = 64
"""Internationalised hosts are shorter in practice, in either form; encoding takes 3 µs a character."""
REL = "nofollow ugc noopener"

_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
_WEB = re.compile(r"(https?)://([^\s/?#:@\\\[\]%]+)(?::([1-9][0-9]{0,4}))?(?:([/?#])(.*))?", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:([a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?)@([^\s/?#:@\\\[\]%]+)", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_BYTE = re.compile(r"0|[1-9][0-9]{0,2}")
_REFUSED = frozenset('\\<>"`')
# Everything else is percent-encoded; `%` stays, so that what is encoded isn't encoded again.
_KEPT = "!#$%&'()*+,/:;=?@[]~"
_DEFAULT_PORTS = {"http": "80", "https": "443"}

_BARE = re.compile(r"(?<![\w@./:])(?:https?://|www\.)[^\s<>\"`\\]+", re.IGNORECASE)
_CLOSING = {")": "(", "]": "["}
_TRAILING = ".,;:!?'*_~…»”’"


def safe_url(value: str) -> str | None:
    """Return a web address in normal form, None if it is anything but a plain http or https address.

    Entities that end in a semicolon are decoded first, so that the value judged is the value shown. The host comes
    out in ASCII (IDNA 2008 after UTS 46) and lower case, without the scheme's own port; what follows it is
    percent-encoded where it isn't ASCII. Single-label hosts and dotted IPv4 addresses pass, other numeric hosts don't.
    """
    return _web(decoded(value))


def safe_href(value: str) -> str | None:
    """Return the target of a link in normal form: what `safe_url` accepts, or mailto with one bare address."""
    value = decoded(value)
    return _web(value) or _mailto(value)


def decoded(text: str) -> str:
    """Decode the entities that end in a semicolon, as bleach does; the rest is text."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def escaped(text: str) -> str:
    """Write text for HTML; quotes stay, for they mean nothing outside a tag."""
    return html.escape(text, quote=False)


def opening(url: str) -> str:
    """Return the tag that opens a link to a URL that `safe_href` returned (there is no quote in it)."""
    return f'<a href="{escaped(url)}" rel="{REL}">'


def linked(text: str) -> str:
    """Escape a line of text, with its bare web addresses made links."""
    if "://" not in text and "www." not in text.lower():
        return escaped(text)
    out, done = [], 0
    for match in _BARE.finditer(text):
        shown = _without_trailing(match[0])
        url = _web(shown if "://" in shown[:8] else f"https://{shown}")
        if url is not None:
            out += [escaped(text[done : match.start()]), opening(url), escaped(shown), "</a>"]
            done = match.start() + len(shown)
    return "".join(out) + escaped(text[done:])


def _web(value: str) -> str | None:
    match = _WEB.fullmatch(value) if len(value) <= MAX_URL and _plain(value) else None
    if match is None:
        return None
    scheme, port = match[1].lower(), match[3]
    host = _host(match[2])
    if host is None or (port and int(port) > 65535):
        return None
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS[scheme] else ""
    url = f"{scheme}://{host}{shown_port}{match[4] or ''}{quote(match[5] or '', safe=_KEPT)}"
    return url if len(url) <= MAX_URL else None


def _mailto(value: str) -> str | None:
    match = _MAILTO.fullmatch(value) if len(value) <= 320 and _plain(value) else None
    host = _host(match[2]) if match else None
    return f"mailto:{match[1]}@{host}" if match and host and "." in host and ".." not in match[1] else None


def _plain(value: str) -> bool:
    return value.isprintable() and " " not in value and _REFUSED.isdisjoint(value)


def _host(host: str) -> str | None:
    """Return a host in ASCII, None if it isn't a name or a dotted IPv4 address in its one usual spelling."""
    host = host.lower()
    if not host.isascii():
        host = _idna(host) if len(host) <= MAX_IDN else ""
    labels = host.split(".")
    if len(host) > (MAX_IDN if "xn--" in host else 253) or not all(map(_is_label, labels)):
        return None
    # Browsers take a host whose last label is a number for an IPv4 address, in octal and hexadecimal too.
    if _NUMBER.fullmatch(labels[-1]):
        usual = len(labels) == 4 and all(_BYTE.fullmatch(label) and int(label) <= 255 for label in labels)
        return host if usual else None
    return host


def _is_label(label: str) -> bool:
    if _LABEL.fullmatch(label) is None:
        return False
    if not label.startswith("xn--"):
        return True
    # The full check by `idna` costs ten times as much, and each link is judged before, by and after bleach.
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return shown.isprintable() and not shown.isascii()


def _idna(host: str) -> str:
    """Return a host encoded by IDNA, "" if it can't be."""
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:
        return ""


def _without_trailing(url: str) -> str:
    """Leave out the sentence's punctuation after an address, and brackets it doesn't open."""
    surplus = {close: url.count(close) - url.count(opener) for close, opener in _CLOSING.items()}
    end = len(url)
    while end and (url[end - 1] in _TRAILING or surplus.get(url[end - 1], 0) > 0):
        if url[end - 1] in surplus:
            surplus[url[end - 1]] -= 1
        end -= 1
    return url[:end]
