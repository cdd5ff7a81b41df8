"""Judge spam: the artefact's weights over the features, a calibrated probability, and the evidence behind it."""

from collections.abc import Sequence
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from service.artefact import Artefact
from service.comment import Normal, Opinion
from service.errors import ModelError
from service.pipeline.cues import NAMES
from service.pipeline.features import FEATURE_VERSION, SIZE, Block, Features, features
from service.pipeline.hashing import BUCKETS
from service.pipeline.reasons import Cuts, findings

SEGMENT_TOKENS = 48
"""A longer comment is also scored window by window, so that padding with good words doesn't help."""
MAX_SEGMENTS = 24
MIN_TOKENS = 3
MENTION_AT = 0.02
"""Below this probability nobody wants reasons, whatever threshold a site sets."""

_DISGUISE = np.array([BUCKETS + i for i, name in enumerate(NAMES) if name.startswith("undone_")])


class SpamJudge:
    """The spam model of an artefact, ready to judge."""

    def __init__(self, artefact: Artefact) -> None:
        if artefact.feature_version != FEATURE_VERSION:
            raise ModelError("The spam model was made for other features; retrain it with `gatepost train spam`.")
        self.version = artefact.version
        self.weights = np.zeros(SIZE)
        self.weights[artefact.arrays["buckets"]] = artefact.arrays["weights"]
        figures = artefact.manifest["model"]
        self._bias = float(figures["bias"])
        self._slope, self._offset = float(figures["slope"]), float(figures["offset"])
        self._cuts = Cuts(hold_at=float(figures["hold_at"]), reject_at=float(figures["reject_at"]))

    def judge(self, normals: Sequence[Normal]) -> list[Opinion]:
        """Return one opinion per comment, in the order given."""
        return [self._judge(normal) for normal in normals]

    def score(self, of: Features) -> float:
        """Return the log-odds before calibration: the whole text's, or the strongest part's of a long one."""
        return float(self._bias + rest_strength(self.weights, of) + body_strength(self.weights, of))

    def probability(self, score: float) -> float:
        """Return the calibrated probability of a score."""
        return 1.0 / (1.0 + exp(-max(-60.0, min(60.0, self._slope * score + self._offset))))

    def _judge(self, normal: Normal) -> Opinion:
        of = features(normal)
        score = self.score(of)
        probability = self.probability(score)
        if probability < MENTION_AT:
            return Opinion(probability=probability)
        may_reject = probability >= self._cuts.reject_at and self._may_reject(normal, of, score)
        return Opinion(
            probability=probability,
            findings=findings(normal, of, self.weights, probability, self._cuts, may_reject),
        )

    def _may_reject(self, normal: Normal, of: Features, score: float) -> bool:
        """Tell whether a comment may be dropped unseen: enough words, in a script the model knows, said openly.

        What its disguises alone add must not be what takes it over the cut.
        """
        if of.tokens < MIN_TOKENS or _unknown_script(normal.text):
            return False
        disguise = float(of.hand[_DISGUISE - BUCKETS] @ self.weights[_DISGUISE])
        return self.probability(score - max(0.0, disguise)) >= self._cuts.reject_at


def rest_strength(weights: NDArray[np.float64], of: Features) -> float:
    """Return what the features made by hand and the fields beside the text add, in log-odds."""
    return float(of.hand @ weights[BUCKETS:]) + sum(_sum(weights, block) for block in of.rest)


def body_strength(weights: NDArray[np.float64], of: Features) -> float:
    """Return what the text adds in log-odds: as a whole, or the strongest window of a long one."""
    whole = sum(_sum(weights, block) for block in of.body)
    if of.tokens <= SEGMENT_TOKENS * 3 // 2:
        return whole
    starts = of.body[0].starts[: of.tokens]
    step = max(SEGMENT_TOKENS // 2, of.tokens // MAX_SEGMENTS)
    valued = [(block, weights[block.buckets]) for block in of.body]
    best = whole
    for first in range(0, of.tokens - SEGMENT_TOKENS // 2, step):
        begin = starts[first]
        last = first + max(SEGMENT_TOKENS, step)
        end = starts[last] if last < of.tokens else len(of.prepared)
        best = max(best, sum(_part(block, values, begin, end) for block, values in valued))
    return best


def _part(block: Block, values: NDArray[np.float64], begin: int, end: int) -> float:
    inside = (block.starts >= begin) & (block.ends <= end)
    count = int(inside.sum())
    return float(values[inside].sum()) / sqrt(count) if count else 0.0


def _sum(weights: NDArray[np.float64], block: Block) -> float:
    count = len(block.buckets)
    return float(weights[block.buckets].sum()) / sqrt(count) if count else 0.0


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
