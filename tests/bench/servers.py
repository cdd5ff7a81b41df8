"""Start what is measured, and read from /proc and the database what it costs."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from service.store.cluster import binaries
from service.store.embedded import EmbeddedPostgres
from service.store.os_user import choose_account

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
GATEPOST = str(BIN / "gatepost")
ORIGIN = "https://example.org"
PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(*command: str, port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it is ready when it takes connections."""
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            for _ in range(1200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if running.poll() is not None:
                    raise RuntimeError(f"{command} ended with {running.returncode}")
                time.sleep(0.05)
            else:
                raise RuntimeError(f"{command} did not start")
            yield running
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)


def uvicorn(app: str, port: int, **environment: str):
    return process(
        sys.executable, "-m", "uvicorn", app, "--app-dir", str(HERE), "--port", str(port),
        "--no-access-log", "--log-level", "error", port=port, **environment,
    )  # fmt: skip


@contextmanager
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    """Run a Postgres as the service would embed it, with more connections, for there are several services."""
    server = EmbeddedPostgres(folder / "data", settings={"max_connections": "120"})
    server.start("bench")
    try:
        yield server
    finally:
        server.stop()


def urls(server: EmbeddedPostgres, **more: str) -> dict[str, str]:
    """Return the settings of a service on this Postgres: everything on but the rate limits."""
    return {
        "GATEPOST_DATABASE_URL": server.service_dsn,
        "GATEPOST_OWNER_DATABASE_URL": server.owner_dsn,
        "GATEPOST_RATE_LIMITS": "off",
        "GATEPOST_LOG_LEVEL": "warning",
    } | more


@contextmanager
def gatepost(settings: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    with process(GATEPOST, "serve", port=port, **settings, GATEPOST_PORT=str(port)) as running:
        yield running


def command(settings: dict[str, str], *words: str) -> str:
    """Run a command of gatepost and return what it prints."""
    return subprocess.run(
        [GATEPOST, *words], env=os.environ | settings, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def make_site(settings: dict[str, str], name: str, *more: str) -> str:
    """Make a site, and return a moderator's token for it."""
    command(settings, "site", "add", name, "--origin", ORIGIN, *more)
    return json.loads(command(settings, "token", "add", "--site", name, "--role", "moderator", "--json"))["token"]


@contextmanager
def pgbouncer(server: EmbeddedPostgres, folder: Path) -> Iterator[str]:
    """Run PgBouncer in transaction mode; yields where to connect through it."""
    account = choose_account(server.data_dir, server.cluster, binaries(None))
    folder.mkdir()
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        f"[databases]\ngatepost = host={server.socket_dir} port=5432 user=gatepost_service\n"
        f"[pgbouncer]\nunix_socket_dir = {folder}\nlisten_addr =\nlisten_port = 6432\npool_mode = transaction\n"
        "auth_type = any\nserver_reset_query =\ndefault_pool_size = 8\n"
    )
    folder.parent.chmod(0o755)
    account.own(folder)
    # Like Postgres, it refuses to run as root.
    running = subprocess.Popen([*account.prefix, PGBOUNCER, "-q", str(ini)], **account.identity)
    try:
        while not (folder / ".s.PGSQL.6432").exists():
            if running.poll() is not None:
                raise RuntimeError("PgBouncer did not start")
            time.sleep(0.05)
        yield f"postgresql://gatepost_service@/gatepost?host={folder}&port=6432"
    finally:
        running.terminate()
        running.wait()


def tree(pid: int) -> list[int]:
    """Return a process and all that it has started."""
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and f"PPid:\t{pid}\n" in _read(entry / "status")
    ]
    return [pid, *(each for child in children for each in tree(child))]


def cpu_seconds(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12]) if fields else 0
    return total / os.sysconf("SC_CLK_TCK")


def pss_megabytes(pids: list[int]) -> float:
    """Return the memory of processes, what they share counted once (in kilobytes in the file)."""
    lines = [line for pid in pids for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()]
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def descriptors(pids: list[int]) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def threads(pids: list[int]) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/task")) for pid in pids)


def fsync_microseconds(folder: Path) -> float:
    seconds = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 8192)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - began)
    return 1e6 * statistics.median(seconds)


async def ask(dsn: str, query: str):
    """Return one value from the database, seeing every site."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT set_config('gatepost.sites', '1,2,3,4', false)")
        return await connection.fetchval(query)
    finally:
        await connection.close()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
