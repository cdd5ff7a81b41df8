"""Read labelled comments: our own, and the public sets that stay outside the repository."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.comment import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled comment. `source` is a data set or a file, `group` a campaign or article: split by it.

    `family` names the kind of spam or of genuine comment, `split` is "train" or "dev".
    """

    submission: Submission
    label: int
    source: str
    family: str
    group: str
    split: str = "train"
    lang: str = ""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def authored_spam(corpora: Path) -> Iterator[Example]:
    """Yield our own article comments, spam and genuine, with their author fields."""
    for path in sorted(corpora.glob("spam_*.jsonl")):
        for row in read_rows(path):
            yield Example(
                submission=Submission(
                    body=row["text"],
                    author_name=row.get("author_name", ""),
                    author_email_domain=row.get("author_email_domain", ""),
                    author_url=row.get("author_url", ""),
                    page_title=row.get("page_title", ""),
                ),
                label=int(row["spam"]),
                source=path.stem,
                family=row["kind"],
                group=row["group"],
                lang=row.get("lang", ""),
            )


def authored_health(corpora: Path) -> Iterator[Example]:
    """Yield our own comments on health as far as they are no spam, without their author fields.

    Those fields were made up for the health judge and say nothing about spam. Who promotes a cure may be an enthusiast
    or a seller, so that those rows say nothing either.
    """
    for path in sorted(corpora.glob("health_*.jsonl")):
        for row in read_rows(path):
            if not row["spam"] and row["kind"] != "promote":
                yield Example(
                    submission=Submission(body=row["text"]),
                    label=0,
                    source=path.stem,
                    family=f"health_{row['kind']}",
                    group=row["group"],
                )


def public_spam(public: Path) -> Iterator[Example]:
    """Yield the public rows of `spam/`: most are a text alone."""
    for split in ("train", "dev"):
        for path in sorted((public / "spam" / split).glob("*.jsonl")):
            for row in read_rows(path):
                meta = row.get("meta") or {}
                yield Example(
                    submission=Submission(body=row["text"], author_name=meta.get("author", "")),
                    label=int(row["label"]),
                    source=row["source"],
                    family=meta.get("family", row["source"]),
                    group=str(meta.get("group", row["id"])),
                    split=split,
                    lang=row.get("lang", ""),
                )


def public_benign(public: Path) -> Iterator[Example]:
    """Yield first-person posts and plain health information of `health/`: genuine, whatever the topic."""
    for split in ("train", "dev"):
        for name in ("reddit27_benign", "medquad"):
            path = public / "health" / split / f"{name}.jsonl"
            for row in read_rows(path) if path.exists() else ():
                yield Example(
                    submission=Submission(body=row["text"]),
                    label=0,
                    source=name,
                    family=name,
                    group=row["id"],
                    split=split,
                )
