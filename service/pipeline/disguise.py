"""Undo what people do to words to get them past a filter: spacing, leet, stretching, addresses spelt out."""

import re
from collections import Counter
from functools import lru_cache

from service.pipeline.lexicon import COMMERCE
from service.pipeline.tracked import Tracked

_LETTER = "A-Za-z0-9@$\u00c0-\u024f\u0400-\u04ff"
_SPACED = re.compile(rf"(?<![\w@$.])[{_LETTER}]([ .\-_*·|~•])(?:[{_LETTER}]\1){{2,40}}[{_LETTER}](?!\w|[@$]\w)")
_MIN_LETTERS = {".": 5, "-": 4}

_LEET_NEAR = re.compile(r"[A-Za-z][0-9@$!|€]|[0-9@$!|€][A-Za-z]")
_LEET = re.compile(r"(?<![\w@/.:#&=?%$])[A-Za-z0-9@$!|€]{3,32}(?![\w@/:#=&%$]|\.\w)")
_SIGNS = str.maketrans("013457@$!|€", "oleastasile")
_OTHER_ONE = str.maketrans("013457@$!|€", "oieastasiie")
_INSIDE = re.compile(r"(?<=[A-Za-z])([013457@$!|€])\1?(?=[A-Za-z])")
_DIGIT_INSIDE = re.compile(r"(?<=[A-Za-z])([013457])\1?(?=[A-Za-z])")
_GUARDED = re.compile(
    r"(?:[a-z]{1,2}\d{1,2}[a-z]?|hba1c|a1c|h\dn\d|glp1\w*|sglt2\w*|cyp\w+|covid\w*|sars\w*|5ht\w*|vitamin\w*|diabetes\w*|t[12]dm?|il\d+\w*|"
    r"b1[27]|coq10|omega3|brca\d|w3\w*|k8s|i18n|l10n|a11y|e2e|p2p|b2[bc]|mp[34]s?|r2d2|c3po|m4a|s3|\w{0,2}\d{2,}\w{0,2}|"
    r"\d+[a-z]{1,5}|[a-z]+[0-9]{1,6})",
    re.IGNORECASE,
)

_STRETCHED = re.compile(r"([A-Za-z\u00c0-\u024f\u0400-\u04ff])\1{2,}")

_COMMON_ENDINGS = "com|net|org|info|xyz|top|site|online|shop|store|club|live|vip|ru|io|me|co|in|uk|de|id"
_DOT_SIGNS = (
    "dot",
    "d0t",
    "d.o.t",
    "d o t",
    "h**",
    "h__",
    "hxx",
    "htt",
    "[",
    "(",
    "{",
    "<",
    " .",
    "точка",
    "punkt",
    "punto",
)
_COMMA_NEAR = re.compile(rf",(?:{_COMMON_ENDINGS})(?!\w)", re.IGNORECASE)
_HXXP = re.compile(r"\bh(?:xx|\*\*|tt|__)ps?\s?(?::|\[:\])\s?/\s?/\s?(?=\S)", re.IGNORECASE)
_BRACKET_DOT = re.compile(r"(?<=[\w-])\s?[\[({<]\s?(?:dot|d0t|\.|точка)\s?[\])}>]\s?(?=[a-z0-9])", re.IGNORECASE)
_SAID_DOT = re.compile(
    rf"(?<![\w])([\w-]{{2,40}})\s(?:dot|d0t|d\.o\.t|d o t|точка|punkt|punto)\s(?=(?:{_COMMON_ENDINGS})(?!\w))",
    re.IGNORECASE,
)
_LOOSE_DOT = re.compile(rf"(?<=[a-z0-9])(?:\s\.\s?|,)(?=(?:{_COMMON_ENDINGS.replace('|me|co|in', '')})(?!\w))")
_NOT_NAMES = frozenset(("the", "a", "an", "of", "this", "that", "on", "in", "and", "or", "every"))


def undo_disguises(tracked: Tracked, undone: Counter[str]) -> None:
    """Undo each kind of disguise and count how often."""
    tracked.sub(_SPACED, lambda match: _joined(match, undone))
    if _LEET_NEAR.search(tracked.text):
        tracked.sub(_LEET, lambda match: _plain_word(match, undone))
    tracked.sub(_STRETCHED, lambda match: _shortened(match, undone))
    lowered = tracked.text.lower()
    if any(sign in lowered for sign in _DOT_SIGNS) or ("," in lowered and _COMMA_NEAR.search(lowered)):
        _join_addresses(tracked, undone)


def _joined(match: re.Match[str], undone: Counter[str]) -> str | None:
    letters = match[0][::2]
    if len(letters) < _MIN_LETTERS.get(match[1], 4) or sum(map(str.isalpha, letters)) * 4 < len(letters) * 3:
        return None
    undone["spaced"] += 1
    return letters


def _plain_word(match: re.Match[str], undone: Counter[str]) -> str | None:
    plain = read_leet(match[0])
    if plain is not None:
        undone["leet"] += 1
    return plain


@lru_cache(maxsize=8192)
def read_leet(word: str) -> str | None:
    """Return the word that digits and signs stand in, None if it is what it says (`covid-19`, `100k`, `h1n1`)."""
    tail = len(word) - len(word.rstrip("!|"))
    core, end = (word[:-tail], word[-tail:]) if tail else (word, "")
    letters = sum(map(str.isalpha, core))
    if letters == len(core) or not core:
        return None
    for table in (_OTHER_ONE, _SIGNS):
        if core.translate(table).lower() in COMMERCE and letters:
            return core.translate(table) + end
    if letters < 2 or _GUARDED.fullmatch(core) or any(char in "2689" for char in core):
        return None
    inside, digits = len(_INSIDE.findall(core)), len(_DIGIT_INSIDE.findall(core))
    if (digits or inside >= 2) and (letters >= 3 or inside >= 2):
        return core.translate(_OTHER_ONE) + end
    return None


def _shortened(match: re.Match[str], undone: Counter[str]) -> str | None:
    text, (start, end) = match.string, match.span()
    alone = (start == 0 or not text[start - 1].isalnum()) and (end == len(text) or not text[end].isalnum())
    if alone:
        return None
    undone["stretched"] += 1
    return match[1] * 2


def _join_addresses(tracked: Tracked, undone: Counter[str]) -> None:
    def put(plain: str) -> str:
        undone["dotted"] += 1
        return plain

    tracked.sub(_HXXP, lambda match: None if match[0].lower().startswith("http") else put("https://"))
    tracked.sub(_BRACKET_DOT, lambda match: put("."))
    tracked.sub(_SAID_DOT, lambda match: None if match[1].lower() in _NOT_NAMES else put(match[1] + "."))
    tracked.sub(_LOOSE_DOT, lambda match: put("."))
