"""What the health judge learns from, and what its figures must not fall below."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from service.paths import MODELS
from service.pipeline.claims import load_claims
from service.training import health_frames, health_rows
from service.training.health_fit import count, fit
from service.training.health_rows import Row

CLAIMS = load_claims((MODELS / "health" / "claims.jsonl").read_text("utf-8"))
ROWS = health_rows.authored(MODELS / "corpora", CLAIMS)
FIGURES = json.loads((MODELS / "health" / "metrics.json").read_text("utf-8"))
HEALTH = [row for row in ROWS if not row.writer.startswith("spam")]

SHORTCUTS: dict[str, Callable[[Row], float]] = {
    "length": lambda row: len(row.normal.text),
    "question marks": lambda row: row.normal.text.count("?"),
    "'not'": lambda row: f" {row.normal.text.lower()} ".count(" not "),
    "full stop at the end": lambda row: row.normal.text.endswith("."),
    "commas": lambda row: row.normal.text.count(",") / max(len(row.normal.text), 1),
    "capital at the start": lambda row: row.normal.text[:1].isupper(),
    "capitals": lambda row: sum(c.isupper() for c in row.normal.text) / max(len(row.normal.text), 1),
}


@pytest.mark.parametrize("name", SHORTCUTS)
@pytest.mark.parametrize("part", ["all", "refutations"])
def test_no_shortcut_tells_the_labels_of_our_rows_apart(name: str, part: str) -> None:
    rows = [row for row in HEALTH if part == "all" or row.label or row.kind == "refute"]

    area = roc_auc_score([row.label for row in rows], [SHORTCUTS[name](row) for row in rows])

    assert 0.36 < area < 0.64


def test_every_claim_is_framed_as_said_denied_asked_and_reported() -> None:
    rows = health_frames.frames(CLAIMS)

    for claim in CLAIMS:
        assert {row.kind for row in rows if row.group == claim.id} == {"assert", "refute", "ask", "report"}


def test_only_the_assertions_among_the_frames_are_labelled() -> None:
    assert all(row.label == (row.kind == "assert") for row in health_frames.frames(CLAIMS))


def test_the_denial_of_a_negated_claim_affirms() -> None:
    (claim,) = [claim for claim in CLAIMS if claim.id == "ket-not-addictive"]

    texts = [row.normal.text for row in health_frames.frames([claim]) if row.kind == "refute"]

    assert "Ketamine is addictive." in texts


def test_one_writer_in_parts_is_one_writer() -> None:
    assert "contrast" in {row.writer for row in ROWS}
    assert not [row.writer for row in ROWS if row.writer.startswith("contrast_")]


def test_absent_public_corpora_give_no_rows(tmp_path) -> None:
    assert health_rows.public(tmp_path) == []
    assert health_rows.held_out_benign(tmp_path) == []
    assert health_rows.behaviour(tmp_path) == []


def test_the_mean_refutation_of_an_unread_writer_is_held_rarely() -> None:
    assert FIGURES["assertions against refute"]["hold_fpr"] <= 0.08


def test_real_benign_posts_are_held_rarely() -> None:
    assert FIGURES["real benign posts"]["held"] <= 0.005


def test_the_probabilities_are_calibrated_on_unread_writers() -> None:
    assert FIGURES["held-out writers"]["calibration_error"] <= 0.03


def test_the_fitted_model_scores_as_it_was_fitted(reader) -> None:
    rows = ROWS[:300]
    features = count(reader.read([row.normal for row in rows]))
    labels = np.array([row.label for row in rows])

    fitted = fit(features, labels, np.ones(len(rows)), np.arange(len(rows)))

    assert roc_auc_score(labels, fitted.logits(features)) > 0.99


@pytest.fixture(scope="module")
def reader():
    from service.artefact import read_artefact
    from service.pipeline.health import reader_of

    return reader_of(read_artefact(MODELS / "health"))
