"""Judge rows from a file, and measure how well that goes; neither server nor database is needed."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TextIO

import msgspec

from service.commands.say import Progress, say, say_json
from service.comment import Context, Policy, Submission, Verdict
from service.errors import Invalid
from service.judges import load_judges
from service.pipeline import judge
from service.settings import Settings
from service.wire import decode

_BATCH = 64


class Row(msgspec.Struct, kw_only=True, frozen=True):
    """A comment to judge, as a line of JSON; the labels are read by `evaluate` only."""

    id: str | int | None = None
    body: str | None = None
    text: str | None = None
    author_name: str | None = None
    author_email: str | None = None
    author_email_domain: str | None = None
    author_url: str | None = None
    page_url: str | None = None
    page_title: str | None = None
    lang: str | None = None
    spam: int | bool | None = None
    health: int | bool | None = None
    label: int | bool | None = None

    def submission(self) -> Submission:
        """Return the row as the judges read it."""
        domain = self.author_email_domain or (self.author_email or "").rpartition("@")[2].lower()
        return Submission(
            body=self.body if self.body is not None else self.text or "",
            author_name=self.author_name or "",
            author_email_domain=domain,
            author_url=self.author_url or "",
            page_url=self.page_url or "",
            page_title=self.page_title or "",
            lang=self.lang or "",
        )


def check(settings: Settings, *, file: str) -> int:
    """Print the verdict on each row as a line of JSON, in the order of the rows."""
    progress, done = Progress("judged"), 0
    for rows, verdicts in _judged(_rows(file)):
        for row, verdict in zip(rows, verdicts, strict=True):
            say_json({"id": row.id, "verdict": verdict})
        done += len(rows)
        progress.at(done)
    progress.end()
    return 0


def evaluate(settings: Settings, *, file: str, label: str, by: str, as_json: bool) -> int:
    """Print how well one judge's scores and flags fit the labels of the rows."""
    from service.training.evaluate import metrics, rates, table

    labels, scores, held, rejected, slices = [], [], [], [], []
    raws: list[dict[str, object]] = []
    progress = Progress("judged")
    for rows, verdicts in _judged(_labelled(file, label, raws)):
        for row, verdict in zip(rows, verdicts, strict=True):
            given = getattr(row, label)
            labels.append(int(given if given is not None else row.label or 0))
            scores.append(verdict.scores[label])
            held.append(any(flag.category == label for flag in verdict.flags))
            rejected.append(verdict.action == "reject")
        progress.at(len(labels))
    progress.end()
    if not labels:
        raise Invalid("There are no rows to evaluate.")
    slices = [str(raw.get(by)) if by else "" for raw in raws]

    def figures(chosen: list[int]) -> dict[str, float]:
        truth = [labels[i] for i in chosen]
        return (
            metrics(truth, [scores[i] for i in chosen])
            | rates(truth, [held[i] for i in chosen], "hold")
            | rates(truth, [rejected[i] for i in chosen], "reject")
        )

    everything = {"all": figures(list(range(len(labels))))}
    for name in sorted(set(slices)) if by else ():
        everything[f"{by}={name}"] = figures([i for i, each in enumerate(slices) if each == name])
    if as_json:
        say_json(everything if by else everything["all"])
    else:
        columns = list(dict.fromkeys(column for each in everything.values() for column in each))
        say(table(everything, columns))
    return 0


def _judged(rows: Iterator[Row]) -> Iterator[tuple[list[Row], list[Verdict]]]:
    judges, policy = load_judges(), Policy()
    while batch := list(islice(rows, _BATCH)):
        count = len(batch)
        verdicts = judge([row.submission() for row in batch], judges, [policy] * count, [Context()] * count, _report)
        yield batch, verdicts


def _report(name: str, error: Exception) -> None:
    sys.stderr.write(f"The {name} judge failed on a row ({type(error).__name__}); it is marked check_unavailable.\n")


def _rows(file: str) -> Iterator[Row]:
    for number, line in _lines(file):
        row = _decoded(line, number)
        if row.body is None and row.text is None:
            raise Invalid(f"Line {number} has neither body nor text.")
        yield row


def _labelled(file: str, label: str, raws: list[dict[str, object]]) -> Iterator[Row]:
    for number, line in _lines(file):
        row = _decoded(line, number)
        if getattr(row, label) is None and row.label is None:
            raise Invalid(f"Line {number} has no label under {label} or label.")
        raws.append(msgspec.json.decode(line))
        yield row


def _decoded(line: str, number: int) -> Row:
    try:
        return decode(line.encode(), Row)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"Line {number} is not a row of JSON: {error}.") from error


def _lines(file: str) -> Iterator[tuple[int, str]]:
    with ExitStack() as stack:
        try:
            source: TextIO = sys.stdin if file == "-" else stack.enter_context(Path(file).open(encoding="utf-8-sig"))
            for number, line in enumerate(source, start=1):
                if line.strip():
                    yield number, line
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{file} cannot be read: {error}.") from error


def train(settings: Settings, *, which: str, public: str) -> int:
    """Fit a model anew from the corpora and write it where it is served from."""
    if not Path(public).is_dir():
        raise Invalid(f"There is no folder {public}; --public names the folder of the public corpora.")
    from service.paths import MODELS
    from service.training.health import train_health
    from service.training.spam import train_spam

    fit = {"spam": train_spam, "health": train_health}[which]
    figures = fit(MODELS / "corpora", Path(public), MODELS / which)
    say(f"Wrote models/{which}; its figures are in metrics.json and its card in card.md.")
    say_json(figures)
    return 0
