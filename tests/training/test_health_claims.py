"""Looking after the claim base."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from service.artefact import read_artefact
from service.comment import Submission
from service.errors import ModelError
from service.paths import MODELS
from service.pipeline.claims import Claim, load_claims
from service.pipeline.health import HealthJudge
from service.pipeline.normalise import normalise
from service.training.claims import lint_claims, seal

CLAIMS = load_claims((MODELS / "health" / "claims.jsonl").read_text("utf-8"))


def _silent(done: int, total: int) -> None:
    assert done <= total


def test_the_shipped_claim_base_has_no_fault() -> None:
    assert lint_claims(CLAIMS, HealthJudge(read_artefact(MODELS / "health"))) == []


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (replace(CLAIMS[0], paraphrases=()), "form"),
        (replace(CLAIMS[0], correction="No."), "form"),
        (replace(CLAIMS[0], near_truths=()), "form"),
        (replace(CLAIMS[0], claim="ketamine"), "form"),
        (replace(CLAIMS[0], id=CLAIMS[1].id), "form"),
        (replace(CLAIMS[0], paraphrases=(*CLAIMS[0].paraphrases, CLAIMS[1].claim)), "overlap"),
    ],
)
def test_a_fault_is_found(broken: Claim, kind: str) -> None:
    assert kind in {problem.kind for problem in lint_claims([broken, *CLAIMS[1:]])}


def test_the_base_is_large_and_deepest_in_ketamine_and_psychedelics() -> None:
    topics = [claim.topic for claim in CLAIMS]

    assert len(CLAIMS) >= 300
    assert len(set(topics)) >= 40
    assert sum(topic in ("ketamine", "psychedelics") for topic in topics) >= 45


@pytest.mark.parametrize(
    "broken",
    [
        replace(CLAIMS[0], near_truths=CLAIMS[0].near_truths[:1]),
        replace(CLAIMS[0], paraphrases=CLAIMS[0].paraphrases[:3]),
        replace(CLAIMS[0], review_by="soon"),
    ],
)
def test_too_few_wordings_or_no_review_date_is_a_fault_of_form(broken: Claim) -> None:
    assert [problem.kind for problem in lint_claims([broken, *CLAIMS[1:]])] == ["form"]


def test_an_edited_base_is_refused_until_it_is_sealed(tmp_path: Path) -> None:
    directory = tmp_path / "health"
    shutil.copytree(MODELS / "health", directory)
    weights = (directory / "word_weights.npy").read_bytes()
    lines = (directory / "claims.jsonl").read_text("utf-8").splitlines()
    (directory / "claims.jsonl").write_text("\n".join(lines[1:]) + "\n", "utf-8")
    with pytest.raises(ModelError, match=r"claims\.jsonl"):
        read_artefact(directory)

    seal(directory)

    judge = HealthJudge(read_artefact(directory))
    assert (directory / "word_weights.npy").read_bytes() == weights
    for sample in map(json.loads, (directory / "golden.jsonl").read_text("utf-8").splitlines()):
        (opinion,) = judge.judge([normalise(Submission(body=sample["body"], page_title=sample["page_title"]))])
        assert opinion.probability == pytest.approx(sample["health"], abs=1e-3)
