"""The benchmarks' own arithmetic, on real servers where there is one: a wrong figure is worse than none."""

import asyncio
import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "bench"))

from load import comment, request, run, run_open
from report import drift, ratios, report
from soak import EVERY, verdicts

ROUNDS = {
    "echo 64": [{"rate": 1000.0}, {"rate": 900.0}, {"rate": 1100.0}],
    "gatepost 64": [{"rate": 600.0}, {"rate": 450.0}, {"rate": 770.0}],
}


async def serving(stall: float):
    """Serve 201 to everything; the third request on stalls the whole server once."""
    seen = itertools.count()

    async def answer(reader, writer):
        while head := await head_of(reader):
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            if next(seen) == 2:
                await asyncio.sleep(stall)
            writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()
        await writer.wait_closed()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def head_of(reader) -> bytes:
    """Return the next request's head, nothing when there is none."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def make(n: int) -> bytes:
    return request("127.0.0.1", "/", comment(n, "https://example.org"))


async def test_every_request_of_a_closed_loop_is_counted():
    async with await serving(0.0) as server:
        port = server.sockets[0].getsockname()[1]
        numbers = itertools.count()
        tally = await run(port, make, connections=2, seconds=0.2, numbers=numbers)

    assert tally.statuses == {201: next(numbers)}


async def test_an_open_loop_sends_all_that_was_due_though_the_server_stalls():
    async with await serving(0.3) as server:
        port = server.sockets[0].getsockname()[1]
        tally = await run_open(port, make, rate=100, seconds=0.3, numbers=itertools.count())

    assert tally.statuses == {201: 30}
    assert tally.percentile(1.0) >= 0.3
    assert tally.percentile(0.5) < tally.percentile(1.0)


def test_ratios_are_taken_within_rounds():
    found = ratios(ROUNDS, [("gatepost 64", "echo 64"), ("gatepost 64", "not measured")])

    assert found == {"gatepost 64 ÷ echo 64": pytest.approx([0.6, 0.5, 0.7])}
    assert "0.60 (0.50–0.70)" in report(ROUNDS, ["echo 64"], [("gatepost 64", "echo 64")])


def test_no_ratio_is_printed_when_a_floor_has_moved():
    moved = ROUNDS | {"echo 64": [{"rate": 1000.0}, {"rate": 900.0}, {"rate": 700.0}]}

    said = report(moved, ["echo 64"], [("gatepost 64", "echo 64")])

    assert "÷" not in said
    assert "echo 64 went from 1000 to 700" in drift(moved, ["echo 64"])


@pytest.mark.parametrize(("growth", "grows"), [(0.0, False), (30.0, True)])
def test_what_grows_is_told_from_noise(growth, grows):
    samples = []
    for i in range(60):
        at = i * EVERY
        noise = (i * 7919 % 13 - 6) / 6
        steady = {"descriptors": 20.0, "threads": 3.0, "connections": 4.0}
        samples.append((at, steady | {"memory MB": 70 + growth * at / 3600 + noise}))

    found = verdicts(samples)

    assert found["memory MB"][2] is grows
    assert not found["descriptors"][2]
