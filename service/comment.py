"""THE DATA: one frozen value per stage of a comment's way through the service.

    Submission → Clean → Normal → Opinion (one per judge) → Verdict

A lease and a decision end the way; the store keeps them (store/cases.py).

Text offsets count Unicode code points of the text as submitted. Probabilities are
calibrated floats in [0, 1]. Times are timezone-aware UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType
from uuid import UUID

SiteId = NewType("SiteId", int)
PageId = NewType("PageId", int)
CommentId = NewType("CommentId", UUID)
DecisionId = NewType("DecisionId", UUID)
MemberId = NewType("MemberId", UUID)

State = Literal["held", "published", "rejected", "erased"]
Action = Literal["publish", "hold", "reject"]
Category = Literal["spam", "health", "abuse", "policy", "care"]
Source = Literal["rule", "model", "claim", "list", "abuse", "policy"]
Stance = Literal["asserts", "promotes", "refutes", "asks", "reports", "experience"]
Severity = Literal["misleading", "serious", "dangerous"]
SourceStatus = Literal["unchecked", "live", "changed", "retired", "unreachable"]
FieldName = Literal["body", "author_name", "author_email", "author_url", "page_title"]
Role = Literal["viewer", "moderator", "owner"]
Work = Literal["unasked", "valid", "missing", "wrong", "used"]
DecisionAction = Literal["approve", "reject", "escalate", "erase"]
Reason = Literal[
    "spam",
    "advertising",
    "health_misinformation",
    "dangerous_advice",
    "unlawful_sale",
    "off_topic",
    "abuse",
    "hate",
    "personal_data",
    "impersonation",
    "illegal_content",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a reader wrote, and the article they wrote it under. All that the judges may see.

    `author_email_domain` is the part after the `@`; the address itself never reaches a judge.
    `parent_body` is the comment answered, "" for a comment on the article itself.
    """

    body: str
    author_name: str = ""
    author_email_domain: str = ""
    author_url: str = ""
    page_url: str = ""
    page_title: str = ""
    lang: str = ""
    parent_body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """How a submission came: evidence that moves a comment to the queue, never drops it.

    `honeypot` is true where the field that people don't see was filled in. `token` is the state of the form's
    signed token; `seconds_to_submit` is its age, None without a valid one. `work` is the state of the proof of work.
    """

    honeypot: bool = False
    token: Literal["valid", "missing", "expired", "wrong"] = "missing"
    seconds_to_submit: float | None = None
    work: Work = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRecord:
    """How moderators decided on this author's earlier comments on this site."""

    approved: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSource:
    """A page that contradicts a claim, and what became of it when it was last opened.

    `checked_at` is an ISO date, "" where nobody has opened the page yet.
    """

    publisher: str
    title: str
    url: str
    checked_at: str
    status: SourceStatus = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClaim:
    """A false claim that a site has added; words of `subject` and `predicate` take it up together."""

    id: str
    topic: str
    claim: str
    severity: Severity
    correction: str
    subject: tuple[str, ...]
    predicate: tuple[str, ...]
    paraphrases: tuple[str, ...]
    sources: tuple[ClaimSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClaims:
    """What a site makes of the claim base: claims of its own, topics and claims that it has switched off."""

    own: tuple[SiteClaim, ...] = ()
    topics_off: frozenset[str] = frozenset()
    claims_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the site knows about a submission beside its words.

    `record` is None where nobody asked a site (`gatepost check`). The texts count earlier comments of the site, at most
    10 of each: with the same words and rejected, with the same words and approved by a person, and with nearly the
    same words and rejected by a person within 30 days. `author_email` and `network` are for the site's own lists; no
    judge sees them.
    """

    signals: Signals = Signals()
    record: AuthorRecord | None = None
    same_text_rejected: int = 0
    claims: SiteClaims = SiteClaims()
    same_text_approved: int = 0
    near_text_rejected: int = 0
    author_email: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """A body made safe to show: `html` for pages (at most 48 KB in UTF-8), `text` for search and mail."""

    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A web address found in a text. `start` and `end` are offsets in the text as submitted."""

    url: str
    host: str
    anchor: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A submission's text with its disguises undone, and the count of each kind of undoing.

    `offsets` has len(text) + 1 entries: character i of `text` came from
    submission.body[offsets[i]:offsets[i + 1]] (never decreasing; the last entry is the end).
    `undone` maps a kind of disguise ("zero_width", "homoglyph", "leet", …) to how often it was undone.
    """

    submission: Submission
    text: str
    offsets: tuple[int, ...]
    undone: Mapping[str, int]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A stretch of one submitted field that speaks for a flag.

    `start` and `end` are code-point offsets in that field as submitted and `text` is what stands there.
    `weight` is in log-odds; positive speaks for the flag.
    """

    field: FieldName
    start: int
    end: int
    text: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMatch:
    """A claim of the claim base that a comment takes up, and how it takes it up.

    `claim` is the false statement, `cue` the words that decided the stance, `sentence` the one that was matched.
    """

    id: str
    claim: str
    stance: Stance
    cue: str
    severity: Severity
    sentence: str
    paraphrase: str
    correction: str
    sources: tuple[ClaimSource, ...]
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason a judge gives, before the site's policy is asked.

    `hold_at` is the cut shipped with the model; `reject_at` is None where the finding can never reject.
    `low_confidence` marks a finding that the policy shows but that rests on no named claim.
    """

    code: str
    category: Category
    source: Source
    score: float
    hold_at: float
    reject_at: float | None = None
    message: str
    evidence: tuple[Evidence, ...] = ()
    claim: ClaimMatch | None = None
    low_confidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one judge thinks of one comment: a calibrated probability and the findings behind it.

    `probability` is reported whether or not any finding reaches its cut.
    """

    probability: float
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A finding that reached the site's threshold."""

    code: str
    category: Category
    source: Source
    score: float
    threshold: float
    message: str
    evidence: tuple[Evidence, ...] = ()
    claim: ClaimMatch | None = None
    low_confidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the service thinks of one revision of a comment, and what it recommends."""

    action: Action
    scores: Mapping[str, float]
    models: Mapping[str, str]
    flags: tuple[Flag, ...] = ()


ListKind = Literal["word", "link", "author", "network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """What a site watches for (`hold`) or blocks (`reject`); see pipeline/lists.py for what each kind matches."""

    kind: ListKind
    value: str
    action: Literal["hold", "reject"] = "hold"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a site wants its comments decided.

    `hold_at` and `reject_at` override the cuts shipped with the models, by category. `second_review` is the share
    of decisions that a second person judges without knowing of the first. `proof_of_work` says when a browser has to
    work before it sends: never, while the site is under attack, always. The site's
    `lists` are part of it, so that they reach intake together with it and a preview of one is a preview of the other.
    """

    mode: Literal["pre", "hybrid", "post"] = "hybrid"
    hold_at: Mapping[str, float] = field(default_factory=dict)
    reject_at: Mapping[str, float] = field(default_factory=dict)
    second_review: float = 0.02
    proof_of_work: Literal["never", "attack", "always"] = "attack"
    lists: tuple[ListEntry, ...] = ()
