"""The circumstances of a submission queue it and never do more."""

import pytest

from service.comment import AuthorRecord, Context, Normal, Signals, Submission
from service.pipeline.normalise import normalise
from service.pipeline.signals import is_known_good, signals


def normal(body: str = "A comment of some words.") -> Normal:
    return normalise(Submission(body=body))


def codes(context: Context, body: str = "A comment of some words.") -> list[str]:
    return [finding.code for finding in signals(normal(body), context)]


@pytest.mark.parametrize(
    ("came", "code"),
    [
        (Signals(honeypot=True), "abuse.honeypot"),
        (Signals(token="wrong"), "abuse.token"),
        (Signals(token="valid", seconds_to_submit=1.5), "abuse.too_fast"),
    ],
)
def test_a_sign_of_a_robot_is_named(came, code):
    assert codes(Context(signals=came)) == [code]


@pytest.mark.parametrize(
    "came",
    [Signals(), Signals(token="expired"), Signals(token="valid", seconds_to_submit=30.0)],
)
def test_a_form_without_script_or_left_open_is_no_sign_of_a_robot(came):
    assert codes(Context(signals=came)) == []


def test_links_of_an_author_without_an_approved_comment_are_named():
    body = "See https://example.org/a for more."

    assert codes(Context(record=AuthorRecord()), body) == ["policy.first_links"]
    assert codes(Context(record=AuthorRecord(approved=1)), body) == []
    assert codes(Context(record=None), body) == []


def test_more_than_three_links_are_named():
    body = " ".join(f"https://example.org/{i}" for i in range(4))

    assert codes(Context(record=AuthorRecord(approved=9)), body) == ["policy.many_links"]


def test_a_text_that_was_rejected_before_is_named_with_the_count():
    (found,) = signals(normal(), Context(same_text_rejected=3))

    assert (found.code, found.category) == ("spam.repeat", "spam")
    assert "3 times" in found.message


@pytest.mark.parametrize(("count", "said"), [(1, "once"), (4, "4 times")])
def test_nearly_the_same_text_is_named_with_the_count(count, said):
    (found,) = signals(normal(), Context(near_text_rejected=count))

    assert (found.code, found.category) == ("spam.near_repeat", "spam")
    assert said in found.message


def test_words_that_a_person_approved_here_are_known_to_be_good():
    assert is_known_good(normal(), Context(same_text_approved=1))
    assert not is_known_good(normal(), Context())


@pytest.mark.parametrize("against", [{"same_text_rejected": 1}, {"near_text_rejected": 1}])
def test_they_are_not_where_a_person_rejected_them_too(against):
    assert not is_known_good(normal(), Context(same_text_approved=3, **against))


def test_praise_once_approved_is_no_pass_for_an_address():
    signed = normalise(Submission(body="Great post, thank you!", author_url="https://loans.example"))

    assert not is_known_good(signed, Context(same_text_approved=1))


def test_no_circumstance_can_reject():
    worst = Context(
        signals=Signals(honeypot=True, token="wrong", seconds_to_submit=0.0),
        record=AuthorRecord(rejected=50),
        same_text_rejected=10,
        near_text_rejected=10,
    )

    found = signals(normal(" ".join(f"https://example.org/{i}" for i in range(9))), worst)

    assert len(found) == 7
    assert all(finding.reject_at is None for finding in found)
