"""Every query is right for the schema, used, and in its place."""

import re
from pathlib import Path

import asyncpg
import pytest

import service
from service.store.queries import queries

PACKAGE = Path(service.__file__).parent


@pytest.mark.parametrize("name", sorted(queries()))
async def test_every_query_prepares_against_the_migrated_schema(name, kept_database):
    connection = await asyncpg.connect(kept_database.service_dsn)
    await connection.prepare(queries()[name])
    await connection.close()


def test_every_query_is_used_by_the_store():
    text = "".join(path.read_text() for path in (PACKAGE / "store").glob("*.py"))
    patterns = {
        "thread_": r'sql\(f"thread_\{sort\}"\)',
        "queue_by_": r'sql\(f"queue_by_\{sort\}"\)',
        "verify_": r'sql\(f"verify_\{name\}s"\)',
    }

    for name in queries():
        composed = next((pattern for prefix, pattern in patterns.items() if name.startswith(prefix)), None)
        assert f'"{name}"' in text or (composed and re.search(composed, text)), name


def test_no_sql_stands_outside_the_store():
    statement = re.compile(r"\b(SELECT\s+[\w*(].*\bFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b")

    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "store":
            assert not statement.search(path.read_text()), path
