"""Train the health judge: read, hold writers out, calibrate, choose the cuts, measure, write the artefact."""

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from service.artefact import read_artefact, write_artefact
from service.pipeline.claims import Claim, ClaimBase, load_claims
from service.pipeline.embedding import TokenTable
from service.pipeline.health import STANCES, HealthJudge
from service.pipeline.reading import HEALTH_FEATURE_VERSION, Reader, Reading
from service.pipeline.stance import Lexicon
from service.training import health_card, health_frames, health_rows
from service.training.evaluate import Metrics, cut_for, metrics
from service.training.health_fit import Features, Taken, count, fit, fit_matcher, fit_stances, matched, taken_up
from service.training.health_rows import Row

VERSION = "health-2026.11.4"
# Shares of held-out refutations that the cut may hold, by severity of the claim: the graver, the earlier it holds.
REFUTATIONS_HELD = {1: 0.03, 2: 0.055, 3: 0.075}
NAMED_AT = -1.0
_AT_ONCE = 64
_STANCE_OF = {"assert": 0, "promote": 1, "refute": 2, "ask": 3, "report": 4, "experience": 5}
# What the training does not make itself: our word lists, the claim base, and the distilled table.
_GIVEN = ("claims.jsonl", "cues.json", "crisis.json", "common.txt", "pieces.txt")
_TABLE = ("tokens", "token_scales")


def train_health(corpora: Path, public: Path, out: Path) -> dict[str, Metrics]:
    """Fit the health judge and write it to `out`.

    Args:
        corpora: our own labelled rows (`models/corpora`).
        public: the folder of public corpora, outside the repository; a set that is absent is left out.
        out: the model directory; it must hold the claim base, the word lists and the distilled table.

    Returns:
        The figures by slice, as written to `metrics.json`.
    """
    claims = load_claims((out / "claims.jsonl").read_text("utf-8"))
    arrays = {stem: np.load(out / f"{stem}.npy", allow_pickle=False) for stem in _TABLE}
    table = TokenTable(
        (out / "pieces.txt").read_text("utf-8").split("\n")[:-1], arrays["tokens"], arrays["token_scales"]
    )
    own = health_rows.authored(corpora, claims)
    taken = taken_up(claims, table, own)
    matcher = fit_matcher(taken)
    common = frozenset((out / "common.txt").read_text("utf-8").split())
    lexicon = Lexicon((out / "cues.json").read_text("utf-8"))

    def reader_with(some: Sequence[Claim]) -> Reader:
        return Reader(lexicon, ClaimBase(some, table, matcher), table, common)

    reader = reader_with(claims)
    rows = [*own, *health_rows.from_claims(claims), *health_frames.frames(claims), *health_rows.public(public)]
    features = count(_read(reader, rows))
    labels = np.array([row.label for row in rows])
    held = _hold_out(features, rows, labels)
    slope, offset = _platt(held[: len(own)], labels[: len(own)])
    probabilities = 1 / (1 + np.exp(-(slope * held[: len(own)] + offset)))
    settings = _settings(own, probabilities, slope, offset)
    everything = np.arange(len(rows))
    fitted = fit(features, labels, _weights(rows), everything)
    arrays |= {name: array.astype(np.float16) for name, array in fitted.arrays.items()}
    arrays |= {"match_weights": matcher, "stance_weights": _stances(features, rows)}
    figures = health_card.figures(own, probabilities, settings)
    figures |= _topics_left_out(rows, claims, reader_with, slope, offset)
    figures["right claim named"] = _named(taken, own, probabilities >= settings["hold_at_2"])
    _write(out, arrays, settings, rows, figures)
    judge = HealthJudge(read_artefact(out))
    figures |= health_card.unseen(judge, public, settings)
    texts = {
        "card.md": health_card.card(VERSION, figures, rows),
        "golden.jsonl": health_card.golden(judge, own),
        "metrics.json": json.dumps(figures, indent=1, sort_keys=True) + "\n",
    }
    write_artefact(out, _manifest(rows), {}, texts)
    return figures


def _read(reader: Reader, rows: Sequence[Row]) -> list[Reading]:
    normals = [row.normal for row in rows]
    return [reading for i in range(0, len(normals), _AT_ONCE) for reading in reader.read(normals[i : i + _AT_ONCE])]


def _write(
    out: Path,
    arrays: Mapping[str, NDArray[np.generic]],
    settings: Mapping[str, float],
    rows: Sequence[Row],
    figures: Mapping[str, Metrics],
) -> None:
    texts = {"settings.json": json.dumps(settings, indent=1, sort_keys=True) + "\n"}
    write_artefact(out, _manifest(rows), arrays, texts)


def _manifest(rows: Sequence[Row]) -> dict[str, object]:
    by_writer: dict[str, int] = {}
    for row in rows:
        by_writer[row.writer] = by_writer.get(row.writer, 0) + 1
    return {
        "name": "health",
        "version": VERSION,
        "feature_version": HEALTH_FEATURE_VERSION,
        "seed": 0,
        "rows": by_writer,
        "tools": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }


def _hold_out(features: Features, rows: Sequence[Row], labels: NDArray[np.int_]) -> NDArray[np.float64]:
    """Return log-odds for our own rows, each from a model that saw nothing by the same writer; others get 0."""
    writers = np.array([row.writer for row in rows])
    weights = _weights(rows)
    held = np.zeros(len(rows))
    for writer in sorted({row.writer for row in rows if row.writer not in _ALWAYS}):
        fitted = fit(features, labels, weights, np.flatnonzero(writers != writer))
        of = np.flatnonzero(writers == writer)
        held[of] = fitted.logits(_pick(features, of))
    return held


_PLAIN = frozenset({"reddit27_benign", "medquad", "civil_cc0", "wikitalk"})
_ALWAYS = _PLAIN | {"claims", "frames", "pairs"}
_THIRDS = 3


def _named(taken: Sequence[Taken], rows: Sequence[Row], held: NDArray[np.bool_]) -> Metrics:
    """Return how often a held assertion of a claim of the base is shown with that claim.

    Each row is asked of a matcher that read no row of the same writer.
    """
    flagged = {id(row) for row, is_held in zip(rows, held, strict=True) if is_held and row.label}
    asked = [each for each in taken if each.row and id(each.row) in flagged]
    right = named = 0
    for writer in sorted({each.writer for each in asked}):
        weights = fit_matcher([each for each in taken if each.writer != writer])
        for each in asked:
            if each.writer == writer:
                claim, score = matched(each, weights)
                named += score >= NAMED_AT
                right += score >= NAMED_AT and claim == each.claim
    return {"rows": float(len(asked)), "named": named / len(asked), "right": right / len(asked)}


def _topics_left_out(
    rows: Sequence[Row],
    claims: Sequence[Claim],
    reader_with: Callable[[Sequence[Claim]], Reader],
    slope: float,
    offset: float,
) -> dict[str, Metrics]:
    """Return the figures on our rows where neither the fit nor the claim base knows their topic, a third at a time.

    The writers are known from their rows on other topics; rows without a topic, and plain benign text, are always read.
    """
    labels, scores = np.array([row.label for row in rows]), np.zeros(len(rows))
    third = np.array([_third(row.topic) if row.writer not in _PLAIN else -1 for row in rows])
    for fold in range(_THIRDS):
        features = count(_read(reader_with([claim for claim in claims if _third(claim.topic) != fold]), rows))
        fitted = fit(features, labels, _weights(rows), np.flatnonzero(third != fold))
        of = np.flatnonzero(third == fold)
        scores[of] = fitted.logits(_pick(features, of))
    own = np.flatnonzero((third >= 0) & np.array([row.writer not in _ALWAYS for row in rows]))
    figures = metrics(labels[own], 1 / (1 + np.exp(-(slope * scores[own] + offset))))
    return {"topics left out": figures}


def _third(topic: str) -> int:
    """Return which third of the topics one belongs to; what writers call by longer names goes with its first word."""
    words = re.findall("[a-z]+", topic.lower())
    return zlib.crc32(words[0].rstrip("s").encode()) % _THIRDS if words else -1


def _pick(features: Features, rows: NDArray[np.intp]) -> Features:
    return Features(
        features.words[rows],
        features.chars[rows],
        features.manners[rows],
        features.dense[rows],
        features.vectors[rows],
    )


def _weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    return np.array([row.weight for row in rows])


def _platt(logits: NDArray[np.float64], labels: NDArray[np.int_]) -> tuple[float, float]:
    model = LogisticRegression(C=1e6).fit(logits[:, None], labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _settings(rows: Sequence[Row], probabilities: NDArray[np.float64], slope: float, offset: float) -> dict[str, float]:
    refuted = np.array([p for row, p in zip(rows, probabilities, strict=True) if row.kind == "refute"])
    cuts = {f"hold_at_{grave}": round(cut_for(refuted, share), 4) for grave, share in REFUTATIONS_HELD.items()}
    return {"platt_slope": slope, "platt_offset": offset, "named_at": NAMED_AT, **cuts}


def _stances(features: Features, rows: Sequence[Row]) -> NDArray[np.float32]:
    known = [i for i, row in enumerate(rows) if row.kind in _STANCE_OF and row.writer not in _ALWAYS]
    kinds = np.array([_STANCE_OF[rows[i].kind] for i in known])
    weights = fit_stances(features.dense[known], kinds)
    assert len(weights) == len(STANCES)
    return weights
