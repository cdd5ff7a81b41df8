"""Choose thresholds from the scores of genuine comments: those shipped with a model, and a site's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

HOLD_RATE = 0.01
"""Of a site's genuine comments, the share that its own cut may hold."""
REJECT_RATE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """The probabilities from which a comment is held, and from which it may be rejected."""

    hold_at: float
    reject_at: float


def cut_for(negatives: ArrayLike, rate: float) -> float:
    """Return the lowest threshold that at most `rate` of the negatives reach.

    Ties count against the threshold: a comment is flagged when its score is at or above it.
    """
    ordered = np.sort(np.asarray(negatives, dtype=float))[::-1]
    allowed = int(np.floor(rate * len(ordered) + 1e-9))
    if allowed >= len(ordered):
        return 0.0
    return float(np.nextafter(ordered[allowed], np.inf))


def own_cuts(genuine: Sequence[float], shipped: Cuts) -> Cuts:
    """Return the cuts that a site's genuine comments give.

    Holding moves at most half-way to either end, so that a site where much spam stands unnoticed doesn't blind its
    judge. Rejecting only ever gets harder: some hundred comments say little about one in a thousand.
    """
    lowest, highest = shipped.hold_at / 2, (shipped.hold_at + 1) / 2
    hold_at = min(max(cut_for(genuine, HOLD_RATE), lowest), highest)
    return Cuts(hold_at=hold_at, reject_at=max(cut_for(genuine, REJECT_RATE), shipped.reject_at, hold_at))
