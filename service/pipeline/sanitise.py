"""Make a stranger's text safe to show: an allow-list of HTML by bleach, strict links, lines kept as paragraphs.

    body ──repair──► plain? ──yes──► paragraphs ───────────────────────────────► Clean
                       └─no──► bare tags ──bleach──► paragraphs, strict links ──► Clean

bleach decides what is let through. What stands before it bounds its work, what stands after it only writes text and
the same tags again.
"""

import re
from collections.abc import Callable

import bleach

from service.comment import Clean
from service.pipeline.links import escaped, linked, safe_href, safe_url
from service.pipeline.paragraphs import rewrite
from service.pipeline.plain import fits, plain, plain_to_fit, repair, without_overrides

__all__ = ["MAX_AMPERSANDS", "MAX_BRACKETS", "MAX_LINES", "MAX_LINKS", "TAGS", "repair", "safe_url", "sanitise"]

TAGS = frozenset({"a", "b", "strong", "i", "em", "code", "pre", "blockquote", "p", "br", "ul", "ol", "li"})
_SCHEMES = frozenset({"http", "https", "mailto"})
MAX_BRACKETS = 100
"""A body with more `<` is shown as it was typed: parsers' work grows with its square."""
MAX_AMPERSANDS = 500
"""A body with markup and more `&` is shown as it was typed: bleach takes 10 µs for each."""
MAX_LINES = 1000
"""A body with markup and more line ends is shown as it was typed: each may close and reopen every tag."""
MAX_LINKS = 100
"""A body with more bare web addresses gets no links made of them."""

_MARKUP = re.compile("<[A-Za-z/!?]|&(?:#|[A-Za-z0-9]+;)")
_OWN_LINES = re.compile("<(?:p|br)[ >/]")
# Elements that end a line of text; only the lines are kept.
_BLOCK = re.compile(
    "address|article|aside|center|d[dlt]|details|div|fieldset|figcaption|figure|footer|form|h[1-6r]"
    "|header|main|nav|option|section|summary|table|t[dhr]"
)
_ATTRIBUTE = re.compile(
    r"""[\s/]*+ (=?[^\s/>=]*+) (?:\s*+=\s*+ (?:"([^"]*+)" | '([^']*+)' | ([^\s>"'][^\s>]*+)))?+""", re.VERBOSE
)
# The tokens of the HTML standard, each with a bounded number of attributes. Nothing here can backtrack.
_TAG = re.compile(
    r"""<(?: !--(?:-?> | .*?(?:--!?>|\Z))
           | [!?/](?![A-Za-z])[^<>]*+>
           | [!?][^<>]*+>
           | (/?)([A-Za-z][A-Za-z0-9-]*+(?::[A-Za-z0-9-]++)?+)(?=[\s/>])
             ((?:[\s/]++ | (?:=[^\s/>=]*+ | [^\s/>=]++)
                 (?:\s*+=\s*+(?:"[^"]*+" | '[^']*+' | [^\s>"'][^\s>]*+))?+){0,64}+)>
         )?+""",
    re.VERBOSE | re.DOTALL,
)


def sanitise(body: str) -> Clean:
    """Return a body as HTML that is safe on any page, and as plain text.

    Never raises, and loses no words save those in HTML comments and attributes, or past 48 KB of output. A body of
    up to 10,000 characters costs at most 20 ms of CPU; one with too much markup for that is shown as it was typed.
    """
    text = without_overrides(repair(body))
    write = linked if _addresses(text) <= MAX_LINKS else escaped
    literal = _MARKUP.search(text) is None or _is_too_much(text)
    clean = plain(text, write) if literal else _by_bleach(text, write)
    return clean if fits(clean) else plain_to_fit(text)


def _is_too_much(text: str) -> bool:
    return text.count("<") > MAX_BRACKETS or text.count("&") > MAX_AMPERSANDS or text.count("\n") > MAX_LINES


def _addresses(text: str) -> int:
    return text.count("://") + text.lower().count("www.")


def _by_bleach(text: str, write: Callable[[str], str]) -> Clean:
    bare = _bare(text)
    html, words = rewrite(_bleached(bare), keep_lines=_OWN_LINES.search(bare) is None, write=write)
    return Clean(html=html, text=words)


def _bleached(markup: str) -> str:
    return str(bleach.clean(markup, tags=TAGS, attributes=_is_allowed, protocols=_SCHEMES, strip=True))


def _is_allowed(tag: str, name: str, value: str) -> bool:
    return tag == "a" and name == "href" and safe_href(value) is not None


def _bare(text: str) -> str:
    """Leave tags nothing but their name and a link's target; `<` that begins no tag becomes text.

    html5lib compares each attribute of a tag with all before it, and copies differing tags again and again into
    paragraphs they were left open in: a few thousand characters of either cost seconds.
    """
    return _TAG.sub(_bare_tag, text)


def _bare_tag(tag: re.Match[str]) -> str:
    slash, name, attributes = tag.groups()
    if name is None:
        return "" if len(tag[0]) > 1 else "&lt;"
    name = name.lower()
    if _BLOCK.fullmatch(name):
        return f"<{slash}p>"
    if name not in TAGS:
        return ""
    href = "" if slash or name != "a" else _href(attributes)
    return f"<{slash}{name}{href}>"


def _href(attributes: str) -> str:
    for attribute in _ATTRIBUTE.finditer(attributes):
        if attribute[1].lower() == "href":
            value = attribute[2] or attribute[3] or attribute[4] or ""
            url = safe_href(value)
            return f' href="{escaped(url)}"' if url else ""
    return ""
