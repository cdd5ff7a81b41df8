"""Judge whether a comment asserts a false or dangerous health claim: which one, in which words, and who contradicts it.

One linear model over word and character n-grams, static word vectors, stance cues and the claim match gives the
probability; the claim base gives the name, the correction and the sources. Nothing is rejected for health.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from service.artefact import Artefact
from service.comment import ClaimMatch, Finding, Normal, Opinion, Stance
from service.errors import ModelError
from service.pipeline.claims import SEVERITIES, ClaimBase, Found, load_claims
from service.pipeline.crisis import Crisis
from service.pipeline.embedding import TokenTable
from service.pipeline.phrases import Hit
from service.pipeline.reading import HEALTH_FEATURE_VERSION, Reader, Reading, evidence
from service.pipeline.stance import Lexicon

Halves = NDArray[np.float16]
STANCES: tuple[Stance, ...] = ("asserts", "promotes", "refutes", "asks", "reports", "experience")
_ADVICE = frozenset({"dosing_danger", "stop_medication", "treatment_refusal", "unsafe_combination"})
_UNNAMED_SEVERITY = 2
# Below this a finding would only be noise in the review console.
_FLOOR = 0.1
_PORTION = 32_768


class HealthJudge:
    """Give an opinion on the health claims of comments."""

    def __init__(self, artefact: Artefact) -> None:
        if artefact.feature_version != HEALTH_FEATURE_VERSION:
            raise ModelError(f"The health model is of feature version {artefact.feature_version}; retrain it.")
        settings: Mapping[str, float] = json.loads(artefact.text("settings.json"))
        arrays = artefact.arrays
        self.version = artefact.version
        self._reader = reader_of(artefact)
        self._weights = Weights(arrays)
        self._slope, self._offset = settings["platt_slope"], settings["platt_offset"]
        self._hold_at = {severity: settings[f"hold_at_{severity}"] for severity in (1, 2, 3)}
        self._named_at = settings["named_at"]
        self._stances = np.asarray(arrays["stance_weights"], dtype=np.float32)
        self._crisis = Crisis(artefact.text("crisis.json"))

    def judge(self, normals: Sequence[Normal]) -> list[Opinion]:
        """Return one opinion per comment, in the order given."""
        return [opinion for some in _portions(normals) for opinion in self._judge(some)]

    def _judge(self, normals: Sequence[Normal]) -> list[Opinion]:
        readings = self._reader.read(normals)
        logits = self._slope * self._weights.logits(readings) + self._offset
        probabilities = np.round(1 / (1 + np.exp(-np.clip(logits, -30, 30))), 6).tolist()
        return [self._opinion(*of) for of in zip(normals, readings, probabilities, strict=True)]

    def _opinion(self, normal: Normal, reading: Reading, probability: float) -> Opinion:
        findings = list(self._crisis.findings(normal, reading.read))
        if probability >= _FLOOR:
            findings.append(self._finding(normal, reading, probability))
        return Opinion(probability=probability, findings=tuple(findings))

    def _finding(self, normal: Normal, reading: Reading, probability: float) -> Finding:
        found = reading.found
        named = found is not None and found.score >= self._named_at
        severity = found.claim.severity if found and named else _UNNAMED_SEVERITY
        hold_at = self._hold_at[severity]
        stance = self._stance(reading, probability >= hold_at)
        claim, cue = None, self._cue(reading, stance)
        if found and named:
            claim = _match(found, reading, stance, cue, normal)
        return Finding(
            code=_code(found if named else None, reading),
            category="health",
            source="claim" if claim else "model",
            score=probability,
            hold_at=hold_at,
            message=_message(found if named else None),
            evidence=evidence(normal, reading, self._weights.words, cue, named),
            claim=claim,
            low_confidence=claim is None,
        )

    def _stance(self, reading: Reading, asserted: bool) -> Stance:
        scores = self._stances[:, :-1] @ reading.dense + self._stances[:, -1]
        open_to = 2 if asserted else len(STANCES)
        return STANCES[int(np.argmax(scores[:open_to]))]

    def _cue(self, reading: Reading, stance: Stance) -> Hit | None:
        first, last = reading.sentence_words()
        return self._reader.lexicon.cue(stance, reading.manner.hits, first, last)


class Weights:
    """Hold the linear model. Word and character weights are stored with the rarity (idf) of their bucket folded in.

    Those of n-grams stay in the file, in half precision: of half a million a comment needs some hundred.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        def stored(name: str) -> Halves:
            # A plain view: the bookkeeping of numpy's memmap class costs more than the look-up.
            return np.asarray(arrays[name], dtype=np.float16)

        self.words = stored("word_weights")
        self._chars = stored("char_weights")
        self._manners = stored("manner_weights")
        self._word_idf, self._char_idf = stored("word_idf"), stored("char_idf")
        self._manner_idf = stored("manner_idf")
        self._dense = np.asarray(arrays["dense_weights"], dtype=np.float32)
        self._vector = np.asarray(arrays["vector_weights"], dtype=np.float32)

    def logits(self, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """Return the score of each comment in uncalibrated log-odds."""
        dense = np.stack([reading.dense for reading in readings]) @ self._dense[:-1] + self._dense[-1]
        vector = np.stack([reading.vector for reading in readings]) @ self._vector
        words = _unit_sums(self.words, self._word_idf, [reading.word_grams for reading in readings])
        chars = _unit_sums(self._chars, self._char_idf, [reading.char_grams for reading in readings])
        manners = _unit_sums(self._manners, self._manner_idf, [reading.manner_grams for reading in readings])
        total: NDArray[np.float64] = words + chars + manners + dense + vector
        return total


def _unit_sums(weights: Halves, idf: Halves, grams: Sequence[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Return the sum of the weights of each comment's n-grams, their rarities scaled to length one."""
    owners = np.repeat(np.arange(len(grams)), [len(of) for of in grams])
    buckets = np.concatenate(grams)
    total = np.bincount(owners, weights=weights[buckets], minlength=len(grams))
    square = np.bincount(owners, weights=np.square(idf[buckets].astype(np.float32)), minlength=len(grams))
    scaled: NDArray[np.float64] = total / np.sqrt(np.where(square > 0, square, 1))
    return scaled


def _portions(normals: Sequence[Normal]) -> Iterator[Sequence[Normal]]:
    """Yield a batch in parts of bounded size, so that a batch of the longest comments costs no more memory than one."""
    first = size = 0
    for i, normal in enumerate(normals):
        if size and size + len(normal.text) > _PORTION:
            yield normals[first:i]
            first, size = i, 0
        size += len(normal.text)
    if normals:
        yield normals[first:]


def reader_of(artefact: Artefact) -> Reader:
    """Return the reader whose numbers the weights of an artefact expect."""
    table = TokenTable(
        artefact.text("pieces.txt").split("\n")[:-1], artefact.arrays["tokens"], artefact.arrays["token_scales"]
    )
    weights = np.asarray(artefact.arrays["match_weights"], dtype=np.float32)
    base = ClaimBase(load_claims(artefact.text("claims.jsonl")), table, weights)
    common = frozenset(artefact.text("common.txt").split())
    return Reader(Lexicon(artefact.text("cues.json")), base, table, common)


def _code(found: Found | None, reading: Reading) -> str:
    if found is None:
        return "health.claim"
    if found.claim.type == "unlawful_sale":
        return "health.sale"
    return "health.advice" if found.claim.type in _ADVICE else "health.claim"


def _message(found: Found | None) -> str:
    if found is None:
        return "Reads like a false or dangerous health claim; it matches no claim of the claim base"
    return f"Takes up the claim: {found.claim.claim}"


def _match(found: Found, reading: Reading, stance: Stance, cue: Hit | None, normal: Normal) -> ClaimMatch:
    claim = found.claim
    read = reading.read
    said = reading.normal_text[read.starts[cue.start] : read.ends[cue.end - 1]] if cue else ""
    return ClaimMatch(
        id=claim.id,
        topic=claim.topic,
        claim=claim.claim,
        stance=stance,
        cue=said,
        severity=SEVERITIES[claim.severity - 1],
        sentence=reading.parts[found.sentence].text,
        paraphrase=found.paraphrase,
        correction=claim.correction,
        sources=claim.sources,
    )
