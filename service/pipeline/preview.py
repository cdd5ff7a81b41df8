"""Say what another policy would have done to comments that people have decided on.

Nothing is judged again: a verdict keeps its flags and scores, which is all that thresholds are held against. Below
the threshold of its day a comment has only the score of each judge, so a flag that a lower threshold would add rests
on that; list entries are looked up anew in the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.comment import Action, Context, Finding, Policy, Submission, Verdict
from service.pipeline.decide import decide
from service.pipeline.lists import listed
from service.pipeline.normalise import normalise

_JUDGED = ("spam", "health")
_NEVER = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A comment that a person has decided on: as submitted, with the verdict it had."""

    submission: Submission
    context: Context
    verdict: Verdict


def actions(cases: Sequence[Case], policy: Policy) -> list[Action]:
    """Return what a policy would have done to each comment."""
    return [_action(case, policy) for case in cases]


def _action(case: Case, policy: Policy) -> Action:
    found = [_again(case.verdict, flag_at, policy) for flag_at in range(len(case.verdict.flags))]
    findings = [finding for finding in found if finding.source != "list"]
    if policy.lists:
        findings += listed(normalise(case.submission), case.context, policy.lists)
    flagged = {finding.category for finding in findings if finding.source in ("model", "claim")}
    findings += [_below(case.verdict, category) for category in _JUDGED if category not in flagged]
    return decide(findings, scores=case.verdict.scores, models=case.verdict.models, policy=policy).action


def _again(verdict: Verdict, place: int, policy: Policy) -> Finding:
    """Return the finding that a flag was made of."""
    flag = verdict.flags[place]
    may_reject = flag.source == "model" and flag.category == "spam"
    default = flag.score if verdict.action == "reject" else _NEVER
    return Finding(
        code=flag.code,
        category=flag.category,
        source=flag.source,
        score=flag.score,
        hold_at=flag.threshold,
        reject_at=policy.reject_at.get(flag.category, default) if may_reject else None,
        message=flag.message,
    )


def _below(verdict: Verdict, category: str) -> Finding:
    """Return what a judge thought of a comment that it did not flag; only a policy's own threshold can reach it."""
    return Finding(
        code=f"{category}.score",
        category="spam" if category == "spam" else "health",
        source="model",
        score=verdict.scores.get(category, 0.0),
        hold_at=_NEVER,
        reject_at=_NEVER if category == "spam" else None,
        message=f"The {category} score reaches the threshold",
    )
