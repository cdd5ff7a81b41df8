"""Wire everything together: settings in, a running service out."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from service.errors import RequestError, SettingsError, StoreError, Unavailable
from service.fetch import permitting
from service.judges import load_judges
from service.logs import start_logging
from service.paths import STATIC
from service.pipeline import Judge
from service.settings import Settings
from service.store.database import Database
from service.store.identity import new_id
from service.store.intake import Writer
from service.store.limits import Exchange
from service.store.reader import Reader
from service.web import (
    author,
    claims,
    decisions,
    demo,
    embed,
    intake,
    openapi,
    operate,
    report,
    review,
    stats,
    status,
    thread,
)
from service.web.admin import routes as admin
from service.web.attempt import Attempts
from service.web.batch import Intake
from service.web.console import admin as console_admin
from service.web.console import routes as console
from service.web.directory import SiteDirectory
from service.web.guard import Guard
from service.web.limit import RateLimits, share
from service.web.metrics import Metrics
from service.web.problem import on_error, on_http_exception
from service.web.protocol import PatientProtocol
from service.web.secret import PasswordDesk
from service.web.state import State
from service.worker.courier import Courier
from service.worker.delivery import deliver
from service.worker.housekeeping import keep_house
from service.worker.learning import keep_learning

BACKLOG = 2048
"""Connections that may wait to be taken."""
DRAIN_SECONDS = 20
"""How long requests under way are waited for when the service stops."""
START_SECONDS = 30
"""How long a worker may take to start, or to say that it is alive."""

_ROUTES = [
    route
    for module in (
        intake,
        thread,
        author,
        status,
        report,
        embed,
        claims,
        review,
        decisions,
        admin,
        stats,
        console,
        console_admin,
        demo,
        operate,
        openapi,
    )
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
    db = await Database.open(settings.database_url, pooling=settings.database_pooling)
    reader = Reader(db, settings.read_database_url, pooling=settings.database_pooling)
    writer = Writer(settings.database_url, pooling=settings.database_pooling)
    metrics, sites = Metrics(), SiteDirectory(db)
    batches = Intake(writer, judges, metrics.batch)
    limits = RateLimits(settings.rate_limits)
    exchange = Exchange(db, new_id(datetime.now(UTC)))
    courier = Courier(permits=permitting(settings.webhook_networks))
    work = (
        batches.run(),
        keep_house(db),
        keep_learning(db, judges),
        deliver(db, courier),
        share(limits, exchange),
    )
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield State(
            settings=settings,
            db=db,
            reader=reader,
            sites=sites,
            intake=batches,
            judges=judges,
            limits=limits,
            metrics=metrics,
            attempts=Attempts(db, sites),
            passwords=PasswordDesk(),
        )
    finally:
        await batches.drain()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        await writer.close()
        await reader.close()
        await db.close()


def run(settings: Settings, *, on_start: Callable[[], None]) -> None:
    """Serve until told to stop (SIGINT, SIGTERM), then finish what is under way. SIGHUP restarts workers one by one.

    `on_start` is called once connections are taken, by every worker where there are several.

    Raises:
        ModelError: see create_app.
        SettingsError: nothing can listen on the host and port.
        StoreError: a worker could not start.
    """
    # The judges' thread hands the lock over whenever numpy computes, and would then wait 5 ms for it each time.
    sys.setswitchinterval(0.001)
    several = settings.workers > 1
    if several:
        # Each worker loads them for itself, but it could not say so plainly that they are damaged.
        load_judges()
    config = uvicorn.Config(
        partial(_worker, settings) if several else create_app(settings),
        factory=several,
        workers=settings.workers,
        loop="uvloop",
        http=PatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=",".join(str(proxy) for proxy in settings.trusted_proxies),
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
        lifespan="on",
    )
    with _listening(settings) as listener:
        if several:
            workers = _Workers(config, [listener], on_start)
            workers.run()
            if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
                raise StoreError("A worker could not start; the log says why.")
        else:
            _Server(config, on_start).run(sockets=[listener])


def _worker(settings: Settings) -> Starlette:
    """Return the application of one worker process; ends the process when its parent is gone."""
    start_logging(settings.log_level)
    Thread(target=_end_with_parent, daemon=True).start()
    return create_app(settings)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


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


class _Workers(Multiprocess):
    """Say when connections are taken by all workers. Each counts into files of one folder, so that any can tell all."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], on_start: Callable[[], None]):
        super().__init__(config, sockets)
        self._on_start = on_start

    def init_processes(self) -> None:
        super().init_processes()
        if all(process.wait_until_ready(START_SECONDS, self.should_exit) for process in self.processes):
            self._on_start()

    def run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="gatepost-metrics-") as folder:
            # For the workers only: prometheus_client looks for it when it is imported.
            os.putenv("PROMETHEUS_MULTIPROC_DIR", folder)
            super().run()
