"""Order the queue: the comment most worth looking at comes first, and waiting makes every comment worth more.

    priority = severity × probability of the gravest flag + hours waiting / 48

Age enters linearly so that the order of two comments never changes while they wait; the queue can then be kept in
a column (`rank`) that nothing has to update.
"""

from collections.abc import Sequence
from datetime import datetime

from service.comment import Flag, Reason, Verdict

_HOURS_PER_POINT = 48.0
_SEVERITY = {"misleading": 1.0, "serious": 2.0, "dangerous": 3.0}
_CARE = 4.0
"""A person in danger comes before everything that is merely wrong."""
APPEALED = 3.0
"""Somebody waits for an answer: as grave as a dangerous claim, below a person in danger."""
_REPORTED = {"dangerous_advice": 2.5, "illegal_content": 2.5, "personal_data": 2.5, "hate": 2.0, "abuse": 2.0}
_ANY_REPORT = 1.0
_MORE_REPORTS = 0.25
_MOST_REPORTS = 3.5
"""However many report a comment, and there are ways to be many, it stays below a person in danger."""
_UNFLAGGED = 0.25
"""Held by policy alone: a person has to look, but nothing speaks against the comment."""


def weight(verdict: Verdict) -> float:
    """Return severity × probability of the verdict's gravest flag, in [0, 4]."""
    return max((_severity(flag) * flag.score for flag in verdict.flags), default=_UNFLAGGED)


def reported(reasons: Sequence[Reason]) -> float:
    """Return what open reports weigh, one reason each: the gravest, and a little more for every further one."""
    gravest = max((_REPORTED.get(reason, _ANY_REPORT) for reason in reasons), default=0.0)
    return min(_MOST_REPORTS, gravest + _MORE_REPORTS * (len(reasons) - 1))


def rank(weight: float, queued_at: datetime) -> float:
    """Return the sort key of a queued comment: higher comes first, whatever the time of asking."""
    return weight - queued_at.timestamp() / 3600 / _HOURS_PER_POINT


def priority(rank: float, now: datetime) -> float:
    """Return what a rank is worth at a time: the comment's weight plus a point for each two days waited."""
    return rank + now.timestamp() / 3600 / _HOURS_PER_POINT


def _severity(flag: Flag) -> float:
    if flag.category == "care":
        return _CARE
    return _SEVERITY[flag.claim.severity] if flag.claim else 1.0
