"""Tell operators and their programs how the service is."""

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from service.store.sites import list_sites, state_counts
from service.web.state import State


class Health(msgspec.Struct, kw_only=True, frozen=True):
    """Say that the process is alive."""

    status: str


class Readiness(msgspec.Struct, kw_only=True, frozen=True):
    """Say whether requests can be served: the database answers, and which models judge."""

    status: str
    database: bool
    models: dict[str, str]


async def healthz(request: Request[State]) -> Response:
    """Tell whether the process is alive."""
    return Response(msgspec.json.encode(Health(status="ok")), media_type="application/json", headers=_UNKEPT)


async def readyz(request: Request[State]) -> Response:
    """Tell whether the service can take comments: start has checked schema and models, the database is asked now."""
    database = await request.state["db"].ready()
    models = {name: judge.version for name, judge in request.state["judges"].items()}
    ready = Readiness(status="ready" if database else "unavailable", database=database, models=models)
    return Response(msgspec.json.encode(ready), 200 if database else 503, _UNKEPT, "application/json")


async def metrics(request: Request[State]) -> Response:
    """Give the counters of this process, and the backlog, in Prometheus's text format."""
    db, figures = request.state["db"], request.state["metrics"]
    sites = {site.id: site.name for site in await list_sites(db)}
    for site_id, counts in (await state_counts(db, list(sites))).items():
        figures.held(sites[site_id], counts.get("held", 0))
    return PlainTextResponse(figures.page(), headers=_UNKEPT)


_UNKEPT = {"Cache-Control": "no-store"}

ROUTES = (
    Route("/healthz", healthz, methods=["GET"]),
    Route("/readyz", readyz, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
)
