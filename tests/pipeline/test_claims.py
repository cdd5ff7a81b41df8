"""The claim base: reading it, and finding which claim a sentence takes up."""

import json

import pytest

from service.artefact import read_artefact
from service.errors import ModelError
from service.paths import MODELS
from service.pipeline.claims import ClaimBase, load_claims
from service.pipeline.health import reader_of
from service.pipeline.sentences import sentences, words

NOTHING = words("")


@pytest.fixture(scope="module")
def base() -> ClaimBase:
    return reader_of(read_artefact(MODELS / "health")).base


def _name(base: ClaimBase, text: str, title: str = "") -> str:
    found = base.find([words(part.text) for part in sentences(text)], words(title))
    assert found is not None
    return found.claim.id


def test_every_paraphrase_finds_a_wording_of_its_own_claim(base: ClaimBase) -> None:
    asked = [(claim.id, text) for claim in base.claims for text in claim.paraphrases]

    right = sum(_name(base, text) == claim for claim, text in asked)

    assert right / len(asked) > 0.97


def test_the_claim_is_found_in_the_sentence_that_makes_it(base: ClaimBase) -> None:
    text = "Lovely weather. The MMR vaccine causes autism. Bye."

    found = base.find([words(part.text) for part in sentences(text)], NOTHING)

    assert found is not None
    assert found.claim.id == "vax-cause-autism"
    assert found.sentence == 1


def test_a_text_without_a_sentence_has_no_claim(base: ClaimBase) -> None:
    assert base.find([], NOTHING) is None


def test_a_line_that_is_no_claim_is_named() -> None:
    good = (MODELS / "health" / "claims.jsonl").read_text("utf-8").splitlines()[0]

    with pytest.raises(ModelError, match="Line 2"):
        load_claims(good + '\n{"id": "x"}\n')


@pytest.mark.parametrize(
    "change",
    [{"severity": 4}, {"type": "rumour"}, {"polarity": "?"}, {"terms": []}, {"paraphrases": "one"}],
)
def test_a_claim_outside_its_lists_is_refused(change: dict[str, object]) -> None:
    good = json.loads((MODELS / "health" / "claims.jsonl").read_text("utf-8").splitlines()[0])

    with pytest.raises(ModelError):
        load_claims(json.dumps(good | change))
