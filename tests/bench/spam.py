"""Set the spam judge beside the plain scikit-learn pipeline, bogofilter and SpamAssassin: same rows, one run.

    python tests/bench/spam.py [--corpora ../shared/corpora]

Prints what each finds at 1 % false positives, and times as ratios. Two sets of rows that none of them has seen: the
public sets' dev halves, and one of our own files, with author fields, whose writer is in no training row. All are
trained on the same rows; SpamAssassin brings its own rules.
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
from service.training.augment import augmented
from service.training.corpora import Example, authored_spam, public_spam
from service.training.evaluate import recall_at
from service.training.spam_fit import SEED, Fitted, fit, matrix, normalised, sample_weights

ROUNDS = 5
MOST = 1500
UNSEEN = "spam_streets"


def main() -> None:
    """Print the figures and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=Path(__file__).parents[2] / ".." / "shared" / "corpora")
    corpora = parser.parse_args().corpora.resolve()
    public, own = list(public_spam(corpora)), list(authored_spam(MODELS / "corpora"))
    if not public:
        raise SystemExit(f"The public corpora are not in {corpora}; there is nothing to measure on.")
    rows = [*public, *own]
    random.Random(3).shuffle(rows)
    train = _capped([row for row in rows if row.split == "train" and row.source != UNSEEN])
    plain = _plain_pipeline().fit([_whole(row) for row in train], [row.label for row in train])
    fitted = _fitted(train)
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("bogofilter"):
            _teach_bogofilter(folder, train)
        for title, test in (
            ("public sets, dev halves", _capped([row for row in rows if row.split == "dev"])),
            (f"{UNSEEN}, another writer", [row for row in rows if row.source == UNSEEN]),
        ):
            print(f"{title}:")
            labels = np.array([row.label for row in test])
            if shutil.which("bogofilter"):
                some = test[:800]
                scores = np.array([_bogosity(folder, row) for row in some])
                print(f"  bogofilter, {len(some)} rows: {_line(labels[:800], scores)}")
            if shutil.which("spamassassin"):
                print(f"  SpamAssassin, 60 rows, local rules: {_line(labels[:60], _spamassassin(test[:60]))}")
            scores = plain.decision_function([_whole(row) for row in test])
            print(f"  plain scikit-learn, {len(test)} rows: {_line(labels, scores)}")
            print(f"  ours, {len(test)} rows: {_line(labels, fitted.scores(normalised(test)))}")
    _speed(plain, [row.submission.body for row in rows if 80 < len(row.submission.body) < 160][:256])


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


def _fitted(train: Sequence[Example]) -> Fitted:
    train = [*train, *augmented(train, SEED)]
    labels = np.array([row.label for row in train])
    return fit(matrix(normalised(train)), labels, sample_weights(train))


def _whole(row: Example) -> str:
    """Return all fields as one text, which is all that the others read."""
    of = row.submission
    return "\n".join((of.author_name, of.author_url, of.author_email_domain, of.body))


def _mail(row: Example) -> bytes:
    name = "".join(char for char in row.submission.author_name if char.isalnum() or char == " ") or "reader"
    sender = f'From: "{name}" <reader@{row.submission.author_email_domain or "mail.example"}>'
    return f"{sender}\nSubject: comment\n\n{_whole(row)}\n".encode("utf-8", "replace")


def _teach_bogofilter(folder: str, train: Sequence[Example]) -> None:
    for label, option in ((1, "-s"), (0, "-n")):
        mails = b"".join(b"From x\n" + _mail(row) + b"\n" for row in train if row.label == label)
        subprocess.run(["bogofilter", "-d", folder, option, "-M"], input=mails, check=False)


def _bogosity(folder: str, row: Example) -> float:
    answer = subprocess.run(["bogofilter", "-d", folder, "-T"], input=_mail(row), capture_output=True, check=False)
    return float(answer.stdout.split()[-1]) if answer.stdout else 0.5


def _spamassassin(test: Sequence[Example]) -> np.ndarray:
    scores = []
    for row in test:
        answer = subprocess.run(["spamassassin", "-L", "-t"], input=_mail(row), capture_output=True, check=False)
        found = [word for word in answer.stdout.split() if word.startswith(b"score=")]
        scores.append(float(found[0][6:].rstrip(b",")) if found else 0.0)
    return np.array(scores)


def _speed(plain: Pipeline, texts: list[str]) -> None:
    judge = SpamJudge(read_artefact(MODELS / "spam"))

    def ours(some: list[int]) -> None:
        judge.judge([normalise(Submission(body=texts[i])) for i in some])

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
