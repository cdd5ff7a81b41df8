"""Look words up in a table of static vectors: meaning without a neural network at serving.

The table was distilled once from a sentence encoder (see the model card): one row per word piece, rounded to int8,
each row already weighted by how rare the piece is (smooth inverse frequency, Arora et al. 2017).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.pipeline.sentences import Flat, Places

MAX_WORD = 32
_UNKNOWN = -1


class TokenTable:
    """Turn words into rows of the table. `pieces` are WordPiece entries, continuations written `##like`."""

    def __init__(self, pieces: Sequence[str], vectors: NDArray[np.int8], scales: NDArray[np.float16]) -> None:
        self._rows = {piece: row for row, piece in enumerate(pieces)}
        # A plain view: the bookkeeping of numpy's memmap class costs more than the look-up.
        self._vectors = np.asarray(vectors)
        self._scales = scales.astype(np.float32)
        self.dimensions = int(vectors.shape[1])

    def rows(self, forms: Sequence[str]) -> list[int]:
        """Return the rows of a list of words in lower case, words outside the table cut into the longest pieces."""
        found: list[int] = []
        known = self._rows
        for form in forms:
            row = known.get(form, _UNKNOWN)
            if row != _UNKNOWN:
                found.append(row)
            else:
                found.extend(self._cut(form[:MAX_WORD]))
        return found

    def vectors(self, flat: Flat) -> NDArray[np.float32]:
        """Return what each word of a row of words adds to the vector of its text."""
        pieces = [self.rows((form,)) for form in flat.distinct]
        rows = np.fromiter((row for of in pieces for row in of), dtype=np.intp)
        counts = np.array([len(of) for of in pieces], dtype=np.intp)
        ends = np.cumsum(counts)
        weighted = self._vectors[rows].astype(np.float32) * self._scales[rows, None]
        return sums(weighted, ends - counts, ends)[flat.ids]

    def _cut(self, form: str) -> list[int]:
        found: list[int] = []
        start = 0
        while start < len(form):
            for end in range(len(form), start, -1):
                row = self._rows.get(form[start:end] if start == 0 else f"##{form[start:end]}", _UNKNOWN)
                if row != _UNKNOWN:
                    found.append(row)
                    break
            else:
                return found
            start = end
        return found


def sums(rows: NDArray[np.float32], starts: Places, ends: Places) -> NDArray[np.float32]:
    """Return the sum of the rows of each stretch."""
    total = np.zeros((len(starts), rows.shape[1]), dtype=np.float32)
    single = ends - starts == 1
    total[single] = rows[starts[single]]
    # `np.add.reduceat` along the rows takes five times as long as this loop.
    for i in np.flatnonzero(ends - starts > 1).tolist():
        np.add.reduce(rows[starts[i] : ends[i]], axis=0, out=total[i])
    return total


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors at length one; zeros stay zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return (vectors / np.where(lengths > 0, lengths, 1)[:, None]).astype(np.float32, copy=False)
