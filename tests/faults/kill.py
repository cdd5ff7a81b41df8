"""Kill the service and Postgres under load, again and again, and look for lost and doubled comments.

    python tests/faults/kill.py [--service 200] [--postgres 100] [--control]

At the end every acknowledged comment must be there once. With --control, Postgres acknowledges commits before they are
on disk (synchronous_commit=off): then acknowledged comments must get lost, or this script could not find a loss. Exits
with 1 when the result is not the one expected.
"""

import argparse
import asyncio
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scene import ORIGIN, SITE, Clients, Service, stored

BETWEEN_KILLS = (0.5, 1.5)
"""Seconds of load before each kill."""


def dsn(service: Service, role: str) -> str:
    return f"postgresql://{role}@/gatepost?host={service.folder / 'socket'}&port=5432"


async def weaken(service: Service) -> None:
    """Let Postgres acknowledge commits up to ten seconds before they are on disk."""
    connection = await asyncpg.connect(dsn(service, "postgres"))
    await connection.execute("ALTER ROLE gatepost_service SET synchronous_commit = off")
    await connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def load_and_kill(service: Service, kills: list[str], clients: Clients) -> dict[str, list[float]]:
    """Kill what the list says, one after the other, each when all clients are served; return seconds to recover."""
    recovery: dict[str, list[float]] = {"service": [], "postgres": []}
    async with clients.sending():
        for what in kills:
            await asyncio.sleep(random.uniform(*BETWEEN_KILLS))
            began = time.perf_counter()
            if what == "service":
                service.kill()
                service.start()
            else:
                number = (service.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0]
                os.kill(int(number), signal.SIGKILL)
            await clients.served()
            recovery[what].append(time.perf_counter() - began)
    return recovery


async def trial(service: Service, args: argparse.Namespace) -> int:
    kills = ["service"] * args.service + ["postgres"] * args.postgres
    random.shuffle(kills)
    await asyncio.to_thread(service.gatepost, "site", "add", SITE, "--origin", ORIGIN)
    service.start()
    clients = Clients(service.port)
    if args.control:
        async with Clients(service.port).sending():
            await weaken(service)
        service.stop()
        service.start()
    recovery = await load_and_kill(service, kills, clients)
    there, markers = await stored(dsn(service, "gatepost_service"))
    acknowledged = clients.reckoning.acknowledged
    lost = sum(made not in there for made in acknowledged.values())
    doubled = sum(count > 1 for count in markers.values()) if not args.control else 0
    for what, seconds in recovery.items():
        if seconds:
            middle, most = statistics.median(seconds), max(seconds)
            print(f"{len(seconds)} kills of {what}: back after {middle:.2f} s, at most {most:.2f} s")
    print(f"{len(acknowledged)} acknowledged, {lost} lost, {doubled} doubled" + " (control)" * args.control)
    return int(doubled > 0 or (lost == 0) == args.control)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--service", type=int, default=200)
    parser.add_argument("--postgres", type=int, default=100)
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
