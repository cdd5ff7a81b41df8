"""What another policy would have done."""

import pytest

from service.comment import Context, Flag, ListEntry, Policy, Submission, Verdict
from service.pipeline.preview import Case, actions


def case(body: str = "Hello", *, spam: float = 0.1, flagged: bool = False, action: str = "publish") -> Case:
    flag = Flag(
        code="spam.text", category="spam", source="model", score=spam, threshold=0.6, message="Reads like an ad"
    )
    verdict = Verdict(action=action, scores={"spam": spam}, models={}, flags=(flag,) if flagged else ())
    return Case(submission=Submission(body=body), context=Context(), verdict=verdict)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(), ["publish", "hold"]),
        (Policy(hold_at={"spam": 0.3}), ["hold", "hold"]),
        (Policy(hold_at={"spam": 0.9}), ["publish", "publish"]),
        (Policy(reject_at={"spam": 0.7}), ["publish", "reject"]),
        (Policy(mode="pre"), ["hold", "hold"]),
        (Policy(mode="post"), ["publish", "publish"]),
        (Policy(lists=(ListEntry(kind="word", value="hello", action="reject"),)), ["reject", "hold"]),
    ],
)
def test_thresholds_mode_and_lists_are_replayed(policy: Policy, expected: list[str]) -> None:
    cases = [case("Hello", spam=0.4), case("Buy", spam=0.8, flagged=True, action="hold")]

    assert actions(cases, policy) == expected


def test_what_was_rejected_by_score_stays_rejected_under_the_same_policy() -> None:
    assert actions([case(spam=0.999, flagged=True, action="reject")], Policy()) == ["reject"]


def test_a_flag_of_a_list_goes_when_the_entry_goes() -> None:
    flag = Flag(code="list.word", category="policy", source="list", score=1.0, threshold=1.0, message="Contains")
    verdict = Verdict(action="hold", scores={}, models={}, flags=(flag,))

    assert actions([Case(submission=Submission(body="x"), context=Context(), verdict=verdict)], Policy()) == ["publish"]
