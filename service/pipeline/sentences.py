"""Cut a text into sentences and words, in linear time on any input."""

import re
from dataclasses import dataclass

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
