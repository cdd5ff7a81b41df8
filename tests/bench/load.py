"""A small closed-loop HTTP client: N connections, each sending its next request when the last one is answered.

Raw asyncio, because a full client library costs more per request than the services that are measured here.
"""

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

WORDS = (
    "the article says that sleep and walks help more than people think and my own doctor told me the same thing "
    "last spring when we talked about the long nights the dog the garden and how slowly the town mends its roads"
).split()


@dataclass
class Tally:
    """What came back: seconds of each answer, and how many of each status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    def rate(self, *statuses: int) -> float:
        return sum(self.statuses[status] for status in statuses) / self.elapsed

    def percentile(self, share: float) -> float:
        return sorted(self.seconds)[int(share * (len(self.seconds) - 1))]


def comment(number: int, origin: str) -> bytes:
    """Return a comment of median length (about 200 characters) that no other number gives, as JSON."""
    words = random.Random(number).choices(WORDS, k=38)
    body = {
        "body": f"{' '.join(words).capitalize()}, number {number}.",
        "author_name": f"Reader {number % 977}",
        "author_email": f"reader{number % 977}@example.org",
        "page_url": f"{origin}/articles/{number % 50}",
        "page_title": "What to know about sleep",
    }
    return json.dumps(body).encode()


def request(host: str, path: str, body: bytes, headers: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"{headers}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def run(
    port: int,
    make: Callable[[int], bytes],
    *,
    connections: int,
    seconds: float,
    numbers: itertools.count,
    keep_ids=False,
) -> Tally:
    """Send `make(number)` over `connections` connections for a time, and tally the answers."""
    tally = Tally()
    began = time.perf_counter()
    end = began + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            sent = time.perf_counter()
            writer.write(make(next(numbers)))
            status, answer = await read_answer(reader)
            tally.seconds.append(time.perf_counter() - sent)
            tally.statuses[status] += 1
            if keep_ids:
                tally.ids.append(json.loads(answer)["id"])
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(one())
    tally.elapsed = time.perf_counter() - began
    return tally


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return status and body of the next answer on a connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.index(b"content-length:") + 15
    length = int(lowered[at : lowered.index(b"\r\n", at)])
    return int(head[9:12]), await reader.readexactly(length)
