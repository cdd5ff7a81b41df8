"""Handle text that has no markup: repair it, and write it as paragraphs with its web addresses made links."""

import re
from collections.abc import Callable

from service.comment import Clean
from service.pipeline.links import escaped, linked

MAX_HTML_BYTES = 48 * 1024

_DAMAGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CUT_ENTITY = re.compile(r"&[a-z]{0,3}\Z")


def repair(text: str) -> str:
    """Return text as any field may be stored.

    Lone surrogates become U+FFFD, CRLF and CR become LF; NUL and the other control characters go, save tab and LF.
    """
    if _DAMAGE.search(text) is None:
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", _CONTROLS.sub("", text))


def without_overrides(text: str) -> str:
    """Drop the characters that embed, override or isolate a direction; marks (LRM, RLM, ALM) stay.

    An unclosed override turns what stands after it on the page, and one within a line makes `exe.txt` of `txt.exe`.
    Arabic and Hebrew read well without: the page isolates each comment (`dir="auto"`), letters carry their direction.
    """
    return _DIRECTIONS.sub("", text)


def plain(text: str, write: Callable[[str], str] = linked) -> Clean:
    """Return repaired text as paragraphs: an empty line parts them, a line end breaks the line.

    Args:
        text: taken literally, whatever markup it may look like.
        write: escapes one line; `linked` also makes its web addresses links.
    """
    paragraphs = _paragraphs(text)
    return Clean(
        html="".join([f"<p>{'<br>'.join(map(write, lines))}</p>" for lines in paragraphs]),
        text="\n\n".join(map("\n".join, paragraphs)),
    )


def plain_to_fit(text: str) -> Clean:
    """Return repaired text as paragraphs without links, cut where the HTML would exceed `MAX_HTML_BYTES`."""
    # `</p><p>` stands for two line ends and `<br>` for one: four bytes for each are enough. No repaired text has a NUL.
    written = escaped(text).replace("\n", "\n\0\0\0").encode()[: MAX_HTML_BYTES - len("<p></p>")]
    kept = _CUT_ENTITY.sub("", written.decode(errors="ignore")).replace("\0", "")
    return plain(kept.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), escaped)


def fits(clean: Clean) -> bool:
    """Say whether the HTML is at most `MAX_HTML_BYTES` in UTF-8."""
    return len(clean.html) * 4 <= MAX_HTML_BYTES or len(clean.html.encode()) <= MAX_HTML_BYTES


def _paragraphs(text: str) -> list[list[str]]:
    if "\n" not in text:
        return [[line]] if (line := text.strip()) else []
    paragraphs: list[list[str]] = [[]]
    for line in map(str.strip, text.split("\n")):
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [lines for lines in paragraphs if lines]
