"""A small HTTP client that loads a server: N connections in a closed loop, or so many requests a second in an open one.

Raw asyncio, because a full client library costs more per request than the services that are measured here.
"""

import asyncio
import itertools
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

WORDS = (
    "the article says that sleep and walks help more than people think and my own doctor told me the same thing "
    "last spring when we talked about the long nights the dog the garden and how slowly the town mends its roads"
).split()


@dataclass
class Tally:
    """What came back: the seconds of each answer, by status."""

    times: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    ids: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def statuses(self) -> Counter[int]:
        return Counter({status: len(seconds) for status, seconds in self.times.items()})

    def rate(self, *statuses: int) -> float:
        return sum(self.statuses[status] for status in statuses) / self.elapsed

    def percentile(self, share: float, *statuses: int) -> float:
        """Return the time that a share of the answers took at most; of all, or of some statuses. NaN for none."""
        seconds = sorted(itertools.chain(*(self.times[status] for status in statuses or list(self.times))))
        return seconds[int(share * (len(seconds) - 1))] if seconds else float("nan")


def comment(number: int, origin: str) -> bytes:
    """Return a comment of median length (about 200 characters) that no other number gives, as JSON."""
    body = {
        "body": text(number),
        "author_name": f"Reader {number % 977}",
        "author_email": f"reader{number % 977}@example.org",
        "page_url": f"{origin}/articles/{number % 50}",
        "page_title": "What to know about sleep",
    }
    return json.dumps(body).encode()


def text(number: int) -> str:
    """Return the words of a comment."""
    return f"{' '.join(random.Random(number).choices(WORDS, k=38)).capitalize()}, number {number}."


def request(host: str, path: str, body: bytes, headers: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"{headers}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def get(host: str, path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n{headers}\r\n".encode()


async def run(
    port: int,
    make: Callable[[int], bytes],
    *,
    connections: int,
    seconds: float,
    numbers: itertools.count,
    keep_ids=False,
) -> Tally:
    """Send `make(number)` over `connections` connections for a time, each when the last one is answered."""
    tally = Tally()
    began = time.perf_counter()
    end = began + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            sent = time.perf_counter()
            writer.write(make(next(numbers)))
            status, answer = await read_answer(reader)
            tally.times[status].append(time.perf_counter() - sent)
            if keep_ids:
                tally.ids.append(json.loads(answer)["id"])
            if reader.at_eof():
                await close(writer)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await close(writer)

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one())
    tally.elapsed = time.perf_counter() - began
    return tally


IDLE_SECONDS = 2.0
"""Servers end a connection that has been idle for some seconds, and may do so while a request is on its way."""


async def run_open(
    port: int, make: Callable[[int], bytes], *, rate: float, seconds: float, numbers: itertools.count
) -> Tally:
    """Send `rate` requests a second, whatever comes back.

    The time of an answer counts from when its request was due: a server that stalls makes all wait that would have
    come meanwhile, and a client that is late itself does not hide it.
    """
    tally = Tally()
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = []
    began = time.perf_counter()

    async def one(due: float) -> None:
        while idle and (idle[-1][0].at_eof() or time.perf_counter() - idle[-1][2] > IDLE_SECONDS):
            await close(idle.pop()[1])
        reader, writer = idle.pop()[:2] if idle else await asyncio.open_connection("127.0.0.1", port)
        writer.write(make(next(numbers)))
        status, _ = await read_answer(reader)
        tally.times[status].append(time.perf_counter() - due)
        idle.append((reader, writer, time.perf_counter()))

    async with asyncio.TaskGroup() as group:
        for i in range(round(rate * seconds)):
            due = began + i / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(due))
    tally.elapsed = time.perf_counter() - began
    for _, writer, _ in idle:
        await close(writer)
    return tally


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body of the next answer on a connection, which is at its end where the server ends it."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    if status in (204, 304):
        return status, b""
    lowered = head.lower()
    at = lowered.index(b"content-length:") + 15
    length = int(lowered[at : lowered.index(b"\r\n", at)])
    body = await reader.readexactly(length)
    if b"connection: close" in lowered:
        await reader.read()
    return status, body
