"""What the store takes and gives back, one frozen value per thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from service.comment import (
    AuthorRecord,
    Category,
    CommentId,
    MemberId,
    PageId,
    Policy,
    Reason,
    Role,
    Signals,
    SiteClaims,
    SiteId,
    State,
    Submission,
    Verdict,
)

NO_CLAIMS = SiteClaims()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The cuts that a site's own comments gave, by category, and for which version of the model they hold."""

    models: Mapping[str, str] = field(default_factory=dict)
    hold_at: Mapping[str, float] = field(default_factory=dict)
    reject_at: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One owner's web site. `origins` are `scheme://host[:port]` of its pages; only the directory reads `claims`."""

    id: SiteId
    name: str
    title: str
    origins: tuple[str, ...]
    policy: Policy
    claims: SiteClaims = NO_CLAIMS
    learned: Learned = Learned()

    def policy_in_force(self, models: Mapping[str, str]) -> Policy:
        """Return the policy with the cuts learned for these models where the owner has set none."""
        fitting = [name for name, model in self.learned.models.items() if models.get(name) == model]
        if not fitting:
            return self.policy
        hold_at = {name: self.learned.hold_at[name] for name in fitting}
        reject_at = {name: self.learned.reject_at[name] for name in fitting}
        return replace(
            self.policy,
            hold_at={**hold_at, **self.policy.hold_at},
            reject_at={**reject_at, **self.policy.reject_at},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKeys:
    """A site's signing keys, 32 bytes each; `address` is today's and destroyed after 48 hours."""

    author_token: bytes
    form_token: bytes
    author_key: bytes
    address: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One article; `count` is the number of its published comments, `changed_at` when that set last changed."""

    id: PageId
    key: str
    url: str
    title: str
    count: int
    closed: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A validated submission on its way in, before it is judged.

    `address_hash` is keyed with the day's key, `author_key` with the site's (None for an anonymous author);
    `request_hash` is over everything that makes two requests the same one.
    """

    site: Site
    id: CommentId
    created_at: datetime
    submission: Submission
    author_email: str
    page_key: str
    page_url: str
    page_title: str
    parent_id: CommentId | None
    address_hash: bytes | None
    address_prefix: str
    author_key: bytes | None
    idempotency_key: str | None
    request_hash: bytes
    signals: Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What the database says about an arrival before it is judged.

    `replay_of` names the comment that the same Idempotency-Key made earlier.
    """

    page_id: PageId | None
    closed: bool
    parent_body: str
    parent_ok: bool
    record: AuthorRecord
    same_text_rejected: int
    same_text_approved: int
    near_text_rejected: int
    replay_of: CommentId | None
    replay_hash: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An arrival with its page, its safe HTML, the verdict and the state that follows; ready to be written."""

    arrival: Arrival
    page_id: PageId
    html: str
    text_hash: int
    near: int
    verdict: Verdict
    state: State
    queued: bool
    weight: float
    rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a comment became; given out only after it is durable."""

    id: CommentId
    state: State
    html: str
    created_at: datetime
    page_url: str
    categories: tuple[Category, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicComment:
    """A published comment, as readers may see it."""

    id: CommentId
    parent_id: CommentId | None
    author_name: str
    author_url: str
    html: str
    created_at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The decision that stands on a comment; `automated` where the policy took it. `final` answers an appeal.

    `statement` is what the moderator tells the author, "" where it is no more than the reason.
    """

    reason: Reason | None
    statement: str
    automated: bool
    final: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """An author's answer to a decision. `granted` is None while nobody has answered it, then the outcome."""

    text: str
    created_at: datetime
    decided_by: str
    answered_at: datetime | None
    granted: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A reader's notice that a comment is wrong; closed by the next decision on the comment."""

    id: UUID
    reason: Reason
    note: str
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnComment:
    """A comment as its author may see and change it: state and coarse categories, no scores.

    `standing` is None while nobody has decided; `appeal` is the latest one.
    """

    id: CommentId
    site: str
    parent_id: CommentId | None
    state: State
    version: int
    lang: str
    author_name: str
    author_email: str
    author_url: str
    author_key: bytes | None
    body: str
    html: str
    created_at: datetime
    edited_at: datetime | None
    page: Page
    categories: tuple[Category, ...]
    standing: Standing | None
    appeal: Appeal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A role on a site."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking. `actor` is the member's id, or for an API token an id derived from it.

    `label` is what the history shows: the member's e-mail or the token's name.
    """

    sites: Mapping[SiteId, Access]
    kind: Literal["session", "token"]
    member_id: MemberId | None
    actor: UUID
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person who may sign in to a site."""

    id: MemberId
    email: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None
    has_password: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token, without its secret. `prefix` is enough to name it."""

    name: str
    prefix: str
    role: Role
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """The state of one hash chain; `broken_at` is the first row whose hash does not follow."""

    name: str
    rows: int
    broken_at: int | None
