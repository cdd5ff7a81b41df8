"""Say in sentences what a moderator needs to know about a comment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from service.comment import (
    AuthorRecord,
    Category,
    ClaimMatch,
    ClaimSource,
    CommentId,
    FieldName,
    Flag,
    Reason,
    SourceStatus,
    Stance,
    Verdict,
)
from service.comment import State as CommentState
from service.statement import BACKED_BY, evidence
from service.store.cases import QueueItem, Similar
from service.web.auth import Caller
from service.web.claims import claim_base
from service.web.console.highlight import Piece, marked
from service.web.console.page import number, span
from service.web.review import LeaseView, lease_of

REASONS: Mapping[Reason, str] = {reason: reason.replace("_", " ").capitalize() for reason in get_args(Reason)}
_DRAFTED: Sequence[Category] = tuple(dict.fromkeys(BACKED_BY.values()))
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
_PAGES: Mapping[SourceStatus, str] = {
    "unchecked": "",
    "live": "live",
    "changed": "changed since it was read",
    "retired": "retired: the page is gone",
    "unreachable": "could not be reached",
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
class Backing:
    """A source that contradicts a claim, as the claim base knows it today.

    `url` is "" where there is none to open, `said` what became of the page, "" where nobody has looked.
    """

    title: str
    url: str
    status: SourceStatus
    said: str
    checked_at: str


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
    sources: tuple[Backing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A comment as it is shown.

    `plain` is true where readers see just the text as submitted; `article` is the page's address where it is one that
    may be opened; `distress` says why the text is hidden until asked for. `blind` hides that somebody has decided
    already, for this caller is to give a second opinion. `waits_for` says for whom the comment waits, if not for the
    caller. `before` are comments with the same words that somebody has decided on, `also` those that wait as well,
    `choice` the ids and versions of them all.
    """

    item: QueueItem
    state: CommentState
    name: list[Piece]
    pieces: list[Piece]
    reasons: tuple[Why, ...]
    record: str
    rank: str
    lease: LeaseView | None
    may_decide: bool
    blind: bool
    waits_for: str
    plain: bool
    article: str
    distress: str
    drafts: Mapping[Category, str]
    before: Sequence[tuple[Similar, str]]
    also: Sequence[QueueItem]
    choice: tuple[str, ...]


def card(
    item: QueueItem,
    caller: Caller,
    *,
    veil: bool = True,
    before: Sequence[Similar] = (),
    also: Sequence[QueueItem] = (),
    choice: Sequence[tuple[CommentId, int]] = (),
) -> Card:
    """Return what the template shows of a comment, to this caller."""
    lease = lease_of(item, caller)
    waits_for = _waits_for(item, caller, lease)
    blind = item.second and item.not_for != caller.principal.actor
    return Card(
        item=item,
        state="held" if blind else item.state,
        name=marked(item.author_name, ()),
        pieces=marked(item.body, item.verdict.flags),
        reasons=reasons(item.verdict),
        record=record(item.record),
        rank=rank(item) if item.state == "held" or blind else "",
        lease=lease,
        may_decide=caller.may("moderator", item.site) and item.state != "erased" and not waits_for,
        blind=blind,
        waits_for=waits_for,
        article=item.page.url if item.page.url.startswith(("https://", "http://")) else "",
        plain="<" not in item.body and "&" not in item.body and "<a " not in item.html,
        distress=distress(item.verdict) if veil else "",
        drafts={kind: said for kind in _DRAFTED if (said := evidence(kind, item.verdict))},
        before=[(other, outcome(other)) for other in before],
        also=also,
        choice=tuple(f"{comment_id}:{version}" for comment_id, version in choice),
    )


def distress(verdict: Verdict) -> str:
    """Return why a text may be hard to read, "" where nothing says so."""
    if any(flag.category == "care" for flag in verdict.flags):
        return "Somebody may need help. The text may be hard to read."
    if any(flag.claim and flag.claim.severity == "dangerous" for flag in verdict.flags):
        return "It may describe something that harms people."
    return ""


def outcome(other: Similar) -> str:
    """Return what was decided on a comment, and by whom."""
    reason = f" as {REASONS[other.reason].lower()}" if other.reason else ""
    return f"{other.state}{reason}{f' by {other.by}' if other.by else ''}"


def _waits_for(item: QueueItem, caller: Caller, lease: LeaseView | None) -> str:
    if lease and not lease.mine:
        return f"{lease.by} is looking at this comment until"
    if item.not_for == caller.principal.actor and not item.second:
        return "You escalated this comment: another member decides. Undo the escalation to decide yourself."
    return ""


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
        f"priority {item.priority:.2f}: {item.weight:.2f} for the gravest reason, "
        f"{max(0.0, item.priority - item.weight):.2f} for waiting {waited}"
    )


def _why(place: int, flag: Flag, models: Mapping[str, str]) -> Why:
    shown = [each for each in flag.evidence if each.weight >= 0]
    version = models.get(flag.category, "") if flag.source in ("model", "claim") else ""
    return Why(
        number=place,
        flag=flag,
        category=CATEGORIES[flag.category],
        measure=f"score {number(flag.score)}, threshold {number(flag.threshold)}",
        found_by=f"{_FOUND_BY[flag.source]} {version}".strip(),
        in_body=any(each.field == "body" for each in shown),
        elsewhere=tuple((_FIELDS[each.field], marked(each.text, ())) for each in shown if each.field != "body"),
        stance=_stance(flag.claim) if flag.claim else "",
        sources=_sources(flag.claim) if flag.claim else (),
    )


def _sources(claim: ClaimMatch) -> tuple[Backing, ...]:
    """Return a claim's sources as they were named when the comment was judged, with what is known of each by now."""
    known = claim_base().get(claim.id)
    today = {(each.publisher, each.url or each.title): each for each in known.sources} if known else {}
    return tuple(_backing(today.get((each.publisher, each.url or each.title), each)) for each in claim.sources)


def _backing(source: ClaimSource) -> Backing:
    return Backing(
        title=f"{source.publisher}: {source.title}",
        url=source.url if source.url.startswith(("https://", "http://")) else "",
        status=source.status,
        said=_PAGES[source.status],
        checked_at=source.checked_at,
    )


def _stance(claim: ClaimMatch) -> str:
    cue = f" (“{claim.cue}”)" if claim.cue else ""
    return f"{_STANCES[claim.stance]}{cue}."
