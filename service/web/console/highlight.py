"""Cut a submitted text into pieces, so that the evidence of each flag can be marked where it stands.

Offsets count code points of the text as submitted, so it is the source text that is marked, not the HTML made
of it. Stretches may overlap and nest; HTML's elements may not, hence pieces that each carry the numbers of
their flags.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.comment import FieldName, Flag

_INVISIBLE = {
    "\u00ad": "soft hyphen",
    "\u034f": "grapheme joiner",
    "\u061c": "Arabic letter mark",
    "\u180e": "Mongolian vowel separator",
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u200e": "left-to-right mark",
    "\u200f": "right-to-left mark",
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202c": "end of embedding",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2060": "word joiner",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "first-strong isolate",
    "\u2069": "end of isolate",
    "\ufeff": "byte order mark",
    "\u115f": "Hangul filler",
    "\u1160": "Hangul filler",
    "\u3164": "Hangul filler",
    "\uffa0": "Hangul filler",
}
_JOINERS = "\u200c\u200d"
_SHOWN_AS_THEY_ARE = "\n\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text and the numbers (from 1) of the flags it speaks for.

    `badge` is set for a single character that nobody could see, or that would rearrange the text around it;
    it names the character, and `text` is then not to be shown.
    """

    text: str
    flags: tuple[int, ...] = ()
    badge: str = ""


def marked(text: str, flags: Sequence[Flag], field: FieldName = "body") -> list[Piece]:
    """Return the whole text in pieces, in order; evidence that lies outside the text is cut off."""
    spans = [
        (max(0, evidence.start), min(len(text), evidence.end), number)
        for number, flag in enumerate(flags, start=1)
        for evidence in flag.evidence
        if evidence.field == field and evidence.weight >= 0
    ]
    borders = sorted({0, len(text), *(border for start, end, _ in spans if start < end for border in (start, end))})
    pieces: list[Piece] = []
    for start, end in pairwise(borders):
        numbers = sorted({number for first, last, number in spans if first <= start and end <= last})
        pieces.extend(_badged(text[start:end], tuple(numbers)))
    return pieces


def _badged(text: str, flags: tuple[int, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    begin = 0
    for place, character in enumerate(text):
        if badge := hidden(text, place):
            if begin < place:
                pieces.append(Piece(text=text[begin:place], flags=flags))
            pieces.append(Piece(text=character, flags=flags, badge=badge))
            begin = place + 1
    if begin < len(text):
        pieces.append(Piece(text=text[begin:], flags=flags))
    return pieces


def hidden(text: str, place: int) -> str:
    """Return the name of a character that cannot be seen or rearranges its surroundings, "" for all others.

    Joiners spell words in many scripts and build emoji; only beside ASCII, or at an end, are they a disguise.
    """
    character = text[place]
    if character in _JOINERS:
        neighbours = (text[place - 1 : place] or " ", text[place + 1 : place + 2] or " ")
        return _INVISIBLE[character] if any(map(str.isascii, neighbours)) else ""
    if character in _INVISIBLE:
        return _INVISIBLE[character]
    if character in _SHOWN_AS_THEY_ARE or unicodedata.category(character) not in ("Cc", "Cf"):
        return ""
    return f"U+{ord(character):04X}"
