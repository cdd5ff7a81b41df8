"""Fit the spam model: features in rows, a weighted logistic regression, Platt scaling, rounding."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression

from service.comment import Normal
from service.pipeline.features import SIZE, Features, features
from service.pipeline.hashing import BUCKETS
from service.pipeline.normalise import normalise
from service.pipeline.spam import strengths
from service.training.corpora import Example

Weights = NDArray[np.float64]

SEED = 7
HAND_SCALE = 1.0
"""How strongly the features made by hand speak at the start; chosen by leave-one-source-out."""
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights over all features and the bias, before calibration."""

    weights: Weights
    bias: float

    def scores(self, normals: Sequence[Normal]) -> Weights:
        """Return the log-odds of each comment, as serving computes them."""
        batches = [normals[first : first + _BATCH] for first in range(0, len(normals), _BATCH)]
        found = [self.bias + strengths(self.weights, features(batch)) for batch in batches]
        return np.concatenate([np.zeros(0), *found])


def normalised(examples: Sequence[Example]) -> list[Normal]:
    """Return each example's text with its disguises undone."""
    return [normalise(example.submission) for example in examples]


def matrix(normals: Sequence[Normal]) -> csr_matrix:
    """Return the features as a matrix, one comment per row."""
    batches = [normals[first : first + _BATCH] for first in range(0, len(normals), _BATCH)]
    return vstack([_rows(features(batch)) for batch in batches], format="csr")


def _rows(of: Features) -> csr_matrix:
    values = of.scales[of.blocks].astype(np.float32)
    shape = (len(of.hand), BUCKETS)
    hashed = csr_matrix((values, (of.owners[of.blocks], of.buckets)), shape=shape, dtype=np.float32)
    return hstack([hashed, csr_matrix((of.hand * HAND_SCALE).astype(np.float32))], format="csr")


def fit(x: csr_matrix, labels: NDArray[np.int64], weights: Weights, strength: float = 5.0) -> Fitted:
    """Return a logistic regression over the rows."""
    used = np.flatnonzero(np.bincount(x.indices, minlength=SIZE))
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=400, tol=1e-4)
    model.fit(x[:, used], labels, sample_weight=weights)
    found = np.zeros(SIZE)
    found[used] = model.coef_[0]
    found[BUCKETS:] *= HAND_SCALE
    return Fitted(found, float(model.intercept_[0]))


def sample_weights(examples: Sequence[Example]) -> Weights:
    """Return the weight of each row: a source's `share` of its class, however big it is.

    Genuine rows make up 60 % of the weight, as mistakes on them cost more.
    """
    sizes = Counter((example.source, example.label) for example in examples)
    weights = np.array([share(example.source) / sizes[example.source, example.label] for example in examples])
    labels = np.array([example.label for example in examples])
    for label in (0, 1):
        weights[labels == label] *= (0.6 if label == 0 else 0.4) / weights[labels == label].sum()
    return weights * len(examples)


def share(source: str) -> float:
    """Return how much a source counts; chosen by leaving sources out.

    Article comments by many writers count for more, sets of another register and what was made from rows for less.
    """
    base = source.removesuffix("+")
    if base.startswith("spam_"):
        whole = 1.0
    elif base.startswith("health_"):
        whole = 0.12
    else:
        whole = {"civil_cc0": 2.0, "wikitalk": 2.0, "youtube_uci": 2.0, "medquad": 0.6, "sms_uci": 0.6}.get(base, 1.0)
    return whole if source == base else 0.6 * whole


def platt(scores: Weights, labels: NDArray[np.int64], weights: Weights) -> tuple[float, float]:
    """Return slope and offset that turn scores into probabilities, unbalanced: the prior is that of the rows."""
    model = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000)
    model.fit(scores.reshape(-1, 1), labels, sample_weight=weights)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def rounded(weights: Weights) -> tuple[NDArray[np.int16], float]:
    """Return weights in steps of equal size, and that size: a fifteenth of the bytes a dictionary would take."""
    step = float(np.abs(weights).max()) / np.iinfo(np.int16).max or 1.0
    return np.rint(weights / step).astype(np.int16), step
