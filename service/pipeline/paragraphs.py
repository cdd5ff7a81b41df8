"""Write a comment's HTML anew from bleach's: paragraphs, breaks and links, nothing empty, nothing misnested.

bleach's output is a tree written out (every tag closed, attributes quoted), so one pass over its tags and texts is
enough. Tags are opened only when text follows and closed only when the text after them wants so; what is written
therefore reads the same when it is sanitised again.
"""

import re
from collections.abc import Callable

from service.pipeline.links import decoded, escaped, opening, safe_href
from service.pipeline.plain import repair, without_overrides

MAX_DEPTH = 8
"""Quotations and lists nested deeper lose the inner boxes; the text stays."""

_TOKEN = re.compile(r'<(/?)([a-z]+)(?: href="([^"]*)")?[^<>]*>|([^<]+)')
_BOXES = frozenset({"blockquote", "ul", "ol", "li", "pre"})
_LISTS = frozenset({"ul", "ol"})
_VERBATIM = frozenset({"a", "code"})
# A <br> in the text that waits to be written; `repair` leaves no vertical tab in any text.
_BREAK = "\v"
_LINE_END = re.compile(r"([\n\v])")

Inline = tuple[str, str, int]
"""An inline element: its name, the tag that opens it ("" if none is written), and a number that parts two links."""


def rewrite(markup: str, *, keep_lines: bool, write: Callable[[str], str]) -> tuple[str, str]:
    """Return HTML and plain text for bleach's output.

    Args:
        markup: what bleach returned.
        keep_lines: a single line end becomes a break; otherwise it is white space, as in HTML.
        write: escapes one line; outside links, <code> and <pre> it may make links of web addresses.
    """
    page = _Page(keep_lines, write)
    for number, (close, tag, href, text) in enumerate(_TOKEN.findall(markup)):
        if text:
            page.add_text(without_overrides(repair(decoded(text))))
        elif tag == "br":
            page.add_text(_BREAK)
        elif tag in _BOXES:
            page.close_box() if close else page.open_box(tag)
        elif tag == "p":
            page.end_block()
        elif close:
            page.inlines.pop()
        else:
            page.inlines.append((tag, *_opening(tag, href, number)))
    page.end_block()
    return "".join(page.html), "".join(page.plain)


def _opening(tag: str, href: str, number: int) -> tuple[str, int]:
    if tag != "a":
        return f"<{tag}>", 0
    url = safe_href(href)
    return opening(url) if url else "", number


class _Page:
    """Hold what is written, what is open, what is wanted, and the text that waits for its end."""

    def __init__(self, keep_lines: bool, write: Callable[[str], str]) -> None:
        self.html: list[str] = []
        self.plain: list[str] = []
        self.inlines: list[Inline] = []  # wanted, outermost first
        self._keep_lines = keep_lines
        self._write = write
        self._boxes: list[str] = []  # wanted, outermost first; "" for one that isn't written
        self._opened = 0  # so many of `_boxes` are written
        self._fresh = False  # the innermost box has nothing in it
        self._paragraph: str | None = None  # the tag around the text, "" for none of its own
        self._styles: list[Inline] = []  # the inline tags open in the HTML
        self._waiting: list[str] = []
        self._style: list[Inline] = []  # the inline tags around `_waiting`
        self._soft = self._hard = 0  # line ends and <br> since the last words
        self._space = ""  # white space since the last words

    def add_text(self, text: str) -> None:
        """Let text wait; what waits already is written if its style is another."""
        style = list({inline[0]: inline for inline in self.inlines if inline[1]}.values())
        if style != self._style and text.strip():
            self._flush()
            self._style = style
        self._waiting.append(text)

    def open_box(self, tag: str) -> None:
        """Want a list, list item, quotation or <pre> around what follows, where HTML allows it."""
        self.end_block()
        inner, shallow = self._box(), sum(map(bool, self._boxes)) < MAX_DEPTH
        allowed = inner in _LISTS if tag == "li" else inner != "pre" and shallow
        self._boxes.append(tag if allowed else "")

    def close_box(self) -> None:
        """Close the innermost box."""
        if self._boxes[-1]:
            self._finish()
        else:
            self.end_block()
        tag = self._boxes.pop()
        if self._opened > len(self._boxes):
            self._opened -= 1
            self._fresh = self._fresh and not tag
            self.html.append(f"</{tag}>" if tag else "")

    def end_block(self) -> None:
        """End the paragraph; within <pre>, where there are none, the line."""
        if self._box() != "pre":
            self._finish()
        elif self._waiting and not self._waiting[-1].endswith("\n"):
            self._waiting.append("\n")

    def _finish(self) -> None:
        self._flush()
        self._close_paragraph()
        self._forget_gap()

    def _flush(self) -> None:
        waiting, self._waiting = "".join(self._waiting), []
        if self._box() == "pre":
            self._write_preformatted(waiting.replace(_BREAK, "\n"))
            return
        for piece in _LINE_END.split(waiting):
            if piece == "\n":
                self._soft, self._space = self._soft + 1, ""
            elif piece == _BREAK:
                self._hard, self._space = self._hard + 1, ""
            elif words := piece.strip():
                start = piece.index(words)
                self._space += piece[:start]
                self._write_words(words)
                self._space = piece[start + len(words) :]
            else:
                self._space += piece

    def _write_words(self, words: str) -> None:
        if self._soft > 1 or self._hard > 1:
            self._close_paragraph()
        if self._paragraph is None:
            self._open_paragraph()
            self._forget_gap()
        gap = self._gap()
        self._restyle(self._style, gap)
        verbatim = any(name in _VERBATIM for name, _, _ in self._style)
        self.html.append(escaped(words) if verbatim else self._write(words))
        self.plain += ["\n" if gap == "<br>" else gap, words]
        self._forget_gap()

    def _write_preformatted(self, text: str) -> None:
        if self._paragraph is None:
            if not text.strip():
                return
            self._open_paragraph()
            # Parsers drop a line end right after the tag.
            self.html.append("\n" if text.startswith("\n") else "")
        self._restyle(self._style, "")
        self.html.append(escaped(text))
        self.plain.append(text)

    def _open_paragraph(self) -> None:
        for tag in self._boxes[self._opened :]:
            self.html.append(f"<{tag}>" if tag else "")
            self._fresh = self._fresh or bool(tag)
        self._opened = len(self._boxes)
        box = self._box()
        if box in _LISTS:
            self._paragraph = "li"
        else:
            self._paragraph = "" if box == "pre" or (box == "li" and self._fresh) else "p"
        self._fresh = False
        self.html.append(f"<{self._paragraph}>" if self._paragraph else "")
        self.plain.append("\n\n" if self.plain else "")

    def _close_paragraph(self) -> None:
        self._restyle([], "")
        self.html.append(f"</{self._paragraph}>" if self._paragraph else "")
        self._paragraph = None

    def _restyle(self, style: list[Inline], gap: str) -> None:
        """Close the inline tags that are no longer wanted, write what stands between, open the others."""
        same = 0
        while self._styles[same : same + 1] == style[same : same + 1] != []:
            same += 1
        self.html += [f"</{name}>" for name, _, _ in reversed(self._styles[same:])]
        self.html.append(gap)
        self.html += [tag for _, tag, _ in style[same:]]
        self._styles = list(style)

    def _gap(self) -> str:
        if self._hard or (self._soft and self._keep_lines):
            return "<br>"
        return " " if self._soft else self._space

    def _forget_gap(self) -> None:
        self._soft = self._hard = 0
        self._space = ""

    def _box(self) -> str:
        return next((tag for tag in reversed(self._boxes) if tag), "")
