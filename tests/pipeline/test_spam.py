"""The shipped spam model: what it must say, what it must never do, and that serving equals training."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from service.artefact import read_artefact
from service.comment import Opinion, Submission
from service.errors import ModelError
from service.paths import MODELS
from service.pipeline.features import BODY, features
from service.pipeline.hashing import BUCKETS
from service.pipeline.normalise import normalise
from service.pipeline.spam import MENTION_AT, REASONS_AT, SEGMENT_TOKENS, SpamJudge
from service.training.spam_fit import HAND_SCALE, matrix

ARTEFACT = read_artefact(MODELS / "spam")
JUDGE = SpamJudge(ARTEFACT)
HOLD_AT = float(ARTEFACT.manifest["model"]["hold_at"])
GOLDEN = [json.loads(line) for line in ARTEFACT.text("golden.jsonl").splitlines()]


def opinion(body: str, **fields: str) -> Opinion:
    return JUDGE.judge([normalise(Submission(body=body, **fields))])[0]


@pytest.mark.parametrize("sample", GOLDEN, ids=range(len(GOLDEN)))
def test_golden_samples_get_the_probability_they_shipped_with(sample: dict[str, object]) -> None:
    submission = Submission(**sample["submission"])  # type: ignore[arg-type]

    assert JUDGE.judge([normalise(submission)])[0].probability == pytest.approx(sample["probability"], abs=1e-6)


def test_scores_equal_those_of_scikit_learn() -> None:
    normals = [normalise(Submission(**sample["submission"])) for sample in GOLDEN]
    model = LogisticRegression()
    weights = JUDGE.weights.copy()
    weights[BUCKETS:] /= HAND_SCALE
    model.coef_, model.intercept_ = weights[None, :], np.array([ARTEFACT.manifest["model"]["bias"]])
    model.classes_ = np.array([0, 1])

    theirs = model.decision_function(matrix(normals).astype(np.float64))

    assert max(features(normals).tokens) < SEGMENT_TOKENS
    assert JUDGE.score(normals).tolist() == pytest.approx(theirs.tolist(), abs=1e-6)


def test_every_span_of_a_text_is_where_its_words_and_characters_stand() -> None:
    of = features([normalise(Submission(body="  Buy  n\u200bow: 100000 views!", author_name="Shop Now"))])
    found, starts, ends = of.body_spans()
    spans = [of.prepared[0][start:end] for start, end in zip(starts, ends, strict=True)]

    assert of.prepared[0] == "  buy  now: 000000 views!"
    assert spans[:5] == ["buy", "now", "000000", "views", "!"]
    assert spans[5:9] == ["buy  now", "now: 000000", "000000 views", "views!"]
    assert {"buy", "uy  n", "view", "iews!"} <= set(spans)
    assert set(of.fields[of.blocks[found]].tolist()) == {BODY}


def test_a_batch_is_judged_as_its_comments_are_alone() -> None:
    normals = [normalise(Submission(**sample["submission"])) for sample in GOLDEN]

    assert JUDGE.judge(normals) == [JUDGE.judge([normal])[0] for normal in normals]


def test_trade_in_the_authors_name_is_named_with_its_words() -> None:
    judged = opinion("Nice post, thanks for sharing!", author_name="cheap payday loans", author_url="http://loans.xyz")
    (finding,) = [finding for finding in judged.findings if finding.code == "spam.author"]

    assert judged.probability >= HOLD_AT
    assert "cheap" in finding.message
    assert {evidence.text for evidence in finding.evidence} == {"cheap", "payday", "loans"}


def test_every_piece_of_evidence_stands_in_its_field() -> None:
    fields = {"author_name": "Best Casino Bonus", "author_url": "https://casino-bonus.top/x"}
    body = "c4s1n0 b\u200bonus <a href='http://casino-bonus.top'>win money</a> &#119;hatsapp +1 555 0100 now!!!"

    judged = opinion(body, **fields)

    assert {finding.code for finding in judged.findings} >= {"spam.author", "spam.links"}
    for finding in judged.findings:
        for evidence in finding.evidence:
            value = {"body": body, **fields}[evidence.field]
            assert value[evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    "body",
    [
        "казино",
        "viagra casino",
        "ვისურვებდი სესხს იაფად, დარეკე ახლავე ნომერზე 555 0100",
        "b\u200by\u200be \u200bw\u200be\u200bl\u200bl f\u200br\u200bi\u200be\u200bn\u200bd\u200bs",
    ],
)
def test_few_words_unknown_scripts_and_mere_disguise_never_reject(body: str) -> None:
    assert all(finding.reject_at is None for finding in opinion(body).findings)


@pytest.mark.parametrize(
    "body", ["", " ", "\ud800", "\x00", "🙂", "http://", "<a href=>", "a" * 16_384, "buy " * 4_000]
)
def test_odd_bodies_get_a_probability(body: str) -> None:
    assert 0.0 <= opinion(body).probability <= 1.0


def test_spam_among_good_words_is_still_found() -> None:
    spam = (
        "Make $500 a day from home, guaranteed profit, message me on WhatsApp +1 555 0100 or click fast-cash-4u.com now"
    )
    good = (
        "The council met on Tuesday and talked about the bridge, which has been shut since the floods of last spring. "
    )

    assert opinion(good * 6 + spam + " " + good * 6).probability >= HOLD_AT


@pytest.mark.parametrize(
    "body",
    [
        "The study is free to read at https://www.bmj.com/content/1 and table 3 is the one that matters.",
        "My insurance went up by a third and I have never made a claim.",
        "Gracias por contarlo tan bien, se me ha hecho corto.",
        "Bei uns im Dorf fährt der Bus auch nur noch zweimal am Tag.",
        "У нас во дворе то же самое уже третий год.",
        "我们小区也是这样，停车越来越难。",
        "في حينا المشكلة نفسها منذ سنوات.",
        "hamare yahan bhi bijli roz do ghante jaati hai",
    ],
)
def test_genuine_comments_pass(body: str) -> None:
    assert opinion(body, author_name="Ines").probability < HOLD_AT


def test_a_model_for_other_features_is_refused() -> None:
    with pytest.raises(ModelError):
        SpamJudge(replace(ARTEFACT, feature_version=0))


def test_a_model_with_too_few_weights_is_refused() -> None:
    with pytest.raises(ModelError):
        SpamJudge(replace(ARTEFACT, arrays={**ARTEFACT.arrays, "hand": ARTEFACT.arrays["hand"][:-1]}))


def test_a_comment_that_hardly_looks_like_spam_has_one_finding_without_evidence() -> None:
    slight = [
        finding
        for sample in GOLDEN
        if MENTION_AT <= sample["probability"] < REASONS_AT
        for finding in opinion(**sample["submission"]).findings
    ]

    assert slight
    assert all(not finding.evidence and finding.reject_at is None for finding in slight)


def test_no_comments_get_no_opinions() -> None:
    assert JUDGE.judge([]) == []


@pytest.mark.parametrize("unit", ["a.", "1", "http://x.y ", "@", "[...] ", "a b ", "\u0430a", "(((", "dot com "])
def test_hostile_texts_cost_no_more_than_their_length(unit: str) -> None:
    def calls(size: int) -> int:
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        normal = normalise(Submission(body=(unit * size)[:size], author_name=(unit * 100)[:200]))
        sys.setprofile(count)
        try:
            JUDGE.judge([normal])
        finally:
            sys.setprofile(None)
        return counted

    assert calls(16_000) < 6 * calls(4_000) + 4_000


def test_a_comment_taken_out_of_a_batch_is_as_it_is_alone() -> None:
    bodies = ("", "Ok", "Buy 100000 pills now", "hi " * 90, "\U0001f642")
    normals = [normalise(Submission(body=body, author_name="Best Shop", page_title="A walk")) for body in bodies]
    batch = features(normals)

    for i, normal in enumerate(normals):
        taken, single = batch.alone(i), features([normal])
        assert JUDGE.score(normals)[i] == JUDGE.score([normal])[0]
        assert all((a == b).all() for a, b in zip(taken.body_spans(), single.body_spans(), strict=True))
        assert (taken.buckets == single.buckets).all()
