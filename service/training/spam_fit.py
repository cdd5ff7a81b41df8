"""Fit the spam model: features in rows, a weighted logistic regression, Platt scaling, pruning."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from service.pipeline.features import SIZE, Features, features
from service.pipeline.hashing import BUCKETS
from service.pipeline.normalise import normalise
from service.pipeline.spam import body_strength, rest_strength
from service.training.corpora import Example

Weights = NDArray[np.float64]

SEED = 7
HAND_SCALE = 0.5
"""How strongly the features made by hand speak at the start; chosen by leave-one-source-out."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights over all features and the bias, before calibration."""

    weights: Weights
    bias: float

    def scores(self, of: Sequence[Features]) -> Weights:
        """Return the log-odds of each comment, as serving computes them."""
        return np.array([self.bias + rest_strength(self.weights, f) + body_strength(self.weights, f) for f in of])


def featurise(examples: Sequence[Example]) -> list[Features]:
    """Return the features of each example."""
    return [features(normalise(example.submission)) for example in examples]


def matrix(rows: Sequence[Features]) -> csr_matrix:
    """Return the features as a matrix, one comment per row."""
    hand = np.arange(BUCKETS, SIZE, dtype=np.int64)
    columns: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    ends = [0]
    for row in rows:
        parts, numbers = [], []
        for block in (*row.body, *row.rest):
            count = len(block.buckets)
            if count:
                parts.append(block.buckets)
                numbers.append(np.full(count, 1.0 / sqrt(count), dtype=np.float32))
        some = np.flatnonzero(row.hand)
        parts.append(hand[some])
        numbers.append((row.hand[some] * HAND_SCALE).astype(np.float32))
        columns += parts
        values += numbers
        ends.append(ends[-1] + sum(map(len, parts)))
    data = csr_matrix(
        (np.concatenate(values), np.concatenate(columns).astype(np.int32), np.array(ends)),
        shape=(len(rows), SIZE),
    )
    data.sum_duplicates()
    return data


def fit(x: csr_matrix, examples: Sequence[Example], strength: float = 20.0) -> Fitted:
    """Return a logistic regression over the rows, big sources weighed down."""
    y = np.array([example.label for example in examples])
    model = LogisticRegression(C=strength, solver="lbfgs", max_iter=150, tol=1e-5)
    model.fit(x, y, sample_weight=sample_weights(examples))
    weights = model.coef_[0].astype(np.float64)
    weights[BUCKETS:] *= HAND_SCALE
    return Fitted(weights, float(model.intercept_[0]))


def sample_weights(examples: Sequence[Example]) -> Weights:
    """Return the weight of each row: a big source counts more than a small one, but only by the fourth root of it.

    Genuine rows make up 60 % of the weight, as mistakes on them cost more.
    """
    sizes = Counter((example.source, example.label) for example in examples)
    weights = np.array([sizes[example.source, example.label] ** -0.75 for example in examples])
    labels = np.array([example.label for example in examples])
    for label in (0, 1):
        weights[labels == label] *= (0.6 if label == 0 else 0.4) / weights[labels == label].sum()
    return weights * len(examples)


def platt(scores: Weights, labels: NDArray[np.int64], weights: Weights | None = None) -> tuple[float, float]:
    """Return slope and offset that turn scores into probabilities, unbalanced: the prior is that of the rows."""
    model = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000)
    model.fit(scores.reshape(-1, 1), labels, sample_weight=weights)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def pruned(fitted: Fitted, keep: int) -> Fitted:
    """Return the model with only its strongest hashed weights, rounded to what is stored."""
    weights = fitted.weights.copy()
    hashed = np.abs(weights[:BUCKETS])
    if np.count_nonzero(hashed) > keep:
        weights[:BUCKETS][hashed < np.partition(hashed, -keep)[-keep]] = 0.0
    return Fitted(weights.astype(np.float32).astype(np.float64), fitted.bias)
