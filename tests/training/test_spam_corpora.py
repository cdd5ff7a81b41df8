"""Our own spam rows must not give the label away by how they were made."""

import re
from collections import Counter

import numpy as np
from sklearn.metrics import roc_auc_score

from service.paths import MODELS
from service.pipeline.cues import NAMES
from service.training.augment import augmented
from service.training.corpora import authored_spam
from service.training.evaluate import calibration_error, cut_for, recall_at
from service.training.spam_fit import sample_weights

ROWS = list(authored_spam(MODELS / "corpora"))
LABELS = np.array([row.label for row in ROWS])


def separation(values: list[float]) -> float:
    """Return how well one number alone tells the label: 0.5 not at all, 1 wholly."""
    auc = float(roc_auc_score(LABELS, values))
    return max(auc, 1 - auc)


def test_length_does_not_tell_the_label() -> None:
    assert separation([float(len(row.submission.body)) for row in ROWS]) < 0.65


def test_punctuation_does_not_tell_the_label() -> None:
    for mark in ".,;:!?'-–":
        assert separation([row.submission.body.count(mark) / (len(row.submission.body) + 1) for row in ROWS]) < 0.65


def test_having_a_field_does_not_tell_the_label() -> None:
    for field in ("author_name", "author_url", "author_email_domain", "page_title"):
        assert separation([float(bool(getattr(row.submission, field))) for row in ROWS]) < 0.75


def test_no_feature_counts_length_or_a_bare_field() -> None:
    assert not {"length", "has_name", "has_title", "has_mail"} & set(NAMES)


def test_genuine_comments_are_there_in_ten_languages() -> None:
    languages = Counter(row.lang for row in ROWS if not row.label and row.lang)

    assert {"de", "es", "fr", "pt", "ru", "id", "hi-Latn", "zh", "ar", "en"} <= set(languages)


def test_made_rows_are_the_same_for_the_same_seed() -> None:
    assert augmented(ROWS, 7) == augmented(ROWS, 7)


def test_made_rows_have_links_and_trade_names_on_spam_and_sites_on_both_sides() -> None:
    made = augmented(ROWS, 7)
    with_site = Counter(row.label for row in made if row.submission.author_url)

    assert min(with_site[0], with_site[1]) > 100
    assert all(re.match(r"https?://", row.submission.author_url) for row in made if row.source == "made_trade_names"
               and row.submission.author_url)  # fmt: skip


def test_a_big_source_does_not_drown_a_small_one() -> None:
    weights = sample_weights(ROWS)

    assert weights[LABELS == 1].sum() / weights.sum() == np.float64(0.4).round(3).item() or np.isclose(
        weights[LABELS == 1].sum() / weights.sum(), 0.4
    )


def test_a_cut_lets_no_more_than_its_rate_of_genuine_comments_reach_it() -> None:
    scores = np.array([0.1, 0.2, 0.2, 0.9] * 25)

    assert (scores >= cut_for(scores, 0.1)).mean() <= 0.1
    assert cut_for(scores, 1.0) == 0.0


def test_recall_counts_what_reaches_the_cut() -> None:
    assert recall_at([0, 0, 1, 1], [0.1, 0.2, 0.15, 0.9], 0.0) == 0.5


def test_a_judge_that_says_what_happens_has_no_calibration_error() -> None:
    assert calibration_error([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]) == 0.0
