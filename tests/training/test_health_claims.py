"""Looking after the claim base."""

from dataclasses import replace

import pytest

from service.artefact import read_artefact
from service.paths import MODELS
from service.pipeline.claims import Claim, load_claims
from service.pipeline.health import HealthJudge
from service.training.claims import lint_claims

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
