"""Read how a comment is signed: whether name, address and e-mail look like a reader's or like a trader's."""

import re
from collections.abc import Iterator, Set
from math import log1p

from service.comment import Normal, Submission
from service.pipeline.lexicon import CHEAP_TLDS, COMMERCE, FREE_HOSTS, FREE_MAIL, TRUSTED_ENDINGS, TRUSTED_HOSTS
from service.pipeline.normalise import host_of

AUTHOR_CUES = (
    "name_trade",
    "name_all_trade",
    "name_words",
    "name_digits",
    "name_address",
    "name_lower_words",
    "name_person",
    "name_script",
    "name_in_text",
    "name_in_title",
    "name_trade_off_title",
    "name_trade_silent",
    "url_any",
    "url_path",
    "url_cheap",
    "url_free_host",
    "url_odd_host",
    "url_trade",
    "url_in_text",
    "url_name_agrees",
    "url_name_differs",
    "url_with_praise",
    "url_with_pitch",
    "url_person",
    "mail_own_domain",
    "mail_is_url",
    "mail_odd",
)

_PART = re.compile(r"[^\W_]+")
_ODD = re.compile(r"\d|-")
_ADDRESS = re.compile(r"https?:|www\.|\w\.(?:com|net|org|ru|in|co|info)\b")
_CAPITAL, _SMALL = r"[^\W\d_a-z]", r"[^\W\d_A-Z]"
_PERSON = re.compile(
    rf"(?:{_CAPITAL}\.? ?)?{_CAPITAL}{_SMALL}+(?: (?:{_CAPITAL}\.?|{_CAPITAL}[^\W\d_]*[-'’]?[^\W\d_]*))?"
)
"""A first name, with initials or a last name: "Ingrid", "J. Adeyemi", "Ingrid B.", "Anna O'Hara"."""
_LONG_TRADE = tuple(sorted(word for word in COMMERCE if len(word) > 4 and word.isascii()))
_TRADE_WITHIN = re.compile("|".join(map(re.escape, _LONG_TRADE)))
# Chinese is written without blanks, so its words of trade stand within.
_TRADE_IN_CHINESE = re.compile("|".join(sorted(word for word in COMMERCE if "\u4e00" <= word[0] <= "\u9fff")))


def author_cues(
    normal: Normal, lowered: str, title: Set[str], other_script: bool, pitched: bool, praised: bool
) -> Iterator[tuple[str, float]]:
    """Yield what the author's name, address and e-mail domain say.

    `title` are the long words of the page's title, `other_script` tells that name and text are in different scripts,
    `pitched` and `praised` that the text offers something, or praises.
    """
    submission = normal.submission
    person = False
    if submission.author_name:
        person = _PERSON.fullmatch(submission.author_name.strip()) is not None
        yield from _name_cues(submission.author_name[:200], person, lowered, title, other_script, pitched or praised)
    host = host_of(submission.author_url) if submission.author_url else ""
    if host:
        agrees = _agrees(submission, host)
        trade = _trade_in_address(submission.author_url)
        yield "url_any", 1.0
        yield "url_path", float(submission.author_url.rstrip("/").count("/") > 2)
        yield "url_cheap", float(is_cheap(host))
        yield "url_free_host", float(host.endswith(FREE_HOSTS))
        yield "url_odd_host", float(odd_host(host))
        yield "url_trade", log1p(trade)
        yield "url_in_text", float(host in lowered or any(link.host == host for link in normal.links))
        yield "url_name_agrees", float(agrees)
        yield "url_name_differs", float(not agrees and bool(submission.author_name))
        yield "url_with_praise", float(praised)
        yield "url_with_pitch", float(pitched)
        yield "url_person", float(person and not trade)
    domain = submission.author_email_domain.lower()
    if domain:
        yield "mail_own_domain", float(domain not in FREE_MAIL)
        yield "mail_is_url", float(domain == host)
        yield "mail_odd", float(odd_host(domain) or is_cheap(domain))


def trade_words(text: str) -> list[re.Match[str]]:
    """Return the words of trade in a name or address."""
    found = [match for match in _PART.finditer(text) if match[0].lower() in COMMERCE]
    return found if found or text.isascii() else list(_TRADE_IN_CHINESE.finditer(text))


def is_cheap(host: str) -> bool:
    """Tell whether a host ends in what spammers favour, for it costs little."""
    return host.rsplit(".", 1)[-1] in CHEAP_TLDS


def is_trusted(host: str) -> bool:
    """Tell whether a host is a public body, a school, an encyclopaedia or a big newspaper."""
    return host.endswith(TRUSTED_ENDINGS) or ".".join(host.split(".")[-2:]) in TRUSTED_HOSTS or host in TRUSTED_HOSTS


def odd_host(host: str) -> bool:
    """Tell whether a host has digits or hyphens in it."""
    return _ODD.search(host) is not None


def _name_cues(
    name: str, person: bool, lowered: str, title: Set[str], other_script: bool, spoke: bool
) -> Iterator[tuple[str, float]]:
    low = name.lower()
    parts = _PART.findall(low)
    trade = sum([part in COMMERCE for part in parts])
    if not name.isascii():
        trade += len(_TRADE_IN_CHINESE.findall(name))
    yield "name_person", float(person and not trade)
    yield "name_words", max(0, min(len(parts), 8) - 3) / 3
    yield "name_digits", float(any(map(str.isdigit, name)))
    yield "name_address", float("." in name and _ADDRESS.search(low) is not None)
    yield "name_lower_words", float(len(parts) > 1 and name == low and name.isascii())
    yield "name_script", float(other_script)
    long = [part for part in parts if len(part) > 3]
    in_title = any(part in title for part in long)
    yield "name_in_text", float(bool(long) and all(part in lowered for part in long))
    yield "name_in_title", float(in_title)
    if trade:
        yield "name_trade", log1p(trade)
        yield "name_all_trade", float(trade * 2 >= len(parts) and trade > 1)
        yield "name_trade_off_title", float(bool(title) and not in_title)
        yield "name_trade_silent", float(not spoke)


def _trade_in_address(url: str) -> int:
    """Count words of trade, also such as stand within a longer host name."""
    text = url.lower().split("://")[-1]
    return sum([part in COMMERCE for part in _PART.findall(text)]) or int(_TRADE_WITHIN.search(text) is not None)


def _agrees(submission: Submission, host: str) -> bool:
    plain = host.replace("-", "").replace(".", "")
    return any(part.lower() in plain for part in _PART.findall(submission.author_name[:200]) if len(part) > 2)
