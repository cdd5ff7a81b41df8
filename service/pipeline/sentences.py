"""Cut a text into sentences and words, in linear time on any input."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]

# Words that turn what follows.
NEGATORS = frozenset(
    {"not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without", "stop", "aint", "cant", "cannot"}
    | {"dont", "doesnt", "didnt", "isnt", "wasnt", "arent", "werent", "wont", "wouldnt", "shouldnt", "couldnt"}
    | {"havent", "hasnt"}
)
MAX_SENTENCES = 120
# A run without any stop is cut here, so that one endless line costs no more than many short ones.
MAX_SENTENCE = 400

_SENTENCE = re.compile(rf"[^.!?…\n]{{1,{MAX_SENTENCE}}}[.!?…]*")
_WORD = re.compile(r"[^\W_][\w']*|[?!.,;:\"“”…%\U0001F300-\U0001FAFF]")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "＇": "'"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text: `text` is what stands at `start`:`end`, without surrounding space."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words and telling marks of a text in lower case, apostrophes dropped, each with where it stands."""

    forms: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flat:
    """The words of many texts in one row, so that a batch costs one pass.

    `distinct` holds each form once, `ids` says which of them stands at each place, and the words of text i are those
    at `bounds[i]`:`bounds[i + 1]`.
    """

    forms: tuple[str, ...]
    distinct: tuple[str, ...]
    ids: Places
    bounds: Places

    def owners(self) -> Places:
        """Return which text each word belongs to."""
        return np.repeat(np.arange(len(self.bounds) - 1), np.diff(self.bounds))


def flatten(reads: Sequence[Words]) -> Flat:
    """Return the words of many texts in one row."""
    forms = tuple(form for read in reads for form in read.forms)
    known: dict[str, int] = {}
    ids = np.fromiter((known.setdefault(form, len(known)) for form in forms), dtype=np.intp, count=len(forms))
    bounds = np.zeros(len(reads) + 1, dtype=np.intp)
    np.cumsum([len(read.forms) for read in reads], out=bounds[1:])
    return Flat(forms, tuple(known), ids, bounds)


def within(flags: NDArray[np.bool_], starts: Places, ends: Places) -> Places:
    """Return how many flags are set in each stretch of places."""
    total = np.concatenate([[0], np.cumsum(flags)])
    counted: Places = total[ends] - total[starts]
    return counted


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a text, in order; at most `MAX_SENTENCES`."""
    found: list[Sentence] = []
    for match in _SENTENCE.finditer(text):
        raw = match.group()
        start = match.start() + len(raw) - len(raw.lstrip())
        kept = raw.strip()
        if not any(character.isalnum() for character in kept):
            continue
        found.append(Sentence(start, start + len(kept), kept))
        if len(found) == MAX_SENTENCES:
            break
    return tuple(found)


def words(text: str) -> Words:
    """Return the words of a text and the marks that tell a question, a quotation or a pause."""
    plain = text.translate(_APOSTROPHES)
    matches = list(_WORD.finditer(plain))
    return Words(
        tuple(match.group().lower().replace("'", "") for match in matches),
        tuple(match.start() for match in matches),
        tuple(match.end() for match in matches),
    )
