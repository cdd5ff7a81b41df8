"""Train the spam judge: read, hold out, calibrate, choose the cuts, measure, refit on everything, write."""

import json
import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.artefact import read_artefact, write_artefact
from service.comment import Normal
from service.pipeline.cuts import cut_for
from service.pipeline.features import FEATURE_VERSION
from service.pipeline.hashing import BUCKETS
from service.pipeline.normalise import normalise
from service.pipeline.spam import SpamJudge
from service.training import spam_card
from service.training.augment import augmented, disguise, pad
from service.training.corpora import Example, authored_health, authored_spam, public_benign, public_spam
from service.training.evaluate import Metrics, by_slice, metrics
from service.training.spam_fit import SEED, Fitted, fit, matrix, normalised, platt, rounded, sample_weights

VERSION = "spam-2026.11.5"
FOLDS = 3
MOST: Mapping[tuple[str, int], int] = {
    ("judol_id", 0): 6000,
    ("judol_id", 1): 4000,
    ("medquad", 0): 500,
    ("synth", 0): 400,
    ("synth", 1): 2000,
    ("sms_uci", 0): 1200,
    ("civil_cc0", 0): 9000,
    ("wikitalk", 0): 9000,
}
"""Training rows read of a source and class: more of the same teaches nothing and slows the fit."""
NEWS_LIKE = ("civil_cc0", "wikitalk")
_FEW = 40
"""Rows below which a slice tells nothing."""

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, real and made, with their features. A made row carries the group of the row it was made from."""

    examples: list[Example]
    normals: list[Normal]
    x: csr_matrix
    labels: NDArray[np.int64]
    bases: NDArray[np.str_]
    made: Mask
    dev: Mask

    @property
    def own(self) -> Mask:
        """Rows of our own corpora, as they were written."""
        return np.char.startswith(self.bases, "spam_") & ~self.made

    def fit_without(self, held: Mask) -> Fitted:
        """Return the model that all rows give but those held out and what was made from them."""
        of = np.flatnonzero(~held)
        return fit(self.x[of], self.labels[of], sample_weights([self.examples[int(i)] for i in of]))

    def scores(self, model: Fitted, of: Mask) -> Scores:
        """Return a model's log-odds for some rows, as serving computes them."""
        return model.scores([self.normals[int(i)] for i in np.flatnonzero(of)])


@dataclass(frozen=True, slots=True)
class Held:
    """Scores of rows by models that saw neither the row, nor its writer's file, video or family of spam.

    `harder` holds the scores of the same spam once disguised and once padded with genuine comments.
    """

    table: Table
    scores: Scores
    harder: dict[str, Scores]
    left_out: dict[str, tuple[Mask, Scores]]


def train_spam(corpora: Path, public: Path, out: Path) -> dict[str, Metrics]:
    """Fit the spam judge and write it to `out`; the same rows give the same files.

    Args:
        corpora: our own labelled rows (`models/corpora`).
        public: the folder of public corpora, outside the repository; a set that is absent is left out.
        out: the model directory.

    Returns:
        The figures by slice on rows the measured model had not seen, as written to `metrics.json`.
    """
    table = tabulate(read_examples(corpora, public))
    held = hold_out(table)
    of = (table.dev & ~table.made) | table.own
    slope, offset = platt(held.scores[of], table.labels[of], calibration_weights(table, of))
    probabilities = 1.0 / (1.0 + np.exp(-(slope * held.scores + offset)))
    hold_at, reject_at = cuts(table, probabilities, of)
    settings = {"slope": slope, "offset": offset, "hold_at": hold_at, "reject_at": reject_at}
    figures = _figures(table, probabilities, of, hold_at, reject_at)
    spam = of & (table.labels == 1)
    for name, raw in held.harder.items():
        changed = 1.0 / (1.0 + np.exp(-(slope * raw[spam] + offset)))
        figures[name] = metrics(table.labels[spam], changed, hold_at=hold_at, reject_at=reject_at)
    for name, (rows, raw) in held.left_out.items():
        left = 1.0 / (1.0 + np.exp(-(slope * raw + offset)))
        figures[f"without {name}"] = metrics(table.labels[rows], left, hold_at=hold_at, reject_at=reject_at)
    model = table.fit_without(np.zeros(len(table.examples), dtype=bool))
    _write(out, model, settings, table.examples, figures)
    return figures


def read_examples(corpora: Path, public: Path) -> list[Example]:
    """Return every row used for training, in a fixed order, the big sources cut to `MOST`."""
    rows = [
        *authored_spam(corpora),
        *authored_health(corpora),
        *public_spam(public),
        *public_benign(public),
    ]
    seen: Counter[tuple[str, int]] = Counter()
    kept = []
    for example in sorted(rows, key=lambda row: zlib.crc32(row.submission.body.encode("utf-8", "replace"))):
        key = (example.source, example.label)
        seen[key] += example.split == "train"
        if example.split != "train" or seen[key] <= MOST.get(key, len(rows)):
            kept.append(example)
    return kept


def tabulate(examples: Sequence[Example]) -> Table:
    """Return the rows with what is made from them, and the features of all."""
    everything = [*examples, *augmented(examples, SEED)]
    normals = normalised(everything)
    bases = np.array([example.source.removesuffix("+") for example in everything])
    return Table(
        examples=everything,
        normals=normals,
        x=matrix(normals),
        labels=np.array([example.label for example in everything]),
        bases=bases,
        made=np.array([i >= len(examples) for i in range(len(everything))]),
        dev=np.array([example.split == "dev" for example in everything]),
    )


def hold_out(table: Table) -> Held:
    """Score rows by models that had not seen them.

    Public rows are held out as the sets' own dev halves, with a third of our own rows at a time: spam by its family,
    genuine comments by their article. Besides, YouTube and each of our files is left out as a whole; what other
    writers' rows get there counts for calibration and cuts.
    """
    scores = np.zeros(len(table.examples))
    harder = {"disguised": np.zeros(len(table.examples)), "padded": np.zeros(len(table.examples))}
    own = np.char.startswith(table.bases, "spam_")
    key = [example.family if example.label else example.group for example in table.examples]
    fold = np.array([zlib.crc32(name.encode()) % FOLDS for name in key])
    left_out = {}
    families = np.zeros(len(table.examples))
    for i in range(FOLDS):
        model = table.fit_without(table.dev | (own & (fold == i)))
        of = table.own & (fold == i)
        families[of] = table.scores(model, of)
        if i == 0:
            of = table.dev & ~table.made
            scores[of] = table.scores(model, of)
            _score_harder(table, model, of, harder)
    left_out["the family"] = (table.own, families[table.own])
    for name in ("youtube_uci", *sorted(set(table.bases[table.own]))):
        of = (table.bases == name) & ~table.made
        if not of.any():
            continue
        model = table.fit_without(table.bases == name)
        left_out[name] = (of, table.scores(model, of))
        if name.startswith("spam_"):
            scores[of] = left_out[name][1]
            _score_harder(table, model, of, harder)
    return Held(table, scores, harder, left_out)


def _score_harder(table: Table, model: Fitted, of: Mask, harder: Mapping[str, Scores]) -> None:
    """Score the spam of some rows disguised, and between genuine comments of the news that no model has read."""
    chance = random.Random(SEED + 1)
    spam = np.flatnonzero(of & (table.labels == 1))
    news = [table.examples[int(i)] for i in np.flatnonzero(table.dev & ~table.made & (table.bases == NEWS_LIKE[0]))]
    bodies = [table.examples[int(i)].submission.body for i in spam]
    texts = {"disguised": [disguise(body, chance) for body in bodies]}
    if news:
        texts["padded"] = [pad(body, news, chance) for body in bodies]
    for name, changed in texts.items():
        rows = zip((table.examples[int(i)].submission for i in spam), changed, strict=True)
        harder[name][spam] = model.scores([normalise(replace(submission, body=body)) for submission, body in rows])


def calibration_weights(table: Table, of: Mask) -> Scores:
    """Return how much each row counts for calibration: our own, written to be hard, a tenth of the others together."""
    own = table.own[of]
    if own.all() or not own.any():
        return np.ones(len(own))
    return np.where(own, 0.1 * (~own).sum() / own.sum(), 1.0)


def cuts(table: Table, probabilities: Scores, of: Mask) -> tuple[float, float]:
    """Return the thresholds to hold and to reject at, from held-out genuine comments.

    To hold, our own hard cases are left aside: they are written to be mistaken, and readers rarely write so. At most
    0.5 % of the rest, and of the news- and wiki-like sources each, are held: half of what is promised, for what comes
    is never like what was measured. To reject, they count: at most 0.1 % of everything genuine.
    """
    genuine = of & (table.labels == 0)
    usual = genuine & ~table.own
    pools = [usual, *(usual & (table.bases == name) for name in NEWS_LIKE)]
    hold_at = max((cut_for(probabilities[pool], 0.005) for pool in pools if pool.any()), default=0.5)
    return hold_at, max(hold_at, cut_for(probabilities[genuine], 0.001))


def _figures(table: Table, probabilities: Scores, of: Mask, hold_at: float, reject_at: float) -> dict[str, Metrics]:
    def measured(rows: Mask) -> Metrics:
        return metrics(table.labels[rows], probabilities[rows], hold_at=hold_at, reject_at=reject_at)

    figures = {"held out, pooled": measured(of), "held out, public": measured(of & ~table.own)}

    def sliced(rows: Mask, names: Sequence[str], prefix: str) -> dict[str, Metrics]:
        of_rows = np.flatnonzero(rows)
        found = by_slice(
            table.labels[of_rows].tolist(),
            probabilities[of_rows].tolist(),
            [names[int(i)] for i in of_rows],
            hold_at=hold_at,
            reject_at=reject_at,
        )
        return {f"{prefix}{name}": value for name, value in found.items() if name and value["rows"] >= _FEW}

    signed = np.array([bool(each.submission.author_name and each.submission.page_title) for each in table.examples])
    news = np.isin(table.bases, NEWS_LIKE)
    figures["signed article spam against news comments"] = measured(
        of & ((table.own & signed & (table.labels == 1)) | (news & (table.labels == 0)))
    )
    figures |= sliced(of & ~table.own, table.bases.tolist(), "")
    figures |= sliced(of & table.own, [each.lang for each in table.examples], "language ")
    figures |= sliced(of & table.own, [each.family for each in table.examples], "kind ")
    return figures


def _write(
    out: Path,
    model: Fitted,
    settings: Mapping[str, float],
    examples: Sequence[Example],
    figures: Mapping[str, Metrics],
) -> None:
    hashed, step = rounded(model.weights[:BUCKETS])
    arrays: dict[str, NDArray[Any]] = {"hashed": hashed, "hand": model.weights[BUCKETS:].astype(np.float32)}
    manifest = {
        "name": "spam",
        "version": VERSION,
        "feature_version": FEATURE_VERSION,
        "seed": SEED,
        "model": {"bias": model.bias, "step": step, **settings},
        "data": {f"{source}:{label}": n for (source, label), n in sorted(_counts(examples).items())},
        "data_sha256": spam_card.fingerprint_of(examples),
        "tools": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }
    texts = {
        "metrics.json": json.dumps(figures, indent=1, sort_keys=True) + "\n",
        "card.md": spam_card.card(VERSION, figures, _counts(examples), settings),
    }
    write_artefact(out, manifest, arrays, texts)
    judge = SpamJudge(read_artefact(out))
    opinions = judge.judge([normalise(submission) for submission in spam_card.GOLDEN])
    texts["golden.jsonl"] = spam_card.golden(opinions)
    write_artefact(out, manifest, arrays, texts)


def _counts(examples: Sequence[Example]) -> Counter[tuple[str, int]]:
    return Counter((example.source, example.label) for example in examples)
