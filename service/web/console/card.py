"""Say in sentences what a moderator needs to know about a comment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from service.comment import AuthorRecord, ClaimMatch, FieldName, Flag, Reason, Stance, Verdict
from service.store.cases import QueueItem
from service.web.auth import Caller
from service.web.console.highlight import Piece, marked
from service.web.console.page import number, span
from service.web.review import LeaseView, lease_of

REASONS: Mapping[Reason, str] = {reason: reason.replace("_", " ").capitalize() for reason in get_args(Reason)}
CATEGORIES = {
    "spam": "Spam",
    "health": "Health",
    "abuse": "Abuse of the service",
    "policy": "The site's rules",
    "care": "Somebody may need help",
}
_STANCES: Mapping[Stance, str] = {
    "asserts": "The comment states it as a fact",
    "promotes": "The comment promotes it",
    "refutes": "The comment argues against it",
    "asks": "The comment asks whether it is so",
    "reports": "The comment reports that others say so",
    "experience": "The comment tells it from experience",
}
_FIELDS: Mapping[FieldName, str] = {
    "body": "text",
    "author_name": "author's name",
    "author_email": "author's e-mail domain",
    "author_url": "author's web address",
    "page_title": "article's title",
}
_FOUND_BY = {
    "rule": "a rule",
    "model": "the model",
    "claim": "the claim base",
    "list": "a list of the site",
    "abuse": "the guard against floods",
    "policy": "the site's policy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One flag as it is shown.

    `number` is what its evidence is marked with, `elsewhere` is evidence outside the body.
    """

    number: int
    flag: Flag
    category: str
    measure: str
    found_by: str
    in_body: bool
    elsewhere: tuple[tuple[str, list[Piece]], ...]
    stance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A comment as it is shown. `plain` is true where readers see just the text as submitted.

    `article` is the page's address where it is one that may be opened.
    """

    item: QueueItem
    name: list[Piece]
    pieces: list[Piece]
    reasons: tuple[Why, ...]
    record: str
    rank: str
    lease: LeaseView | None
    may_decide: bool
    plain: bool
    article: str


def card(item: QueueItem, caller: Caller) -> Card:
    """Return what the template shows of a comment, to this caller."""
    lease = lease_of(item, caller)
    return Card(
        item=item,
        name=marked(item.author_name, ()),
        pieces=marked(item.body, item.verdict.flags),
        reasons=reasons(item.verdict),
        record=record(item.record),
        rank=rank(item) if item.state == "held" else "",
        lease=lease,
        may_decide=caller.may("moderator", item.site) and item.state != "erased" and (lease is None or lease.mine),
        article=item.page.url if item.page.url.startswith(("https://", "http://")) else "",
        plain="<" not in item.body and "&" not in item.body and "<a " not in item.html,
    )


def reasons(verdict: Verdict) -> tuple[Why, ...]:
    """Return a verdict's flags in its own order, numbered as their evidence is marked."""
    return tuple(_why(place, flag, verdict.models) for place, flag in enumerate(verdict.flags, start=1))


def record(of_author: AuthorRecord) -> str:
    """Return the author's record as a sentence."""
    if not of_author.approved and not of_author.rejected:
        return "No earlier decisions on this author."
    return f"Earlier comments of this author: {of_author.approved} approved, {of_author.rejected} rejected."


def rank(item: QueueItem) -> str:
    """Return why a comment stands where it stands in the queue."""
    waited = span(datetime.now(UTC) - item.queued_at)
    return (
        f"Priority {item.priority:.2f}: {item.weight:.2f} for the gravest reason, "
        f"{max(0.0, item.priority - item.weight):.2f} for waiting {waited}."
    )


def _why(place: int, flag: Flag, models: Mapping[str, str]) -> Why:
    shown = [evidence for evidence in flag.evidence if evidence.weight >= 0]
    version = models.get(flag.category, "") if flag.source in ("model", "claim") else ""
    return Why(
        number=place,
        flag=flag,
        category=CATEGORIES[flag.category],
        measure=f"score {number(flag.score)}, threshold {number(flag.threshold)}",
        found_by=f"{_FOUND_BY[flag.source]} {version}".strip(),
        in_body=any(evidence.field == "body" for evidence in shown),
        elsewhere=tuple(
            (_FIELDS[evidence.field], marked(evidence.text, ())) for evidence in shown if evidence.field != "body"
        ),
        stance=_stance(flag.claim) if flag.claim else "",
    )


def _stance(claim: ClaimMatch) -> str:
    cue = f" (“{claim.cue}”)" if claim.cue else ""
    return f"{_STANCES[claim.stance]}{cue}."
