"""Judge comments: the whole journey on one screen. Pure: no I/O, clock, environment or randomness.

    Submission ──normalise──► Normal ──┬─ spam judge ───┐
                                       ├─ health judge ─┼──► findings ──decide──► Verdict
                                       ├─ site's claims ┤
                                       ├─ site's lists ─┤
                                       └─ signals ──────┘

Sanitising stands apart (`sanitise.py`): judges read what was submitted, readers see what was cleaned.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from service.comment import Context, Normal, Opinion, Policy, Submission, Verdict
from service.pipeline.decide import check_unavailable, decide
from service.pipeline.lists import listed
from service.pipeline.normalise import normalise
from service.pipeline.signals import is_known_good, signals
from service.pipeline.site_claims import by_site, site_findings


class Judge(Protocol):
    """Anything that has an opinion on comments; swapped per model and in tests."""

    version: str

    def judge(self, normals: Sequence[Normal]) -> list[Opinion]:
        """Return one opinion per comment, in the order given."""
        ...


def judge(
    submissions: Sequence[Submission],
    judges: Mapping[str, Judge],
    policies: Sequence[Policy],
    contexts: Sequence[Context],
    report: Callable[[str, Exception], None],
) -> list[Verdict]:
    """Return the verdict on each submission, in the order given.

    A judge that fails leaves its score out and holds the comment with `check_unavailable`: first the batch is tried,
    then each comment alone, so that one comment's trouble stays its own. `report` is told the judge's name and the
    error, once per comment. What a person has approved on the same site in the same words is not held as spam again.
    """
    normals = [normalise(submission) for submission in submissions]
    models = {name: a_judge.version for name, a_judge in judges.items()}
    opinions = {name: _opinions(name, a_judge, normals, report) for name, a_judge in judges.items()}
    verdicts = []
    for i, (normal, policy, context) in enumerate(zip(normals, policies, contexts, strict=True)):
        findings = [
            *signals(normal, context),
            *listed(normal, context, policy.lists),
            *site_findings(normal, context),
        ]
        scores = {}
        for name, of_all in opinions.items():
            opinion = of_all[i]
            if opinion is None:
                findings.append(check_unavailable(name))
            else:
                scores[name] = opinion.probability
                if name != "spam" or not is_known_good(normal, context):
                    findings.extend(by_site(opinion.findings, context))
        verdicts.append(decide(findings, scores=scores, models=models, policy=policy))
    return verdicts


def unjudged(judges: Mapping[str, Judge], policies: Sequence[Policy]) -> list[Verdict]:
    """Return the verdicts for a batch that could not be judged in time: all held."""
    models = {name: a_judge.version for name, a_judge in judges.items()}
    findings = [check_unavailable(name) for name in judges]
    return [decide(findings, scores={}, models=models, policy=policy) for policy in policies]


def _opinions(
    name: str, a_judge: Judge, normals: Sequence[Normal], report: Callable[[str, Exception], None]
) -> list[Opinion | None]:
    try:
        return list(a_judge.judge(normals))
    except Exception as error:
        if len(normals) > 1:
            return [opinion for normal in normals for opinion in _opinions(name, a_judge, [normal], report)]
        report(name, error)
        return [None]
