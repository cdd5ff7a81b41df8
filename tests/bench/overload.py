"""Send three times what the service can take, and look at who is let in, who is turned away, and what is left after.

    python tests/bench/overload.py [--seconds 120] [--times 3] [--connections 64]

The peak is measured in a closed loop, before and after; between, the multiple of it comes in an open one. Client,
service and Postgres share the machine, so what the client takes for refused requests is missing from the service: the
share that is accepted is a lower bound.
"""

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent))
import servers
from load import Tally, comment, request, run, run_open

NORMAL = 2.0
"""Times the latency of quiet before, within which it counts as normal after."""
TEXTS = 200_000
"""Comments that are sent, one after the other: so many that hardly one is stored twice."""


async def overload(port: int, pid: int, args: argparse.Namespace) -> None:
    """Measure, and print what was found."""
    headers = f"Origin: {servers.ORIGIN}\r\n"
    host, path = f"127.0.0.1:{port}", "/v1/sites/bench/comments"
    # Made before: the client is to spend its time on sending.
    ready = [request(host, path, comment(n, servers.ORIGIN), headers) for n in range(TEXTS)]
    numbers = itertools.count()

    async def closed(connections: int, seconds: float) -> Tally:
        how = {"connections": connections, "seconds": seconds, "numbers": numbers}
        return await run(port, lambda n: ready[n % TEXTS], **how)

    await closed(args.connections, 2)
    quiet = (await closed(1, 2)).percentile(0.5)
    peak = (await closed(args.connections, 10)).rate(201, 202)
    before = servers.pss_megabytes([pid])
    rate = args.times * peak
    print(f"peak {peak:.0f}/s at {args.connections} connections; sending {rate:.0f}/s for {args.seconds:.0f} s")
    tally = await run_open(port, lambda n: ready[n % TEXTS], rate=rate, seconds=args.seconds, numbers=numbers)
    ended = time.perf_counter()
    after = servers.pss_megabytes([pid])
    while (await closed(1, 0.5)).percentile(0.5, 201, 202) > NORMAL * quiet:
        if time.perf_counter() > ended + 60:
            break
    normal = time.perf_counter() - ended
    again = (await closed(args.connections, 10)).rate(201, 202)
    accepted = tally.rate(201, 202)
    share = 2 * accepted / (peak + again)
    print(f"sent in {tally.elapsed:.0f} s, answers {dict(tally.statuses)}")
    print(f"peak again {again:.0f}/s; accepted {accepted:.0f}/s, {share:.0%} of the peaks' mean (target 80 %)")
    print(f"accepted p99 {1000 * tally.percentile(0.99, 201, 202):.0f} ms (target 1000)")
    print(f"refused p50 {1000 * tally.percentile(0.5, 503):.0f} ms, p99 {1000 * tally.percentile(0.99, 503):.0f} ms")
    print(f"memory {before:.0f} MB before, {after:.0f} MB after (target +100)")
    print(f"normal {normal:.1f} s after the end (target 5)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--times", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=64)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, servers.postgres(Path(name)) as server:
        settings, port = servers.urls(server), servers.free_port()
        servers.command(settings, "migrate")
        servers.make_site(settings, "bench")
        with servers.gatepost(settings, port) as running:
            uvloop.run(overload(port, running.pid, args))


if __name__ == "__main__":
    main()
