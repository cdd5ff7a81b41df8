"""What a site has decided before counts when it comes again."""

from collections.abc import Sequence

from service.comment import Context, Finding, Normal, Opinion, Policy, Submission, Verdict
from service.pipeline import judge


class Sure:
    """A judge that takes everything for spam."""

    version = "sure-1"

    def judge(self, normals: Sequence[Normal]) -> list[Opinion]:
        found = Finding(
            code="spam.text",
            category="spam",
            source="model",
            score=0.999,
            hold_at=0.5,
            reject_at=0.99,
            message="Reads like spam",
        )
        return [Opinion(probability=0.999, findings=(found,)) for _ in normals]


def verdict(context: Context, **fields: str) -> Verdict:
    submission = Submission(body="Thank you, that was a good read.", **fields)
    (found,) = judge([submission], {"spam": Sure()}, [Policy()], [context], lambda name, error: None)
    return found


def test_what_a_person_approved_in_the_same_words_is_published_and_its_score_still_told() -> None:
    found = verdict(Context(same_text_approved=1))

    assert (found.action, found.flags, found.scores) == ("publish", (), {"spam": 0.999})


def test_what_nobody_has_seen_is_judged_by_the_model_alone() -> None:
    assert verdict(Context()).action == "reject"


def test_nearly_the_same_as_a_rejected_text_is_held_though_the_words_were_approved() -> None:
    found = verdict(Context(same_text_approved=1, near_text_rejected=2))

    assert "spam.near_repeat" in {flag.code for flag in found.flags}


def test_an_address_behind_the_name_keeps_the_model_in_force() -> None:
    assert verdict(Context(same_text_approved=1), author_url="https://loans.example").action == "reject"
