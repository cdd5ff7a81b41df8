"""The comment most worth looking at comes first, and waiting raises it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.comment import ClaimMatch, Flag, Verdict
from service.priority import priority, rank, weight

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def flag(score: float, *, category="health", severity=None) -> Flag:
    claim = severity and ClaimMatch(
        id="x",
        claim="",
        stance="asserts",
        cue="",
        severity=severity,
        sentence="",
        paraphrase="",
        correction="",
        sources=(),
    )
    return Flag(code="x", category=category, source="model", score=score, threshold=0.5, message="", claim=claim)


def verdict(*flags: Flag) -> Verdict:
    return Verdict(action="hold", scores={}, models={}, flags=flags)


def test_a_dangerous_claim_weighs_three_times_a_spam_of_the_same_probability():
    assert weight(verdict(flag(0.8, severity="dangerous"))) == 3 * weight(verdict(flag(0.8, category="spam")))


def test_the_gravest_flag_counts():
    assert weight(verdict(flag(0.9, category="spam"), flag(0.6, severity="serious"))) == 1.2


def test_a_person_in_danger_comes_before_any_claim():
    assert weight(verdict(flag(1.0, category="care"))) > weight(verdict(flag(1.0, severity="dangerous")))


def test_a_comment_without_flags_still_has_a_place():
    assert weight(verdict()) > 0


def test_two_days_of_waiting_are_worth_a_point():
    earlier = rank(1.0, NOON - timedelta(days=2))

    assert abs(earlier - rank(2.0, NOON)) < 1e-6
    assert abs(priority(earlier, NOON) - 2.0) < 1e-6


@given(st.floats(0, 4), st.floats(0, 4), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_order_of_two_comments_never_changes_while_they_wait(a, b, minutes, later):
    one, other = rank(a, NOON), rank(b, NOON - timedelta(minutes=minutes))
    now = NOON + timedelta(minutes=later)

    assert (one > other) == (priority(one, now) > priority(other, now)) or abs(one - other) < 1e-6
