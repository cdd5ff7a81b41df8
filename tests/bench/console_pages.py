"""Time the console's pages on a small and a large archive, 10,000 comments held in each, side by side in one run.

    python tests/bench/console_pages.py [--rows 10000 1000000] [--rounds 40]

Prints the p50 and p95 of the server's own time per page (ASGI call to last byte, no network) in milliseconds, and how
the large archive compares with the small one. Rows are made by `generate_series` in an embedded Postgres, each with
its verdict; what is held is also queued.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import asyncpg
import httpx2

from service.app import create_app
from service.comment import Policy
from service.settings import Settings
from service.store.credentials import invite_member, open_session
from service.store.database import Database
from service.store.embedded import EmbeddedPostgres
from service.store.migrate import migrate
from service.store.sites import add_site

HELD = 10_000
WARM_UP = 6
"""Rounds that are not counted: Postgres plans a statement anew for the first five times."""
PAGES = 2_000
AUTHORS = 20_000
FILL = """
INSERT INTO page (site_id, key, url, title)
SELECT $1, 'key-' || n, 'https://demo.example/' || n, 'Article number ' || n FROM generate_series(1, $3) AS n;
"""
COMMENTS = """
INSERT INTO comment (
    site_id, comment_id, page_id, state, text_hash, author_key, author_name, body, html, created_at, decided
)
SELECT
    $1,
    (lpad(to_hex((1700000000000 + n * 60000)::bigint), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
    first.page_id + (n * 7919 % $3),
    CASE WHEN n > $2 - $4 THEN 'held' WHEN n % 10 = 0 THEN 'rejected' ELSE 'published' END,
    n % ($2 / 2), sha256(int4send((n % $5)::int)), 'Author ' || (n % $5),
    'Comment number ' || n || ' about sleep and walks, with some more words to make it as long as most of them are.',
    '<p>Comment number ' || n || '</p>', now() - ($2 - n) * interval '1 minute',
    CASE WHEN n > $2 - $4 THEN '' WHEN n % 10 = 0 THEN 'reject' ELSE 'approve' END
FROM generate_series(1::bigint, $2) AS n, (SELECT min(page_id) AS page_id FROM page) AS first
"""
REST = (
    """
INSERT INTO verdict (site_id, comment_id, revision, action, scores, models, flags, created_at)
SELECT site_id, comment_id, 1, CASE state WHEN 'published' THEN 'publish' ELSE 'hold' END, '{"spam": 0.7}',
    '{"spam": "spam-1"}',
    CASE state WHEN 'published' THEN '[]'::jsonb ELSE '[{"code": "spam.text", "category": "spam", "source": "model",
        "score": 0.7, "threshold": 0.5, "message": "Reads like an advertisement", "evidence": [{"field": "body",
        "start": 0, "end": 7, "text": "Comment", "weight": 1.5}]}]'::jsonb END, created_at
FROM comment
""",
    """
INSERT INTO queue (site_id, comment_id, rank, weight, flags, categories, queued_at)
SELECT site_id, comment_id, 0.7 + random() - extract(epoch FROM created_at) / 172800, 0.7, '{spam.text}', '{spam}',
    created_at
FROM comment WHERE state = 'held'
""",
    """
UPDATE counter SET total = (SELECT count(*) FROM comment WHERE comment.state = counter.state)
""",
    """
INSERT INTO decision (
    site_id, seq, decision_id, comment_id, action, reason, state_before, state_after, decided_by, created_at,
    previous_hash, hash
)
SELECT site_id, 0, comment_id, comment_id, decided, CASE decided WHEN 'reject' THEN 'spam' END, 'held', state,
    'ada@example.org', created_at, '', ''
FROM comment WHERE decided <> ''
""",
    """
INSERT INTO author (site_id, author_key, approved, rejected)
SELECT site_id, author_key, count(*) FILTER (WHERE decided = 'approve'), count(*) FILTER (WHERE decided = 'reject')
FROM comment GROUP BY site_id, author_key
""",
)


async def fill(dsn: str, site_id: int, rows: int) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET synchronous_commit = off")
    await connection.execute(FILL.replace("$1", str(site_id)).replace("$3", str(PAGES)))
    values = {"$1": site_id, "$2": rows, "$3": PAGES, "$4": HELD, "$5": AUTHORS}
    statement = COMMENTS
    for name, value in values.items():
        statement = statement.replace(name, str(value))
    await connection.execute(statement, timeout=600)
    for number, each in enumerate(REST):
        if number == 3:
            await connection.execute("ALTER TABLE decision DROP CONSTRAINT decision_pkey")
        await connection.execute(each, timeout=600)
    await connection.execute("VACUUM ANALYZE", timeout=600)
    await connection.close()


async def prepare(dsn: str, service_dsn: str, rows: int) -> tuple[str, dict[str, str]]:
    """Fill a database and return a session on it, and the addresses to ask for."""
    db = await Database.open(service_dsn)
    site = await add_site(db, name="demo", title="Demo", origins=["https://demo.example"], policy=Policy())
    await fill(dsn, site.id, rows)
    session = await open_session(db, await invite_member(db, [site.id], email="ada@example.org", role="owner"))
    await db.close()
    connection = await asyncpg.connect(dsn)
    held = await connection.fetchval("SELECT comment_id FROM queue ORDER BY rank LIMIT 1")
    page = await connection.fetchval("SELECT min(page_id) FROM page")
    await connection.close()
    assert session
    return session, {
        "queue": "/console",
        "queue, by category": "/console?category=spam",
        "queue, oldest first": "/console?sort=oldest",
        "queue, by text": "/console?q=number+9",
        "comment": f"/console/comments/{held}",
        "author": f"/console/comments/{held}/author",
        "page": f"/console/pages/{page}",
        "history": "/console/history",
        "published": "/console?status=published",
        "rejected": "/console?status=rejected",
        "statistics": "/console/statistics?site=demo",
        "preview of a policy": "/v1/sites/demo/policy/preview",
        "backlog": "/v1/review/backlog",
    }


async def measure(
    service_dsn: str, session: str, pages: dict[str, str], rounds: int, folder: Path
) -> dict[str, list[float]]:
    app = create_app(Settings(data_dir=folder, database_url=service_dsn, public_url="http://127.0.0.1"))
    times: dict[str, list[float]] = {name: [] for name in pages}
    async with app.router.lifespan_context(app) as state:
        transport = httpx2.ASGITransport(app=_with_state(app, state))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            client.headers["Origin"] = "http://127.0.0.1"
            client.cookies.set("gatepost", session)
            for _ in range(rounds + WARM_UP):
                for name, path in pages.items():
                    began = time.perf_counter()
                    # A preview is the one that is posted.
                    answer = await (client.post(path, json={}) if path.endswith("preview") else client.get(path))
                    times[name].append(1000 * (time.perf_counter() - began))
                    assert answer.status_code == 200, (path, answer.status_code)
    return {name: each[WARM_UP:] for name, each in times.items()}


def _with_state(app, state):
    async def handle(scope, receive, send):
        await app({**scope, "state": dict(state)}, receive, send)

    return handle


def quantile(values: list[float], share: float) -> float:
    return values[int(share * (len(values) - 1))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs=2, default=[20_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        server = EmbeddedPostgres(Path(folder) / "data", settings={"fsync": "off", "max_wal_size": "4GB"})
        server.start("bench")
        try:
            for rows in options.rows:
                owner = server.owner_dsn
                boss = owner.replace("gatepost_owner@", "postgres@")
                name = f"bench_{rows}"
                asyncio.run(_create(boss, name))
                at = [each.replace("/gatepost?", f"/{name}?") for each in (owner, boss)]
                asyncio.run(migrate(at[0]))
                service = at[0].replace("gatepost_owner@", "gatepost_service@")
                began = time.perf_counter()
                session, pages = asyncio.run(prepare(at[1], service, rows))
                print(f"{rows} comments, {HELD} held: filled in {time.perf_counter() - began:.0f} s", flush=True)
                found.append((service, session, pages))
            # By turns, so that what else the machine does falls on both alike.
            turns = [asyncio.run(measure(*each, options.rounds // 4, Path(folder))) for _ in range(4) for each in found]
        finally:
            server.stop()
    results = [
        {name: sorted(time for turn in turns[half::2] for time in turn[name]) for name in turns[0]} for half in (0, 1)
    ]
    print(f"{'page':24}{'p50':>8}{'p95':>8}  |{'p50':>8}{'p95':>8}  | p50 large ÷ small")
    for name in results[0]:
        row = [quantile(each[name], share) for each in results for share in (0.5, 0.95)]
        print(f"{name:24}{row[0]:8.1f}{row[1]:8.1f}  |{row[2]:8.1f}{row[3]:8.1f}  | {row[2] / row[0]:.2f}")


async def _create(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE DATABASE {name} OWNER gatepost_owner")
    await connection.close()


if __name__ == "__main__":
    main()
