"""Hold the claim base and find which of its claims a comment takes up, sentence by sentence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from service.comment import ClaimSource, Severity, SourceStatus
from service.errors import ModelError
from service.pipeline.embedding import TokenTable
from service.pipeline.phrases import Phrases
from service.pipeline.sentences import NEGATORS, Words, words

ClaimType = Literal[
    "false_cure",
    "false_prevention",
    "treatment_refusal",
    "stop_medication",
    "dosing_danger",
    "unsafe_combination",
    "harm_myth",
    "harm_denial",
    "disease_denial",
    "cause_conspiracy",
    "approval_misstatement",
    "unlawful_sale",
]
TYPES: tuple[str, ...] = get_args(ClaimType)
STATUSES: tuple[SourceStatus, ...] = get_args(SourceStatus)
SEVERITIES: tuple[Severity, ...] = ("misleading", "serious", "dangerous")
# What is known of a claim in a comment: the numbers the match is learnt from, in this order.
MATCH_FEATURES = ("similarity", "truth_margin", "subject_here", "subject_near", "subject_title", "predicate", "lead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A false or dangerous statement about health, and what is true instead.

    `polarity` is "-" where the false statement is itself negated ("not addictive"). `near_truths` are true
    statements that look like it. `severity` runs from 1 (misleading) to 3 (imminent harm).
    """

    id: str
    topic: str
    claim: str
    polarity: Literal["+", "-"]
    type: ClaimType
    severity: int
    correction: str
    subject: tuple[str, ...]
    predicate: tuple[str, ...]
    paraphrases: tuple[str, ...]
    near_truths: tuple[str, ...]
    sources: tuple[ClaimSource, ...]
    review_by: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The likeliest claim in a comment: its place in the base, where it was met and how sure the match is.

    `sentence` counts the sentences handed in, `paraphrase` is the wording of the base that is nearest,
    `features` follow `MATCH_FEATURES` and `score` is in log-odds. `turned` says that one of sentence and paraphrase
    is negated and the other is not.
    """

    claim: Claim
    sentence: int
    paraphrase: str
    features: NDArray[np.float32]
    score: float
    turned: bool


def load_claims(text: str) -> tuple[Claim, ...]:
    """Read a claim base: one JSON object per line.

    Raises:
        ModelError: a line is not a claim; names the line.
    """
    claims: list[Claim] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            claims.append(_claim(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"Line {number} of the claim base is not a claim: {error!r}") from error
    return tuple(claims)


def _claim(row: Mapping[str, object]) -> Claim:
    terms = _mapping(row["terms"])
    kind = str(row["type"])
    severity = int(str(row["severity"]))
    if kind not in TYPES or severity not in (1, 2, 3) or row["polarity"] not in ("+", "-"):
        raise ValueError("type, severity or polarity is outside its list")
    return Claim(
        id=str(row["id"]),
        topic=str(row["topic"]),
        claim=str(row["claim"]),
        polarity="-" if row["polarity"] == "-" else "+",
        type=next(known for known in get_args(ClaimType) if known == kind),
        severity=severity,
        correction=str(row["correction"]),
        subject=_strings(terms["subject"]),
        predicate=_strings(terms["predicate"]),
        paraphrases=_strings(row["paraphrases"]),
        near_truths=_strings(row["near_truths"]),
        sources=tuple(_source(_mapping(source)) for source in _list(row["sources"])),
        review_by=str(row.get("review_by") or ""),
    )


def _source(row: Mapping[str, object]) -> ClaimSource:
    status = row.get("status") or "unchecked"
    if status not in STATUSES:
        raise ValueError("a source's status is outside its list")
    return ClaimSource(
        publisher=str(row["publisher"]),
        title=str(row["title"]),
        url=str(row.get("url") or ""),
        checked_at=str(row.get("checked_at") or ""),
        status=next(known for known in STATUSES if known == status),
    )


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list is missing")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object is missing")
    return value


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in _list(value))


class ClaimBase:
    """Match sentences against every wording of every claim, by meaning and by the claim's own terms.

    Args:
        claims: at least one.
        table: the static vectors.
        weights: one per `MATCH_FEATURES`, then the intercept; log-odds that the claim is the one taken up.
    """

    def __init__(self, claims: Sequence[Claim], table: TokenTable, weights: NDArray[np.float32]) -> None:
        self.claims = tuple(claims)
        self._table = table
        self._weights = weights
        wordings = [(i, text) for i, claim in enumerate(claims) for text in (claim.claim, *claim.paraphrases)]
        truths = [(i, text) for i, claim in enumerate(claims) for text in (claim.near_truths or ("",))]
        self._wordings = tuple(text for _, text in wordings)
        self._negated = [_negated(words(text)) for _, text in wordings]
        self._wording_starts = _starts([i for i, _ in wordings])
        self._truth_starts = _starts([i for i, _ in truths])
        self._wording_matrix = np.stack([table.vector(words(text).forms) for _, text in wordings]).T.copy()
        self._truth_matrix = np.stack([table.vector(words(text).forms) for _, text in truths]).T.copy()
        self._subjects = Phrases({i: [words(term).forms for term in c.subject] for i, c in enumerate(claims)})
        self._predicates = Phrases({i: [words(term).forms for term in c.predicate] for i, c in enumerate(claims)})

    def find(self, parts: Sequence[Words], context: Words) -> Found | None:
        """Return the claim that a comment most likely takes up, None for a comment without a sentence.

        Args:
            parts: the words of each sentence.
            context: the words of the page title and of the comment answered; they may name the subject.
        """
        features, similar, sentence = self.features(parts, context)
        if not len(features):
            return None
        scores = features @ self._weights[:-1] + self._weights[-1]
        best = int(np.argmax(scores))
        met = int(sentence[best])
        first = self._wording_starts[best]
        own = similar[met, first : first + 1 + len(self.claims[best].paraphrases)]
        nearest = int(first + np.argmax(own))
        return Found(
            self.claims[best],
            met,
            self._wordings[nearest],
            features[best],
            float(scores[best]),
            _negated(parts[met]) != self._negated[nearest],
        )

    def features(
        self, parts: Sequence[Words], context: Words
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]:
        """Return the match features of each claim, how like each sentence is to each wording, and where each is met."""
        if not parts:
            empty = np.zeros((0, len(MATCH_FEATURES)), dtype=np.float32)
            return empty, empty, np.zeros(0, dtype=np.intp)
        vectors = np.stack([self._table.vector(part.forms) for part in parts])
        similar = vectors @ self._wording_matrix
        per_claim = np.maximum.reduceat(similar, self._wording_starts, axis=1)
        truth = np.maximum.reduceat(vectors @ self._truth_matrix, self._truth_starts, axis=1)
        here = np.stack([self._hits(self._subjects, part) for part in parts])
        sentence = np.argmax(per_claim + 0.1 * here, axis=0)
        columns = np.arange(len(self.claims))
        best = per_claim[sentence, columns]
        predicate = np.max(np.stack([self._hits(self._predicates, part) for part in parts]), axis=0)
        features = np.stack(
            [
                best,
                best - truth[sentence, columns],
                here[sentence, columns],
                here.max(axis=0),
                self._hits(self._subjects, context),
                predicate,
                best - best.max(),
            ],
            axis=1,
        ).astype(np.float32)
        return features, similar, sentence

    def _hits(self, phrases: Phrases, read: Words) -> NDArray[np.float32]:
        row = np.zeros(len(self.claims), dtype=np.float32)
        for hit in phrases.find(read.forms):
            row[hit.label] = 1
        return row


def _negated(read: Words) -> bool:
    return not NEGATORS.isdisjoint(read.forms)


def _starts(owners: Sequence[int]) -> NDArray[np.intp]:
    return np.flatnonzero(np.diff(np.array([-1, *owners]))).astype(np.intp)
