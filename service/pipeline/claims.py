"""Hold the claim base and find which of its claims a comment takes up, sentence by sentence."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from service.comment import ClaimSource, Severity, SourceStatus
from service.errors import ModelError
from service.pipeline.embedding import TokenTable, sums, unit
from service.pipeline.phrases import Phrases
from service.pipeline.sentences import Flat, Places, Words, words
from service.pipeline.wordings import Asked, Vocabulary, Wordings

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
MATCH_FEATURES = (
    *("similarity", "truth_margin", "subject_here", "subject_near", "subject_title", "predicate", "lead"),
    *("shared_words", "shared_title"),
)


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
        self._wordings = Wordings([(claim.claim, *claim.paraphrases) for claim in claims], table)
        self._truths = Wordings([claim.near_truths or ("",) for claim in claims], table)
        self._vocabulary = Vocabulary([_texts(claim) for claim in claims])
        subjects = {i: [words(term).forms for term in c.subject] for i, c in enumerate(claims)}
        predicates = {len(claims) + i: [words(term).forms for term in c.predicate] for i, c in enumerate(claims)}
        self._phrases = Phrases(subjects | predicates)

    def find(self, parts: Sequence[Words], context: Words) -> Found | None:
        """Return the claim that one comment most likely takes up, given the words of each of its sentences."""
        return self.find_all(Asked.of(parts, context, self._table))[0]

    def find_all(self, asked: Asked) -> list[Found | None]:
        """Return the claim that each comment most likely takes up, None for a comment without a sentence."""
        found: list[Found | None] = [None] * (len(asked.bounds) - 1)
        features, similar, sentence = self.features(asked)
        scores = features @ self._weights[:-1] + self._weights[-1]
        negated, wordings = asked.negated(), self._wordings
        for row, (comment, first, _) in enumerate(asked.spans()):
            best = int(np.argmax(scores[row]))
            met = int(sentence[row, best])
            columns = wordings.columns[best]
            nearest = int(columns[np.argmax(similar[met, columns])])
            found[comment] = Found(
                self.claims[best],
                met - first,
                wordings.texts[nearest],
                features[row, best],
                float(scores[row, best]),
                bool(negated[met]) != wordings.negated[nearest],
            )
        return found

    def features(self, asked: Asked) -> tuple[NDArray[np.float32], NDArray[np.float32], Places]:
        """Return the match features of each claim, how like each sentence is to each wording, and where it is met.

        Shapes, where only comments that have a sentence count: comments × claims × `MATCH_FEATURES`; sentences ×
        wordings; comments × claims, a place among all sentences.
        """
        vectors = unit(sums(asked.vectors, asked.starts, asked.ends))
        similar, spans = vectors @ self._wordings.matrix, asked.spans()
        if not spans:
            empty = np.zeros((0, len(self.claims), len(MATCH_FEATURES)), dtype=np.float32)
            return empty, similar, np.zeros((0, len(self.claims)), dtype=np.intp)
        per_claim = self._wordings.best(similar)
        truth = self._truths.best(vectors @ self._truths.matrix)
        here, predicate = self._terms(asked)
        titled = self._subject_hits(asked.context)[[comment for comment, _, _ in spans]]
        likeness = per_claim + np.float32(0.1) * here
        sentence = np.stack([first + likeness[first:end].argmax(axis=0) for _, first, end in spans])
        near, told = (np.stack([of[first:end].max(axis=0) for _, first, end in spans]) for of in (here, predicate))
        ends = [asked.ends[end - 1] for *_, end in spans]
        shared = self._vocabulary.likeness(asked.flat, np.array([0, *ends], dtype=np.intp))
        shared_title = self._vocabulary.likeness(asked.context, asked.context.bounds)[[i for i, _, _ in spans]]
        columns = np.arange(len(self.claims))
        best = per_claim[sentence, columns]
        margin, lead = best - truth[sentence, columns], best - best.max(axis=1, keepdims=True)
        of = [best, margin, here[sentence, columns], near, titled, told, lead, shared, shared_title]
        features = np.stack(of, axis=2)
        return features.astype(np.float32), similar, sentence

    def _terms(self, asked: Asked) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return which claims' subjects and predicates occur in each sentence."""
        flat = asked.flat
        limits = np.zeros(len(flat.forms), dtype=np.intp)
        owner = np.zeros(len(flat.forms), dtype=np.intp)
        for i, (start, end) in enumerate(zip(asked.starts.tolist(), asked.ends.tolist(), strict=True)):
            limits[start:end] = end
            owner[start:end] = i
        marked = np.zeros((2, len(asked.starts), len(self.claims)), dtype=np.float32)
        hits = self._phrases.find_within(flat, limits)
        labels = np.array([hit.label for hit in hits], dtype=np.intp)
        starts = np.array([hit.start for hit in hits], dtype=np.intp)
        marked[labels // len(self.claims), owner[starts], labels % len(self.claims)] = 1
        return marked[0], marked[1]

    def _subject_hits(self, context: Flat) -> NDArray[np.float32]:
        rows = np.zeros((len(context.bounds) - 1, len(self.claims)), dtype=np.float32)
        owners = context.owners()
        for hit in self._phrases.find_within(context, context.bounds[1:][owners]):
            if hit.label < len(self.claims):
                rows[owners[hit.start], hit.label] = 1
        return rows


def _texts(claim: Claim) -> list[str]:
    """Return all that a claim is told in; what it is about counts twice."""
    return [claim.claim, *claim.paraphrases, *claim.near_truths, *claim.subject, *claim.subject, *claim.predicate]
