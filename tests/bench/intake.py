"""Measure intake against a naive reference and the floor of an echo, side by side in one run.

    python tests/bench/intake.py [--rounds 5] [--seconds 4] [--json FILE]

Each round measures every contender once, in turn, so that a change of the machine's speed touches all alike. Rates
count committed rows where there are any. No ratio is printed when the floor differs by more than 25 % between the
first and the last round. Everything of the service is on but the rate limits.
"""

import argparse
import asyncio
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parent))
from load import Tally, comment, request, run

from service.store.embedded import EmbeddedPostgres

HERE = Path(__file__).resolve().parent
ORIGIN = "https://example.org"
BIN = Path(sys.executable).parent
DRIFT = 0.25


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def process(*command: str, ready: str, **environment: str):
    """Run a server until the block ends; it is ready when it answers GET `ready` at all."""
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            port = int(ready.partition("/")[0])
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            else:
                raise RuntimeError(f"{command} did not start")
            yield running
        finally:
            running.send_signal(signal.SIGTERM)


def uvicorn(app: str, port: int, **environment: str):
    return process(
        sys.executable, "-m", "uvicorn", app, "--app-dir", str(HERE), "--port", str(port),
        "--no-access-log", "--log-level", "error", ready=f"{port}/", **environment,
    )  # fmt: skip


def tree(pid: int) -> list[int]:
    """Return a process and all that it has started."""
    children = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and f"PPid:\t{pid}\n" in _read(entry / "status")
    ]
    return [pid, *(each for child in children for each in tree(child))]


def cpu_seconds(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12]) if fields else 0
    return total / os.sysconf("SC_CLK_TCK")


def pss_megabytes(pid: int) -> float:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), float("nan"))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


async def rows(dsn: str, table: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT set_config('gatepost.sites', '1', false)")
        return await connection.fetchval(f"SELECT count(*) FROM {table}")
    finally:
        await connection.close()


async def measure(
    name: str, port: int, path: str, connections: int, seconds: float, numbers, dsn="", table=""
) -> Tally:
    before = await rows(dsn, table) if table else 0
    host = f"127.0.0.1:{port}"
    headers = f"Origin: {ORIGIN}\r\n" if table == "comment" else ""
    tally = await run(
        port, lambda n: request(host, path, comment(n, ORIGIN), headers),
        connections=connections, seconds=seconds, numbers=numbers,
    )  # fmt: skip
    done = tally.statuses[201] + tally.statuses[202]
    assert done == sum(tally.statuses.values()), f"{name}: {tally.statuses}"
    if table:
        committed = await rows(dsn, table) - before
        assert committed == done, f"{name}: {committed} rows for {done} answers"
    return tally


async def rounds(args, postgres: EmbeddedPostgres, stack: ExitStack) -> dict[str, list[dict[str, float]]]:
    numbers = itertools.count()
    ports = {name: free_port() for name in ("echo", "naive", "gatepost")}
    stack.enter_context(uvicorn("echo:app", ports["echo"]))
    stack.enter_context(uvicorn("naive:app", ports["naive"], DSN=postgres.owner_dsn))
    urls = {
        "GATEPOST_DATABASE_URL": postgres.service_dsn,
        "GATEPOST_OWNER_DATABASE_URL": postgres.owner_dsn,
        "GATEPOST_RATE_LIMITS": "off",
        "GATEPOST_PORT": str(ports["gatepost"]),
        "GATEPOST_LOG_LEVEL": "warning",
    }
    subprocess.run([BIN / "gatepost", "migrate"], env=os.environ | urls, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(
        [BIN / "gatepost", "site", "add", "bench", "--origin", ORIGIN],
        env=os.environ | urls, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    ours = stack.enter_context(process(str(BIN / "gatepost"), "serve", ready=f"{ports['gatepost']}/", **urls))
    path = "/v1/sites/bench/comments"
    results: dict[str, list[dict[str, float]]] = {}

    async def one(name: str, target: str, at: str, connections: int, **where: str) -> None:
        pids = [*tree(ours.pid), *tree(postgres.pid)] if target == "gatepost" else []
        before = cpu_seconds(pids)
        tally = await measure(name, ports[target], at, connections, args.seconds, numbers, **where)
        done = sum(tally.statuses.values())
        results.setdefault(name, []).append({
            "rate": tally.rate(201, 202),
            "p50_ms": 1000 * tally.percentile(0.5),
            "p99_ms": 1000 * tally.percentile(0.99),
            "cpu_us": 1e6 * (cpu_seconds(pids) - before) / done if pids else float("nan"),
            "pss_mb": pss_megabytes(ours.pid) if pids else float("nan"),
        })  # fmt: skip

    print(f"idle memory of the service: {pss_megabytes(ours.pid):.0f} MB (PSS)")
    for number in range(args.rounds):
        await one("echo 64", "echo", "/comments", 64)
        await one("naive 64", "naive", "/comments", 64, dsn=postgres.owner_dsn, table="naive")
        for connections in (1, 16, 64):
            where = {"dsn": postgres.owner_dsn, "table": "comment"}
            await one(f"gatepost {connections}", "gatepost", path, connections, **where)
        print(f"round {number + 1} of {args.rounds} done, load {os.getloadavg()[0]:.1f}")
    return results


def fsync_microseconds(folder: Path) -> float:
    seconds = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 8192)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            seconds.append(time.perf_counter() - began)
    return 1e6 * statistics.median(seconds)


def spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def report(results: dict[str, list[dict[str, float]]]) -> None:
    print(f"{'':14}{'comments/s':>22}{'p50 ms':>20}{'p99 ms':>22}{'CPU µs each':>20}{'PSS MB':>14}")
    for name, each in results.items():
        column = {key: [figures[key] for figures in each] for key in each[0]}
        print(
            f"{name:14}{spread(column['rate'], '.0f'):>22}{spread(column['p50_ms'], '.1f'):>20}"
            f"{spread(column['p99_ms'], '.1f'):>22}{spread(column['cpu_us'], '.0f'):>20}"
            f"{spread(column['pss_mb'], '.0f'):>14}"
        )
    floor = [figures["rate"] for figures in results["echo 64"]]
    if abs(floor[-1] - floor[0]) > DRIFT * floor[0]:
        print(f"no ratios: the floor moved from {floor[0]:.0f} to {floor[-1]:.0f} per second during the run")
        return
    for other in ("naive 64", "echo 64"):
        ratios = [
            ours["rate"] / theirs["rate"] for ours, theirs in zip(results["gatepost 64"], results[other], strict=True)
        ]
        print(f"gatepost 64 ÷ {other}: {spread(ratios, '.2f')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = EmbeddedPostgres(folder / "data")
        postgres.start("bench")
        stack.callback(postgres.stop)
        print(f"fdatasync: {fsync_microseconds(folder):.0f} µs")
        results = asyncio.run(rounds(args, postgres, stack))
    report(results)
    if args.json:
        args.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
