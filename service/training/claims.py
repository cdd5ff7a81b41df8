"""Look after the claim base: find what is wrong with its form, and what overlaps."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service.artefact import read_artefact, write_artefact
from service.comment import Submission
from service.pipeline.claims import Claim
from service.pipeline.health import HealthJudge
from service.pipeline.normalise import normalise
from service.pipeline.sentences import words

MIN_PARAPHRASES = 4
MIN_NEAR_TRUTHS = 2
MIN_CORRECTION = 40
# Above this share of common words two wordings of different claims are one and the same.
OVERLAP = 0.9
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend in the claim base, and how bad it is."""

    claim: str
    kind: Literal["form", "overlap", "near_truth"]
    message: str


def lint_claims(claims: Sequence[Claim], judge: HealthJudge | None = None) -> list[Problem]:
    """Return what is wrong with a claim base, in its order.

    Args:
        claims: the base.
        judge: where given, every near-truth is judged with it and must stay below the cut.
    """
    problems = [problem for claim in claims for problem in _form(claim)]
    problems.extend(_twice(claims))
    problems.extend(_overlap(claims))
    if judge:
        problems.extend(_near_truths(claims, judge))
    return problems


def _form(claim: Claim) -> Iterator[Problem]:
    checks = (
        (len(claim.paraphrases) >= MIN_PARAPHRASES, f"has fewer than {MIN_PARAPHRASES} paraphrases"),
        (len(claim.near_truths) >= MIN_NEAR_TRUTHS, f"has fewer than {MIN_NEAR_TRUTHS} near-truths"),
        (len(claim.correction) >= MIN_CORRECTION, f"has a correction of under {MIN_CORRECTION} characters"),
        (bool(claim.subject and claim.predicate), "lacks terms for its subject or predicate"),
        (bool(claim.sources), "names no source"),
        (
            all(not s.url or s.url.startswith(("https://", "http://")) for s in claim.sources),
            "has a source that is no web page",
        ),
        (bool(_DATE.fullmatch(claim.review_by)), "has no review-by date such as 2027-05-31"),
        (claim.claim.strip().endswith("."), "is not a sentence that ends in a full stop"),
    )
    for fine, message in checks:
        if not fine:
            yield Problem(claim.id, "form", f"{claim.id} {message}.")


def _twice(claims: Sequence[Claim]) -> Iterator[Problem]:
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            yield Problem(claim.id, "form", f"{claim.id} stands in the base twice.")
        seen.add(claim.id)


def _overlap(claims: Sequence[Claim]) -> Iterator[Problem]:
    wordings = [(claim.id, text) for claim in claims for text in (claim.claim, *claim.paraphrases)]
    sets = [(owner, frozenset(words(text).forms), text) for owner, text in wordings]
    by_word: defaultdict[str, list[int]] = defaultdict(list)
    for i, (_, forms, _) in enumerate(sets):
        for form in forms:
            by_word[form].append(i)
    for i, (owner, forms, text) in enumerate(sets):
        rarest = min((by_word[form] for form in forms), key=len, default=[])
        for j in rarest:
            other, others, _ = sets[j]
            if j < i and other != owner and len(forms & others) >= OVERLAP * len(forms | others):
                yield Problem(owner, "overlap", f'{owner} and {other} share the wording "{text}".')


def _near_truths(claims: Sequence[Claim], judge: HealthJudge) -> Iterator[Problem]:
    asked = [(claim, text) for claim in claims for text in claim.near_truths]
    opinions = judge.judge([normalise(Submission(body=text)) for _, text in asked])
    for (claim, text), opinion in zip(asked, opinions, strict=True):
        if any(finding.category == "health" and finding.score >= finding.hold_at for finding in opinion.findings):
            yield Problem(claim.id, "near_truth", f'{claim.id}: the true statement "{text}" would be held.')


def seal(directory: Path) -> None:
    """Vouch for an edited claim base: renew the manifest's hash of it and what the golden samples score with it.

    The weights stay as they are. They know claims by how a comment resembles the nearest one, not by name, so a claim
    can be added without training; `gatepost train health` tunes the match to it.
    """
    manifest = json.loads((directory / "manifest.json").read_bytes())
    write_artefact(directory, manifest, {}, {})
    samples = [json.loads(line) for line in (directory / "golden.jsonl").read_text("utf-8").splitlines()]
    normals = [normalise(Submission(body=each["body"], page_title=each["page_title"])) for each in samples]
    opinions = HealthJudge(read_artefact(directory)).judge(normals)
    for sample, opinion in zip(samples, opinions, strict=True):
        sample["health"] = round(opinion.probability, 5)
    golden = "".join(json.dumps(sample, ensure_ascii=False) + "\n" for sample in samples)
    write_artefact(directory, manifest, {}, {"golden.jsonl": golden})
