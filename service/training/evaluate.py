"""Measure a judge: ranking, recall at small false-positive rates, calibration, and the same by slice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from service.pipeline.cuts import cut_for as cut_for  # the fits of both judges take it from here

Metrics = dict[str, float]
Floats = NDArray[np.float64]


def metrics(
    labels: ArrayLike, scores: ArrayLike, *, hold_at: float | None = None, reject_at: float | None = None
) -> Metrics:
    """Return every figure we report for one set of rows.

    Args:
        labels: 1 where the row is what the judge looks for, else 0.
        scores: calibrated probabilities, in the order of `labels`.
        hold_at: the threshold at which a comment is held, None to leave its figures out.
        reject_at: the threshold at which it is rejected, None where the judge never rejects.

    Returns:
        Rates in [0, 1]; a figure that needs both classes is left out where there is one.
    """
    y, s = np.asarray(labels, dtype=int), np.asarray(scores, dtype=float)
    figures: Metrics = {"rows": float(len(y)), "positives": float(y.sum())}
    if 0 < y.sum() < len(y):
        figures |= {
            "roc_auc": float(roc_auc_score(y, s)),
            "pr_auc": float(average_precision_score(y, s)),
            "recall_at_1pct_fpr": recall_at(y, s, 0.01),
            "recall_at_0.1pct_fpr": recall_at(y, s, 0.001),
        }
    figures["calibration_error"] = calibration_error(y, s)
    for name, threshold in (("hold", hold_at), ("reject", reject_at)):
        if threshold is not None:
            figures |= {f"{name}_threshold": threshold} | rates(y, s >= threshold, name)
    return figures


def by_slice(
    labels: Sequence[int], scores: Sequence[float], slices: Sequence[str], **thresholds: float | None
) -> dict[str, Metrics]:
    """Return the figures for each slice (a source, a language, a family), by its name."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(slices):
        rows[name].append(i)
    hold_at, reject_at = thresholds["hold_at"], thresholds.get("reject_at")
    assert hold_at is not None
    return {
        name: metrics([labels[i] for i in of], [scores[i] for i in of], hold_at=hold_at, reject_at=reject_at)
        for name, of in sorted(rows.items())
    }


def recall_at(labels: ArrayLike, scores: ArrayLike, rate: float) -> float:
    """Return the share of positives found where at most `rate` of the negatives are flagged."""
    y, s = np.asarray(labels, dtype=int), np.asarray(scores, dtype=float)
    return float((s[y == 1] >= cut_for(s[y == 0], rate)).mean())


def calibration_error(labels: ArrayLike, scores: ArrayLike, bins: int = 15) -> float:
    """Return the expected calibration error over bins of equal width."""
    y, s = np.asarray(labels, dtype=float), np.asarray(scores, dtype=float)
    if not len(y):
        return 0.0
    of = np.minimum((s * bins).astype(int), bins - 1)
    gaps = np.abs(np.bincount(of, weights=y - s, minlength=bins))
    return float(gaps.sum() / len(y))


def table(slices: Mapping[str, Metrics], columns: Sequence[str]) -> str:
    """Write figures as a Markdown table, one line per slice."""
    lines = [f"| slice | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for name, figures in slices.items():
        cells = (_cell(column, figures.get(column)) for column in columns)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if column in ("rows", "positives") else f"{value:.4f}"


def rates(labels: ArrayLike, chosen: ArrayLike, name: str) -> Metrics:
    """Return precision, recall and false-positive rate of a choice, under `name`; what 0 would divide is left out."""
    y, c = np.asarray(labels, dtype=int), np.asarray(chosen, dtype=bool)
    hits, positives, negatives = int((c & (y == 1)).sum()), int((y == 1).sum()), int((y == 0).sum())
    figures: Metrics = {}
    if c.any():
        figures[f"{name}_precision"] = hits / int(c.sum())
    if positives:
        figures[f"{name}_recall"] = hits / positives
    if negatives:
        figures[f"{name}_fpr"] = int((c & (y == 0)).sum()) / negatives
    return figures
