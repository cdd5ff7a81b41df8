"""Count what people who read spam look for: links, handles, trade in the author's name, praise that fits any page.

Each cue is scaled to about [0, 2]. Lengths of the whole text are left out: they tell corpora apart, not spam.
"""

import re
from collections.abc import Iterator, Sequence
from math import log1p

import numpy as np
from numpy.typing import NDArray

from service.comment import Link, Normal, Submission
from service.pipeline.lexicon import (
    CALL_TO_ACTION,
    CHEAP_TLDS,
    COMMERCE,
    EMAIL,
    FREE_HOSTS,
    FREE_MAIL,
    HANDLE,
    MESSENGERS,
    MONEY,
    PHONE,
    PRAISE,
    SHORTENERS,
)
from service.pipeline.normalise import host_of

DISGUISES = (
    "zero_width",
    "homoglyph",
    "styled",
    "combining",
    "bidi",
    "leet",
    "spaced",
    "stretched",
    "dotted",
    "entity",
    "comment",
)
_LINK_CUES = (
    "link_any",
    "links",
    "link_anchors",
    "link_codes",
    "link_markdown",
    "link_share",
    "link_alone",
    "link_hosts",
    "link_shortener",
    "link_messenger",
    "link_cheap",
    "link_free_host",
    "link_odd_host",
    "link_path",
    "link_query",
    "link_trade",
)
_TEXT_CUES = (
    "handles",
    "emails",
    "phones",
    "money",
    "calls",
    "praise",
    "praise_no_title_word",
    "trade_share",
    "trade_words",
    "capitals",
    "exclamations",
    "emoji",
    "digits",
    "repeated",
    "few_words",
    "trackback",
    "questions",
    "scripts",
    "title_overlap",
    "no_title_overlap",
)
_NAME_CUES = (
    "name_trade",
    "name_all_trade",
    "name_words",
    "name_digits",
    "name_address",
    "name_lower_words",
    "name_script",
    "name_in_text",
    "name_in_title",
)
_AUTHOR_CUES = (
    "url_any",
    "url_path",
    "url_cheap",
    "url_free_host",
    "url_odd_host",
    "url_trade",
    "url_in_text",
    "url_name_agrees",
    "url_name_differs",
    "url_with_praise",
    "mail_own_domain",
    "mail_is_url",
    "mail_odd",
)
NAMES = (*_LINK_CUES, *_TEXT_CUES, *_NAME_CUES, *_AUTHOR_CUES, *(f"undone_{name}" for name in DISGUISES))
"""The order of the features made by hand."""

_SCRIPTS = (
    re.compile("[A-Za-z\u00c0-\u024f]"),
    re.compile("[\u0400-\u052f]"),
    re.compile("[\u0370-\u03ff]"),
    re.compile("[\u0590-\u08ff]"),
    re.compile("[\u0900-\u0dff]"),
    re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"),
)
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_TRACKBACK = re.compile(
    r"\[?(?:\.\.\.|…)\]?.{0,400}?\[(?:\.\.\.|…)\]|\b(?:trackback|pingback)\b", re.DOTALL | re.IGNORECASE
)
_PART = re.compile(r"[^\W_]+")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_ODD = re.compile(r"\d|-")


def cues(normal: Normal, tokens: Sequence[str]) -> NDArray[np.float64]:
    """Return the features made by hand, in the order of `NAMES`."""
    values: dict[str, float] = {}
    submission = normal.submission
    title = _long_words(submission.page_title)
    values.update(_text_cues(normal, tokens, title))
    if normal.links:
        values.update(_link_cues(normal, tokens))
    if submission.author_name:
        values.update(_name_cues(normal, title))
    if submission.author_url or submission.author_email_domain:
        values.update(_author_cues(normal, values.get("praise", 0.0)))
    for kind, count in normal.undone.items():
        values[f"undone_{kind}"] = log1p(count)
    return np.array([values.get(name, 0.0) for name in NAMES])


def trade_words(text: str) -> list[re.Match[str]]:
    """Return the words of trade in a name or address."""
    return [match for match in _PART.finditer(text) if match[0].lower() in COMMERCE]


def _text_cues(normal: Normal, tokens: Sequence[str], title: set[str]) -> Iterator[tuple[str, float]]:
    text = normal.text
    count = max(1, len(tokens))
    trade = sum(token in COMMERCE for token in tokens)
    lowered = text.lower()
    praise = len(PRAISE.findall(lowered))
    letters = sum(map(str.isalpha, text[:2000])) or 1
    yield "calls", log1p(len(CALL_TO_ACTION.findall(lowered)))
    yield "praise", log1p(praise)
    yield "trade_share", 2.0 * trade / (count + 3)
    yield "trade_words", log1p(trade) / 2
    yield "capitals", max(0.0, sum(map(str.isupper, text[:2000])) / letters - 0.2)
    yield "exclamations", log1p(text.count("!")) / 2
    yield "repeated", 1.0 - len(set(tokens)) / count if count > 8 else 0.0
    yield "few_words", float(count < 4)
    yield "questions", float("?" in text)
    if not text.isascii():
        yield "emoji", log1p(len(_EMOJI.findall(text))) / 2
        yield "scripts", float(sum(script.search(text) is not None for script in _SCRIPTS) > 1)
    if "@" in text:
        yield "handles", log1p(len(HANDLE.findall(text)))
        yield "emails", log1p(len(EMAIL.findall(text)))
    digits = sum(map(str.isdigit, text[:2000]))
    if digits:
        yield "digits", digits / len(text[:2000])
        yield "phones", log1p(sum(1 for _ in PHONE.finditer(text)))
        yield "money", log1p(sum(1 for _ in MONEY.finditer(text)))
    if "[" in text or "back" in text:
        yield "trackback", float(_TRACKBACK.search(text) is not None)
    if title:
        shared = len(title & set(tokens)) / (len(title) + 1)
        yield "title_overlap", shared
        yield "no_title_overlap", float(not shared and count > 12)
        yield "praise_no_title_word", float(bool(praise) and not shared)


def _link_cues(normal: Normal, tokens: Sequence[str]) -> Iterator[tuple[str, float]]:
    links = normal.links
    hosts = [link.host for link in links]
    yield "link_any", 1.0
    yield "links", log1p(len(links)) - log1p(1)
    yield "link_anchors", log1p(normal.undone.get("anchor", 0))
    yield "link_codes", log1p(normal.undone.get("bbcode", 0))
    yield "link_markdown", log1p(normal.undone.get("markdown", 0))
    yield "link_share", sum(_shown(link) for link in links) / max(1, len(normal.text))
    yield "link_alone", float(len(tokens) <= 3 * len(links))
    yield "link_hosts", log1p(len(set(hosts)) - 1)
    yield "link_shortener", float(any(host in SHORTENERS for host in hosts))
    yield "link_messenger", float(any(host in MESSENGERS for host in hosts))
    yield "link_cheap", float(any(_is_cheap(host) for host in hosts))
    yield "link_free_host", float(any(host.endswith(free) for host in hosts for free in FREE_HOSTS))
    yield "link_odd_host", float(any(_ODD.search(host) for host in hosts))
    yield "link_path", float(any(link.url.rstrip("/").count("/") > 2 for link in links))
    yield "link_query", float(any("?" in link.url or "ref=" in link.url for link in links))
    yield "link_trade", float(any(trade_words(link.url + " " + link.anchor) for link in links))


def _name_cues(normal: Normal, title: set[str]) -> Iterator[tuple[str, float]]:
    name = normal.submission.author_name[:200]
    parts = [part.lower() for part in _PART.findall(name)]
    trade = sum(part in COMMERCE for part in parts)
    yield "name_trade", log1p(trade)
    yield "name_all_trade", float(bool(parts) and trade * 2 >= len(parts) and trade > 1)
    yield "name_words", max(0, min(len(parts), 8) - 3) / 3
    yield "name_digits", float(any(map(str.isdigit, name)))
    yield "name_address", float(bool(re.search(r"https?:|www\.|\w\.(?:com|net|org|ru|in|co|info)\b", name.lower())))
    yield "name_lower_words", float(len(parts) > 1 and name == name.lower() and name.isascii())
    yield "name_script", float(_script(name) != _script(normal.text) and bool(normal.text))
    text = normal.text.lower()
    long = [part for part in parts if len(part) > 3]
    yield "name_in_text", float(bool(long) and all(part in text for part in long))
    yield "name_in_title", float(bool(long) and any(part in title for part in long))


def _author_cues(normal: Normal, praise: float) -> Iterator[tuple[str, float]]:
    submission = normal.submission
    host = host_of(submission.author_url) if submission.author_url else ""
    if host:
        path = submission.author_url.rstrip("/").count("/") > 2
        yield "url_any", 1.0
        yield "url_path", float(path)
        yield "url_cheap", float(_is_cheap(host))
        yield "url_free_host", float(any(host.endswith(free) for free in FREE_HOSTS))
        yield "url_odd_host", float(bool(_ODD.search(host)))
        yield "url_trade", log1p(_trade_in_address(submission.author_url))
        yield "url_in_text", float(host in normal.text.lower() or any(link.host == host for link in normal.links))
        yield "url_with_praise", float(praise > 0)
        agrees = _agrees(submission, host)
        yield "url_name_agrees", float(agrees)
        yield "url_name_differs", float(not agrees and bool(submission.author_name))
    domain = submission.author_email_domain.lower()
    if domain:
        yield "mail_own_domain", float(domain not in FREE_MAIL)
        yield "mail_is_url", float(domain == host)
        yield "mail_odd", float(bool(_ODD.search(domain)) or _is_cheap(domain))


def _trade_in_address(url: str) -> int:
    """Count words of trade, also such as stand within a longer host name."""
    text = url.lower().split("://")[-1]
    apart = sum(part in COMMERCE for part in _PART.findall(text))
    return apart or int(any(word in text for word in _LONG_TRADE))


_LONG_TRADE = tuple(sorted(word for word in COMMERCE if len(word) > 4 and word.isascii()))


def _agrees(submission: Submission, host: str) -> bool:
    parts = [part.lower() for part in _PART.findall(submission.author_name) if len(part) > 2]
    plain = host.replace("-", "").replace(".", "")
    return any(part in plain for part in parts)


def _is_cheap(host: str) -> bool:
    return host.rsplit(".", 1)[-1] in CHEAP_TLDS


def _shown(link: Link) -> int:
    return len(link.anchor) if link.anchor else len(link.url)


def _long_words(text: str) -> set[str]:
    return {word.lower() for word in _LONG_WORD.findall(text)}


def _script(text: str) -> int:
    return next((i for i, script in enumerate(_SCRIPTS) if script.search(text)), 0)
