"""Measure intake, listing, review and re-scoring beside floors and a naive reference, in one run of ten minutes.

    python tests/bench/intake.py [--quick | --huge] [--peer isso] [--peer waline] [--json FILE]

Each round measures every contender once, in turn, so that a change of the machine's speed touches all alike. Rates
count committed rows where there are any. No ratio is printed when a floor differs by more than 25 % between the first
and the last round. Everything of the service is on but the rate limits; every answer comes after its COMMIT.
--quick takes a minute and is for seeing that it runs; --huge queues ten million comments in place of one.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent))
import archive
import floors
import servers
from contest import Bench
from load import comment, get, request
from peers import PEERS, Isso, Waline
from report import report
from start import cold_starts

PATH = "/v1/sites/bench/comments"
FLOORS = ("echo 64", "unnest of 64")
PAIRS = (
    ("gatepost 64", "naive 64"),
    ("gatepost 64", "echo 64"),
    ("gatepost 64", "unnest of 64"),
    ("gatepost 64", "pgbench 16"),
    ("gatepost 16", "isso 16"),
    ("2 workers 64", "gatepost 64"),
    ("pooled 64", "gatepost 64"),
    ("list 304", "echo GET"),
    ("list, 100 pages", "echo GET"),
)
STORED = """
SELECT sum(pg_total_relation_size(c.oid))::float8 FROM pg_class AS c
WHERE c.relname IN ('comment', 'verdict', 'queue', 'event', 'outbox', 'idempotency')
"""


def start(bench: Bench, folder: Path, stack: ExitStack, peers: list[str]) -> dict[str, Isso | Waline]:
    """Start every contender; return the peers."""
    server = bench.server
    settings = servers.urls(server)
    names = ("echo", "naive", "gatepost", "workers", "pooled")
    ports = bench.ports = {name: servers.free_port() for name in names}
    running = {
        "echo": servers.uvicorn("echo:app", ports["echo"]),
        "naive": servers.uvicorn("naive:app", ports["naive"], DSN=server.owner_dsn),
        "gatepost": servers.gatepost(settings, ports["gatepost"]),
        "workers": servers.gatepost(settings | {"GATEPOST_WORKERS": "2"}, ports["workers"]),
    }
    if Path(servers.PGBOUNCER).exists():
        through = stack.enter_context(servers.pgbouncer(server, folder / "pool"))
        pooled = settings | {"GATEPOST_DATABASE_URL": through, "GATEPOST_DATABASE_POOLING": "transaction"}
        running["pooled"] = servers.gatepost(pooled, ports["pooled"])
    for name, each in running.items():
        bench.pids[name] = servers.tree(stack.enter_context(each).pid)
    found = {name: stack.enter_context(PEERS[name](folder / name, bench.server)) for name in peers}
    for name, peer in found.items():
        bench.pids[name], bench.ports[name] = servers.tree(peer.pid), peer.port
    return found


def poster(port: int, path: str = PATH) -> Callable[[int], bytes]:
    headers = f"Origin: {servers.ORIGIN}\r\n"
    return lambda n: request(f"127.0.0.1:{port}", path, comment(n, servers.ORIGIN), headers)


async def round_of_intake(bench: Bench, folder: Path, peers: dict[str, Isso | Waline]) -> None:
    """Measure everything that takes comments once."""
    post = {name: poster(port) for name, port in bench.ports.items()}
    await bench.closed("echo 64", "echo", 64, poster(bench.ports["echo"], "/comments"))
    bench.note("unnest of 64", rate=await floors.unnest(bench.server.owner_dsn, bench.seconds))
    single = await asyncio.to_thread(floors.pgbench, bench.server.owner_dsn, folder, bench.seconds)
    if single is not None:
        bench.note("pgbench 16", rate=single)
    await bench.closed("naive 64", "naive", 64, poster(bench.ports["naive"], "/comments"), "naive")
    for connections in (1, 16, 64, 256):
        await bench.closed(f"gatepost {connections}", "gatepost", connections, post["gatepost"], "comment")
    for rate in (200, 500, 1000):
        await bench.open(f"gatepost at {rate}/s", "gatepost", rate, post["gatepost"], "comment")
    await bench.closed("2 workers 64", "workers", 64, post["workers"], "comment")
    if "pooled" in bench.pids:
        await bench.closed("pooled 64", "pooled", 64, post["pooled"], "comment")
    for name, peer in peers.items():
        before = await peer.rows()
        await bench.closed(f"{name} 16", name, 16, peer.make)
        answers, rows = bench.results[f"{name} 16"][-1]["answers"], await peer.rows() - before
        assert rows == answers, f"{name}: {rows} rows for {answers} answers"


async def round_of_listing(bench: Bench) -> None:
    """Measure a page of fifty comments: as a browser asks that has it, as one that has not, and other pages in turn."""
    host = f"127.0.0.1:{bench.ports['gatepost']}"
    path = f"/v1/sites/small/comments?page_url={servers.ORIGIN}/archive/"
    tag = await entity_tag(bench.ports["gatepost"], get(host, f"{path}1"))
    echo = get(f"127.0.0.1:{bench.ports['echo']}", "/comments")
    await bench.closed("echo GET", "echo", 16, lambda n: echo)
    known = get(host, f"{path}1", f"If-None-Match: {tag}\r\n")
    await bench.closed("list 304", "gatepost", 16, lambda n: known)
    await bench.closed("list, one page", "gatepost", 16, lambda n: get(host, f"{path}1"))
    await bench.closed("list, 100 pages", "gatepost", 16, lambda n: get(host, f"{path}{n % 100}"))


async def entity_tag(port: int, asked: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    return next(line.partition(": ")[2] for line in head.splitlines() if line.lower().startswith("etag:"))


async def review(bench: Bench, sizes: dict[str, int], tokens: dict[str, str]) -> None:
    """Measure the queue on sites of several sizes, in turn."""
    for site, count in sizes.items():
        seconds = await archive.fill(bench.server, site, count, "held")
        print(f"queued {count:,} comments by SQL in {seconds:.0f} s", flush=True)
    for _ in range(3):
        for site, count in sizes.items():
            figures = await archive.desk(bench.ports["gatepost"], site, tokens[site], bench.seconds)
            bench.note(f"queue of {count:,}", **figures)


async def measure(bench: Bench, args: argparse.Namespace, folder: Path) -> None:
    server = bench.server
    settings = servers.urls(server)
    servers.command(settings, "migrate")
    tokens = {name: servers.make_site(settings, name) for name in ("bench", "small", "large", "archive")}
    with ExitStack() as stack:
        peers = start(bench, folder, stack, args.peer)
        for number in range(args.rounds):
            await round_of_intake(bench, folder, peers)
            print(f"round {number + 1} of {args.rounds} done, load {os.getloadavg()[0]:.1f}", flush=True)
        stored = await servers.ask(server.owner_dsn, STORED)
        bench.note("stored", bytes_each=stored / await servers.ask(server.owner_dsn, "SELECT count(*) FROM comment"))
        await archive.fill(server, "archive", args.archive, "published")
        for _ in range(args.rounds):
            await round_of_listing(bench)
        await review(bench, {"small": 10_000, "large": args.large}, tokens)
    for processes in (1, 2, 1, 2):
        rate = await archive.rescore(server, os.environ | settings, "archive", processes)
        bench.note(f"rescore, {processes} processes", rate=rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--huge", action="store_true")
    parser.add_argument("--peer", choices=sorted(PEERS), action="append", default=[])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    args.rounds, seconds, args.archive, args.large = (1, 0.5, 2_000, 20_000) if args.quick else (5, 2.0, 40_000, 10**6)
    if args.huge:
        args.large = 10**7
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        starts = cold_starts(folder, 1 if args.quick else 3)
        with servers.postgres(folder) as server:
            print(f"fdatasync {servers.fsync_microseconds(folder):.0f} µs, {os.cpu_count()} cores", flush=True)
            bench = Bench(server, seconds)
            uvloop.run(measure(bench, args, folder))
    bench.results |= {f"{which} start": [{"start_s": value} for value in each] for which, each in starts.items()}
    print(report(bench.results, FLOORS, PAIRS))
    if args.json:
        args.json.write_text(json.dumps(bench.results, indent=2))


if __name__ == "__main__":
    main()
