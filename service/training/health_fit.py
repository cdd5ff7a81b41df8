"""Fit the health judge's linear model and its claim matcher with scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from service.pipeline.claims import MATCH_FEATURES, Claim, ClaimBase
from service.pipeline.embedding import TokenTable
from service.pipeline.grams import CHAR_BUCKETS, MANNER_BUCKETS, WORD_BUCKETS
from service.pipeline.reading import DENSE, Reading
from service.pipeline.sentences import sentences
from service.pipeline.sentences import words as words_of
from service.pipeline.wordings import Asked
from service.training.health_rows import Row

Floats = NDArray[np.float64]
# Chosen by leaving whole writers out (docs of the model card hold the table).
STRENGTH = 6.0
DENSE_SHARE = 0.015
CLAIM_SHARE = 0.012
VECTOR_SHARE = 0.7
MANNER_SHARE = 1.3
_FOLDS = 5
_OTHERS = 15
_SHARED = [MATCH_FEATURES.index(name) for name in ("shared_words", "shared_title")]


@dataclass(frozen=True, slots=True)
class Features:
    """The counted features of many comments: n-grams as buckets, the rest as rows of numbers."""

    words: sp.csr_matrix
    chars: sp.csr_matrix
    manners: sp.csr_matrix
    dense: Floats
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model as the arrays the judge loads."""

    arrays: dict[str, NDArray[np.float32]]

    def logits(self, features: Features) -> Floats:
        """Return the uncalibrated log-odds, as the judge computes them."""
        a = self.arrays
        total: Floats = features.dense @ a["dense_weights"][:-1] + a["dense_weights"][-1]
        total += features.vectors @ a["vector_weights"]
        for name, block in (("word", features.words), ("char", features.chars), ("manner", features.manners)):
            total += (block @ a[f"{name}_weights"]) * _inverse_length(block, a[f"{name}_idf"])
        return total


def count(readings: Sequence[Reading]) -> Features:
    """Return the features of comments that were read."""
    return Features(
        _binary([reading.word_grams for reading in readings], WORD_BUCKETS),
        _binary([reading.char_grams for reading in readings], CHAR_BUCKETS),
        _binary([reading.manner_grams for reading in readings], MANNER_BUCKETS),
        np.stack([reading.dense for reading in readings]).astype(np.float64),
        np.stack([reading.vector for reading in readings]).astype(np.float64),
    )


def fit(features: Features, labels: NDArray[np.int_], weights: Floats, rows: NDArray[np.intp]) -> Fitted:
    """Fit the linear model on the rows named."""
    blocks = {"word": features.words[rows], "char": features.chars[rows], "manner": features.manners[rows]}
    idf = {name: _idf(block) for name, block in blocks.items()}
    mean = features.dense[rows].mean(axis=0)
    scale = (features.dense[rows].std(axis=0) + 1e-6) / _dense_shares()
    shares = {"word": 1.0, "char": 1.0, "manner": MANNER_SHARE}
    grams = [normalize(block.multiply(idf[name]).tocsr()) * shares[name] for name, block in blocks.items()]
    numbers = np.hstack([(features.dense[rows] - mean) / scale, features.vectors[rows] * VECTOR_SHARE])
    matrix = sp.hstack([*grams, sp.csr_matrix(numbers)]).tocsr()
    model = LogisticRegression(C=STRENGTH, solver="liblinear", dual=True, tol=1e-2, max_iter=400, random_state=0).fit(
        matrix, labels[rows], sample_weight=weights[rows]
    )
    ends = np.cumsum([WORD_BUCKETS, CHAR_BUCKETS, MANNER_BUCKETS, features.dense.shape[1]])
    words, chars, manners, dense, vector = np.split(model.coef_[0], ends)
    dense = dense / scale
    arrays: dict[str, Floats] = {
        "word_weights": words * idf["word"],
        "char_weights": chars * idf["char"],
        "manner_weights": manners * idf["manner"] * MANNER_SHARE,
        "dense_weights": np.append(dense, float(model.intercept_[0]) - float(dense @ mean)),
        "vector_weights": vector * VECTOR_SHARE,
    }
    arrays |= {f"{name}_idf": values for name, values in idf.items()}
    return Fitted({name: values.astype(np.float32) for name, values in arrays.items()})


def fit_stances(dense: Floats, kinds: NDArray[np.intp]) -> NDArray[np.float32]:
    """Fit which stance a comment takes; one row of weights per stance, the intercept last."""
    mean, scale = dense.mean(axis=0), dense.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.05, max_iter=2000, class_weight="balanced").fit((dense - mean) / scale, kinds)
    weights = model.coef_ / scale
    offsets = model.intercept_ - weights @ mean
    return np.column_stack([weights, offsets]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that takes up a claim of the base: the match features of every claim, and which one it is.

    `row` is given once for each row: as it stands, under its own title.
    """

    features: NDArray[np.float32]
    claim: int
    writer: str
    row: Row | None = None


def taken_up(claims: Sequence[Claim], table: TokenTable, rows: Sequence[Row]) -> list[Taken]:
    """Return what the matcher learns from: the base's own wordings, and rows of ours whose claim is in the base.

    Every fifth wording is left out of the base and has to find its own claim. A row is asked under its page's title,
    under another row's and under none, so that a title helps and does not decide.
    """
    blank = np.zeros(len(MATCH_FEATURES) + 1, dtype=np.float32)
    taken: list[Taken] = []
    for fold in range(_FOLDS):
        base = ClaimBase([_without(claim, fold) for claim in claims], table, blank)
        for i, claim in enumerate(claims):
            taken += [Taken(_asked(base, text, "", table), i, "") for text in claim.paraphrases[fold::_FOLDS]]
    base = ClaimBase(claims, table, blank)
    places = {claim.id: i for i, claim in enumerate(claims)}
    known = [row for row in rows if row.claim in places]
    for i, row in enumerate(known):
        other = known[(i + len(known) // 2) % len(known)]
        titles = (row.normal.submission.page_title, other.normal.submission.page_title, "")
        for title, as_it_stands in zip(titles, (row, None, None), strict=True):
            features = _asked(base, row.normal.text, title, table)
            taken.append(Taken(features, places[row.claim], row.writer, as_it_stands))
    return taken


def fit_matcher(taken: Sequence[Taken]) -> NDArray[np.float32]:
    """Fit the claim matcher: the right claim against the likeliest others."""
    rows: list[NDArray[np.float32]] = []
    labels: list[int] = []
    for each in taken:
        likely = np.argsort(-each.features[:, [0, *_SHARED]], axis=0)[:_OTHERS]
        others = np.unique(likely)
        others = others[others != each.claim]
        rows.extend([each.features[each.claim : each.claim + 1], each.features[others]])
        labels.extend([1] + [0] * len(others))
    model = LogisticRegression(C=1.0, max_iter=3000).fit(np.concatenate(rows), labels)
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float32)


def matched(taken: Taken, weights: NDArray[np.float32]) -> tuple[int, float]:
    """Return the claim that the matcher names, and how sure it is, in log-odds."""
    scores = taken.features @ weights[:-1] + weights[-1]
    return int(np.argmax(scores)), float(scores.max())


def _asked(base: ClaimBase, text: str, title: str, table: TokenTable) -> NDArray[np.float32]:
    asked = Asked.of([words_of(part.text) for part in sentences(text)], words_of(title), table)
    features: NDArray[np.float32] = base.features(asked)[0][0]
    return features


def _dense_shares() -> Floats:
    return np.array([CLAIM_SHARE if name.startswith("claim.") else DENSE_SHARE for name in DENSE])


def _without(claim: Claim, fold: int) -> Claim:
    return replace(claim, paraphrases=tuple(t for i, t in enumerate(claim.paraphrases) if i % _FOLDS != fold))


def _binary(grams: Sequence[NDArray[np.int64]], buckets: int) -> sp.csr_matrix:
    lengths = [len(row) for row in grams]
    indices = np.concatenate(grams)
    return sp.csr_matrix(
        (np.ones(len(indices)), indices, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(grams), buckets)
    )


def _idf(counts: sp.csr_matrix) -> Floats:
    seen = np.asarray(counts.sum(axis=0)).ravel()
    rarity: Floats = np.log((1 + counts.shape[0]) / (1 + seen)) + 1
    return rarity


def _inverse_length(counts: sp.csr_matrix, idf: NDArray[np.float32]) -> Floats:
    lengths: Floats = np.sqrt(counts @ np.square(idf.astype(np.float64)))
    return 1 / np.maximum(lengths, 1e-9)
