"""Decide by the site's policy: findings → publish, hold or reject, with the flags that say why."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from service.comment import Action, Category, Finding, Flag, Opinion, Policy, State, Verdict

CHECK_UNAVAILABLE = "check_unavailable"
_RAISED_BY: Mapping[str, tuple[Category, ...]] = {"health": ("care",)}
"""Categories that only one judge raises, by its name."""


def decide(
    findings: Iterable[Finding], *, scores: Mapping[str, float], models: Mapping[str, str], policy: Policy
) -> Verdict:
    """Return the verdict on one comment.

    A finding becomes a flag when it reaches its cut: the policy's for its category, else the one shipped with the
    model. A comment is rejected only by a finding that may reject, above the stricter cut. In mode `pre` everything
    that is not rejected is held, in `post` nothing is held but what could not be checked.
    """
    findings = tuple(findings)
    flags = tuple(
        sorted((flag for f in findings if (flag := _flag(f, policy))), key=lambda flag: flag.score, reverse=True)
    )
    action: Action = "hold" if flags or policy.mode == "pre" else "publish"
    if any(_rejects(finding, policy) for finding in findings):
        action = "reject"
    elif policy.mode == "post" and not any(flag.code == CHECK_UNAVAILABLE for flag in flags):
        action = "publish"
    return Verdict(action=action, scores=scores, models=models, flags=flags)


def amended(verdict: Verdict, *, judge: str, model: str, opinion: Opinion, policy: Policy) -> Verdict:
    """Return a standing verdict with one judge's part made anew; what other judges and signals said stays."""
    kept = [flag for flag in verdict.flags if not _is_of(flag, judge)]
    if judge not in verdict.scores and len(verdict.scores) + 1 >= len(verdict.models):
        # The only check that was not available is made now.
        kept = [flag for flag in kept if flag.code != CHECK_UNAVAILABLE]
    fresh = decide(
        opinion.findings,
        scores={**verdict.scores, judge: opinion.probability},
        models={**verdict.models, judge: model},
        policy=policy,
    )
    flags = tuple(sorted((*kept, *fresh.flags), key=lambda flag: flag.score, reverse=True))
    held = fresh.action == "publish" and kept and policy.mode != "post"
    return replace(fresh, action="hold" if held else fresh.action, flags=flags)


def check_unavailable(stage: str) -> Finding:
    """Return the finding of a stage that failed or took too long: nothing passes unchecked."""
    return Finding(
        code=CHECK_UNAVAILABLE,
        category="policy",
        source="rule",
        score=1.0,
        hold_at=1.0,
        message=f"The {stage} check was not available, so a person has to look",
    )


def state_after(verdict: Verdict) -> tuple[State, bool]:
    """Return the state that a verdict leads to, and whether the comment waits for a person."""
    match verdict.action:
        case "publish":
            return "published", bool(verdict.flags)
        case "hold":
            return "held", True
        case "reject":
            return "rejected", False


def _flag(finding: Finding, policy: Policy) -> Flag | None:
    threshold = policy.hold_at.get(finding.category, finding.hold_at)
    if finding.score < threshold:
        return None
    return Flag(
        code=finding.code,
        category=finding.category,
        source=finding.source,
        score=finding.score,
        threshold=threshold,
        message=finding.message,
        evidence=finding.evidence,
        claim=finding.claim,
        low_confidence=finding.low_confidence,
    )


def _rejects(finding: Finding, policy: Policy) -> bool:
    if finding.reject_at is None or finding.category == "health":
        return False
    return finding.score >= policy.reject_at.get(finding.category, finding.reject_at)


def _is_of(flag: Flag, judge: str) -> bool:
    """Tell whether a judge raised a flag, rather than a signal of the same category."""
    return (flag.source in ("model", "claim") and flag.category == judge) or flag.category in _RAISED_BY.get(judge, ())
