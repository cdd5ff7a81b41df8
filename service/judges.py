"""Load the judges that travel with the code, and the claims that the health judge knows."""

from collections.abc import Mapping

from service.artefact import read_artefact
from service.paths import MODELS
from service.pipeline import Judge
from service.pipeline.claims import Claim, load_claims
from service.pipeline.health import HealthJudge
from service.pipeline.spam import SpamJudge


def load_judges() -> Mapping[str, Judge]:
    """Return the judges by the name of their score.

    Raises:
        ModelError: a model directory is damaged, or made for another version of the features.
    """
    return {
        "spam": SpamJudge(read_artefact(MODELS / "spam")),
        "health": HealthJudge(read_artefact(MODELS / "health")),
    }


def known_claims() -> tuple[Claim, ...]:
    """Return the claims of the base.

    Raises:
        ModelError: the base is damaged.
    """
    return load_claims((MODELS / "health" / "claims.jsonl").read_text("utf-8"))
