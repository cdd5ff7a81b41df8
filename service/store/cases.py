"""What reviewing takes and gives back, one frozen value per thing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from service.comment import (
    AuthorRecord,
    CommentId,
    DecisionAction,
    DecisionId,
    MemberId,
    Reason,
    State,
    Verdict,
)
from service.store.records import Appeal, Page, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A moderator's temporary hold on a queued comment."""

    comment_id: CommentId
    member_id: MemberId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A comment for a moderator's eyes. `priority` is at the time of asking; see store/review.py.

    `not_for` is the one whom the next decision may not come from. `second` marks a comment on which a decision
    stands that a second person judges without being told of it. `reports` come latest first; `appeal` is the latest
    one.
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
    escalated: bool
    not_for: UUID | None
    second: bool
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
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How much waits, since when, and how much of it others look at."""

    held: int
    oldest_at: datetime | None
    elsewhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A decision that a moderator asks for, on the version that they have seen.

    `second` marks the second of two opinions: where it differs from the first, nothing moves.
    """

    comment_id: CommentId
    version: int
    action: DecisionAction
    reason: Reason | None = None
    note: str = ""
    statement: str | None = None
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a wish. `decided_by` names who was faster, or who holds the lease.

    `differs` is true for a second opinion that is not the first; `batch_id` names what was decided together.
    """

    comment_id: CommentId
    status: Literal[
        "done", "stale_version", "not_found", "leased", "erased", "needs_another", "second_member", "not_undoable"
    ]
    decision_id: DecisionId | None = None
    state: State | None = None
    version: int | None = None
    decided_by: str = ""
    differs: bool = False
    batch_id: DecisionId | None = None

    def of_batch(self, batch_id: DecisionId | None) -> "Outcome":
        """Return the outcome as one of a batch, where it was carried out."""
        return replace(self, batch_id=batch_id) if self.status == "done" else self


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A decision as it stands in the history. `by` is a member's e-mail, a token's name, or "policy".

    `statement` is what the author is told.
    """

    id: DecisionId
    comment_id: CommentId
    action: str
    reason: Reason | None
    note: str
    state_before: State
    state_after: State
    by: str
    undoes: DecisionId | None
    undone: bool
    created_at: datetime
    batch_id: DecisionId | None
    statement: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """A decision with what it was on; of decisions taken together the first, `together` of them.

    `undoable` while nothing else was decided on the comment since; `secret` where the decision is to be judged by a
    second person who is not told of it.
    """

    decision: DecisionRow
    site: str
    author_name: str
    body: str
    page_title: str
    page_url: str
    together: int
    undoable: bool
    secret: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """Another comment of the same site with the same words, and the decision that stands on it, if any."""

    id: CommentId
    state: State
    created_at: datetime
    author_name: str
    action: str | None
    reason: Reason | None
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRevision:
    """A comment as it once was, or is. `body` is None where it was not kept, or has been erased."""

    revision: int
    body: str | None
    written_at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Everything about one comment; revisions and decisions come latest first."""

    item: QueueItem
    author_email: str
    edited_at: datetime | None
    queued: bool
    revisions: tuple[CommentRevision, ...]
    decisions: tuple[DecisionRow, ...]
    similar: tuple[Similar, ...]
