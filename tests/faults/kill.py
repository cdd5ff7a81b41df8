"""Kill the service and Postgres under load and look for lost and doubled comments.

    python tests/faults/kill.py [--service 20] [--postgres 10] [--control]

Clients repeat an unanswered comment under its Idempotency-Key until it is acknowledged, as a good client does. At the
end every acknowledged comment must be there once. With --control, Postgres acknowledges commits before they are on
disk (synchronous_commit=off): then acknowledged comments must get lost, or this script could not find a loss. Exits
with 1 when the result is not the one expected.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import asyncpg

BIN = Path(sys.executable).parent
CLIENTS = 8
BETWEEN_KILLS = (0.5, 1.5)
"""Seconds of load before each kill."""


class Service:
    """`gatepost serve` as a user starts it, on a data folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "GATEPOST_DATA_DIR": str(self.folder),
            "GATEPOST_PORT": str(self.port),
            "GATEPOST_RATE_LIMITS": "off",
            "GATEPOST_LOG_LEVEL": "error",
        }
        self.running = subprocess.Popen([BIN / "gatepost", "serve"], env=environment, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self.running
        self.running.kill()
        self.running.wait()

    def kill_postgres(self) -> None:
        os.kill(int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)

    def stop(self) -> None:
        assert self.running
        self.running.send_signal(signal.SIGTERM)
        self.running.wait(30)

    def dsn(self, role: str) -> str:
        return f"postgresql://{role}@/gatepost?host={self.folder / 'socket'}&port=5432"


async def send(port: int, number: int) -> str | None:
    """Return the id under which a comment was acknowledged, None when it was not."""
    body = json.dumps({
        "body": f"marker {number} and some words about sleep and long walks",
        "author_name": "Reader",
        "page_url": f"http://127.0.0.1:{port}/demo",
    }).encode()  # fmt: skip
    head = (
        f"POST /v1/sites/demo/comments HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: key-{number}\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    try:
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode() + body)
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        return None
    status = answer[9:12]
    if status in (b"201", b"202"):
        return json.loads(answer.partition(b"\r\n\r\n")[2])["id"]
    if status and status != b"503":
        raise RuntimeError(f"unexpected answer {answer[:200]!r}")
    return None


async def client(port: int, numbers: itertools.count, stop: asyncio.Event, acknowledged: dict[int, str]) -> None:
    while not stop.is_set():
        number = next(numbers)
        while (made := await send(port, number)) is None:
            await asyncio.sleep(0.02)
        acknowledged[number] = made


async def recovered(port: int, acknowledged: dict[int, str]) -> float:
    """Return the seconds until the next comment is acknowledged."""
    began, before = time.perf_counter(), len(acknowledged)
    while len(acknowledged) <= before + CLIENTS:
        await asyncio.sleep(0.01)
        if time.perf_counter() - began > 60:
            raise RuntimeError("the service did not come back within a minute")
    return time.perf_counter() - began


async def load_and_kill(service: Service, kills: list[str]) -> tuple[dict[int, str], dict[str, list[float]]]:
    numbers, stop = itertools.count(), asyncio.Event()
    acknowledged: dict[int, str] = {}
    recovery: dict[str, list[float]] = {"service": [], "postgres": []}
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(client(service.port, numbers, stop, acknowledged))
        await recovered(service.port, acknowledged)
        for what in kills:
            await asyncio.sleep(random.uniform(*BETWEEN_KILLS))
            if what == "service":
                service.kill()
                service.start()
            else:
                service.kill_postgres()
            recovery[what].append(await recovered(service.port, acknowledged))
        stop.set()
    return acknowledged, recovery


async def stored(service: Service) -> tuple[set[str], Counter[str]]:
    """Return the ids that are there, and how often each marker is."""
    connection = await asyncpg.connect(service.dsn("gatepost_service"))
    await connection.execute("SELECT set_config('gatepost.sites', '1', false)")
    rows = await connection.fetch("SELECT comment_id, split_part(body, ' ', 2) AS number FROM comment")
    await connection.close()
    return {str(row["comment_id"]) for row in rows}, Counter(row["number"] for row in rows)


async def weaken(service: Service) -> None:
    """Let Postgres acknowledge commits up to ten seconds before they are on disk."""
    connection = await asyncpg.connect(service.dsn("postgres"))
    await connection.execute("ALTER ROLE gatepost_service SET synchronous_commit = off")
    await connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def trial(service: Service, args: argparse.Namespace) -> int:
    kills = ["service"] * args.service + ["postgres"] * args.postgres
    random.shuffle(kills)
    service.start()
    if args.control:
        while await send(service.port, -1) is None:
            await asyncio.sleep(0.1)
        await weaken(service)
        service.stop()
        service.start()
    acknowledged, recovery = await load_and_kill(service, kills)
    there, markers = await stored(service)
    lost = sum(made not in there for made in acknowledged.values())
    doubled = sum(count > 1 for count in markers.values())
    for what, seconds in recovery.items():
        if seconds:
            middle = sorted(seconds)[len(seconds) // 2]
            print(f"{len(seconds)} kills of {what}: back after {middle:.2f} s, at most {max(seconds):.2f} s")
    print(f"{len(acknowledged)} acknowledged, {lost} lost, {doubled} doubled" + " (control)" * args.control)
    return int(doubled > 0 or (lost == 0) == args.control)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", type=int, default=20)
    parser.add_argument("--postgres", type=int, default=10)
    parser.add_argument("--control", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gp") as folder:
        service = Service(Path(folder))
        try:
            return asyncio.run(trial(service, args))
        finally:
            service.stop()


if __name__ == "__main__":
    sys.exit(main())
