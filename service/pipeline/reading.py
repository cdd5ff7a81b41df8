"""Read a comment once for the health judge: n-grams, vector, stance and claim, the same for training and serving."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.comment import Evidence, Normal
from service.pipeline.claims import MATCH_FEATURES, ClaimBase, Found
from service.pipeline.embedding import TokenTable, sums, unit
from service.pipeline.grams import char_grams, manner_grams, pair_weights, word_grams
from service.pipeline.phrases import Hit
from service.pipeline.sentences import Flat, Sentence, Words, flatten, sentences, words
from service.pipeline.stance import FEATURES, Lexicon, Manner
from service.pipeline.wordings import Asked

# Raised by whoever changes a number that the weights were fitted to.
HEALTH_FEATURE_VERSION = 5
DENSE = (
    *FEATURES,
    *(f"claim.{name}" for name in MATCH_FEATURES),
    *(f"claim.{name}" for name in ("score", "same_way", "turned", "asked")),
)
_MAX_SPANS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What the health judge knows of a comment. `dense` follows `DENSE`; `vector` has length one or zero."""

    normal_text: str
    read: Words
    parts: tuple[Sentence, ...]
    word_grams: NDArray[np.int64]
    char_grams: NDArray[np.int64]
    manner_grams: NDArray[np.int64]
    vector: NDArray[np.float32]
    manner: Manner
    dense: NDArray[np.float32]
    found: Found | None

    def sentence_words(self) -> tuple[int, int]:
        """Return the first and the last word (exclusive) of the sentence the claim was met in."""
        if self.found is None:
            return 0, len(self.read.forms)
        part = self.parts[self.found.sentence]
        return bisect_left(self.read.starts, part.start), bisect_left(self.read.starts, part.end)


class Reader:
    """Turn normalised comments into `Reading`s."""

    def __init__(self, lexicon: Lexicon, base: ClaimBase, table: TokenTable, common: frozenset[str]) -> None:
        self.lexicon = lexicon
        self._common = common
        self.base = base
        self._table = table

    def read(self, normals: Sequence[Normal]) -> list[Reading]:
        """Return everything the judge measures of comments, their page titles and the comments they answer."""
        texts = [normal.text for normal in normals]
        reads, parts = [words(text) for text in texts], [sentences(text) for text in texts]
        contexts = [words(f"{n.submission.page_title} {n.submission.parent_body}") for n in normals]
        flat = flatten(reads)
        vectors = self._table.vectors(flat)
        whole = unit(sums(vectors, flat.bounds[:-1], flat.bounds[1:]))
        founds = self.base.find_all(_asked(flat, vectors, reads, parts, flatten(contexts)))
        word, char, manner = word_grams(flat), char_grams(texts), manner_grams(flat, self._common)
        return [
            Reading(
                texts[i],
                reads[i],
                parts[i],
                word[i],
                char[i],
                manner[i],
                whole[i],
                how,
                np.concatenate([how.features, _claim(founds[i], parts[i])]),
                founds[i],
            )
            for i, how in enumerate(self.lexicon.manners(flat))
        ]


def _asked(
    flat: Flat, vectors: NDArray[np.float32], reads: Sequence[Words], parts: Sequence[Sequence[Sentence]], context: Flat
) -> Asked:
    starts: list[int] = []
    ends: list[int] = []
    bounds = [0]
    for base, read, of in zip(flat.bounds.tolist(), reads, parts, strict=False):
        starts += [base + bisect_left(read.starts, part.start) for part in of]
        ends += [base + bisect_left(read.starts, part.end) for part in of]
        bounds.append(len(starts))
    return Asked(
        flat,
        np.array(starts, dtype=np.intp),
        np.array(ends, dtype=np.intp),
        np.array(bounds, dtype=np.intp),
        context,
        vectors,
    )


def _claim(found: Found | None, parts: Sequence[Sentence]) -> NDArray[np.float32]:
    """Return how well a claim matches, and whether the sentence says it, turns it or asks it."""
    if found is None:
        return np.zeros(len(MATCH_FEATURES) + 4, dtype=np.float32)
    sure = 1 / (1 + math.exp(-max(-30.0, min(30.0, found.score))))
    asked = parts[found.sentence].text.endswith("?")
    ways = [found.score, sure * (not found.turned), sure * found.turned, sure * asked]
    return np.concatenate([found.features, np.array(ways, dtype=np.float32)])


def evidence(
    normal: Normal, reading: Reading, weights: NDArray[np.float16], cue: Hit | None, named: bool
) -> tuple[Evidence, ...]:
    """Return the stretches of the body that speak for a flag: claim, heavy words, cue."""
    spans: list[tuple[int, int, float]] = []
    if named and reading.found:
        part = reading.parts[reading.found.sentence]
        spans.append((part.start, part.end, reading.found.score))
    spans.extend(_heavy(reading, weights))
    if cue:
        spans.append((reading.read.starts[cue.start], reading.read.ends[cue.end - 1], 0.0))
    return tuple(_evidence(normal, start, end, weight) for start, end, weight in spans)


def _heavy(reading: Reading, weights: NDArray[np.float16]) -> list[tuple[int, int, float]]:
    """Return the word pairs that weigh most for the flag, none overlapping another."""
    read = reading.read
    if len(read.forms) < 2:
        return []
    pairs = pair_weights(read.forms, weights)
    chosen: list[int] = []
    for i in np.argsort(-pairs).tolist():
        if pairs[i] <= 0 or len(chosen) == _MAX_SPANS:
            break
        if all(abs(i - other) > 1 for other in chosen):
            chosen.append(i)
    return [(read.starts[i], read.ends[i + 1], float(pairs[i])) for i in sorted(chosen)]


def _evidence(normal: Normal, start: int, end: int, weight: float) -> Evidence:
    first, last = normal.offsets[start], normal.offsets[end]
    body = normal.submission.body
    return Evidence(field="body", start=first, end=last, text=body[first:last], weight=round(weight, 3))
