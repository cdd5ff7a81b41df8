"""Look words up in a table of static vectors: meaning without a neural network at serving.

The table was distilled once from a sentence encoder (see the model card): one row per word piece, rounded to int8,
each row already weighted by how rare the piece is (smooth inverse frequency, Arora et al. 2017).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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

    def vector(self, forms: Sequence[str]) -> NDArray[np.float32]:
        """Return the unit vector of a list of words; zeros where none is in the table."""
        rows = self.rows(forms)
        if not rows:
            return np.zeros(self.dimensions, dtype=np.float32)
        total: NDArray[np.float32] = self._scales[rows] @ self._vectors[rows].astype(np.float32)
        length = float(np.linalg.norm(total))
        return total / length if length else total

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
