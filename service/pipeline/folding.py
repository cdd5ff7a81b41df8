"""Fold the look of letters back to plain ones: invisible and styled characters, stray marks, look-alikes.

Look-alikes are those of Unicode UTS #39 as the package confusable-homoglyphs carries them, and a few the standard
leaves out. A word is folded to Latin or to Cyrillic, by what the rest of it is.
"""

import json
import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from importlib.resources import files

from service.pipeline.tracked import Tracked

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
_REVERSED = re.compile("[\u202d\u202e\u2067]([^\u202a-\u202e\u2066-\u2069\n]{2,2000})[\u202c\u2069]?")
_OVERRIDE = "\u202e"
# Left alone by the count: joiners that Persian, Indic scripts and emoji need, and the soft hyphen of pasted text.
_INNOCENT = frozenset("\u200c\u200d\u00ad\ufe0e\ufe0f\u200e\u200f\ufeff")
_MARK = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_HAS_MARK = re.compile(f"[{_MARK}]")
_MARKS = re.compile(f"[{_MARK}]+")
_CLUSTER = re.compile(f".[{_MARK}]+|[^\x00-\x7f]", re.DOTALL)
_PLAIN_FORMS = frozenset("ªº²³¹¼½¾…™℠№ℹ℃℉ﬀﬁﬂﬃﬄ‥′″‼⁉⁇´¨¸㎡㎏㎜㎝㎞")
_FULLWIDTH = re.compile("[\uff01-\uff5e]")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_MORE_MARKS = "℮⍺⍴ംංಂ"  # that pass for letters
_WORD = re.compile(
    rf"(?<![\w{_MORE_MARKS}])[\w{_MORE_MARKS}]*[^\W_\x00-\x7f][\w{_MORE_MARKS}]*"
    rf"|(?<![^\W_])[^\W_]+[{_MORE_MARKS}][\w{_MORE_MARKS}]*"
)

_SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True))
_MORE_LATIN = _SMALL_CAPITALS | dict(zip("ғхƽեհոսց℮ƅƍꭇᏂ", "fxsthnugebgrh", strict=True))
_TO_CYRILLIC = dict(
    zip(
        "aeopcyxkmthbunriAEOPCYXKMTHBUNRI36" + "ʙᴀᴋᴇᴛʍᴏᴨᴄᴧɜɯɸᴩᴦʜᴍһ",
        "аеорсухкмтнвипгіАЕОРСУХКМТНВИПГІЗб" + "вакетмопслзшфргнмн",
        strict=True,
    )
)
_NATIVE_CYRILLIC = frozenset("бвгджзийклмнптфцчшщъыьэюяґєїўБГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯҐЄЇЎ")
_SEEN_AS_LATIN = dict(zip("гпикмтвн", "rnukmtbh", strict=True))
_NATIVE_GREEK = frozenset("βγδεζηθκλμξπρσςτυφχψωΓΔΘΛΞΠΣΦΨΩάέήίόύώ")
_GREEK_PLAIN = dict(zip("αβγεηικνορστυχω", "abyenikvopotuxw", strict=True))


def show_invisible(tracked: Tracked, undone: Counter[str]) -> None:
    """Take out characters that show nothing, and turn text round that was only displayed the right way."""
    if _OVERRIDE in tracked.text:
        tracked.sub(_REVERSED, lambda match: _turned(match, undone))
    text = tracked.text

    def drop(match: re.Match[str]) -> str:
        start, end = match.span()
        if start > 0 and end < len(text) and text[start - 1].isalnum() and text[end].isalnum():
            hidden = sum(char not in _INNOCENT or text[start - 1] < "\u0530" for char in match[0])
            if hidden and match[0] != "\u00ad":
                undone["zero_width"] += hidden
        return ""

    tracked.sub(_INVISIBLE, drop)


def _turned(match: re.Match[str], undone: Counter[str]) -> str | None:
    if not match[0].startswith(_OVERRIDE):
        return None
    undone["bidi"] += 1
    return match[1][::-1]


def plain_forms(tracked: Tracked, undone: Counter[str]) -> None:
    """Compose, take styled letters back to plain ones (NFKC), and take off marks that no alphabet stacks there."""
    text = tracked.text
    if unicodedata.is_normalized("NFKC", text) and not _HAS_MARK.search(text) and not _NEGATIVE.search(text):
        return
    fullwidth_is_usual = bool(_CJK.search(text))

    def compose(match: re.Match[str]) -> str | None:
        cluster = match[0]
        plain, styled, marks = _plain(cluster)
        if plain == cluster:
            return None
        if styled and not (fullwidth_is_usual and _FULLWIDTH.match(cluster)):
            undone["styled"] += 1
        if marks:
            undone["combining"] += marks
        return plain

    tracked.sub(_CLUSTER, compose)


_NEGATIVE = re.compile("[\U0001f150-\U0001f169\U0001f170-\U0001f189]")


@lru_cache(maxsize=8192)
def _plain(cluster: str) -> tuple[str, bool, int]:
    if _NEGATIVE.match(cluster):
        return chr(65 + (ord(cluster[0]) - 0x1F150) % 32), True, 0
    plain = unicodedata.normalize("NFKC", cluster)
    base = plain[:1]
    marks = len(_MARKS.sub("", cluster)) and len(cluster) - 1
    if marks > 2:
        stripped = unicodedata.normalize("NFKC", cluster[0])
        return stripped, False, marks
    if marks and (base.isascii() or unicodedata.category(base) in ("Lu", "Ll")) and len(plain) > 1:
        stripped = _MARKS.sub("", plain)
        return stripped, "\u20e3" in cluster, len(plain) - len(stripped) if "\u20e3" not in cluster else 0
    styled = not cluster.isascii() and cluster[0] not in _PLAIN_FORMS and plain.isascii() and plain.isalnum()
    return plain, styled, 0


def fold_lookalikes(tracked: Tracked, undone: Counter[str]) -> None:
    """Put letters of the word's own alphabet in the place of look-alikes from another."""
    text = tracked.text
    latin = sum(map(str.isascii, filter(str.isalpha, text[:400]))) * 2 > sum(map(str.isalpha, text[:400]))

    def fold(match: re.Match[str]) -> str | None:
        word = match[0]
        folded = _fold_word(word, latin)
        if folded == word:
            return None
        undone["homoglyph"] += sum(a != b for a, b in zip(word, folded, strict=True))
        return folded

    tracked.sub(_WORD, fold)


@lru_cache(maxsize=16384)
def _fold_word(word: str, latin_around: bool) -> str:
    table = lookalikes()
    strange = [char for char in word if not char.isascii() and not _is_latin(char)]
    if not strange or len(word) < 2:
        return word
    if any(char in _NATIVE_CYRILLIC for char in word):
        if not _mostly_ascii(word):
            return _to_cyrillic(word)
        table = table | _SEEN_AS_LATIN
    plain = any(char.isascii() and char.isalpha() for char in word)
    native_greek = sum(char in _NATIVE_GREEK for char in word)
    if plain and len(word) > 2:
        table = table | _GREEK_PLAIN
    elif native_greek or not (latin_around or all(char in _MORE_LATIN for char in strange)):
        return word
    if any(char not in table for char in strange):
        return word
    return "".join(table.get(char, char) if not _is_latin(char) else char for char in word)


def _mostly_ascii(word: str) -> bool:
    plain = sum(char.isascii() and char.isalpha() for char in word)
    return plain >= 2 * (len(word) - plain) and plain > 1


def _to_cyrillic(word: str) -> str:
    latin = [char for char in word if not "\u0400" <= char <= "\u052f"]
    if not latin:
        return word
    table = lookalikes()
    options = [_TO_CYRILLIC.get(char) or _TO_CYRILLIC.get(table.get(char, "")) for char in latin]
    # "SMSка" is a word of two alphabets, and its S has no double in the other.
    if not all(options) or all(char.isdigit() for char in latin):
        return word
    of = dict(zip(latin, options, strict=True))
    return "".join(of.get(char) or char for char in word)


def _is_latin(char: str) -> bool:
    return "\u00c0" <= char <= "\u024f" or "\u1e00" <= char <= "\u1eff"


@cache
def lookalikes() -> dict[str, str]:
    """Return the Latin letter or digit that each look-alike stands for."""
    listed = json.loads((files("confusable_homoglyphs") / "confusables.json").read_text("utf-8"))
    table: dict[str, str] = {}
    for char, doubles in listed.items():
        if len(char) != 1 or char.isascii():
            continue
        plain = [double["c"] for double in doubles if double["c"].isascii() and double["c"].isalnum()]
        plain = [letter for letter in plain if len(letter) == 1]
        if plain:
            table[char] = "I" if plain[0] == "l" and char.isupper() else plain[0]
    return table | _MORE_LATIN
