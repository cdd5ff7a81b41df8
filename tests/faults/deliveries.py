"""Kill the service while it tells another system of comments, and look for comments that were never told.

    python tests/faults/deliveries.py [--kills 20] [--control]

At the end every acknowledged comment must have been told, under one id each time. With --control, a delivery that was
taken on is never taken on again: then some must be missing, or this script could not find a loss. Exits with 1 when
the result is not the one expected.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scene import ORIGIN, SITE, Clients, Service

from service.store.webhooks import LEASE

BETWEEN_KILLS = (0.5, 2.0)
"""Seconds of load before each kill."""
TAKES = 0.2
"""Seconds that the receiver takes for each delivery: many are under way at each kill."""


class Receiver:
    """Take deliveries slowly; note under which ids each comment was told. What the sender did not wait for is none."""

    def __init__(self) -> None:
        self.told: defaultdict[str, list[str]] = defaultdict(list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length, name = (re.search(rf"\r\n{each}: (\S+)", head) for each in ("content-length", "webhook-id"))
            assert length
            assert name
            event = json.loads(await reader.readexactly(int(length[1])))
            await asyncio.sleep(TAKES)
            if reader.at_eof():
                return
            self.told[event["data"]["comment_id"]].append(name[1])
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def superuser(service: Service) -> str:
    return f"postgresql://postgres@/gatepost?host={service.folder / 'socket'}&port=5432"


async def waiting(service: Service) -> int:
    connection = await asyncpg.connect(superuser(service))
    try:
        return int(
            await connection.fetchval("SELECT count(*) FROM outbox WHERE state = 'waiting' AND due_at < 'infinity'")
        )
    finally:
        await connection.close()


async def deliver_at_most_once(service: Service) -> None:
    """Let nobody take on again what somebody has taken on."""
    connection = await asyncpg.connect(superuser(service))
    await connection.execute(
        "CREATE FUNCTION once() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN NEW.due_at := 'infinity'; RETURN NEW; END $$;"
        "CREATE TRIGGER once BEFORE UPDATE ON outbox FOR EACH ROW WHEN (NEW.tries > OLD.tries) EXECUTE FUNCTION once()"
    )
    await connection.close()


async def run(kills: int, *, control: bool) -> bool:
    """Load, kill, wait until nothing waits any more; print the reckoning and tell whether it is the one expected."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0, backlog=512)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    with tempfile.TemporaryDirectory(prefix="gp") as name:
        service = Service(Path(name) / "data", GATEPOST_WEBHOOK_NETWORKS="127.0.0.1")
        await asyncio.to_thread(service.gatepost, "site", "add", SITE, "--origin", ORIGIN)
        await asyncio.to_thread(service.gatepost, "webhook", "add", url, "--site", SITE)
        service.start()
        try:
            clients = Clients(service.port)
            async with clients.sending() as reckoning:
                if control:
                    await deliver_at_most_once(service)
                for _ in range(kills):
                    await asyncio.sleep(random.uniform(*BETWEEN_KILLS))
                    service.kill()
                    service.start()
                    await clients.served()
            ended = time.perf_counter()
            until = ended + 2 * LEASE + TAKES * len(reckoning.acknowledged) / 8
            while await waiting(service) and time.perf_counter() < until:
                await asyncio.sleep(0.5)
            took = time.perf_counter() - ended
        finally:
            await asyncio.to_thread(service.stop)
            server.close()
    missing = sum(made not in receiver.told for made in reckoning.acknowledged.values())
    often = Counter(len(ids) for ids in receiver.told.values())
    renamed = sum(len(set(ids)) > 1 for ids in receiver.told.values())
    print(
        f"{'control' if control else 'deliveries'}: {kills} kills, {len(reckoning.acknowledged)} acknowledged, "
        f"{missing} never told, {sum(often[n] for n in often if n > 1)} told more than once, {renamed} of them under "
        f"two ids; all told {took:.0f} s after the load ended"
    )
    return missing > 0 if control else missing == renamed == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--control", action="store_true")
    args = parser.parse_args()
    return int(not asyncio.run(run(args.kills, control=args.control)))


if __name__ == "__main__":
    sys.exit(main())
