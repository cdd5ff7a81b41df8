"""Show how moderation goes, as plots and as tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.errors import Invalid
from service.web.auth import Caller
from service.web.console.page import render
from service.web.state import State
from service.web.stats import Precision, Stats, StatsQuery, stats

_WIDTH, _HEIGHT, _LABEL, _ROW = 480.0, 160.0, 190.0, 26.0
_LABEL_CHARACTERS = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of a plot in its own units, with the number it stands for; for intervals the ends of the line across it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int = 0
    low: float = 0.0
    high: float = 0.0


async def show_statistics(request: Request[State], caller: Caller) -> Response:
    """Show the statistics of a site or of all the caller's, for the days asked for."""
    given = {name: value for name, value in request.query_params.items() if value and name in ("site", "from", "to")}
    notice = ""
    try:
        query = msgspec.convert(given, StatsQuery, strict=False)
        if query.site not in caller.sites.values():
            query = msgspec.structs.replace(query, site="")
        found = await stats(request, caller, query)
    except (Invalid, msgspec.ValidationError):
        notice, query = "These days cannot be shown; here are the last 30.", StatsQuery()
        found = await stats(request, caller, query)
    return render(
        "statistics.html",
        caller=caller,
        notice=notice,
        stats=found,
        site=query.site,
        site_names=sorted(caller.sites.values()),
        inflow=_inflow(found),
        waiting=_lying([(each.waited, each.comments) for each in found.waiting]),
        took=_lying([(each.took, each.comments) for each in found.took]),
        work=_lying([(_cut(each.decided_by), each.approved + each.rejected + each.escalated) for each in found.work]),
        precision=_precision(found.flags),
        most=max((day.comments for day in found.inflow), default=0),
        came=sum(day.comments for day in found.inflow),
    )


def _inflow(found: Stats) -> list[Bar]:
    most = max((day.comments for day in found.inflow), default=0) or 1
    step = _WIDTH / len(found.inflow)
    return [
        Bar(
            x=i * step,
            y=_HEIGHT * (1 - day.comments / most),
            width=step * 0.8,
            height=_HEIGHT * day.comments / most,
            label=str(day.day),
        )
        for i, day in enumerate(found.inflow)
    ]


def _lying(counts: Sequence[tuple[str, int]]) -> list[Bar]:
    """Return a bar for each name, from the left to its number, in the order given."""
    most = max((count for _, count in counts), default=0) or 1
    return [
        Bar(
            x=_LABEL,
            y=i * _ROW,
            width=(_WIDTH - _LABEL - 50) * count / most,
            height=_ROW * 0.7,
            label=label,
            count=count,
        )
        for i, (label, count) in enumerate(counts)
    ]


def _cut(name: str) -> str:
    """Return a name as long as a plot has room for; the table has it whole."""
    return name if len(name) <= _LABEL_CHARACTERS else f"{name[: _LABEL_CHARACTERS - 1]}…"


def _precision(flags: list[Precision]) -> list[Bar]:
    room = _WIDTH - _LABEL - 10
    return [
        Bar(
            x=_LABEL,
            y=i * _ROW,
            width=room * each.share,
            height=_ROW * 0.7,
            label=each.flag,
            low=_LABEL + room * each.low,
            high=_LABEL + room * each.high,
        )
        for i, each in enumerate(flags)
    ]
