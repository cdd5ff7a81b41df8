"""Undo a text's disguises and count each undoing, for the counts are evidence themselves.

Offsets into the body as submitted survive every step, so that evidence can be shown where it stands.
"""

import re
from collections import Counter

from service.comment import Link, Normal, Submission
from service.pipeline.disguise import undo_disguises
from service.pipeline.folding import fold_lookalikes, plain_forms, show_invisible
from service.pipeline.lexicon import AMBIGUOUS_TLDS, TLDS
from service.pipeline.markup import Anchor, strip_markup
from service.pipeline.tracked import Tracked

MAX_CHARS = 16_384
"""What follows is not read: the service accepts at most 16 KB."""

_TAG = re.compile(r"<[^<>]{1,3000}>|\[/?(?:url|link)[^\]]{0,2000}\]", re.IGNORECASE)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_BARE = re.compile(
    r"(?:https?://|(?<![\w.])www\.)[^\s<>\"\[\]]{2,2048}"
    rf"|(?<![\w@./-])(?:{_LABEL}\.){{1,6}}(?P<tld>[a-z]{{2,12}})"
    r"(?![\w-]|\.[a-z])(?P<path>[/?#:][^\s<>\"\[\]]{0,2000})?",
    re.IGNORECASE,
)
_DOT_WITHIN = re.compile(r"[\w-]\.\w|://")
"""Most dots end a sentence: no address without one between two words."""
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?/{0,2}(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)
_TRAILING = ".,;:!?'\"*_~)»”’"


def normalise(submission: Submission) -> Normal:
    """Return a submission's text with markup and disguises undone, and its links.

    Works on any string, lone surrogates and controls included, in time linear in its length.
    """
    tracked = Tracked(submission.body[:MAX_CHARS])
    undone: Counter[str] = Counter()
    anchors = strip_markup(tracked, undone)
    if not tracked.text.isascii():
        show_invisible(tracked, undone)
        plain_forms(tracked, undone)
        if not tracked.text.isascii():
            fold_lookalikes(tracked, undone)
    elif not tracked.text.isprintable():
        show_invisible(tracked, undone)
    undo_disguises(tracked, undone)
    return Normal(
        submission=submission,
        text=tracked.text,
        offsets=tuple(tracked.at),
        undone=dict(undone),
        links=_links(tracked, anchors, submission.body),
    )


def host_of(url: str) -> str:
    """Return the host of an address in lower case without `www.`, "" if it has none."""
    match = _HOST.match(url.strip())
    return match[1].lower().removeprefix("www.").rstrip(".") if match else ""


def _links(tracked: Tracked, anchors: list[Anchor], body: str) -> tuple[Link, ...]:
    links = [
        Link(url=a.url, host=host_of(a.url), anchor=_inner(body[a.start : a.end]), start=a.start, end=a.end)
        for a in anchors
    ]
    if _DOT_WITHIN.search(tracked.text):
        links += [link for link in _bare_links(tracked) if not any(_within(link, a) for a in anchors)]
    return tuple(sorted(links, key=lambda link: link.start))


def _bare_links(tracked: Tracked) -> list[Link]:
    found = []
    for match in _BARE.finditer(tracked.text):
        tld = (match["tld"] or "").lower()
        if (tld and tld not in TLDS) or (tld in AMBIGUOUS_TLDS and not _looks_meant(match)):
            continue
        url = match[0].rstrip(_TRAILING)
        start, end = tracked.at[match.start()], tracked.at[match.start() + len(url)]
        found.append(Link(url=url, host=host_of(url), anchor="", start=start, end=end))
    return found


def _looks_meant(match: re.Match[str]) -> bool:
    """Tell an address from a sentence that lacks its space ("yesterday.In fact", "it.is")."""
    name = match[0][: match.end("tld") - match.start()]
    if match["tld"].lower() in ("example", "test"):
        return True
    return bool(match["path"] and len(match["path"]) > 1) or (
        name == name.lower() and ("-" in name or any(map(str.isdigit, name)))
    )


def _within(link: Link, anchor: Anchor) -> bool:
    return anchor.start <= link.start and link.end <= anchor.end


def _inner(markup: str) -> str:
    return _TAG.sub("", markup).strip()[:200]
