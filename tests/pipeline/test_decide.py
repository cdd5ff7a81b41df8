"""Findings and a policy in, an action and flags out."""

from dataclasses import replace

import pytest

from service.comment import Finding, Opinion, Policy
from service.pipeline.decide import CHECK_UNAVAILABLE, amended, check_unavailable, decide, state_after


def finding(score: float, *, category="spam", hold_at=0.5, reject_at=0.9, code="spam.text") -> Finding:
    return Finding(
        code=code,
        category=category,
        source="model",
        score=score,
        hold_at=hold_at,
        reject_at=reject_at,
        message="Reads like an advertisement",
    )


def verdict(*findings: Finding, **policy):
    return decide(findings, scores={}, models={}, policy=Policy(**policy))


@pytest.mark.parametrize(
    ("mode", "score", "action"),
    [
        ("hybrid", 0.1, "publish"),
        ("hybrid", 0.5, "hold"),
        ("hybrid", 0.9, "reject"),
        ("pre", 0.1, "hold"),
        ("pre", 0.9, "reject"),
        ("post", 0.5, "publish"),
        ("post", 0.9, "reject"),
    ],
)
def test_each_mode_has_its_own_answer_to_a_score(mode, score, action):
    assert verdict(finding(score), mode=mode).action == action


def test_a_finding_below_its_cut_is_no_flag():
    assert verdict(finding(0.49)).flags == ()


def test_flags_come_gravest_first():
    codes = [flag.code for flag in verdict(finding(0.6, code="a"), finding(0.8, code="b")).flags]

    assert codes == ["b", "a"]


def test_a_health_finding_never_rejects_whatever_it_asks_for():
    assert verdict(finding(1.0, category="health"), reject_at={"health": 0.1}).action == "hold"


def test_a_finding_without_a_reject_cut_holds():
    assert verdict(finding(1.0, reject_at=None)).action == "hold"


def test_the_sites_thresholds_override_the_shipped_ones():
    strict = verdict(finding(0.3), hold_at={"spam": 0.2})

    assert (strict.action, strict.flags[0].threshold) == ("hold", 0.2)
    assert verdict(finding(0.95), reject_at={"spam": 0.99}).action == "hold"


@pytest.mark.parametrize("mode", ["pre", "hybrid", "post"])
def test_an_unavailable_check_holds_in_every_mode(mode):
    held = verdict(check_unavailable("spam"), mode=mode)

    assert held.action == "hold"
    assert [flag.code for flag in held.flags] == [CHECK_UNAVAILABLE]


@pytest.mark.parametrize(
    ("mode", "score", "state"),
    [
        ("hybrid", 0.0, ("published", False)),
        ("post", 0.6, ("published", True)),
        ("hybrid", 0.6, ("held", True)),
        ("hybrid", 0.95, ("rejected", False)),
    ],
)
def test_the_state_follows_the_action_and_doubt_queues(mode, score, state):
    assert state_after(verdict(finding(score), mode=mode)) == state


def signal() -> Finding:
    return replace(finding(1.0, code="abuse.honeypot", reject_at=None), source="abuse")


def again(standing, *findings: Finding, judge="spam", **policy):
    opinion = Opinion(probability=0.7, findings=findings)
    return amended(standing, judge=judge, model="spam-2", opinion=opinion, policy=Policy(**policy))


def test_judging_again_replaces_what_the_judge_said_and_nothing_else():
    standing = decide(
        (finding(0.8), finding(0.6, category="health", code="health.claim"), signal()),
        scores={"spam": 0.8, "health": 0.6},
        models={"spam": "spam-1", "health": "health-1"},
        policy=Policy(),
    )

    fresh = again(standing, finding(0.7, code="spam.links"))

    assert [flag.code for flag in fresh.flags] == ["abuse.honeypot", "spam.links", "health.claim"]
    assert fresh.scores == {"spam": 0.7, "health": 0.6}
    assert fresh.models == {"spam": "spam-2", "health": "health-1"}
    assert fresh.action == "hold"


def test_what_the_judge_no_longer_says_is_gone_and_the_comment_may_be_shown():
    assert again(verdict(finding(0.8))).action == "publish"
    assert again(verdict(finding(0.8), signal())).action == "hold"
    assert again(verdict(finding(0.8), signal(), mode="post"), mode="post").action == "publish"


def test_a_judge_that_was_not_available_makes_up_for_it():
    models = {"spam": "spam-1", "health": "health-1"}
    one = decide([check_unavailable("spam")], scores={"health": 0.1}, models=models, policy=Policy())
    both = decide([check_unavailable("spam")], scores={}, models=models, policy=Policy())

    assert again(one).flags == ()
    assert [flag.code for flag in again(both).flags] == [CHECK_UNAVAILABLE]


def test_the_call_for_care_is_the_health_judges_own():
    standing = verdict(finding(0.9, category="care", code="care.crisis"))

    assert len(again(standing).flags) == 1
    assert again(standing, judge="health").flags == ()
