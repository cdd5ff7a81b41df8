"""Look for what a site has put on its lists. Linear in the length of the text, however long the lists are.

A word or phrase matches whole words in the text (disguises undone, or as submitted) and in the author's name; with `*`
at its end, words that begin so. A link names a host with all below it, and maybe the beginning of a path. An author is
an e-mail address, `@` and a domain, or a whole name. A network is written as CIDR, no narrower than what is kept of
addresses.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from service.comment import Context, Evidence, FieldName, Finding, ListEntry, Normal
from service.errors import FieldError, Invalid
from service.pipeline.normalise import host_of

MOST = 2000
"""Entries of one site; they are read with its policy every few seconds."""
LONGEST = 200
LONGEST_PHRASE = 12
"""Words of a phrase; each place of a text is looked up at most as often."""
NARROWEST = {4: 24, 6: 48}
_MESSAGES = {
    "word": "Contains “{}”, which is on the site's list",
    "link": "Links to {}, which is on the site's list",
    "author": "Comes from {}, who is on the site's list",
    "network": "Comes from the network {}, which is on the site's list",
}
_SCRIPTLIKE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
# Scripts without spaces between words are read by the letter.
_TOKEN = re.compile(rf"[{_SCRIPTLIKE}]|[^\W{_SCRIPTLIKE}]+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


@dataclass(slots=True)
class _Lists:
    """A site's lists in the order that they are looked up in."""

    phrases: dict[tuple[str, ...], ListEntry] = field(default_factory=dict)
    lengths: set[int] = field(default_factory=set)
    prefixes: dict[str, ListEntry] = field(default_factory=dict)
    prefix_lengths: set[int] = field(default_factory=set)
    hosts: dict[str, list[tuple[str, ListEntry]]] = field(default_factory=dict)
    authors: dict[str, ListEntry] = field(default_factory=dict)
    networks: dict[IPv4Network | IPv6Network, ListEntry] = field(default_factory=dict)


class _Same:
    """A key that is equal to itself only: comparing whole lists would cost more than looking in them."""

    __slots__ = ("entries",)

    def __init__(self, entries: tuple[ListEntry, ...]):
        self.entries = entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.entries is self.entries

    def __hash__(self) -> int:
        return id(self.entries)


def listed(normal: Normal, context: Context, entries: tuple[ListEntry, ...]) -> tuple[Finding, ...]:
    """Return a finding for each entry that a submission matches."""
    if not entries:
        return ()
    lists = _compiled(_Same(entries))
    found: dict[ListEntry, list[Evidence]] = {}
    for entry, evidence in _matches(normal, context, lists):
        found.setdefault(entry, [])
        if evidence and evidence not in found[entry]:
            found[entry].append(evidence)
    return tuple(_finding(entry, evidence) for entry, evidence in found.items())


def checked_entry(entry: ListEntry) -> ListEntry:
    """Return an entry in the one form in which it is kept.

    Raises:
        Invalid: it could never match, or not what its writer means.
    """
    value = " ".join(entry.value.split())
    match entry.kind:
        case "word":
            words = _words(value.rstrip("*"))
            wrong = not 1 <= len(words) <= LONGEST_PHRASE or (value.endswith("*") and len(words) > 1)
            message = f"needs 1 to {LONGEST_PHRASE} words; * may stand at the end of a single one"
        case "link":
            value = re.sub(r"^https?://", "", value.lower()).removeprefix("www.").rstrip("/")
            wrong, message = not _HOST.fullmatch(value.partition("/")[0]), "is not a host such as spam.example"
        case "author":
            wrong, message = False, ""
            value = value.lower() if "@" in value else value
        case "network":
            value, message = _network_text(value), "is not a network such as 192.0.2.0/24 or 2001:db8::/48, or wider"
            wrong = not value
    if wrong or not value or len(value) > LONGEST:
        raise Invalid(
            "This cannot be put on the list.", errors=[FieldError("value", message or f"has 1 to {LONGEST} characters")]
        )
    return ListEntry(kind=entry.kind, value=value, action=entry.action, note=entry.note)


def _matches(normal: Normal, context: Context, lists: _Lists) -> Iterator[tuple[ListEntry, Evidence | None]]:
    said = normal.submission
    if lists.phrases or lists.prefixes:
        body = said.body
        for entry, start, end in _in_text(normal.text, lists):
            at, to = normal.offsets[start], normal.offsets[end]
            yield entry, _evidence("body", body, at, to)
        for name, text in (("body", body), ("author_name", said.author_name)):
            for entry, start, end in _in_text(text, lists):
                yield entry, _evidence("body" if name == "body" else "author_name", text, start, end)
    if lists.hosts:
        for link in normal.links:
            for entry in _by_host(link.url, lists):
                yield entry, _evidence("body", said.body, link.start, link.end)
        for entry in _by_host(said.author_url, lists):
            yield entry, _evidence("author_url", said.author_url, 0, len(said.author_url))
    if lists.authors:
        email = context.author_email.lower()
        domain = email.rpartition("@")[2] or said.author_email_domain
        for key in (email, f"@{domain}" if domain else "", _folded(" ".join(said.author_name.split()))):
            if key in lists.authors:
                yield lists.authors[key], None
    if lists.networks and context.network:
        kept = ip_network(context.network)
        for bits in range(kept.prefixlen + 1):
            if network_entry := lists.networks.get(kept.supernet(new_prefix=bits)):
                yield network_entry, None


def _in_text(text: str, lists: _Lists) -> Iterator[tuple[ListEntry, int, int]]:
    tokens = [(_folded(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    words = [token for token, _, _ in tokens]
    for i, (word, start, end) in enumerate(tokens):
        for length in lists.lengths:
            entry = lists.phrases.get(tuple(words[i : i + length]))
            if entry and i + length <= len(tokens):
                yield entry, start, tokens[i + length - 1][2]
        for length in lists.prefix_lengths:
            if entry := lists.prefixes.get(word[:length]):
                yield entry, start, end


def _by_host(url: str, lists: _Lists) -> Iterator[ListEntry]:
    host = host_of(url)
    rest = url.split("://", 1)[-1].partition("/")[2]
    while host:
        for path, entry in lists.hosts.get(host, ()):
            if rest.startswith(path):
                yield entry
        host = host.partition(".")[2]


@lru_cache(maxsize=256)
def _compiled(same: _Same) -> _Lists:
    lists = _Lists()
    for entry in same.entries:
        match entry.kind:
            case "word" if entry.value.endswith("*"):
                prefix = "".join(_words(entry.value))
                lists.prefixes[prefix] = entry
                lists.prefix_lengths.add(len(prefix))
            case "word":
                words = _words(entry.value)
                lists.phrases[words] = entry
                lists.lengths.add(len(words))
            case "link":
                host, _, path = entry.value.partition("/")
                lists.hosts.setdefault(host, []).append((path, entry))
            case "author":
                lists.authors[_folded(entry.value)] = entry
            case "network":
                lists.networks[ip_network(entry.value)] = entry
    return lists


def _finding(entry: ListEntry, evidence: Sequence[Evidence]) -> Finding:
    # An e-mail address goes into no verdict: it is kept in one place, and erased there.
    shown = "an author" if entry.kind == "author" and "@" in entry.value else entry.value
    return Finding(
        code=f"list.{entry.kind}",
        category="policy",
        source="list",
        score=1.0,
        hold_at=1.0,
        reject_at=1.0 if entry.action == "reject" else None,
        message=_MESSAGES[entry.kind].format(shown),
        evidence=tuple(evidence[:20]),
    )


def _evidence(name: FieldName, text: str, start: int, end: int) -> Evidence:
    return Evidence(field=name, start=start, end=end, text=text[start:end], weight=1.0)


def _words(value: str) -> tuple[str, ...]:
    return tuple(_folded(match[0]) for match in _TOKEN.finditer(value))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _network_text(value: str) -> str:
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return ""
    return str(network) if network.prefixlen <= NARROWEST[network.version] else ""


def merged(entries: Iterable[ListEntry], more: Iterable[ListEntry]) -> tuple[ListEntry, ...]:
    """Return entries with more added; one of the same kind and value takes the place of the one before.

    Raises:
        Invalid: one of them cannot be listed, or there are more than MOST.
    """
    kept = {(entry.kind, _folded(entry.value)): entry for entry in entries}
    for entry in map(checked_entry, more):
        kept[entry.kind, _folded(entry.value)] = entry
    if len(kept) > MOST:
        raise Invalid(f"A site's lists hold at most {MOST:,} entries.")
    return tuple(kept.values())
