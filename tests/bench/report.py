"""Print what was measured: medians with their spread, and ratios within rounds, where the machine kept its pace."""

import statistics
from collections.abc import Mapping, Sequence

DRIFT = 0.25
"""By how much a floor may differ between the first and the last round before no ratio is worth printing."""

Results = Mapping[str, Sequence[Mapping[str, float]]]
"""By contender, the figures of each round."""

COLUMNS = {
    "rate": ("per second", ".0f"),
    "p50_ms": ("p50 ms", ".1f"),
    "p99_ms": ("p99 ms", ".1f"),
    "service_us": ("service µs", ".0f"),
    "postgres_us": ("Postgres µs", ".0f"),
    "pss_mb": ("PSS MB", ".0f"),
    "page_ms": ("page ms", ".1f"),
    "lease_ms": ("lease ms", ".1f"),
    "decide_ms": ("decide ms", ".1f"),
    "decided_per_s": ("decided per second", ".0f"),
    "start_s": ("seconds", ".2f"),
    "bytes_each": ("bytes a comment, with indexes", ".0f"),
}
"""What is printed of each contender, where it was measured."""


def spread(values: Sequence[float], form: str) -> str:
    """Return the median, with the least and the greatest value."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def lines(results: Results) -> list[str]:
    """Return a line for each contender; CPU is per request."""
    return [
        f"{name:22}"
        + ", ".join(
            f"{title} {spread([each[column] for each in rounds], form)}"
            for column, (title, form) in COLUMNS.items()
            if column in rounds[0]
        )
        for name, rounds in results.items()
    ]


def drift(results: Results, floors: Sequence[str]) -> str:
    """Say which floor moved too far during the run, "" where none did."""
    for name in floors:
        first, last = results[name][0]["rate"], results[name][-1]["rate"]
        if abs(last - first) > DRIFT * first:
            return f"no ratios: {name} went from {first:.0f} to {last:.0f} per second during the run"
    return ""


def ratios(results: Results, pairs: Sequence[tuple[str, str]]) -> dict[str, list[float]]:
    """Return by "one ÷ other" the ratio of their rates in each round, for the pairs that were both measured."""
    return {
        f"{one} ÷ {other}": [a["rate"] / b["rate"] for a, b in zip(results[one], results[other], strict=True)]
        for one, other in pairs
        if one in results and other in results
    }


def report(results: Results, floors: Sequence[str], pairs: Sequence[tuple[str, str]]) -> str:
    """Return the lines, and the ratios or why there are none."""
    moved = drift(results, floors)
    found = [f"{name:36}{spread(values, '.2f')}" for name, values in ratios(results, pairs).items()]
    return "\n".join([*lines(results), *([moved] if moved else found)])
