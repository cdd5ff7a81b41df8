"""Our own spam rows must not give the label away by how they were made."""

import re
from collections import Counter

import numpy as np
from sklearn.metrics import roc_auc_score

from service.comment import Submission
from service.paths import MODELS
from service.pipeline.cues import NAMES
from service.pipeline.features import features
from service.pipeline.normalise import normalise
from service.training.augment import augmented
from service.training.corpora import authored_spam
from service.training.evaluate import calibration_error, recall_at
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


def test_endings_of_addresses_do_not_tell_the_label() -> None:
    endings = [row.submission.author_url.split("//")[-1].split("/")[0].rpartition(".")[2] for row in ROWS]
    common = [name for name, count in Counter(endings).items() if name and count >= 15]

    assert len(common) > 5
    assert {0, 1} == {row.label for row, ending in zip(ROWS, endings, strict=True) if ending in common}
    for name in common:
        assert separation([float(ending == name) for ending in endings]) < 0.6


def test_the_form_of_a_name_does_not_tell_the_label() -> None:
    names = [row.submission.author_name for row in ROWS]

    assert separation([float(name.istitle()) for name in names]) < 0.65
    assert separation([float(name.islower()) for name in names]) < 0.65
    assert separation([float(any(map(str.isdigit, name))) for name in names]) < 0.6


def test_no_name_or_address_is_known_by_its_host_alone() -> None:
    of = features(
        [normalise(Submission(body="x", author_url=f"https://petra.{end}")) for end in ("com", "xyz", "co.uk")]
    )
    hashed = [sorted(of.buckets[of.owners[of.blocks] == i].tolist()) for i in range(3)]

    assert hashed[0] == hashed[1] == hashed[2]


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


def test_genuine_comments_weigh_three_fifths_and_every_source_the_same() -> None:
    weights = sample_weights(ROWS)
    sources = np.array([row.source for row in ROWS])
    of_spam = {weights[(sources == name) & (LABELS == 1)].sum().round(6) for name in set(sources)}

    assert np.isclose(weights[LABELS == 0].sum() / weights.sum(), 0.6)
    assert len(of_spam) == 1


def test_recall_counts_what_reaches_the_cut() -> None:
    assert recall_at([0, 0, 1, 1], [0.1, 0.2, 0.15, 0.9], 0.0) == 0.5


def test_a_judge_that_says_what_happens_has_no_calibration_error() -> None:
    assert calibration_error([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]) == 0.0
