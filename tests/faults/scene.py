"""The parts of a fault's scene: Postgres, the service, a proxy between them, clients that never give up, the reckoning.

A client repeats a comment under its Idempotency-Key until it is acknowledged, as a good client does.
"""

import asyncio
import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from service.store.embedded import EmbeddedPostgres

BIN = Path(sys.executable).parent
SITE = "faults"
ORIGIN = "https://example.org"
CLIENTS = 8
ANSWER_SECONDS = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`gatepost serve` as a user starts it; without a URL of a database it runs a Postgres of its own in `folder`."""

    def __init__(self, folder: Path, **environ: str):
        self.folder = folder
        self.port = free_port()
        self._environ = {
            "GATEPOST_DATA_DIR": str(folder),
            "GATEPOST_PORT": str(self.port),
            "GATEPOST_RATE_LIMITS": "off",
            "GATEPOST_LOG_LEVEL": "error",
            **environ,
        }
        self.running: subprocess.Popen[bytes] | None = None

    def gatepost(self, *arguments: str) -> None:
        subprocess.run(
            [BIN / "gatepost", *arguments], env=os.environ | self._environ, check=True, stdout=subprocess.DEVNULL
        )

    def start(self, **environ: str) -> None:
        self.running = subprocess.Popen(
            [BIN / "gatepost", "serve"],
            env=os.environ | self._environ | environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        assert self.running
        self.running.kill()
        self.running.wait()

    def stop(self) -> None:
        if self.running and self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
            self.running.wait(40)


@dataclass
class Reckoning:
    """What the clients saw: comments acknowledged by number, seconds of refusals, and when answers came."""

    acknowledged: dict[int, str] = field(default_factory=dict)
    refusals: list[float] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    at: list[float] = field(default_factory=list)

    def back_after(self, moment: float) -> float:
        """Return the seconds from a moment until every client was served again."""
        later = [at for at in self.at if at > moment]
        return later[CLIENTS] - moment if len(later) > CLIENTS else float("inf")


class Clients:
    """Send comments from several clients until told to stop."""

    def __init__(self, port: int):
        self.reckoning = Reckoning()
        self._port = port
        self._numbers, self._stop = itertools.count(), asyncio.Event()

    @contextlib.asynccontextmanager
    async def sending(self) -> AsyncIterator[Reckoning]:
        """Keep the clients busy until the block ends, then let each finish its comment."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._client())
            try:
                await self.served()
                yield self.reckoning
                await self.served()
            finally:
                self._stop.set()

    async def served(self, seconds: float = 90.0) -> None:
        """Return when every client has been served once more."""
        before = len(self.reckoning.at)
        async with asyncio.timeout(seconds):
            while len(self.reckoning.at) <= before + CLIENTS:
                await asyncio.sleep(0.01)

    async def _client(self) -> None:
        while not self._stop.is_set():
            number = next(self._numbers)
            while (made := await self._send(number)) is None:
                await asyncio.sleep(0.05)
            self.reckoning.acknowledged[number] = made
            self.reckoning.at.append(time.perf_counter())

    async def _send(self, number: int) -> str | None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, content = await post(self._port, number)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.reckoning.others[type(error).__name__] += 1
            return None
        if status in (201, 202):
            return str(json.loads(content)["id"])
        if status == 503:
            self.reckoning.refusals.append(time.perf_counter() - began)
            return None
        raise RuntimeError(f"unexpected answer {status}: {content[:200]!r}")


async def post(port: int, number: int) -> tuple[int, bytes]:
    """Send one comment and return status and content of the answer."""
    body = json.dumps({
        "body": f"marker {number} and some words about sleep and long walks",
        "author_name": "Reader",
        "page_url": f"{ORIGIN}/article",
    }).encode()  # fmt: skip
    head = (
        f"POST /v1/sites/{SITE}/comments HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {ORIGIN}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: key-{number}\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + body)
        # A service that is killed may send half an answer; that acknowledges nothing.
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", answer)
        content = await reader.readexactly(int(length[1]) if length else 0)
    finally:
        writer.close()
    return int(answer[9:12]), content


async def stored(dsn: str) -> tuple[set[str], Counter[str]]:
    """Return the ids of the comments that are there, and how often each marker is."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT set_config('gatepost.sites', '1,2', false)")
        rows = await connection.fetch("SELECT comment_id, split_part(body, ' ', 2) AS number FROM comment")
    finally:
        await connection.close()
    return {str(row["comment_id"]) for row in rows}, Counter(row["number"] for row in rows)


class Proxy:
    """Stand between the service and Postgres: pass everything on, `delay` seconds late each way."""

    def __init__(self, folder: Path, target: Path):
        self.delay = 0.0
        self.folder = folder
        self._target = target / ".s.PGSQL.5432"
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_unix_server(self._connect, self.folder / ".s.PGSQL.5432")
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server
        self._server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
        writer.close()


def processes_of(postgres: EmbeddedPostgres) -> list[int]:
    """Return the server's process and those of its connections."""
    assert postgres.pid
    children = [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/status")
        if f"PPid:\t{postgres.pid}\n" in _text(status)
    ]
    return [postgres.pid, *children]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
