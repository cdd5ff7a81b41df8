"""Looking at the queue reads a page of it, however much waits."""

import json
from datetime import timedelta

import asyncpg
import pytest
from shelf import new_site

from service.store.identity import new_id
from service.store.queries import sql

WAITING = 3000
PAGE = 20
ANN = "0199c0de-0000-7000-8000-000000000001"
ANY = ("", "", "", "", "")
"""No filter."""
QUEUES = {
    "queue_by_priority": lambda sites: (sites, *ANY, ANN, False, None, None, PAGE),
    "queue_by_oldest": lambda sites: (sites, *ANY, ANN, False, None, PAGE),
    "queue_by_newest": lambda sites: (sites, *ANY, ANN, False, None, PAGE),
    "take_leases": lambda sites: (ANN, "ann", timedelta(minutes=10), *ANY, 1),
    "backlog": lambda sites: (sites, ANN),
}

FILL = """
WITH new_page AS (
    INSERT INTO page (site_id, key, url, title) VALUES ($1, 'k', '', '') RETURNING page_id
), new_comment AS (
    INSERT INTO comment (site_id, comment_id, page_id, state, text_hash, body, html, created_at)
    SELECT $1, id, page_id, 'held', 0, 'Words.', '<p>Words.</p>', now() FROM new_page, unnest($2::uuid[]) AS id
), new_verdict AS (
    INSERT INTO verdict (site_id, comment_id, revision, action, scores, models, flags, created_at)
    SELECT $1, id, 1, 'hold', '{}', '{}', '[]', now() FROM unnest($2::uuid[]) AS id
)
INSERT INTO queue (site_id, comment_id, rank, weight, queued_at)
SELECT $1, id, random(), 0.5, now() FROM unnest($2::uuid[]) AS id
"""


@pytest.fixture
async def crowded(db, database):
    """Return two sites at which many comments wait."""
    sites = [await new_site(db, name) for name in ("one", "two")]
    owner = await asyncpg.connect(database.superuser_dsn)
    # Without the foreign keys, whose rows one statement has not written yet.
    await owner.execute("SET session_replication_role = replica")
    for site in sites:
        ids = [new_id(site_at) for site_at in [await owner.fetchval("SELECT now()")] * WAITING]
        await owner.execute(FILL, site.id, ids)
    await owner.execute("ANALYZE page, comment, verdict, queue")
    await owner.close()
    return sites


@pytest.mark.parametrize("name", QUEUES)
async def test_a_page_of_the_queue_is_read_without_the_rest(db, crowded, name):
    sites = [site.id for site in crowded]
    async with db.transaction(*sites) as connection:
        explained = await connection.fetchval("EXPLAIN (ANALYZE, FORMAT JSON) " + sql(name), *QUEUES[name](sites))
    (plan,) = json.loads(explained)

    assert rows_read(plan["Plan"]) <= 2 * PAGE * len(crowded)


def rows_read(node) -> int:
    """Return how many rows of the queue a plan has read."""
    own = node["Actual Rows"] * node["Actual Loops"] if node.get("Relation Name") == "queue" else 0
    return own + sum(rows_read(child) for child in node.get("Plans", ()))
