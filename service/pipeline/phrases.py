"""Find many phrases at once in lists of words: a dictionary look-up per word and length, linear on any input."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.pipeline.sentences import Flat, Places

MAX_PHRASE = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: `label` is what it stands for, `start`:`end` the words it covers."""

    label: int
    start: int
    end: int


class Phrases:
    """Hold phrases of up to `MAX_PHRASE` words, each standing for one or more labels (small integers)."""

    def __init__(self, labelled: Mapping[int, Iterable[Sequence[str]]]) -> None:
        self._labels: dict[str, tuple[int, ...]] = {}
        lengths: dict[str, set[int]] = {}
        for label, phrases in labelled.items():
            for phrase in phrases:
                if not 0 < len(phrase) <= MAX_PHRASE:
                    continue
                key = " ".join(phrase)
                self._labels[key] = tuple(sorted({*self._labels.get(key, ()), label}))
                lengths.setdefault(phrase[0], set()).add(len(phrase))
        self._lengths = {first: tuple(sorted(found)) for first, found in lengths.items()}

    def find(self, forms: Sequence[str]) -> list[Hit]:
        """Return every phrase that occurs, in order of where it starts; phrases may overlap."""
        return self._find(
            forms, [i for i, form in enumerate(forms) if form in self._lengths], [len(forms)] * len(forms)
        )

    def find_within(self, flat: Flat, limits: Places) -> list[Hit]:
        """Return the phrases in many texts; one that starts at word i ends at `limits[i]` or before."""
        opens = np.array([form in self._lengths for form in flat.distinct], dtype=np.bool_)
        starts = np.flatnonzero(opens[flat.ids]) if len(flat.ids) else flat.ids
        return self._find(flat.forms, starts.tolist(), limits.tolist())

    def _find(self, forms: Sequence[str], starts: Iterable[int], limits: Sequence[int]) -> list[Hit]:
        hits: list[Hit] = []
        for start in starts:
            form = forms[start]
            for length in self._lengths[form]:
                end = start + length
                if end > limits[start]:
                    break
                key = form if length == 1 else " ".join(forms[start:end])
                for label in self._labels.get(key, ()):
                    hits.append(Hit(label, start, end))
        return hits
