"""Take markup out of a body: tags, entities and forum codes, with the links they carried."""

import html
import re
from collections import Counter
from dataclasses import dataclass

from service.pipeline.tracked import Tracked

_MARKUP = re.compile(
    r"<!--.{0,400}?-->"
    r"|<(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9]{0,15})(?P<rest>(?:\s[^<>]{0,3000})?)/?>"
    r"|\[(?P<bbclose>/?)(?P<bb>url|link|img|b|i|u|quote|email|color|size)(?:=(?P<bbhref>[^\[\]\s]{1,2000}))?\]"
    r"|\[(?P<label>[^\[\]\n]{1,300})\]\((?P<target>https?://[^\s()]{1,2000})\)"
    r"|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
    re.IGNORECASE | re.DOTALL,
)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]{0,2048})"|'([^']{0,2048})'|([^\s"'>]{1,2048}))""", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "br", "div", "li", "ul", "ol", "tr", "td", "table", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4")
)


@dataclass(slots=True)
class Anchor:
    """A link that markup carried; `start` and `end` are offsets in the original, the anchor's text included."""

    url: str
    start: int
    end: int


def strip_markup(tracked: Tracked, undone: Counter[str]) -> list[Anchor]:
    """Take markup out, count what was there, and return the links it carried."""
    if not any(sign in tracked.text for sign in "<&["):
        return []
    reader = _Reader(undone)
    tracked.sub(_MARKUP, reader.replace)
    return reader.anchors


class _Reader:
    def __init__(self, undone: Counter[str]) -> None:
        self.undone = undone
        self.anchors: list[Anchor] = []
        self._open: list[Anchor] = []

    def replace(self, match: re.Match[str]) -> str | None:
        if match["tag"]:
            return self._tag(match)
        if match["bb"]:
            return self._code(match)
        if match["label"]:
            self.undone["markdown"] += 1
            self.anchors.append(Anchor(match["target"], match.start(), match.end()))
            return match["label"]
        if match[0].startswith("<!--"):
            self.undone["comment"] += 1
            return ""
        return self._entity(match[0])

    def _tag(self, match: re.Match[str]) -> str:
        tag = match["tag"].lower()
        if tag == "a":
            href = _HREF.search(match["rest"]) if match["rest"] else None
            if match["close"]:
                self._close(match.end())
            elif href:
                self.undone["anchor"] += 1
                self._start(html.unescape(href[1] or href[2] or href[3] or ""), match)
        return "\n" if tag in _BLOCKS else ""

    def _code(self, match: re.Match[str]) -> str | None:
        if match["bb"].lower() in ("url", "link"):
            if match["bbclose"]:
                self._close(match.end())
            else:
                self.undone["bbcode"] += 1
                if match["bbhref"]:
                    self._start(match["bbhref"], match)
        return ""

    def _start(self, url: str, match: re.Match[str]) -> None:
        anchor = Anchor(url.strip(), match.start(), match.end())
        self.anchors.append(anchor)
        self._open.append(anchor)

    def _close(self, end: int) -> None:
        if self._open:
            self._open.pop().end = end

    def _entity(self, entity: str) -> str | None:
        char = html.unescape(entity)
        if char == entity:
            return None
        # An entity for a plain letter or digit has no purpose but to hide it.
        if char.isascii() and char.isalnum():
            self.undone["entity"] += 1
        return char
