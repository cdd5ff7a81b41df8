"""What reviewing takes and gives back, one frozen value per thing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.comment import (
    AuthorRecord,
    CommentId,
    DecisionAction,
    DecisionId,
    Lease,
    Reason,
    State,
    Verdict,
)
from service.store.records import Appeal, Page, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A comment for a moderator's eyes. `priority` is at the time of asking; see store/review.py.

    `reports` come latest first; `appeal` is the latest one.
    """

    id: CommentId
    site: str
    page: Page
    parent_id: CommentId | None
    state: State
    version: int
    author_name: str
    author_url: str
    lang: str
    body: str
    html: str
    created_at: datetime
    queued_at: datetime
    verdict: Verdict
    record: AuthorRecord
    lease: Lease | None
    leased_by: str
    weight: float
    priority: float
    cursor: str
    reports: tuple[Report, ...] = ()
    appeal: Appeal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilters:
    """What a moderator wants to see; "" and None mean everything."""

    status: Literal["held", "published", "rejected"] = "held"
    category: str = ""
    flag: str = ""
    page_key: str = ""
    q: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much waits, and since when."""

    held: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A decision that a moderator asks for, on the version that they have seen."""

    comment_id: CommentId
    version: int
    action: DecisionAction
    reason: Reason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a wish. `decided_by` names who was faster, or who holds the lease."""

    comment_id: CommentId
    status: Literal["done", "stale_version", "not_found", "leased", "erased", "second_member"]
    decision_id: DecisionId | None = None
    state: State | None = None
    version: int | None = None
    decided_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A decision as it stands in the history. `by` is a member's e-mail, a token's name, or "policy"."""

    id: DecisionId
    action: str
    reason: Reason | None
    note: str
    state_before: State
    state_after: State
    by: str
    undoes: DecisionId | None
    undone: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An earlier comment of the same site with the same words."""

    id: CommentId
    state: State
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Everything about one comment."""

    item: QueueItem
    author_email: str
    edited_at: datetime | None
    queued: bool
    verdicts: tuple[Verdict, ...]
    decisions: tuple[DecisionRow, ...]
    similar: tuple[Similar, ...]
