"""The health judge on the comments a moderator would show first."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from service.artefact import read_artefact
from service.comment import Finding, Opinion, Submission
from service.paths import MODELS
from service.pipeline.health import HealthJudge
from service.pipeline.normalise import normalise

TITLE = "Ketamine therapy: what to expect"


@pytest.fixture(scope="module")
def judge() -> HealthJudge:
    return HealthJudge(read_artefact(MODELS / "health"))


def _opinion(judge: HealthJudge, body: str, title: str = TITLE) -> Opinion:
    return judge.judge([normalise(Submission(body=body, page_title=title))])[0]


def _held(opinion: Opinion) -> list[Finding]:
    return [f for f in opinion.findings if f.category == "health" and f.score >= f.hold_at]


@pytest.mark.parametrize(
    ("body", "code", "claim"),
    [
        ("Ketamine isn't addictive at all, nobody ever got hooked on it.", "health.claim", "ket-not-addictive"),
        ("Drink MMS, a few drops a day cured my autism.", "health.claim", "aut-mms"),
        (
            "DM me on telegram for ketamine lozenges and mushrooms, discreet shipping.",
            "health.sale",
            "sale-ketamine-psychedelics",
        ),
        # Two claims of the base say so; the one about prescriptions is as right.
        ("DM me on telegram for ketamine, no prescription, discreet shipping.", "health.sale", "sale-no-rx-offer"),
    ],
)
def test_an_asserted_claim_is_held_under_its_name(judge: HealthJudge, body: str, code: str, claim: str) -> None:
    (finding,) = _held(_opinion(judge, body))

    assert finding.code == code
    assert finding.claim is not None
    assert finding.claim.id == claim
    assert finding.claim.stance in ("asserts", "promotes")


@pytest.mark.parametrize(
    "body",
    [
        "No, ketamine is addictive. Please don't tell people otherwise.",
        "Is it true that ketamine is not addictive?",
        "My neighbour says the MMR vaccine causes autism. I told her she is wrong.",
        "The MMR vaccine does not cause autism. That myth was debunked years ago.",
        "Don't drink MMS, it is bleach and it can kill you.",
        "I stopped lithium last year with my psychiatrist, slowly, and it was hard.",
        "My doctor put me on 50 mg of sertraline and raised it to 100 mg in May.",
        "I am furious with my surgeon and with the company that made the implant.",
        "Vaccines should not be made compulsory for care staff, in my view.",
    ],
)
def test_refuting_asking_reporting_and_telling_are_not_held(judge: HealthJudge, body: str) -> None:
    assert _held(_opinion(judge, body)) == []


def test_a_held_claim_shows_its_correction_its_sources_and_its_sentence(judge: HealthJudge) -> None:
    body = "Thank you for this. Ketamine isn't addictive at all, nobody ever got hooked on it. See you next week."

    (finding,) = [f for f in _opinion(judge, body).findings if f.category == "health"]

    assert finding.claim is not None
    assert finding.claim.sentence == "Ketamine isn't addictive at all, nobody ever got hooked on it."
    assert finding.claim.correction
    assert finding.claim.sources
    assert finding.evidence[0].text == finding.claim.sentence


def test_evidence_quotes_the_body_as_submitted(judge: HealthJudge) -> None:
    body = "<p>Drink <b>MMS</b>, a few drops a day, it cured my son &amp; the autism is gone for good.</p>"

    opinion = _opinion(judge, body)

    assert opinion.findings
    for finding in opinion.findings:
        for evidence in finding.evidence:
            assert body[evidence.start : evidence.end] == evidence.text


def test_nothing_is_rejected_for_health(judge: HealthJudge) -> None:
    body = "Stop your insulin today, cinnamon cures type 1 diabetes. Throw the pens away."

    assert {finding.reject_at for finding in _opinion(judge, body).findings} == {None}


def test_the_graver_the_claim_the_earlier_it_holds() -> None:
    settings = json.loads((MODELS / "health" / "settings.json").read_text("utf-8"))

    assert settings["hold_at_3"] < settings["hold_at_2"] < settings["hold_at_1"]


def test_a_finding_without_a_named_claim_says_so() -> None:
    settings = json.loads((MODELS / "health" / "settings.json").read_text("utf-8"))
    artefact = read_artefact(MODELS / "health")
    judge = HealthJudge(artefact)
    judge._named_at = 1e9  # No match is ever good enough.

    (finding,) = _held(_opinion(judge, "Ivermectin cures cancer, doctors hide it."))

    assert finding.claim is None
    assert finding.low_confidence
    assert finding.source == "model"
    assert finding.hold_at == settings["hold_at_2"]


def test_a_person_in_danger_is_put_before_a_human_and_not_accused(judge: HealthJudge) -> None:
    opinion = _opinion(judge, "I want to die, I can't go on anymore.")

    assert "needs_care" in [finding.code for finding in opinion.findings]
    assert _held(opinion) == []


@pytest.mark.parametrize(
    "body", ["", " ", "!!!", "\ud800", "\x00", "é" * 10_000, "a " * 5_000, "?." * 5_000, '"' * 9_999]
)
def test_any_text_gets_an_opinion(judge: HealthJudge, body: str) -> None:
    assert 0 <= _opinion(judge, body).probability <= 1


def test_who_wrote_it_makes_no_difference(judge: HealthJudge) -> None:
    body = "Ketamine isn't addictive at all, nobody ever got hooked on it."
    known = Submission(body=body, page_title=TITLE)
    named = replace(
        known, author_name="Dr. Pure Health", author_email_domain="mms.example", author_url="https://x.example"
    )

    assert judge.judge([normalise(named)])[0].probability == judge.judge([normalise(known)])[0].probability


@pytest.mark.parametrize(
    "unit", ["at ", "no? ", '"', "dont not never nonsense ", "z", "mms cures ", ". ", "😂", "“x ”"]
)
def test_the_work_grows_no_faster_than_the_text(judge: HealthJudge, unit: str) -> None:
    def work(size: int) -> int:
        normal = normalise(Submission(body=(unit * size)[:size], page_title=TITLE))
        calls = 0

        def count(*_: object) -> None:
            nonlocal calls
            calls += 1

        sys.setprofile(count)
        try:
            judge.judge([normal])
        finally:
            sys.setprofile(None)
        return calls

    assert work(16_000) <= 2.2 * work(8_000) + 200


def test_a_batch_of_the_longest_comments_is_read_in_portions(judge: HealthJudge) -> None:
    normals = [normalise(Submission(body="no? " * 4_000)) for _ in range(5)]

    assert len({opinion.probability for opinion in judge.judge(normals)}) == 1
    assert judge.judge([]) == []


def test_a_batch_gives_the_same_as_one_at_a_time(judge: HealthJudge) -> None:
    bodies = ["Ketamine is not addictive.", "Thanks!", "Is it?"]
    normals = [normalise(Submission(body=body)) for body in bodies]

    together, alone = judge.judge(normals), [judge.judge([normal])[0] for normal in normals]

    # The last digits depend on how the matrix product is cut up.
    assert [o.probability for o in together] == pytest.approx([o.probability for o in alone], abs=1e-5)
    assert [[f.claim for f in o.findings] for o in together] == [[f.claim for f in o.findings] for o in alone]


def test_the_golden_samples_keep_their_probability(judge: HealthJudge) -> None:
    lines = Path(MODELS / "health" / "golden.jsonl").read_text("utf-8").splitlines()

    for sample in map(json.loads, lines):
        opinion = _opinion(judge, sample["body"], sample["page_title"])
        assert opinion.probability == pytest.approx(sample["health"], abs=1e-3)
