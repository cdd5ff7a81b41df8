"""Judge spam: the artefact's weights over the features, a calibrated probability, and the evidence behind it."""

from collections.abc import Sequence
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from service.artefact import Artefact
from service.comment import Normal, Opinion
from service.errors import ModelError
from service.pipeline.cues import NAMES
from service.pipeline.cuts import Cuts
from service.pipeline.features import BODY, FEATURE_VERSION, SIZE, Features, features
from service.pipeline.hashing import BUCKETS
from service.pipeline.reasons import findings, slight

Weights = NDArray[np.float64]

SEGMENT_TOKENS = 48
"""A longer comment is also scored window by window, so that padding with good words doesn't help."""
MAX_SEGMENTS = 24
MIN_TOKENS = 3
MENTION_AT = 0.02
"""Below this probability there is no finding, whatever threshold a site sets."""
REASONS_AT = 0.15
"""From here on words and cues are looked for, which costs more than judging."""

_DISGUISE = np.array([i for i, name in enumerate(NAMES) if name.startswith("undone_")])


class SpamJudge:
    """The spam model of an artefact, ready to judge."""

    def __init__(self, artefact: Artefact) -> None:
        if artefact.feature_version != FEATURE_VERSION:
            raise ModelError("The spam model was made for other features; retrain it with `gatepost train spam`.")
        self.version = artefact.version
        figures = artefact.manifest["model"]
        hashed = artefact.arrays["hashed"].astype(np.float64) * float(figures["step"])
        self.weights = np.concatenate([hashed, artefact.arrays["hand"].astype(np.float64)])
        if len(self.weights) != SIZE:
            raise ModelError("The spam model has weights for other features; retrain it with `gatepost train spam`.")
        self._bias = float(figures["bias"])
        self._slope, self._offset = float(figures["slope"]), float(figures["offset"])
        self.cuts = Cuts(hold_at=float(figures["hold_at"]), reject_at=float(figures["reject_at"]))

    def judge(self, normals: Sequence[Normal]) -> list[Opinion]:
        """Return one opinion per comment, in the order given."""
        if not normals:
            return []
        of = features(normals)
        scores = (self._bias + strengths(self.weights, of)).tolist()
        return [
            self._opinion(normal, of, i, score) for i, (normal, score) in enumerate(zip(normals, scores, strict=True))
        ]

    def score(self, normals: Sequence[Normal]) -> Weights:
        """Return the log-odds before calibration: the whole text's, or the strongest part's of a long one."""
        return self._bias + strengths(self.weights, features(normals))

    def probability(self, score: float) -> float:
        """Return the calibrated probability of a score."""
        return 1.0 / (1.0 + exp(-max(-60.0, min(60.0, self._slope * score + self._offset))))

    def _opinion(self, normal: Normal, of: Features, i: int, score: float) -> Opinion:
        probability = self.probability(score)
        if probability < MENTION_AT:
            return Opinion(probability=probability)
        if probability < REASONS_AT:
            return Opinion(probability=probability, findings=(slight(probability, self.cuts),))
        may_reject = probability >= self.cuts.reject_at and self._may_reject(normal, of, i, score)
        return Opinion(
            probability=probability,
            findings=findings(normal, of.alone(i), self.weights, probability, self.cuts, may_reject),
        )

    def _may_reject(self, normal: Normal, of: Features, i: int, score: float) -> bool:
        """Tell whether a comment may be dropped unseen: enough words, in a script the model knows, said openly.

        What its disguises alone add must not be what takes it over the cut.
        """
        if of.tokens[i] < MIN_TOKENS or _unknown_script(normal.text):
            return False
        disguise = float(of.hand[i, _DISGUISE] @ self.weights[BUCKETS + _DISGUISE])
        return self.probability(score - max(0.0, disguise)) >= self.cuts.reject_at


def strengths(weights: Weights, of: Features) -> Weights:
    """Return what the features of each comment of a batch add up to, in log-odds.

    A long comment's text counts as a whole or as its strongest window, whichever is more.
    """
    parts = np.bincount(of.blocks, weights[of.buckets], len(of.owners)) * of.scales
    # Row by row and in order, so that a comment gets the same number whatever comes with it.
    total: Weights = np.bincount(of.owners, parts, len(of.hand)) + (of.hand * weights[BUCKETS:]).sum(axis=1)
    for i, count in enumerate(of.tokens):
        if count > SEGMENT_TOKENS * 3 // 2:
            whole = float(parts[(of.owners == i) & (of.fields == BODY)].sum())
            total[i] += max(0.0, _strongest_window(weights, of.alone(i)) - whole)
    return total


def _strongest_window(weights: Weights, of: Features) -> float:
    """Return what the strongest window of a text adds; for a batch of one."""
    found, starts, ends = of.body_spans()
    count = of.tokens[0]
    kinds = of.blocks[found]
    values = weights[of.buckets[found]]
    edges = starts[:count]
    step = max(SEGMENT_TOKENS // 2, count // MAX_SEGMENTS)
    best = -np.inf
    for first in range(0, count - SEGMENT_TOKENS // 2, step):
        last = first + max(SEGMENT_TOKENS, step)
        inside = (starts >= edges[first]) & (ends <= (edges[last] if last < count else len(of.prepared[0])))
        best = max(best, sum(_mean(values[inside & (kinds == kind)]) for kind in np.unique(kinds)))
    return float(best)


def _mean(values: Weights) -> float:
    return float(values.sum()) / sqrt(len(values)) if len(values) else 0.0


def _unknown_script(text: str) -> bool:
    """Tell whether most letters are of a script that no genuine comment in the training data has."""
    if text.isascii():
        return False
    letters = [char for char in text[:1000] if char.isalpha()]
    return sum(map(_known, letters)) * 2 < len(letters)


def _known(letter: str) -> bool:
    return (
        letter < "\u0250"
        or "\u0400" <= letter <= "\u052f"
        or "\u0600" <= letter <= "\u06ff"
        or ("\u1e00" <= letter <= "\u1eff" or "\u4e00" <= letter <= "\u9fff")
    )
