"""What the parts cost by themselves: rows by the same driver in batches, and single rows as pgbench commits them."""

import re
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
from load import text

from service.store.cluster import binaries

BATCH = 64
CREATE = "CREATE TABLE IF NOT EXISTS floor (id uuid PRIMARY KEY, author text NOT NULL, body text NOT NULL)"
INSERT = "INSERT INTO floor SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])"
SINGLE = f"INSERT INTO floor VALUES (gen_random_uuid(), 'Reader', '{text(0)}');\n"


async def unnest(dsn: str, seconds: float) -> float:
    """Return the rows per second that one connection commits in batches of 64."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(CREATE)
        authors, bodies = ["Reader"] * BATCH, [text(n) for n in range(BATCH)]
        rows, began = 0, time.perf_counter()
        while time.perf_counter() < began + seconds:
            await connection.execute(INSERT, [uuid4() for _ in range(BATCH)], authors, bodies)
            rows += BATCH
        return rows / (time.perf_counter() - began)
    finally:
        await connection.close()


def pgbench(dsn: str, folder: Path, seconds: float, connections: int = 16) -> float | None:
    """Return the single rows per second that pgbench commits; None where there is no pgbench."""
    program = binaries(None) / "pgbench"
    if not program.exists():
        return None
    script = folder / "single.sql"
    script.write_text(SINGLE)
    said = subprocess.run(
        [program, "-n", "-c", str(connections), "-T", str(max(1, round(seconds))), "-M", "prepared", "-f", script, dsn],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = re.search(r"tps = ([0-9.]+) \(without", said)
    assert found, said
    return float(found[1])
