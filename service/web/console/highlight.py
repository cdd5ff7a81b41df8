"""Cut a submitted text into pieces, so that the evidence of each flag can be marked where it stands.

Offsets count code points of the text as submitted, so it is the source text that is marked, not the HTML made
of it. Stretches may overlap and nest; HTML's elements may not, hence pieces that each carry the numbers of
their flags.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
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
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_LETTER = re.compile("[A-Za-z]")
_GREEK_LIKE_LATIN = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρυικ")
_STYLED = "styled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text and the numbers (from 1) of the flags it speaks for.

    `badge` is set for a single character that nobody could see, or that would rearrange the text around it;
    it names the character, and `text` is then not to be shown. `script` is set for letters that pose as others.
    """

    text: str
    flags: tuple[int, ...] = ()
    badge: str = ""
    script: str = ""


def marked(text: str, flags: Sequence[Flag], field: FieldName = "body") -> list[Piece]:
    """Return the whole text in pieces, in order; evidence that lies outside the text is cut off."""
    spans = [
        (max(0, evidence.start), min(len(text), evidence.end), number)
        for number, flag in enumerate(flags, start=1)
        for evidence in flag.evidence
        if evidence.field == field and evidence.weight >= 0
    ]
    borders = sorted({0, len(text), *(border for start, end, _ in spans if start < end for border in (start, end))})
    foreign = lookalikes(text)
    pieces: list[Piece] = []
    for start, end in pairwise(borders):
        numbers = sorted({number for first, last, number in spans if first <= start and end <= last})
        pieces.extend(_badged(text[start:end], tuple(numbers), foreign, start))
    return pieces


def _badged(text: str, flags: tuple[int, ...], foreign: Mapping[int, str], offset: int) -> list[Piece]:
    """Cut a stretch at each character that is to have a badge; `offset` is where it begins in the whole text."""
    pieces: list[Piece] = []
    begin = place = 0
    while place < len(text):
        badge, script, end = hidden(text, place), foreign.get(offset + place, ""), place + 1
        if badge or script:
            if begin < place:
                pieces.append(Piece(text=text[begin:place], flags=flags))
            while script and end < len(text) and foreign.get(offset + end) == script:
                end += 1
            pieces.append(Piece(text=text[place:end], flags=flags, badge=badge, script=script))
            begin = end
        place = end
    if begin < len(text):
        pieces.append(Piece(text=text[begin:], flags=flags))
    return pieces


def lookalikes(text: str) -> dict[int, str]:
    """Return where letters stand that were chosen for their look, each with the name of what it is.

    That is a letter of another script within a word of Latin ones, and a letter in a style that Unicode has for
    formulas. Greek letters count only where they look like Latin ones: interferon is written IFNγ.
    """
    if text.isascii():
        return {}
    found: dict[int, str] = {}
    for word in _WORD.finditer(text):
        if not word[0].isascii():
            latin = _ASCII_LETTER.search(word[0]) is not None
            for place, letter in enumerate(word[0], start=word.start()):
                script = _script(letter)
                if script == _STYLED or (latin and script):
                    found[place] = script
    return found


def _script(letter: str) -> str:
    if letter.isascii():
        return ""
    first = unicodedata.name(letter, "").partition(" ")[0]
    if first in ("MATHEMATICAL", "FULLWIDTH"):
        return _STYLED
    if first == "GREEK":
        return "Greek" if letter in _GREEK_LIKE_LATIN else ""
    return first.capitalize() if first in ("CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU") else ""


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
