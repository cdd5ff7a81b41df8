"""A small HTTP client that loads a server: N connections in a closed loop, or so many requests a second in an open one.

A bare protocol, because a full client library costs more per request than the services that are measured here; and the
client shares the machine with them.
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


class Line(asyncio.Protocol):
    """A connection that carries one request at a time, for a third of what a pair of streams costs."""

    def __init__(self) -> None:
        self.is_closed = False
        self._ended = asyncio.Event()
        self._said = b""
        self._tell: Callable[[int, bytes], None] | None = None

    @classmethod
    async def to(cls, port: int) -> "Line":
        _, line = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return line

    def ask(self, request: bytes, tell: Callable[[int, bytes], None]) -> None:
        """Send a request; `tell` is called with status and body of the answer, status 0 when there is none."""
        self._tell = tell
        self._transport.write(request)

    async def close(self) -> None:
        self._transport.close()
        await self._ended.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._said += data
        head, end, body = self._said.partition(b"\r\n\r\n")
        if not end:
            return
        lowered, status = head.lower(), int(head[9:12])
        at = lowered.find(b"content-length:") + 15
        size = 0 if status in (204, 304) else int(lowered[at : (lowered + b"\r").index(b"\r", at)])
        if len(body) >= size:
            self._said = b""
            self.is_closed |= b"connection: close" in lowered
            self._answered(status, body)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        self._ended.set()
        self._answered(0, b"")

    def _answered(self, status: int, body: bytes) -> None:
        tell, self._tell = self._tell, None
        if tell:
            tell(status, body)


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
        line = await Line.to(port)
        while time.perf_counter() < end:
            if line.is_closed:
                line = await Line.to(port)
            answered = asyncio.get_running_loop().create_future()
            sent = time.perf_counter()
            line.ask(make(next(numbers)), lambda *answer, answered=answered: answered.set_result(answer))
            status, body = await answered
            tally.times[status].append(time.perf_counter() - sent)
            if keep_ids:
                tally.ids.append(json.loads(body)["id"])
        await line.close()

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
    idle: list[tuple[Line, float]] = []
    began = time.perf_counter()
    total, all_told = round(rate * seconds), asyncio.Event()
    told = 0

    def send(line: Line, due: float) -> None:
        def tell(status: int, _: bytes) -> None:
            nonlocal told
            now = time.perf_counter()
            tally.times[status].append(now - due)
            if not line.is_closed:
                idle.append((line, now))
            told += 1
            if told == total:
                all_told.set()

        line.ask(make(next(numbers)), tell)

    for i in range(total):
        due = began + i / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        elif i % 16 == 0:
            # Late, and yet answers have to be read.
            await asyncio.sleep(0)
        while idle and (idle[-1][0].is_closed or time.perf_counter() - idle[-1][1] > IDLE_SECONDS):
            await idle.pop()[0].close()
        send(idle.pop()[0] if idle else await Line.to(port), due)
    await all_told.wait()
    tally.elapsed = time.perf_counter() - began
    for line, _ in idle:
        await line.close()
    return tally


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
