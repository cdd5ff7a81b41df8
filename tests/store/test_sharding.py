"""No query needs rows of two sites at once: a site's rows may lie on a server of their own.

Read from Postgres's own plans rather than from the SQL: every scan of a table of sites is limited by site_id, and
whatever is joined is joined on it.
"""

import json
import re
from collections.abc import Iterator, Mapping

import asyncpg
import pytest

from service.store.queries import queries

Plan = Mapping[str, object]

WITHOUT_SITES = {"schema_migration", "site", "pg_authid", "pg_class"}
"""Tables that would be copied to every server: small, and read by all."""
_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "TID Cond")


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def conditions(plan: Plan) -> str:
    return " ".join(str(plan[name]) for name in _CONDITIONS if name in plan)


def sides(join: Plan) -> list[Plan]:
    """Return the outer and the inner side of a join."""
    return [child for child in join["Plans"] if child["Parent Relationship"] in ("Outer", "Inner")]


def scans(plan: Plan) -> list[Plan]:
    return [
        node
        for node in nodes(plan)
        if "Scan" in str(node["Node Type"]) and node.get("Relation Name", "site") not in WITHOUT_SITES
    ]


def joins(plan: Plan) -> list[Plan]:
    """Return the joins of which both sides read tables of sites."""
    return [
        node
        for node in nodes(plan)
        if node["Node Type"] in ("Nested Loop", "Hash Join", "Merge Join") and all(scans(side) for side in sides(node))
    ]


def is_on_site(join: Plan) -> bool:
    """Tell whether a join compares site_id, itself or in what its inner side looks up."""
    inner = sides(join)[1]
    text = " ".join([conditions(join), *map(conditions, nodes(inner))])
    return re.search(r"\bsite_id = (?!ANY)|\bsite_id\)? = \(?\w*\.?site_id", text) is not None


@pytest.fixture
async def explain(kept_database):
    """Return a function that gives the plan of a query with parameters left open."""
    connection = await asyncpg.connect(kept_database.service_dsn)
    await connection.execute("SELECT set_config('gatepost.sites', '1,2', false)")
    # Scans in order show nothing but filters, and hash joins the condition; either is fine, but let it be the one that
    # large tables would have.
    await connection.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")

    async def plan(text: str) -> Plan:
        types = [kind.name for kind in (await connection.prepare(text)).get_parameters()]
        await connection.execute(f"PREPARE asked AS {text}")
        given = ", ".join(f"NULL::{kind.replace('[]', '')}{'[]' * kind.endswith('[]')}" for kind in types)
        rows = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({given})' if given else ''}")
        await connection.execute("DEALLOCATE asked")
        return json.loads(rows)[0]["Plan"]

    yield plan
    await connection.close()


@pytest.mark.parametrize("name", sorted(queries()))
async def test_every_scan_is_limited_by_site_and_every_join_is_on_it(name, explain):
    plan = await explain(queries()[name])

    assert [node["Relation Name"] for node in scans(plan) if "site_id" not in conditions(node)] == []
    assert [conditions(node) for node in joins(plan) if not is_on_site(node)] == []


async def test_the_check_finds_a_join_of_two_sites(explain):
    crossing = await explain(
        "SELECT c.comment_id FROM comment AS c JOIN page AS p ON p.page_id = c.page_id WHERE c.comment_id = $1"
    )

    assert not all(map(is_on_site, joins(crossing)))


async def test_the_check_finds_a_scan_of_all_sites(database):
    owner = await asyncpg.connect(database.superuser_dsn)
    plan = json.loads(await owner.fetchval("EXPLAIN (FORMAT JSON) SELECT comment_id FROM comment"))[0]["Plan"]
    await owner.close()

    assert ["site_id" in conditions(node) for node in scans(plan)] == [False]
