"""Lay out what the claim base compares: the wordings of its claims, and the sentences of the comments asked about."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.pipeline.embedding import TokenTable, sums, unit
from service.pipeline.sentences import NEGATORS, Flat, Places, Words, flatten, within, words

# Letters of a word that count, so that its forms count as one.
_BEGINNING = 6


class Wordings:
    """Hold the vectors of every wording, one column each, laid out so that the best by claim costs few passes.

    First comes one wording of every claim, then the second of those that have two, and so on, claims with many
    wordings first within each layer. `columns` names the columns of each claim.
    """

    def __init__(self, of_claims: Sequence[Sequence[str]], table: TokenTable) -> None:
        counts = np.array([len(of) for of in of_claims])
        order = np.argsort(-counts, kind="stable")
        self._layers = [int((counts > depth).sum()) for depth in range(int(counts.max()))]
        self._back = np.argsort(order)
        placed = [(int(i), depth) for depth, size in enumerate(self._layers) for i in order[:size]]
        self.texts = tuple(of_claims[i][depth] for i, depth in placed)
        reads = [words(text) for text in self.texts]
        flat = flatten(reads)
        self.negated = [_negated(read) for read in reads]
        self.columns = [np.flatnonzero([i == claim for i, _ in placed]) for claim in range(len(of_claims))]
        self.matrix = unit(sums(table.vectors(flat), flat.bounds[:-1], flat.bounds[1:])).T.copy()

    def best(self, similar: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the highest of each claim's columns, by row and claim."""
        best = similar[:, : self._layers[0]].copy()
        first = self._layers[0]
        for size in self._layers[1:]:
            np.maximum(best[:, :size], similar[:, first : first + size], out=best[:, :size])
            first += size
        return best[:, self._back]


class Vocabulary:
    """Tell how many rare words a text shares with each claim, whatever their order and whichever sentence they are in.

    The likeness is the cosine of two bags of word beginnings, weighed by how few claims have them (tf-idf). It finds
    the claim of those who never say it whole, and of whom the vectors, which blur rare words, tell least.
    """

    def __init__(self, of_claims: Sequence[Sequence[str]]) -> None:
        bags = [Counter(form[:_BEGINNING] for text in of for form in words(text).forms) for of in of_claims]
        spread = Counter(beginning for bag in bags for beginning in bag)
        self._claims = len(bags)
        self._places = {beginning: i for i, beginning in enumerate(spread)}
        self._rarity = np.array([math.log((1 + len(bags)) / (1 + n)) for n in spread.values()], dtype=np.float32)
        lists: list[list[tuple[int, float]]] = [[] for _ in spread]
        for claim, bag in enumerate(bags):
            places = [self._places[beginning] for beginning in bag]
            weights = (1 + np.log(list(bag.values()))) * self._rarity[places]
            for place, weight in zip(places, weights / (np.linalg.norm(weights) or 1), strict=True):
                lists[place].append((claim, float(weight)))
        self._bounds = np.concatenate([[0], np.cumsum([len(of) for of in lists])])
        self._owners = np.array([claim for of in lists for claim, _ in of], dtype=np.intp)
        self._weights = np.array([weight for of in lists for _, weight in of], dtype=np.float32)

    def likeness(self, flat: Flat, bounds: Places) -> NDArray[np.float32]:
        """Return the likeness, from 0 to 1, of the texts that stand between `bounds` of the words to each claim."""
        known = np.array([self._places.get(form[:_BEGINNING], -1) for form in flat.distinct], dtype=np.intp)
        texts = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        found = known[flat.ids[bounds[0] : bounds[-1]]]
        pairs = np.unique(texts[found >= 0] * len(self._rarity) + found[found >= 0])
        texts, found = np.divmod(pairs, len(self._rarity))
        rarity = self._rarity[found]
        counts = self._bounds[found + 1] - self._bounds[found]
        ends = np.cumsum(counts)
        listed = np.arange(counts.sum()) + np.repeat(self._bounds[found] - ends + counts, counts)
        cells = np.repeat(texts, counts) * self._claims + self._owners[listed]
        size = (len(bounds) - 1) * self._claims
        total = np.bincount(cells, weights=np.repeat(rarity, counts) * self._weights[listed], minlength=size)
        length = np.sqrt(np.bincount(texts, weights=np.square(rarity), minlength=len(bounds) - 1))
        likeness = total.reshape(-1, self._claims) / np.maximum(length, 1e-9)[:, None]
        return np.asarray(likeness, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Asked:
    """Comments as the claim base is asked about them.

    The sentences stand at `starts`:`ends` of the words, those of comment i are the ones from `bounds[i]` to
    `bounds[i + 1]`; `context` holds the words of each page title and comment answered, which may name the subject.
    `vectors` are the rows of `TokenTable.vectors` for the words.
    """

    flat: Flat
    starts: Places
    ends: Places
    bounds: Places
    context: Flat
    vectors: NDArray[np.float32]

    @classmethod
    def of(cls, parts: Sequence[Words], context: Words, table: TokenTable) -> "Asked":
        """Return one comment, given its sentences."""
        flat = flatten(parts)
        bounds = np.array([0, len(parts)])
        return cls(flat, flat.bounds[:-1], flat.bounds[1:], bounds, flatten([context]), table.vectors(flat))

    def spans(self) -> list[tuple[int, int, int]]:
        """Return each comment that has a sentence, with its first and last (exclusive) among all sentences."""
        cuts = enumerate(pairwise(self.bounds.tolist()))
        return [(comment, first, end) for comment, (first, end) in cuts if first < end]

    def negated(self) -> NDArray[np.bool_]:
        """Return whether each sentence holds a word that turns what follows."""
        turns = np.array([form in NEGATORS for form in self.flat.distinct], dtype=np.bool_)
        return within(turns[self.flat.ids], self.starts, self.ends) > 0


def _negated(read: Words) -> bool:
    return not NEGATORS.isdisjoint(read.forms)
