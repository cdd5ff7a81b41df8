"""Count what people who read spam look for: links, handles, offers, praise that fits any page, who signs with what.

Each cue is scaled to about [0, 2]. Lengths of the whole text are left out: they tell corpora apart, not spam.
"""

import re
from collections.abc import Iterator, Sequence
from math import log1p

from service.comment import Link, Normal
from service.pipeline.lexicon import (
    COMMERCE,
    EMAIL,
    FREE_HOSTS,
    HANDLE,
    MESSENGERS,
    MONEY,
    SHORTENERS,
)
from service.pipeline.phones import phones
from service.pipeline.signatures import AUTHOR_CUES, author_cues, is_cheap, is_trusted, odd_host, trade_words
from service.pipeline.turns import KINDS, turns

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
    "link_trusted",
)
_TEXT_CUES = (
    "handles",
    "emails",
    "phones",
    "money",
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
    "pitch",
    "pitch_off_title",
    "praise_off_title",
    "quoted",
)
NAMES = (
    *_LINK_CUES,
    *_TEXT_CUES,
    *(f"turn_{kind}" for kind in KINDS),
    *AUTHOR_CUES,
    *(f"undone_{name}" for name in DISGUISES),
    "styled_throughout",
)
"""The order of the features made by hand."""

_PLACE = {name: place for place, name in enumerate(NAMES)}
_PITCHES = tuple(KINDS.index(kind) for kind in ("offer", "contact", "earn", "promote", "seo", "goods"))
_PRAISE = KINDS.index("praise")
_THROUGHOUT = 0.8
"""Share of a text's letters and digits from which it counts as written in another alphabet throughout."""
_READ = 2000
"""Characters of a text that are counted for capitals and digits."""

_SCRIPTS = (
    re.compile("[A-Za-z\u00c0-\u024f]"),
    re.compile("[\u0400-\u052f]"),
    re.compile("[\u0370-\u03ff]"),
    re.compile("[\u0590-\u08ff]"),
    re.compile("[\u0900-\u0dff]"),
    re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"),
)
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_TRACKBACK = re.compile(r"\[?(?:\.\.\.|…)\]?.{0,400}?\[(?:\.\.\.|…)\]|\b(?:trackback|pingback)\b", re.DOTALL)
_QUOTED = re.compile(r'(?<!\w)"[^"\n]{8,400}"|[“„«][^“”«»\n]{8,400}[”“»]')
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_UPPER = bytes(range(65, 91))
_LETTERS = _UPPER + bytes(range(97, 123))
_DIGITS = b"0123456789"


def cues(normal: Normal, lowered: str, tokens: Sequence[str]) -> list[float]:
    """Return the features made by hand, in the order of `NAMES`.

    `lowered` is the text in lower case with its digits zeroed, `tokens` are its words.
    """
    row = [0.0] * len(NAMES)
    submission = normal.submission
    title = set(_LONG_WORD.findall(submission.page_title.lower())) if submission.page_title else set()
    said = turns(tokens)
    for name, value in _text_cues(normal, lowered, tokens, title, said):
        row[_PLACE[name]] = value
    if normal.links:
        for name, value in _link_cues(normal, tokens):
            row[_PLACE[name]] = value
    if submission.author_name or submission.author_url or submission.author_email_domain:
        script = _script(submission.author_name) != _script(normal.text) and bool(normal.text)
        pitched = any(said[kind] for kind in _PITCHES)
        for name, value in author_cues(normal, lowered, title, script, pitched, bool(said[_PRAISE])):
            row[_PLACE[name]] = value
    for kind, count in normal.undone.items():
        place = _PLACE.get(f"undone_{kind}")
        if place is not None:
            row[place] = log1p(count)
    if styled := normal.undone.get("styled", 0):
        # Who writes everything in another alphabet likes it; who hides a name writes that in it.
        row[_PLACE["styled_throughout"]] = float(styled > _THROUGHOUT * sum(map(str.isalnum, normal.text)))
    return row


def _text_cues(
    normal: Normal, lowered: str, tokens: Sequence[str], title: set[str], said: Sequence[int]
) -> Iterator[tuple[str, float]]:
    text = normal.text
    count = max(1, len(tokens))
    for kind, times in zip(KINDS, said, strict=True):
        if times:
            yield f"turn_{kind}", log1p(times)
    trade = sum([token in COMMERCE for token in tokens])
    if trade:
        yield "trade_share", 2.0 * trade / (count + 3)
        yield "trade_words", log1p(trade) / 2
    pitch = sum([said[kind] > 0 for kind in _PITCHES]) / 2
    yield "pitch", pitch
    if quoted := sum(map(len, _QUOTED.findall(text[:_READ]))):
        yield "quoted", min(1.0, quoted / len(text))
    yield "repeated", 1.0 - len(set(tokens)) / count if count > 8 else 0.0
    yield "few_words", float(count < 4)
    yield from _sign_cues(text, lowered)
    if title:
        shared = len(title.intersection(tokens)) / (len(title) + 1)
        yield "title_overlap", shared
        yield "no_title_overlap", float(not shared and count > 12)
        yield "pitch_off_title", 0.0 if shared else pitch
        yield "praise_off_title", float(said[_PRAISE] > 0 and not shared)


def _sign_cues(text: str, lowered: str) -> Iterator[tuple[str, float]]:
    read = text[:_READ]
    plain = read.encode("ascii", "ignore")
    letters = len(plain) - len(plain.translate(None, _LETTERS)) + len(read) - len(plain)
    yield "capitals", max(0.0, (len(plain) - len(plain.translate(None, _UPPER))) / (letters or 1) - 0.2)
    if "!" in text:
        yield "exclamations", min(2.0, log1p(text.count("!")) / 2)
    yield "questions", float("?" in text)
    if not text.isascii():
        yield "emoji", log1p(len(_EMOJI.findall(text))) / 2
        yield "scripts", float(sum([script.search(text) is not None for script in _SCRIPTS]) > 1)
    if "@" in text:
        yield "handles", log1p(len(HANDLE.findall(text)))
        yield "emails", log1p(len(EMAIL.findall(text)))
    if "0" in lowered:
        digits = len(plain) - len(plain.translate(None, _DIGITS))
        yield "digits", min(0.3, digits / len(read)) if read else 0.0
        yield "phones", log1p(phones(text))
        yield "money", log1p(len(MONEY.findall(lowered)))
    if "[" in text or "back" in lowered:
        yield "trackback", float(_TRACKBACK.search(lowered) is not None)


def _link_cues(normal: Normal, tokens: Sequence[str]) -> Iterator[tuple[str, float]]:
    links = normal.links
    hosts = [link.host for link in links]
    yield "link_any", 1.0
    yield "links", log1p(len(links)) - log1p(1)
    yield "link_anchors", log1p(normal.undone.get("anchor", 0))
    yield "link_codes", log1p(normal.undone.get("bbcode", 0))
    yield "link_markdown", log1p(normal.undone.get("markdown", 0))
    yield "link_share", min(1.0, sum(map(_shown, links)) / max(1, len(normal.text)))
    yield "link_alone", float(len(tokens) <= 3 * len(links))
    yield "link_hosts", log1p(len(set(hosts)) - 1)
    yield "link_shortener", float(any(host in SHORTENERS for host in hosts))
    yield "link_messenger", float(any(host in MESSENGERS for host in hosts))
    yield "link_cheap", float(any(map(is_cheap, hosts)))
    yield "link_free_host", float(any(host.endswith(FREE_HOSTS) for host in hosts))
    yield "link_odd_host", float(any(map(odd_host, hosts)))
    yield "link_path", float(any(link.url.rstrip("/").count("/") > 2 for link in links))
    yield "link_query", float(any("?" in link.url or "ref=" in link.url for link in links))
    yield "link_trade", float(any(trade_words(link.url + " " + link.anchor) for link in links[:10]))
    yield "link_trusted", float(all(map(is_trusted, hosts)))


def _shown(link: Link) -> int:
    return len(link.anchor) if link.anchor else len(link.url)


def _script(text: str) -> int:
    return 0 if text.isascii() else next((i for i, script in enumerate(_SCRIPTS) if script.search(text)), 0)
