"""Say why a comment looks like spam: the strongest words and cues, in sentences a moderator understands."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.comment import Evidence, FieldName, Finding, Normal
from service.pipeline.cues import NAMES
from service.pipeline.cuts import Cuts
from service.pipeline.features import ANCHOR, BODY, EMAIL, LINK, NAME, URL, Features
from service.pipeline.hashing import BUCKETS
from service.pipeline.signatures import trade_words

Weights = NDArray[np.float64]

MAX_SPANS = 6
MIN_WEIGHT = 0.15

_SAYINGS = {
    "turn_offer": "offers something for sale",
    "turn_contact": "asks to write, call, click or join",
    "turn_testimony": "tells of a miracle and who worked it",
    "turn_earn": "promises money",
    "turn_promote": "advertises a channel, a song or a page",
    "turn_praise": "praise that would fit any page",
    "turn_seo": "offers links or ranking",
    "turn_goods": "names goods that spam deals in",
    "pitch_off_title": "an offer that has nothing to do with the page",
    "praise_off_title": "praise without a word of the page",
    "phones": "a phone number",
    "handles": "a handle to write to",
    "emails": "an e-mail address to write to",
    "money": "sums of money",
    "trade_words": "words of trade",
    "capitals": "capital letters",
    "exclamations": "exclamation marks",
    "emoji": "many emoji",
    "trackback": "the form of an automatic trackback",
    "link_alone": "hardly anything but links",
    "link_any": "a link",
    "links": "links",
    "link_anchors": "links written as HTML",
    "link_codes": "links written in forum code",
    "link_shortener": "a shortened address",
    "link_messenger": "a link into a messenger",
    "link_cheap": "an ending that spammers favour",
    "link_odd_host": "an address with digits or hyphens",
    "link_query": "a referral link",
    "link_trade": "words of trade in the address",
    "link_path": "an address deep within a site",
    "url_any": "an address behind the name",
    "url_trade": "words of trade in the author's address",
    "url_in_text": "the author's own address in the text",
    "url_cheap": "an ending that spammers favour",
    "url_name_differs": "an address that doesn't fit the name",
    "url_with_praise": "praise beside an address",
    "url_with_pitch": "an offer beside an address",
    "url_path": "an address deep within a site",
    "mail_own_domain": "e-mail at a domain of its own",
    "name_in_text": "advertised in the text",
    "mail_is_url": "e-mail at the advertised domain",
    "name_trade": "words of trade",
    "name_all_trade": "nothing but words of trade",
    "name_address": "a web address",
    "name_words": "a phrase rather than a name",
    "undone_zero_width": "hidden characters between letters",
    "undone_homoglyph": "letters swapped for look-alikes of another alphabet",
    "undone_styled": "styled letters in place of plain ones",
    "undone_combining": "marks stacked on letters",
    "undone_bidi": "text written backwards",
    "undone_leet": "digits and signs in place of letters",
    "undone_spaced": "letters spaced out",
    "undone_stretched": "stretched words",
    "undone_dotted": "an address spelt out to get past filters",
    "undone_entity": "letters written as HTML entities",
}


@dataclass(frozen=True, slots=True)
class _Group:
    code: str
    weight: float
    message: str
    evidence: tuple[Evidence, ...]


def findings(
    normal: Normal, of: Features, weights: Weights, probability: float, cuts: Cuts, may_reject: bool
) -> tuple[Finding, ...]:
    """Return one finding per group of reasons, the strongest first; all carry the comment's probability."""
    groups = sorted(_groups(normal, of, weights), key=lambda group: -group.weight)
    shown = [group for group in groups if group.weight >= MIN_WEIGHT] or groups[:1]
    return tuple(
        Finding(
            code=group.code,
            category="spam",
            source="model",
            score=probability,
            hold_at=cuts.hold_at,
            reject_at=cuts.reject_at if may_reject else None,
            message=group.message,
            evidence=group.evidence,
        )
        for group in shown
    )


def slight(probability: float, cuts: Cuts) -> Finding:
    """Return the one finding of a comment that hardly looks like spam, for sites that hold almost everything."""
    return Finding(
        code="spam.text",
        category="spam",
        source="model",
        score=probability,
        hold_at=cuts.hold_at,
        message="The text as a whole reads a little like spam",
    )


def _groups(normal: Normal, of: Features, weights: Weights) -> Iterator[_Group]:
    hand = {name: value for name, value in zip(NAMES, (of.hand[0] * weights[BUCKETS:]).tolist(), strict=True) if value}
    values = weights[of.buckets] * of.scales[of.blocks]
    beside: Weights = np.bincount(of.fields[of.blocks], values, ANCHOR + 1).astype(np.float64)
    yield _text(normal, of, values, float(beside[BODY]), hand)
    yield from _author(normal, hand, beside)
    cues = _of(hand, "link_")
    if normal.links:
        weight = float(beside[LINK] + beside[ANCHOR]) + sum(cues.values())
        share = weight / len(normal.links)
        spans = tuple(_span(normal, link.start, link.end, share) for link in normal.links[:MAX_SPANS])
        yield _Group("spam.links", weight, _say("Links", cues), spans)
    cues = _of(hand, "undone_")
    if cues:
        yield _Group("spam.obfuscation", sum(cues.values()), _say("Disguised text", cues), ())


def _text(normal: Normal, of: Features, values: Weights, body: float, hand: dict[str, float]) -> _Group:
    cues = {name: value for name, value in hand.items() if name.split("_")[0] not in _ELSEWHERE}
    spans = _hottest(normal, of, values)
    words = ", ".join(f"“{' '.join(span.text.split())[:60]}”" for span in spans[:3])
    said = [_SAYINGS[name] for name, value in _ranked(cues) if name in _SAYINGS and value >= MIN_WEIGHT][:2]
    message = "; ".join(part for part in (f"Wording common in spam: {words}" if words else "", *said) if part)
    weight = body + sum(cues.values())
    return _Group("spam.text", weight, _sentence(message or "The text as a whole reads like spam"), spans)


def _author(normal: Normal, hand: dict[str, float], beside: Weights) -> Iterator[_Group]:
    submission = normal.submission
    if submission.author_name:
        cues = _of(hand, "name_")
        weight = float(beside[NAME]) + sum(cues.values())
        trade = trade_words(submission.author_name)
        if trade:
            words = ", ".join(f"“{match[0]}”" for match in trade[:4])
            message = f"Commercial words in the author's name: {words}"
        else:
            message = _say("The author's name", cues)
        spans = [match.span() for match in trade] or [(0, len(submission.author_name))]
        yield _Group("spam.author", weight, message, _in("author_name", submission.author_name, spans, weight))
    for field, number, value, prefix in (
        ("author_url", URL, submission.author_url, "url_"),
        ("author_email", EMAIL, submission.author_email_domain, "mail_"),
    ):
        cues = _of(hand, prefix)
        weight = float(beside[number]) + sum(cues.values())
        if value:
            label = "The author's address" if field == "author_url" else "The author's e-mail domain"
            name: FieldName = "author_url" if field == "author_url" else "author_email"
            evidence = _in(name, value, [(0, len(value))], weight)
            yield _Group(f"spam.{field}", weight, _say(label, cues), evidence)


_ELSEWHERE = frozenset(("link", "url", "mail", "name", "undone"))


def _hottest(normal: Normal, of: Features, values: Weights) -> tuple[Evidence, ...]:
    """Return the words that speak loudest, each with what its n-grams and characters add; neighbours joined."""
    count = of.tokens[0]
    if not count:
        return ()
    found, begins, finishes = of.body_spans()
    # The words come first, in order.
    starts, ends = begins[:count], finishes[:count]
    of_token = np.clip(np.searchsorted(starts, begins, side="right") - 1, 0, count - 1)
    heat = np.bincount(of_token, values[found], count)
    floor = max(0.02, float(heat.max()) * 0.25)
    spans: list[tuple[float, int, int]] = []
    for i in np.flatnonzero(heat >= floor):
        if spans and spans[-1][2] == i - 1 and i - spans[-1][1] < 6:
            spans[-1] = (spans[-1][0] + float(heat[i]), spans[-1][1], int(i))
        else:
            spans.append((float(heat[i]), int(i), int(i)))
    spans.sort(reverse=True)
    offsets = normal.offsets
    return tuple(
        _span(normal, offsets[int(starts[first])], offsets[int(ends[last])], weight)
        for weight, first, last in spans[:MAX_SPANS]
    )


def _span(normal: Normal, start: int, end: int, weight: float) -> Evidence:
    text = normal.submission.body[start:end]
    return Evidence(field="body", start=start, end=end, text=text, weight=round(weight, 3))


def _in(field: FieldName, value: str, spans: list[tuple[int, int]], weight: float) -> tuple[Evidence, ...]:
    share = round(weight / len(spans), 3)
    return tuple(
        Evidence(field=field, start=start, end=end, text=value[start:end], weight=share) for start, end in spans
    )


def _of(hand: dict[str, float], prefix: str) -> dict[str, float]:
    return {name: value for name, value in hand.items() if name.startswith(prefix)}


def _ranked(cues: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(cues.items(), key=lambda item: -item[1])


def _say(subject: str, cues: dict[str, float]) -> str:
    said = [_SAYINGS[name] for name, value in _ranked(cues) if value > 0 and name in _SAYINGS][:3]
    return f"{subject}: {', '.join(said)}" if said else f"{subject} as often seen in spam"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
