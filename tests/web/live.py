"""Run the whole service on a real socket, inside the test's own process, and speak to it byte by byte."""

import asyncio
import json
import socket
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from starlette.middleware import Middleware

from service.app import create_app
from service.comment import Policy, Role
from service.settings import Rate, Settings
from service.store.credentials import add_token
from service.store.database import Database
from service.store.sites import add_site, find_site
from service.web.guard import Guard
from service.web.protocol import PatientProtocol

HOME = "https://site.test"
"""The origin of both sites' pages."""
PAGE = f"{HOME}/article"
PATH = "/v1/sites/demo/comments"
STRICT = "/v1/sites/strict/comments"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> dict[str, object]:
        """Return the content as a JSON object."""
        value: dict[str, object] = json.loads(self.content)
        return value

    @property
    def text(self) -> str:
        """Return the content as text."""
        return self.content.decode("utf-8")

    @property
    def faults(self) -> set[str]:
        """Return the names of the fields at fault."""
        return {error["field"] for error in self.json["errors"]}  # type: ignore[index,attr-defined]


@dataclass(frozen=True, slots=True)
class Live:
    """A running service with the sites `demo`, which publishes what looks clean, and `strict`, which holds it."""

    port: int
    dsn: str
    service_dsn: str

    @property
    def origin(self) -> str:
        """Return the service's own origin."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, content: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request as it stands."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, content or None, dict(headers or {}))
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: object) -> Answer:
        """Send a GET."""
        return self.ask("GET", f"{path}?{urlencode(query)}" if query else path, headers=headers)

    def post(self, fields: object, headers: Mapping[str, str] | None = None, *, path: str = PATH) -> Answer:
        """Send a comment as JSON."""
        return self.ask("POST", path, json.dumps(fields), {"Content-Type": "application/json"} | dict(headers or {}))

    def form(self, fields: Mapping[str, str], headers: Mapping[str, str] | None = None, *, path: str = PATH) -> Answer:
        """Send a comment as a browser sends a form."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html,*/*;q=0.8"}
        return self.ask("POST", path, urlencode(fields), sent | dict(headers or {}))

    def token(self, role: Role = "moderator") -> str:
        """Return an API token of a member of the site `demo`."""

        async def make() -> str:
            db = await Database.open(self.service_dsn)
            try:
                site = await find_site(db, "demo")
                assert site
                return await add_token(db, site.id, name=uuid.uuid4().hex, role=role)
            finally:
                await db.close()

        return str(run(make()))

    def raw(self, request: bytes, *, seconds: float = 10.0) -> bytes:
        """Send bytes and return all that comes back until the service hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request)
            return drain(connection)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Return what the database holds, read past row-level security."""
        import asyncpg

        async def ask() -> list[tuple[object, ...]]:
            connection = await asyncpg.connect(self.dsn)
            try:
                return [tuple(row) for row in await connection.fetch(query, *values)]
            finally:
                await connection.close()

        return run(ask())


def drain(connection: socket.socket) -> bytes:
    """Return all that comes until the other side hangs up."""
    said = b""
    try:
        while chunk := connection.recv(65536):
            said += chunk
    except ConnectionResetError:
        # The service hung up while bytes of ours were still under way.
        pass
    return said


def run(work: object) -> object:
    """Run a coroutine on a loop of its own, whether or not this thread has one running."""
    result: list[object] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(work)))  # type: ignore[arg-type]
    thread.start()
    thread.join()
    return result[0]


@contextmanager
def running(
    service_dsn: str,
    superuser_dsn: str,
    folder: Path,
    *,
    rates: Mapping[str, Rate] | None = None,
    seconds: float = 5.0,
) -> Iterator[Live]:
    """Run the service until the block ends."""
    run(_make_sites(service_dsn))
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = Settings(
            data_dir=folder,
            database_url=service_dsn,
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            rate_limits=rates or {},
        )
        protocol = type("Protocol", (PatientProtocol,), {"header_seconds": seconds, "body_seconds": 4 * seconds})
        app = create_app(settings)
        app.user_middleware = [Middleware(Guard, body_seconds=2 * seconds)]
        config = uvicorn.Config(
            app, http=protocol, ws="none", log_config=None, access_log=False, lifespan="on",
            server_header=False,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the service did not start"
                thread.join(0.01)
            yield Live(port, superuser_dsn, service_dsn)
        finally:
            server.should_exit = True
            thread.join(30)
        assert not thread.is_alive()


async def _make_sites(dsn: str) -> None:
    db = await Database.open(dsn)
    try:
        await add_site(db, name="demo", title="Demo", origins=[HOME], policy=Policy(mode="post"))
        await add_site(db, name="strict", title="Strict", origins=[HOME], policy=Policy(mode="pre"))
    finally:
        await db.close()
