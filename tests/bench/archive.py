"""Fill a site with comments by SQL, and measure what grows with it: the queue, and judging an archive again."""

import asyncio
import json
import statistics
import subprocess
import time
from collections.abc import Mapping

import asyncpg
from load import get, read_answer, request, text
from servers import GATEPOST, ORIGIN, ask

from service.store.embedded import EmbeddedPostgres

TEXTS = 2000
MODERATORS = 8

FILL = """
INSERT INTO page (site_id, key, url, title)
SELECT $1, '{origin}/archive/' || n, '{origin}/archive/' || n, 'Archive' FROM generate_series(0, 99) AS n;
"""
COMMENTS = """
INSERT INTO comment (site_id, comment_id, page_id, state, text_hash, author_name, author_email, body, html, created_at)
SELECT
    $1, (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - n), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
        || '8' || lpad(to_hex(n), 15, '0'))::uuid,
    p.page_id, $3, n, 'Reader ' || n % 977, 'reader' || n % 977 || '@example.org',
    ($4::text[])[1 + n % $5], '<p>' || ($4::text[])[1 + n % $5] || '</p>', now() - n * interval '1 millisecond'
FROM generate_series(1, $2::int) AS n
JOIN page AS p ON p.site_id = $1 AND p.key = '{origin}/archive/' || n % 100
"""
VERDICTS = """
INSERT INTO verdict (site_id, comment_id, revision, action, scores, models, flags, created_at)
SELECT site_id, comment_id, 1, 'hold', '{"spam": 0.2, "health": 0.1}', '{"spam": "spam-0", "health": "health-0"}', '[]',
    created_at
FROM comment WHERE site_id = $1
"""
QUEUE = """
INSERT INTO queue (site_id, comment_id, rank, weight, queued_at)
SELECT site_id, comment_id, extract(epoch FROM created_at) / -86400 + random(), 0.5, created_at
FROM comment WHERE site_id = $1 AND state = 'held'
"""


async def fill(server: EmbeddedPostgres, site: str, count: int, state: str) -> float:
    """Put comments in a site by SQL; return how many seconds it took.

    As a superuser without triggers: neither foreign keys nor the audit chain are wanted here, and each would take
    longer than the rows.
    """
    began = time.perf_counter()
    connection = await asyncpg.connect(server.owner_dsn.replace("gatepost_owner@", "postgres@"), command_timeout=3600)
    try:
        await connection.execute("SET session_replication_role = replica")
        site_id = await connection.fetchval("SELECT site_id FROM site WHERE name = $1", site)
        await connection.execute(FILL.replace("{origin}", ORIGIN), site_id)
        texts = [text(n) for n in range(TEXTS)]
        await connection.execute(COMMENTS.replace("{origin}", ORIGIN), site_id, count, state, texts, TEXTS)
        await connection.execute(VERDICTS, site_id)
        await connection.execute(QUEUE, site_id)
        await connection.execute(
            "UPDATE page SET published = (SELECT count(*) FROM comment AS c WHERE c.site_id = page.site_id"
            " AND c.page_id = page.page_id AND c.state = 'published') WHERE site_id = $1",
            site_id,
        )
        await connection.execute(
            "INSERT INTO counter VALUES ($1, $2, $3) ON CONFLICT (site_id, state) DO UPDATE SET total = excluded.total",
            site_id, state, count,
        )  # fmt: skip
        await connection.execute("VACUUM ANALYZE page, comment, verdict, queue")
    finally:
        await connection.close()
    return time.perf_counter() - began


async def desk(port: int, site: str, token: str, seconds: float) -> dict[str, float]:
    """Return what a look at a site's queue takes, and what eight moderators who lease and decide there do."""
    host, who = f"127.0.0.1:{port}", f"Authorization: Bearer {token}\r\n"
    pages: list[float] = []
    leases: list[float] = []
    decisions: list[float] = []

    async def look(end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            _, took = await _ask(reader, writer, get(host, f"/v1/review/queue?site={site}&limit=20", who))
            pages.append(took)
        writer.close()

    async def moderate(end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        wanted = request(host, "/v1/review/leases", json.dumps({"site": site, "limit": 1}).encode(), who)
        while time.perf_counter() < end:
            answer, took = await _ask(reader, writer, wanted)
            leases.append(took)
            entry = json.loads(answer)["items"][0]
            wish = {"comment_id": entry["comment"]["id"], "version": entry["version"], "action": "approve"}
            body = json.dumps({"decisions": [wish]}).encode()
            _, took = await _ask(reader, writer, request(host, "/v1/review/decisions", body, who))
            decisions.append(took)
        writer.close()

    await look(time.perf_counter() + seconds)
    end = time.perf_counter() + seconds
    await asyncio.gather(*(moderate(end) for _ in range(MODERATORS)))
    return {
        "page_ms": 1000 * statistics.median(pages),
        "lease_ms": 1000 * statistics.median(leases),
        "decide_ms": 1000 * statistics.median(decisions),
        "decided_per_s": len(decisions) / seconds,
    }


async def rescore(server: EmbeddedPostgres, settings: Mapping[str, str], site: str, processes: int) -> float:
    """Return the comments per second that so many processes judge again, from the first claim to the last."""
    running = [
        subprocess.Popen(
            [GATEPOST, "rescore", "--site", site, "--model", "spam"], env=settings, stdout=subprocess.DEVNULL
        )
        for _ in range(processes)
    ]
    codes = await asyncio.gather(*(asyncio.to_thread(each.wait) for each in running))
    assert not any(codes), codes
    return float(
        await ask(
            server.owner_dsn,
            "SELECT (SELECT sum(comments) FROM rescoring_range AS r WHERE r.rescoring_id = l.rescoring_id)"
            " / extract(epoch FROM l.finished_at - l.started_at) FROM rescoring AS l ORDER BY started_at DESC LIMIT 1",
        )
    )


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, what: bytes) -> tuple[bytes, float]:
    began = time.perf_counter()
    writer.write(what)
    status, answer = await read_answer(reader)
    assert status == 200, answer
    return answer, time.perf_counter() - began
