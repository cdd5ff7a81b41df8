"""Load one contender after another, and note what each did and what it took."""

import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import servers
from load import Tally, run, run_open

from service.store.embedded import EmbeddedPostgres


@dataclass
class Bench:
    """What runs, and what was measured: by contender, the figures of each round."""

    server: EmbeddedPostgres
    seconds: float
    pids: dict[str, list[int]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    results: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    numbers: itertools.count = field(default_factory=itertools.count)

    def note(self, name: str, **figures: float) -> None:
        self.results.setdefault(name, []).append(figures)

    async def measure(
        self, name: str, server: str, load: Callable[[], Coroutine[None, None, Tally]], table: str = ""
    ) -> None:
        """Load a server, check that every answer was a success and every success a row, and note what it took."""
        own, database = self.pids[server], servers.tree(self.server.pid or 0)
        count = f"SELECT count(*) FROM {table} {'WHERE site_id = 1' if table == 'comment' else ''}"
        rows = await servers.ask(self.server.owner_dsn, count) if table else 0
        before = servers.cpu_seconds(own), servers.cpu_seconds(database)
        tally = await load()
        used = servers.cpu_seconds(own) - before[0], servers.cpu_seconds(database) - before[1]
        done = sum(tally.statuses[status] for status in (200, 201, 202, 304))
        refused = tally.statuses[503]
        assert done + refused == sum(tally.statuses.values()), f"{name}: {tally.statuses}"
        if table:
            committed = await servers.ask(self.server.owner_dsn, count) - rows
            assert committed == done, f"{name}: {committed} rows for {done} answers"
        self.note(
            name,
            rate=done / tally.elapsed,
            p50_ms=1000 * tally.percentile(0.5),
            p99_ms=1000 * tally.percentile(0.99),
            service_us=1e6 * used[0] / done,
            postgres_us=1e6 * used[1] / done,
            pss_mb=servers.pss_megabytes(own),
            refused=refused,
            answers=done,
        )

    async def closed(
        self, name: str, server: str, connections: int, make: Callable[[int], bytes], table: str = ""
    ) -> None:
        port = self.ports[server]
        how = {"connections": connections, "seconds": self.seconds, "numbers": self.numbers}
        await self.measure(name, server, lambda: run(port, make, **how), table)

    async def open(self, name: str, server: str, rate: float, make: Callable[[int], bytes], table: str) -> None:
        port = self.ports[server]
        how = {"rate": rate, "seconds": self.seconds, "numbers": self.numbers}
        await self.measure(name, server, lambda: run_open(port, make, **how), table)
