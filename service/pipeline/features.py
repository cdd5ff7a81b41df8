"""Turn a comment into numbers: hashed n-grams per field, and features made by hand. Training and serving share this.

Fields are hashed apart, so that a word in the author's name is not the same word in the text. What the corpora were
written with is masked: endings kept for examples, digits, and the addresses within the text.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.comment import Normal
from service.pipeline.cues import NAMES, cues
from service.pipeline.hashing import BUCKETS, Buckets, code_points, stretches, words
from service.pipeline.lexicon import FREE_MAIL
from service.pipeline.normalise import host_of

FEATURE_VERSION = 1
SIZE = BUCKETS + len(NAMES)
"""Hashed buckets first, then the features made by hand."""

BODY, NAME, URL, EMAIL, LINK, ANCHOR = range(1, 7)

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"[{_CJK}]|[^\W_{_CJK}]+(?:['’][^\W\d_]{{1,3}})?|\x01+|[!?$€£₹%]+|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_DIGIT = re.compile(r"\d")
_SPACES = re.compile(r"\s+")
_PART = re.compile(r"[^\W_]+")
_MASK = "\x01"
_EXAMPLE = re.compile(r"\.(?:example|test|invalid)\b")
MAX_FIELD = 300


@dataclass(frozen=True, slots=True)
class Block:
    """Hashed n-grams of one field and kind, and where each begins and ends in that field (for evidence).

    Every n-gram of a block counts 1/√n, so that a long field weighs no more than a short one.
    """

    field: int
    buckets: Buckets
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Features:
    """A comment's features: `body` blocks can be scored in part, `rest` are the other fields, `hand` is by hand.

    `prepared` is the text that the body's offsets are in: as long as the normalised text.
    """

    prepared: str
    tokens: int
    body: tuple[Block, ...]
    rest: tuple[Block, ...]
    hand: NDArray[np.float64]


def features(normal: Normal) -> Features:
    """Return the features of a comment."""
    prepared = _prepared(normal)
    found = list(_TOKEN.finditer(prepared))
    tokens = [match[0] if match[0][0] != _MASK else _MASK for match in found]
    submission = normal.submission
    rest = [
        *_field(NAME, submission.author_name),
        *_field(URL, _address(submission.author_url)),
        *_field(EMAIL, _domain(submission.author_email_domain)),
    ]
    if normal.links:
        rest += _field(LINK, " ".join(_address(link.url) for link in normal.links[:10]))
        rest += _field(ANCHOR, " ".join(link.anchor for link in normal.links[:10] if link.anchor))
    return Features(
        prepared=prepared,
        tokens=len(tokens),
        body=_blocks(BODY, prepared, tokens, [match.span() for match in found]),
        rest=tuple(rest),
        hand=cues(normal, tokens),
    )


def _prepared(normal: Normal) -> str:
    text = normal.text.lower()
    if len(text) != len(normal.text):
        # A few letters grow when lowered (İ); offsets must not.
        text = "".join(low if len(low := char.lower()) == 1 else char for char in normal.text)
    for link in normal.links:
        start = bisect_left(normal.offsets, link.start)
        end = bisect_left(normal.offsets, link.end)
        if link.anchor:
            continue
        text = text[:start] + _MASK * (end - start) + text[end:]
    return _DIGIT.sub("0", text)


@lru_cache(maxsize=1024)
def _field(field: int, value: str) -> tuple[Block, ...]:
    # Remembered, because names and above all e-mail domains come again and again.
    value = _DIGIT.sub("0", value[:MAX_FIELD].lower())
    if not value:
        return ()
    found = list(_PART.finditer(value))
    return _blocks(field, value, [match[0] for match in found], [match.span() for match in found])


def _blocks(field: int, text: str, tokens: list[str], spans: list[tuple[int, int]]) -> tuple[Block, ...]:
    single, pairs = words(tokens, field)
    blocks = []
    if spans:
        edges = np.array(spans, dtype=np.int64)
        starts = np.concatenate([edges[:, 0], edges[:-1, 0]])
        ends = np.concatenate([edges[:, 1], edges[1:, 1]])
        blocks.append(Block(field, np.concatenate([single, pairs]), starts, ends))
    padded, at = _squeezed(text)
    grams = stretches(padded, field)
    if grams:
        starts = np.concatenate([at[: len(gram)] for gram in grams])
        ends = np.concatenate([at[i + 3 : i + 3 + len(gram)] for i, gram in enumerate(grams)])
        blocks.append(Block(field, np.concatenate(grams), starts, ends))
    return tuple(blocks)


def _squeezed(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return a text with single spaces, one around it, and each masked address one character; and its offsets."""
    codes = code_points(text)
    blank = (codes <= 32) & (codes != 1) | (codes == 160)
    runs = blank | (codes == 1)
    again = np.zeros(len(codes), dtype=bool)
    again[1:] = runs[1:] & runs[:-1] & (blank[1:] == blank[:-1])
    at = np.flatnonzero(~again)
    squeezed = np.full(len(at) + 2, 32, dtype=np.uint32)
    squeezed[1:-1] = np.where(blank, 32, codes)[at]
    return squeezed, np.concatenate([[0], at, [len(text), len(text)]])


def _address(url: str) -> str:
    if not url:
        return ""
    host = host_of(url)
    path = url.split(host, 1)[-1] if host else url
    return _EXAMPLE.sub("", host).removesuffix(".com") + path[:80].rstrip("/")


def _domain(domain: str) -> str:
    domain = domain.lower().strip()
    return "free" if domain in FREE_MAIL else _EXAMPLE.sub("", domain)
