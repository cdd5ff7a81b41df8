"""Give every test the real thing: a Postgres of its own, and the service as a user starts it."""

import asyncio
import inspect
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from service.store.cluster import binaries
from service.store.database import Database
from service.store.embedded import EmbeddedPostgres
from service.store.migrate import migrate

CORPORA = Path(os.environ.get("GATEPOST_CORPORA", Path(__file__).resolve().parents[2] / "shared" / "corpora"))


def pytest_report_header() -> str:
    """Say which Postgres the tests run on."""
    return f"postgres: {_bin_dir() or binaries(None)}"


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> None:
    """Run every `async def test_…` on asyncio without a mark."""
    if inspect.iscoroutinefunction(obj) and collector.istestfunction(obj, name):
        pytest.mark.anyio(obj)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Return the folder of the public corpora, which are not part of the repository."""
    if not CORPORA.is_dir():
        pytest.skip(f"the public corpora are not on this machine ({CORPORA}); set GATEPOST_CORPORA")
    return CORPORA


def _bin_dir() -> Path | None:
    """Return the folder named by GATEPOST_TEST_POSTGRES: a path, or 16 or 18 for the wheel's own."""
    wanted = os.environ.get("GATEPOST_TEST_POSTGRES", "")
    if not wanted:
        return None
    return binaries(int(wanted)) if wanted.isdigit() else Path(wanted)


@pytest.fixture(scope="session")
def bin_dir() -> Path:
    """Return the binaries of the Postgres under test."""
    return _bin_dir() or binaries(None)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a new folder with a path short enough for a socket, unlike tmp_path."""
    path = Path(tempfile.mkdtemp(prefix="gatepost-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running Postgres with a migrated database named `template` to copy from."""

    postgres: EmbeddedPostgres

    def dsn(self, role: str, database: str) -> str:
        """Return where to connect as a role; `postgres` is the superuser."""
        return self.postgres.owner_dsn.replace("gatepost_owner@", f"{role}@").replace("/gatepost?", f"/{database}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestDatabase:
    """A migrated database of one test's own."""

    __test__ = False

    name: str
    owner_dsn: str
    service_dsn: str
    superuser_dsn: str


@pytest.fixture(scope="session")
def postgres(bin_dir: Path) -> Iterator[Cluster]:
    """Run a Postgres for the session. It does not sync to disk: no test of it cuts the power."""
    path = Path(tempfile.mkdtemp(prefix="gatepost-"))
    server = EmbeddedPostgres(path / "data", bin_dir=bin_dir, settings={"fsync": "off", "max_connections": "100"})
    try:
        server.start("test")
        yield Cluster(postgres=server)
    finally:
        server.stop()
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def template(postgres: Cluster) -> str:
    """Return the name of a migrated database that nobody is connected to."""
    _as_superuser(postgres, "CREATE DATABASE template OWNER gatepost_owner")
    asyncio.run(migrate(postgres.dsn("gatepost_owner", "template")))
    return "template"


@pytest.fixture
def database(postgres: Cluster, template: str) -> Iterator[TestDatabase]:
    """Return a fresh copy of the migrated database."""
    with _new_database(postgres, f"TEMPLATE {template} STRATEGY file_copy") as made:
        yield made


@pytest.fixture(scope="module")
def kept_database(postgres: Cluster, template: str) -> Iterator[TestDatabase]:
    """Return a migrated database that a module's tests share: for those that write nothing."""
    with _new_database(postgres, f"TEMPLATE {template} STRATEGY file_copy") as made:
        yield made


@pytest.fixture
def empty_database(postgres: Cluster) -> Iterator[TestDatabase]:
    """Return a database without any tables."""
    with _new_database(postgres) as made:
        yield made


@contextmanager
def _new_database(postgres: Cluster, how: str = "") -> Iterator[TestDatabase]:
    name = f"test_{time.monotonic_ns()}"
    _as_superuser(postgres, f"CREATE DATABASE {name} OWNER gatepost_owner {how}")
    yield TestDatabase(
        name=name,
        owner_dsn=postgres.dsn("gatepost_owner", name),
        service_dsn=postgres.dsn("gatepost_service", name),
        superuser_dsn=postgres.dsn("postgres", name),
    )
    _as_superuser(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def db(database: TestDatabase) -> AsyncIterator[Database]:
    """Return the service's connections to a fresh database."""
    opened = await Database.open(database.service_dsn)
    yield opened
    await opened.close()


def _as_superuser(postgres: Cluster, statement: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(postgres.dsn("postgres", "postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    # Fixtures are set up between the runs of the loop that the tests have, so that this one never stands inside it.
    asyncio.run(execute())


@dataclass(kw_only=True)
class Service:
    """A `gatepost serve` that runs as a process of its own. `output` is what it has said so far."""

    url: str
    data_dir: Path
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """Return what the service has printed, both streams."""
        return self.log.read_text("utf-8", errors="replace")

    def gatepost(self, *arguments: str, text: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run another command of gatepost on the same data folder."""
        return gatepost(*arguments, environ=self.environ, text=text, check=check)

    def kill(self) -> None:
        """End the service without any warning, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 30.0) -> int:
        """Ask the service to stop and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def console_script() -> str:
    """Return the installed command, the one beside this Python."""
    beside = Path(sys.executable).parent / "gatepost"
    return str(beside) if beside.exists() else (shutil.which("gatepost") or "gatepost")


def command() -> list[str]:
    """Return how to start gatepost: the installed command, else the module in the checkout."""
    found = Path(console_script())
    return [str(found)] if found.exists() else [sys.executable, "-m", "service"]


def gatepost(
    *arguments: str, environ: Mapping[str, str] | None = None, text: str = "", check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command of gatepost to its end."""
    done = subprocess.run(
        [*command(), *arguments],
        input=text,
        capture_output=True,
        text=True,
        env=_clean_environment() | dict(environ or {}),
        timeout=120,
        check=False,
    )
    assert not check or done.returncode == 0, f"gatepost {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done


def free_port() -> int:
    """Return a port that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


Serve = Callable[..., Service]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts services which end with the test; see `_serving`."""
    yield from _serving()


@pytest.fixture(scope="module")
def serve_module() -> Iterator[Serve]:
    """Return a function that starts services which end with the module; see `_serving`."""
    yield from _serving()


def _serving() -> Iterator[Serve]:
    """Yield a function that starts `gatepost serve` with GATEPOST_* variables and waits until it is ready.

    Give it `data_dir` to start on a folder used before, `ready=False` not to wait. Everything started is ended
    with the test, Postgres included.
    """
    started: list[Service] = []
    folders: list[Path] = []

    def start(*, data_dir: Path | None = None, ready: bool = True, seconds: float = 60.0, **environ: str) -> Service:
        if data_dir is None:
            folders.append(Path(tempfile.mkdtemp(prefix="gatepost-")))
            data_dir = folders[-1] / "data"
        service = _start(data_dir, environ)
        started.append(service)
        if ready:
            _await_ready(service, seconds)
        return service

    yield start
    for service in started:
        _end(service)
    # After a kill, Postgres is left to the next start; there is none here, so we are it.
    for data_dir in {service.data_dir for service in started}:
        _stop_left_over(data_dir)
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)


def _start(data_dir: Path, environ: Mapping[str, str]) -> Service:
    port = environ.get("GATEPOST_PORT") or str(free_port())
    variables = {"GATEPOST_DATA_DIR": str(data_dir), "GATEPOST_PORT": port, **environ}
    log = Path(tempfile.mkstemp(prefix="gatepost-", suffix=".log")[1])
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command(), "serve"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=_clean_environment() | variables,
        )
    return Service(url=f"http://127.0.0.1:{port}", data_dir=data_dir, environ=variables, process=process, log=log)


def _await_ready(service: Service, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert service.process.poll() is None, f"gatepost serve ended: {service.output}"
        try:
            with urllib.request.urlopen(service.url + "/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    pytest.fail(f"gatepost serve was not ready within {seconds} s: {service.output}")


def _end(service: Service) -> None:
    try:
        service.stop()
    except subprocess.TimeoutExpired:
        service.kill()
    service.log.unlink(missing_ok=True)


def _stop_left_over(data_dir: Path) -> None:
    left_over = EmbeddedPostgres(data_dir)
    if left_over.accepts_connections():
        left_over.start("test")
        left_over.stop()


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_")}
