"""Show what was decided, by whom, and let it be undone."""

from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.comment import DecisionId
from service.store.history import history_page
from service.web.auth import Caller
from service.web.console.comment import sentence
from service.web.console.page import render
from service.web.filters import HistoryQuery, lenient_query
from service.web.state import State

_PER_PAGE = 50


async def show_history(request: Request[State], caller: Caller) -> Response:
    """Show the decisions on the caller's sites, latest first; those taken together as one."""
    query = lenient_query(request.query_params.multi_items(), HistoryQuery)
    if query.site not in caller.sites.values():
        query = msgspec.structs.replace(query, site="")
    entries = await history_page(
        request.state["db"],
        caller.named(query.site),
        caller.principal,
        by=query.by,
        before=DecisionId(query.before) if query.before else None,
        limit=_PER_PAGE + 1,
    )
    page = entries[:_PER_PAGE]
    narrowed = {"site": query.site, "by": query.by}
    given = {name: value for name, value in narrowed.items() if value}
    return render(
        "history.html",
        caller=caller,
        here="history",
        query=query,
        site_names=sorted(caller.sites.values()),
        entries=[
            (
                entry,
                sentence(entry.decision, together=entry.together),
                entry.undoable and caller.may("moderator", entry.site),
            )
            for entry in page
            if not entry.secret
        ],
        next_page=(
            f"/console/history?{urlencode(given | {'before': str(page[-1].decision.id)})}"
            if len(entries) > _PER_PAGE
            else ""
        ),
    )
