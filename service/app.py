"""Wire everything together: settings in, a running service out."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from service.errors import RequestError, SettingsError, Unavailable
from service.judges import load_judges
from service.paths import STATIC
from service.pipeline import Judge
from service.settings import Settings
from service.store.database import Database
from service.store.intake import Writer
from service.web import author, decisions, demo, intake, openapi, operate, review, thread
from service.web.batch import Intake
from service.web.console import routes as console
from service.web.directory import SiteDirectory
from service.web.guard import Guard
from service.web.limit import RateLimits
from service.web.metrics import Metrics
from service.web.problem import on_error, on_http_exception
from service.web.protocol import PatientProtocol
from service.web.state import State
from service.worker.housekeeping import keep_house

BACKLOG = 2048
"""Connections that may wait to be taken."""
DRAIN_SECONDS = 20
"""How long requests under way are waited for when the service stops."""

_ROUTES = [
    route
    for module in (intake, thread, author, review, decisions, console, demo, operate, openapi)
    for route in module.ROUTES
]


def create_app(settings: Settings) -> Starlette:
    """Return the application; it opens the database of `settings.database_url` when it starts.

    Raises:
        ModelError: a model directory is damaged, or made for another version of the features.
    """
    judges = load_judges()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:
        async with _running(settings, judges) as state:
            yield state

    app = Starlette(
        routes=[*_ROUTES, Mount("/static", StaticFiles(directory=STATIC), name="static")],
        lifespan=lifespan,
        middleware=[Middleware(Guard)],
        exception_handlers={
            RequestError: on_error,
            Unavailable: on_error,
            HTTPException: on_http_exception,
        },
    )
    # It would answer a path with one slash too many by an address made of the client's own Host header.
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def _running(settings: Settings, judges: Mapping[str, Judge]) -> AsyncIterator[State]:
    """Open the database and start what runs beside the requests; at the end, answer what waits and close."""
    db = await Database.open(settings.database_url)
    writer = Writer(settings.database_url)
    metrics = Metrics()
    batches = Intake(writer, judges, metrics.batch)
    tasks = [asyncio.create_task(batches.run()), asyncio.create_task(keep_house(db))]
    try:
        yield State(
            settings=settings,
            db=db,
            sites=SiteDirectory(db),
            intake=batches,
            judges=judges,
            limits=RateLimits(settings.rate_limits),
            metrics=metrics,
        )
    finally:
        await batches.drain()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await writer.close()
        await db.close()


async def run(settings: Settings, *, on_start: Callable[[], None]) -> None:
    """Serve until the process is told to stop (SIGINT, SIGTERM), then finish what is under way.

    `on_start` is called once connections are taken.

    Raises:
        ModelError: see create_app.
        SettingsError: nothing can listen on the host and port.
    """
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=",".join(str(proxy) for proxy in settings.trusted_proxies),
        timeout_graceful_shutdown=DRAIN_SECONDS,
        lifespan="on",
    )
    with _listening(settings) as listener:
        await _Server(config, on_start).serve(sockets=[listener])


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"Nothing can listen on port {settings.port} of {settings.host}: {error.strerror}. Stop what does, or set "
            "GATEPOST_PORT or GATEPOST_HOST."
        ) from error
    # Connections inherit it. The event loop sets it only on sockets that it has made itself, and without it an answer
    # in two segments waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """Say when connections are taken."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]):
        super().__init__(config)
        self._on_start = on_start

    async def startup(self, *args: object, **kwargs: object) -> None:
        await super().startup(*args, **kwargs)  # type: ignore[arg-type]  # handed through as it is
        if self.started:
            self._on_start()
