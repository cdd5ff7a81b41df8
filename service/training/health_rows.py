"""Read the rows the health judge learns from: our own by writer, the claim base, and public sets as plain text."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.comment import Normal, Submission
from service.pipeline.claims import Claim
from service.pipeline.normalise import normalise

# Benign public sets: file below the corpora folder, rows taken, what they are.
PUBLIC_BENIGN = (
    ("health/train/reddit27_benign.jsonl", 3000, "experience"),
    ("health/train/medquad.jsonl", 1500, "info"),
    ("spam/train/civil_cc0.jsonl", 2000, "opinion"),
    ("spam/train/wikitalk.jsonl", 1500, "opinion"),
)
PAIRS = "health/train/synth_pairs_devtopics.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A labelled comment. `label` is 1 where the writer asserts, advises or sells; `weight` is its say in the fit.

    `writer` is the file, or set of files, it came from; rows of one writer are never split. `group` is the claim.
    """

    normal: Normal
    label: int
    kind: str
    severity: int
    topic: str
    writer: str
    group: str
    claim: str
    weight: float = 1.0


def authored(folder: Path, claims: tuple[Claim, ...]) -> list[Row]:
    """Return our own rows, by writer; spam rows carry their health label too.

    A row whose claim is told in the very sentence of the base is one about that claim.
    """
    ids = {claim.claim: claim.id for claim in claims}
    rows: list[Row] = []
    for path in sorted(folder.glob("health_*.jsonl")):
        # The parts of one writer's rows end in one letter (`health_contrast_a`).
        writer = re.sub(r"_[a-z]$", "", path.stem.removeprefix("health_"))
        rows.extend(_row(raw, writer, ids) for raw in _lines(path))
    for path in sorted(folder.glob("spam_*.jsonl")):
        rows.extend(_row(raw, path.stem, ids, weight=0.5) for raw in _lines(path) if "health" in raw)
    return rows


def from_claims(claims: tuple[Claim, ...]) -> list[Row]:
    """Return the wordings of the claim base as assertions and its near-truths as plain information."""
    rows: list[Row] = []
    for claim in claims:
        for text in (claim.claim, *claim.paraphrases):
            rows.append(_plain(text, 1, "assert", "claims", claim.topic, claim.id, claim.severity, 0.6))
        for text in claim.near_truths:
            rows.append(_plain(text, 0, "info", "claims", claim.topic, claim.id, claim.severity, 0.6))
    return rows


def public(corpora: Path) -> list[Row]:
    """Return benign public rows and template pairs, at a lower weight; none where the corpora are absent."""
    rows: list[Row] = []
    for name, limit, kind in PUBLIC_BENIGN:
        path = corpora / name
        for raw in _take(path, limit):
            if raw.get("label") == 0:
                rows.append(_plain(str(raw["text"]), 0, kind, path.stem, str(raw.get("topic", "")), path.stem, 0, 0.3))
    for raw in _take(corpora / PAIRS, 4000):
        label, kind = int(str(raw["label"])), str(raw["kind"])
        rows.append(_plain(str(raw["text"]), label, kind, "pairs", str(raw["topic"]), str(raw["claim"]), 2, 0.15))
    return rows


def held_out_benign(corpora: Path) -> list[Row]:
    """Return real benign health posts, questions and answers that no fit sees."""
    rows: list[Row] = []
    for name, kind in (("health/dev/reddit27_benign.jsonl", "experience"), ("health/dev/medquad.jsonl", "info")):
        path = corpora / name
        rows.extend(_plain(str(raw["text"]), 0, kind, path.stem, "", path.stem, 0) for raw in _take(path, 5000))
    return rows


def behaviour(corpora: Path) -> list[Row]:
    """Return the hand-written contrast rows that no fit sees."""
    rows: list[Row] = []
    for raw in _take(corpora / "health/dev/behaviour_dev.jsonl", 5000):
        label, kind = int(str(raw["label"])), str(raw["kind"])
        rows.append(_plain(str(raw["text"]), label, kind, "behaviour", str(raw["topic"]), str(raw["group"]), 2))
    return rows


def _row(raw: Mapping[str, object], writer: str, ids: Mapping[str, str], weight: float = 1.0) -> Row:
    submission = Submission(
        body=str(raw["text"]), page_title=str(raw.get("page_title", "")), parent_body=str(raw.get("parent_body", ""))
    )
    return Row(
        normal=normalise(submission),
        label=int(str(raw["health"])),
        kind=str(raw["kind"]),
        severity=int(str(raw.get("severity", 0))),
        topic=str(raw["topic"]),
        writer=writer,
        group=str(raw["group"]),
        claim=ids.get(str(raw.get("claim", "")), ""),
        weight=weight,
    )


def _plain(
    text: str, label: int, kind: str, writer: str, topic: str, group: str, severity: int, weight: float = 1.0
) -> Row:
    return Row(
        normal=normalise(Submission(body=text)),
        label=label,
        kind=kind,
        severity=severity,
        topic=topic,
        writer=writer,
        group=group,
        claim=group if writer == "claims" else "",
        weight=weight,
    )


def _take(path: Path, limit: int) -> Iterator[Mapping[str, object]]:
    if not path.exists():
        return
    for number, raw in enumerate(_lines(path)):
        if number == limit:
            return
        yield raw


def _lines(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row: Mapping[str, object] = json.loads(line)
            yield row
