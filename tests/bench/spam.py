"""Set the spam judge beside the plain scikit-learn pipeline, bogofilter and SpamAssassin: same rows, one run.

    python tests/bench/spam.py [--corpora ../shared/corpora]

Prints what each finds at 1 % false positives on the public sets' dev halves, and times as ratios.
"""

import argparse
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline, make_union

from service.artefact import read_artefact
from service.comment import Submission
from service.paths import MODELS
from service.pipeline.normalise import normalise
from service.pipeline.spam import SpamJudge
from service.training.corpora import Example, public_spam
from service.training.evaluate import recall_at
from service.training.spam_fit import featurise, fit, matrix

ROUNDS = 5
MOST = 1500


def main() -> None:
    """Print the figures and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=Path(__file__).parents[2] / ".." / "shared" / "corpora")
    corpora = parser.parse_args().corpora.resolve()
    rows = list(public_spam(corpora))
    if not rows:
        raise SystemExit(f"The public corpora are not in {corpora}; there is nothing to measure on.")
    random.Random(3).shuffle(rows)
    train = _capped([row for row in rows if row.split == "train"])
    test = _capped([row for row in rows if row.split == "dev"])
    labels = np.array([row.label for row in test])
    plain = _plain_pipeline().fit([row.submission.body for row in train], [row.label for row in train])
    scores = {
        "ours, fitted on the same rows": _ours(train, test),
        "plain scikit-learn": plain.decision_function([row.submission.body for row in test]),
    }
    if shutil.which("bogofilter"):
        some = test[:800]
        print(f"bogofilter, {len(some)} rows: {_line(labels[:800], _bogofilter(train, some))}")
    if shutil.which("spamassassin"):
        few = test[:60]
        print(f"SpamAssassin, {len(few)} rows, local rules: {_line(labels[:60], _spamassassin(few))}")
    for name, of in scores.items():
        print(f"{name}, {len(test)} rows: {_line(labels, np.asarray(of))}")
    _speed(plain, [row.submission.body for row in test if 80 < len(row.submission.body) < 160][:256])


def _line(labels: np.ndarray, scores: np.ndarray) -> str:
    return f"ROC-AUC {roc_auc_score(labels, scores):.4f}, recall at 1 % {recall_at(labels, scores, 0.01):.3f}"


def _capped(rows: Sequence[Example]) -> list[Example]:
    seen: dict[tuple[str, int], int] = {}
    kept = []
    for row in rows:
        key = (row.source, row.label)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= MOST:
            kept.append(row)
    return kept


def _plain_pipeline() -> Pipeline:
    return make_pipeline(
        make_union(
            HashingVectorizer(ngram_range=(1, 2), n_features=2**20),
            HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=2**20),
        ),
        LogisticRegression(C=20, max_iter=300),
    )


def _ours(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    return fit(matrix(featurise(train)), train).scores(featurise(test))


def _bogofilter(train: Sequence[Example], test: Sequence[Example]) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        for label, option in ((1, "-s"), (0, "-n")):
            mails = "".join(f"From x\n\n{row.submission.body}\n\n" for row in train if row.label == label)
            subprocess.run(
                ["bogofilter", "-d", folder, option, "-M"], input=mails.encode("utf-8", "replace"), check=False
            )
        return np.array([_bogosity(folder, row.submission.body) for row in test])


def _bogosity(folder: str, body: str) -> float:
    mail = f"\n{body}\n".encode("utf-8", "replace")
    answer = subprocess.run(["bogofilter", "-d", folder, "-T"], input=mail, capture_output=True, check=False)
    return float(answer.stdout.split()[-1]) if answer.stdout else 0.5


def _spamassassin(test: Sequence[Example]) -> np.ndarray:
    scores = []
    for row in test:
        mail = f"From: a@b.example\nSubject: comment\n\n{row.submission.body}\n".encode("utf-8", "replace")
        answer = subprocess.run(["spamassassin", "-L", "-t"], input=mail, capture_output=True, check=False)
        found = [word for word in answer.stdout.split() if word.startswith(b"score=")]
        scores.append(float(found[0][6:].rstrip(b",")) if found else 0.0)
    return np.array(scores)


def _speed(plain: Pipeline, texts: list[str]) -> None:
    judge = SpamJudge(read_artefact(MODELS / "spam"))
    rows = [Example(submission=Submission(body=text), label=0, source="", family="", group="") for text in texts]

    def ours(some: list[int]) -> None:
        judge.judge([normalise(rows[i].submission) for i in some])

    def theirs(some: list[int]) -> None:
        plain.predict_proba([texts[i] for i in some])

    for size in (1, 64):
        batches = [list(range(i, min(i + size, len(texts)))) for i in range(0, len(texts), size)]
        both = [(_time(ours, batches), _time(theirs, batches)) for _ in range(ROUNDS)]
        ratios = [b / a for a, b in both]
        each = statistics.median(a for a, _ in both) / len(texts) * 1e6
        print(
            f"batches of {size}: {each:.0f} µs a comment (normalise, features, score, reasons); "
            f"scikit-learn ÷ ours {statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})"
        )


def _time(work: Callable[[list[int]], None], batches: list[list[int]]) -> float:
    began = time.perf_counter()
    for batch in batches:
        work(batch)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
