"""Lay out what the claim base compares: the wordings of its claims, and the sentences of the comments asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.pipeline.embedding import TokenTable, sums, unit
from service.pipeline.sentences import NEGATORS, Flat, Places, Words, flatten, within, words


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
