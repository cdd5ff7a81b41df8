"""Turn comments into numbers: hashed n-grams per field, and features made by hand. Training and serving share this.

A whole batch is hashed in one pass. Fields are hashed apart, so that a word in the author's name is not the same word
in the text. What the corpora were written with is masked: digits, the endings of addresses, addresses in the text.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.comment import Normal
from service.pipeline.cues import NAMES, cues
from service.pipeline.hashing import BUCKETS, CHAR_SIZES, Buckets, Places, code_points, stretches, words
from service.pipeline.lexicon import FREE_MAIL
from service.pipeline.normalise import host_of

FEATURE_VERSION = 3
SIZE = BUCKETS + len(NAMES)
"""Hashed buckets first, then the features made by hand."""

BODY, NAME, URL, EMAIL, LINK, ANCHOR = range(1, 7)

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf"[{_CJK}]|[^\W_{_CJK}]+(?:['’][^\W\d_]{{1,3}})?|\x01+|[!?$€£₹%]+|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_DIGIT = re.compile(r"\d")
_PART = re.compile(r"[^\W_]+")
_MASK = "\x01"
_ENDING = re.compile(r"\.(?:(?:co|com|org|ac|gov|net|or)\.)?[^.]+$")
_ZERO = ord("0")
_LONGEST_NUMBER = 4
MAX_FIELD = 300


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a batch of comments.

    N-grams lie flat: entry i is in bucket `buckets[i]`, belongs to block `blocks[i]`, and starts at word or character
    `places[i]`. A block is the words or the characters of one field: `owners` says whose, `fields` which; each of its
    n-grams counts `scales`, 1/√n, so that a long field weighs no more than a short one. `hand` has one row of `NAMES`
    per comment. `prepared` are the texts that spans are offsets in, as long as the normalised ones.
    """

    buckets: Buckets
    blocks: NDArray[np.int64]
    places: Places
    owners: NDArray[np.int64]
    fields: NDArray[np.int64]
    scales: NDArray[np.float64]
    hand: NDArray[np.float64]
    prepared: tuple[str, ...]
    tokens: tuple[int, ...]
    _kinds: tuple[int, ...]
    _at: Places

    def alone(self, i: int) -> "Features":
        """Return the features of one comment of the batch."""
        if len(self.prepared) == 1:
            return self
        of = np.flatnonzero(self.owners[self.blocks] == i)
        edges = np.searchsorted(of, np.cumsum((0, *self._kinds)))
        mine = np.flatnonzero(self.owners == i)
        places = self.places[of]
        # The text comes first, so that its first word and character are the comment's first.
        characters = edges[2]
        first_word = int(places[0]) if characters else 0
        first = int(places[characters]) if len(places) > characters else 0
        places[:characters] -= first_word
        places[characters:] -= first
        return Features(
            buckets=self.buckets[of],
            blocks=np.searchsorted(mine, self.blocks[of]),
            places=places,
            owners=np.zeros(len(mine), dtype=np.int64),
            fields=self.fields[mine],
            scales=self.scales[mine],
            hand=self.hand[i : i + 1],
            prepared=self.prepared[i : i + 1],
            tokens=self.tokens[i : i + 1],
            _kinds=tuple(np.diff(edges).tolist()),
            _at=self._at[first:],
        )

    def body_spans(self) -> tuple[Places, Places, Places]:
        """Return which n-grams are of the text, and where each starts and ends in it; for a batch of one."""
        edges = np.array([match.span() for match in _TOKEN.finditer(self.prepared[0])], dtype=np.int64).reshape(-1, 2)
        # The text comes first in each kind, so that its words are the first words and its characters the first.
        found, starts, ends = [], [], []
        first = 0
        for kind, count in enumerate(self._kinds):
            of = np.flatnonzero(self.fields[self.blocks[first : first + count]] == BODY)
            place = self.places[first + of]
            found.append(first + of)
            if kind < 2:
                starts.append(edges[place, 0])
                ends.append(edges[place + kind, 1])
            else:
                starts.append(self._at[place])
                ends.append(self._at[place + CHAR_SIZES[kind - 2] - 1] + 1)
            first += count
        # The blank put before the text is no part of it, nor is the one after.
        length = len(self.prepared[0])
        return np.concatenate(found), np.concatenate(starts).clip(0, length), np.concatenate(ends).clip(0, length)


def features(normals: Sequence[Normal]) -> Features:
    """Return the features of a batch of comments."""
    fields: list[int] = []
    owners: list[int] = []
    texts: list[str] = []
    counts: list[int] = []
    tokens: list[str] = []
    hand: list[list[float]] = []
    prepared: list[str] = []
    for i, normal in enumerate(normals):
        body = _prepared(normal)
        found = _TOKEN.findall(body)
        if _MASK in body:
            found = [token if token[0] != _MASK else _MASK for token in found]
        hand.append(cues(normal, body, found))
        prepared.append(body)
        for field, text, parts in ((BODY, body, found), *_beside(normal)):
            fields.append(field)
            owners.append(i)
            texts.append(text)
            counts.append(len(parts))
            tokens += parts
    return _hashed(fields, owners, texts, counts, tokens, hand, prepared)


def _hashed(
    fields: list[int],
    owners: list[int],
    texts: list[str],
    counts: list[int],
    tokens: list[str],
    hand: list[list[float]],
    prepared: list[str],
) -> Features:
    field = np.array(fields, dtype=np.uint64)
    total = len(fields)
    word_of = np.repeat(np.arange(total), counts)
    codes, at, char_of = _squeezed(texts)
    buckets, blocks, places = [], [], []
    for of, base, grams in (
        (word_of, 0, words(tokens, field[word_of], word_of)),
        (char_of, total, stretches(codes, field[char_of], char_of)),
    ):
        for found, first in grams:
            buckets.append(found)
            blocks.append(of[first] + base)
            places.append(first)
    block = np.concatenate(blocks)
    sizes = np.bincount(block, minlength=2 * total)
    return Features(
        buckets=np.concatenate(buckets),
        blocks=block,
        places=np.concatenate(places),
        owners=np.array(owners + owners, dtype=np.int64),
        fields=np.array(fields + fields, dtype=np.int64),
        scales=1.0 / np.sqrt(np.maximum(sizes, 1)),
        hand=np.array(hand),
        prepared=tuple(prepared),
        tokens=tuple(counts[i] for i in range(total) if fields[i] == BODY),
        _kinds=tuple(map(len, buckets)),
        _at=at,
    )


def _squeezed(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Places, NDArray[np.int64]]:
    """Return the characters of all texts, each text between blanks, runs of blanks and masked ones shortened.

    With them come each character's offset in its text and the text it belongs to.
    """
    codes = code_points("".join([f" {text} " for text in texts]))
    lengths = np.array([len(text) + 2 for text in texts])
    of = np.repeat(np.arange(len(texts)), lengths)
    blank = (codes <= 32) & (codes != 1) | (codes == 160)
    digit = codes == _ZERO
    again = np.zeros(len(codes), dtype=bool)
    again[1:] = (blank[1:] & blank[:-1]) | ((codes[1:] == 1) & (codes[:-1] == 1))
    again[1:] &= of[1:] == of[:-1]
    # A million views and a billion views are the same, and neither is a telephone number.
    if len(codes) > _LONGEST_NUMBER:
        run = digit[_LONGEST_NUMBER:].copy()
        for back in range(1, _LONGEST_NUMBER + 1):
            run &= digit[_LONGEST_NUMBER - back : len(digit) - back]
        again[_LONGEST_NUMBER:] |= run
    kept = np.flatnonzero(~again)
    first = np.cumsum(lengths) - lengths
    return np.where(blank, np.uint32(32), codes)[kept], kept - first[of[kept]] - 1, of[kept]


def _prepared(normal: Normal) -> str:
    text = normal.text.lower()
    if len(text) != len(normal.text):
        # A few letters grow when lowered (İ); offsets must not.
        text = "".join(low if len(low := char.lower()) == 1 else char for char in normal.text)
    for link in normal.links:
        if link.anchor:
            continue
        start = bisect_left(normal.offsets, link.start)
        end = bisect_left(normal.offsets, link.end)
        text = text[:start] + _MASK * (end - start) + text[end:]
    return _DIGIT.sub("0", text)


def _beside(normal: Normal) -> Iterator[tuple[int, str, list[str]]]:
    """Yield what stands beside the text: each field, what of it is hashed, and its words."""
    submission = normal.submission
    if submission.author_name:
        yield _field(NAME, submission.author_name)
    if submission.author_url:
        yield _field(URL, _address(submission.author_url))
    if submission.author_email_domain:
        yield _field(EMAIL, _domain(submission.author_email_domain))
    if normal.links:
        yield _field(LINK, " ".join(_address(link.url) for link in normal.links[:10]))
        anchors = " ".join(link.anchor for link in normal.links[:10] if link.anchor)
        if anchors:
            yield _field(ANCHOR, anchors)


def _field(field: int, value: str) -> tuple[int, str, list[str]]:
    value = _DIGIT.sub("0", value[:MAX_FIELD].lower())
    return field, value, _PART.findall(value)


def _address(url: str) -> str:
    """Return an address without its scheme and ending: endings tell our corpora apart, and cheap ones are a cue."""
    host = host_of(url)
    path = url.split(host, 1)[-1] if host else url
    return _ENDING.sub("", host) + path[:80].rstrip("/")


def _domain(domain: str) -> str:
    domain = domain.lower().strip()
    return "free" if domain in FREE_MAIL else _ENDING.sub("", domain)
