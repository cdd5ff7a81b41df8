"""Count what comes in, what waits and what is decided."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from service.comment import SiteId
from service.store.database import Database
from service.store.queries import sql

TOOK: Mapping[str, float] = {
    "under 5 minutes": 300,
    "5 to 30 minutes": 1800,
    "30 minutes to 2 hours": 7200,
    "2 to 8 hours": 28800,
    "8 to 24 hours": 86400,
    "1 to 3 days": 259200,
    "over 3 days": math.inf,
}
"""How long a first decision took, each with the seconds below which it is."""
BUCKETS = ("under 1 hour", "1 to 4 hours", "4 to 24 hours", "1 to 3 days", "3 to 7 days", "over 7 days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The comments that came on a day (UTC), and what they are by now."""

    day: date
    comments: int
    published: int
    rejected: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCount:
    """How often a flag of a model's version ("" for rules and lists) stood on what people rejected."""

    code: str
    category: str
    model: str
    decided: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one person or program did."""

    decided_by: str
    approved: int
    rejected: int
    escalated: int
    undone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Everything that the statistics are made of. `waiting` follows BUCKETS, `took` follows TOOK.

    `pairs` are the first decision and the second, blind one.
    """

    days: list[Day]
    waiting: list[int]
    decisions: int
    median_seconds: float | None
    ninth_seconds: float | None
    took: list[int]
    flags: list[FlagCount]
    pairs: dict[tuple[str, str], int]
    work: list[Work]


async def count_all(db: Database, site_ids: Sequence[SiteId], since: datetime, until: datetime) -> Counts:
    """Return the counts of a time; flags are of comments that came in it, decisions of those made in it."""
    span = (_first_id(since), _first_id(until))
    async with db.seeing(*site_ids) as connection:
        days = await connection.fetch(sql("stats_inflow"), *span)
        waiting = {row["bucket"]: row["comments"] for row in await connection.fetch(sql("stats_backlog"))}
        delays = {row["bucket"]: row for row in await connection.fetch(sql("stats_delays"), *span, [*TOOK.values()])}
        flags = await connection.fetch(sql("stats_flags"), *span)
        pairs = await connection.fetch(sql("stats_pairs"), *span)
        work = await connection.fetch(sql("stats_work"), *span)
    every = delays[None]
    return Counts(
        days=[Day(**row) for row in days],
        # A comment queued this very moment, by a clock a little ahead, has waited for no time at all.
        waiting=[waiting.get(i + 1, 0) + (waiting.get(0, 0) if i == 0 else 0) for i in range(len(BUCKETS))],
        decisions=every["decisions"],
        median_seconds=every["median"],
        ninth_seconds=every["ninth"],
        took=[delays[i]["decisions"] if i in delays else 0 for i in range(len(TOOK))],
        flags=[FlagCount(**row) for row in flags],
        pairs={(row["first_action"], row["second_action"]): row["comments"] for row in pairs},
        work=[Work(**row) for row in work],
    )


def _first_id(at: datetime) -> UUID:
    """Return an id below every UUID v7 of a moment and above every earlier one."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
