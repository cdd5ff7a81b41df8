"""Speak the reader's language: every text that a reader meets, from locale/*.json."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

import msgspec

from service.paths import LOCALE

DEFAULT = "en"
_RIGHT_TO_LEFT = frozenset({"ar"})
_TAG = re.compile(r"\s*([A-Za-z]{2,8})(?:[-_][A-Za-z0-9-]*)?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


class Strings:
    """The texts of one language. `dir` is what HTML calls its direction."""

    def __init__(self, lang: str, texts: Mapping[str, str]):
        self.lang = lang
        self.dir: Literal["ltr", "rtl"] = "rtl" if lang in _RIGHT_TO_LEFT else "ltr"
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its `{places}` filled in."""
        text = self._texts[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def below(self, prefix: str) -> dict[str, str]:
        """Return the texts whose keys begin with `prefix.`, by the rest of the key."""
        cut = len(prefix) + 1
        return {key[cut:]: text for key, text in self._texts.items() if key.startswith(f"{prefix}.")}


@cache
def languages() -> Mapping[str, Strings]:
    """Return every language there is, by its tag."""
    found = {}
    for path in sorted(LOCALE.glob("*.json")):
        texts = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        found[path.stem] = Strings(path.stem, MappingProxyType(texts))
    return found


def speak(*wanted: str) -> Strings:
    """Return the first language wanted that there is; each wish is a tag, or a whole Accept-Language header."""
    for wish in wanted:
        for tag in _in_order(wish):
            if tag in languages():
                return languages()[tag]
    return languages()[DEFAULT]


def _in_order(wish: str) -> list[str]:
    """Return the primary languages of a header, the most wanted first; those with q=0 are not wanted at all."""
    found = [match for part in wish[:500].split(",") if (match := _TAG.fullmatch(part))]
    weighed = [(float(match[2] or 1), match[1].lower()) for match in found]
    return [tag for weight, tag in sorted(weighed, key=lambda each: -each[0]) if weight > 0]
