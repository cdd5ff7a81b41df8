"""Run at a third of the load for an hour, and look for anything that grows.

    python tests/bench/soak.py [--minutes 60] [--share 0.3]

Every ten seconds memory, descriptors, threads and connections to Postgres are read; a line is fitted to each, with the
95 % interval of its slope. Exits with 1 when an interval lies wholly above what is tolerated. The first fifth is left
out: caches fill.
"""

import argparse
import itertools
import math
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent))
import servers
from load import comment, request, run, run_open

EVERY = 10.0
WARM = 0.2
TOLERATED = {"memory MB": 2.0, "descriptors": 1.0, "threads": 1.0, "connections": 1.0}
"""Growth per hour that is not told from none: a service that is restarted once a month would gain 1.4 GB at most."""
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gatepost'"


def slope(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the slope of the line of least squares, and half the width of its 95 % interval."""
    n, middle, mean = len(times), sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - middle) ** 2 for t in times)
    steep = sum((t - middle) * (v - mean) for t, v in zip(times, values, strict=True)) / spread
    rest = sum((v - mean - steep * (t - middle)) ** 2 for t, v in zip(times, values, strict=True))
    # 1.96 for the normal distribution, widened for few samples as Student's t is (3 % off from ten samples on).
    return steep, 1.96 * (1 + 2.4 / (n - 2)) * math.sqrt(rest / (n - 2) / spread)


def verdicts(samples: Sequence[tuple[float, dict[str, float]]]) -> dict[str, tuple[float, float, bool]]:
    """Return by figure its growth per hour, the half width of its interval, and whether it grows."""
    kept = samples[int(WARM * len(samples)) :]
    hours = [at / 3600 for at, _ in kept]
    found = {}
    for name, tolerated in TOLERATED.items():
        steep, half = slope(hours, [values[name] for _, values in kept])
        found[name] = (steep, half, steep - half > tolerated)
    return found


async def soak(port: int, pid: int, dsn: str, args: argparse.Namespace) -> list[tuple[float, dict[str, float]]]:
    """Load the service; return what was read every ten seconds."""
    headers = f"Origin: {servers.ORIGIN}\r\n"
    host, path = f"127.0.0.1:{port}", "/v1/sites/bench/comments"
    numbers, samples = itertools.count(), []

    def make(n: int) -> bytes:
        return request(host, path, comment(n, servers.ORIGIN), headers)

    peak = (await run(port, make, connections=64, seconds=10, numbers=numbers)).rate(201, 202)
    rate = args.share * peak
    print(f"peak {peak:.0f}/s; {rate:.0f}/s for {args.minutes:.0f} minutes", flush=True)
    began = time.perf_counter()
    while time.perf_counter() < began + 60 * args.minutes:
        tally = await run_open(port, make, rate=rate, seconds=EVERY, numbers=numbers)
        assert not set(tally.statuses) - {201, 202, 503}, tally.statuses
        pids = servers.tree(pid)
        samples.append((
            time.perf_counter() - began,
            {
                "memory MB": servers.pss_megabytes(pids),
                "descriptors": servers.descriptors(pids),
                "threads": servers.threads(pids),
                "connections": await servers.ask(dsn, CONNECTIONS),
            },
        ))  # fmt: skip
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--share", type=float, default=0.3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, servers.postgres(Path(name)) as server:
        settings, port = servers.urls(server), servers.free_port()
        servers.command(settings, "migrate")
        servers.make_site(settings, "bench")
        with servers.gatepost(settings, port) as running:
            # As the superuser: others are not shown whose connections there are.
            superuser = server.owner_dsn.replace("gatepost_owner@", "postgres@")
            samples = uvloop.run(soak(port, running.pid, superuser, args))
    found = verdicts(samples)
    for name, (steep, half, grows) in found.items():
        first, last = samples[int(WARM * len(samples))][1][name], samples[-1][1][name]
        print(
            f"{name:12} {first:.0f} → {last:.0f}, {steep:+.2f} ± {half:.2f} per hour, tolerated {TOLERATED[name]:.0f}: "
            f"{'GROWS' if grows else 'steady'}"
        )
    sys.exit(any(grows for *_, grows in found.values()))


if __name__ == "__main__":
    main()
