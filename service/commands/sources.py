"""Check the sources of the claim base, over the internet."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.commands.say import Progress, say, say_json
from service.errors import Invalid, NotFound
from service.fetch import Fetcher
from service.paths import MODELS
from service.settings import Settings
from service.training.claims import seal
from service.training.sources import Checked, check_sources, dump_rows, load_rows

FETCHER = Fetcher
"""Makes what fetches."""


def claims_verify(
    settings: Settings, *, topic: str, claim_id: str, accept: bool, out: Path | None, as_json: bool
) -> int:
    """Fetch the sources and note what became of them; exit with 1 when one of them is gone."""
    directory = MODELS / "health"
    path = directory / "claims.jsonl"
    if out is None and not os.access(directory, os.W_OK):
        raise Invalid("The installed claim base cannot be written. Name a file for the result with --out FILE.")
    rows = load_rows(path.read_text("utf-8"))
    chosen = [row for row in rows if topic in ("", row["topic"]) and claim_id in ("", row["id"])]
    if not chosen:
        raise NotFound("There is no such claim or topic. See: gatepost claims list")
    outcomes = _checked(chosen, accept)
    _write(out or path, dump_rows(rows))
    if out is None:
        seal(directory)
    if as_json:
        say_json(outcomes)
    else:
        _say(outcomes)
    return int(any(outcome.status == "retired" for outcome in outcomes))


def _checked(rows: list[Any], accept: bool) -> list[Checked]:
    progress = Progress("Pages fetched")
    try:
        return check_sources(
            rows,
            FETCHER(),
            today=datetime.now(UTC).date().isoformat(),
            accept=accept,
            report=lambda done, total: progress.at(done, total),
        )
    finally:
        progress.end()


def _say(outcomes: list[Checked]) -> None:
    for outcome in outcomes:
        if outcome.status != "live":
            say(f"{outcome.status:11} {outcome.claim:32} {outcome.url}  {outcome.why}".rstrip())
    counts = {status: sum(o.status == status for o in outcomes) for status in ("live", "changed", "retired")}
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    say(f"{len(outcomes)} sources: {told}, {len(outcomes) - sum(counts.values())} unreachable.")


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole or not at all."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)
