"""Find many phrases at once in a list of words: one dictionary look-up per word and length, linear on any input."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
        longest: dict[str, int] = {}
        for label, phrases in labelled.items():
            for phrase in phrases:
                if not 0 < len(phrase) <= MAX_PHRASE:
                    continue
                key = " ".join(phrase)
                self._labels[key] = tuple(sorted({*self._labels.get(key, ()), label}))
                longest[phrase[0]] = max(longest.get(phrase[0], 0), len(phrase))
        self._longest = longest

    def find(self, forms: Sequence[str]) -> list[Hit]:
        """Return every phrase that occurs, in order of where it starts; phrases may overlap."""
        hits: list[Hit] = []
        for start, form in enumerate(forms):
            for length in range(1, self._longest.get(form, 0) + 1):
                if start + length > len(forms):
                    break
                key = form if length == 1 else " ".join(forms[start : start + length])
                for label in self._labels.get(key, ()):
                    hits.append(Hit(label, start, start + length))
        return hits
