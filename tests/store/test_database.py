"""The database keeps sites apart, whatever a query forgets."""

import asyncpg
import pytest
from shelf import arrival, new_site, put

from service.errors import StoreError, Unavailable
from service.store.database import Database


async def test_rows_of_other_sites_do_not_exist(db):
    site, other = await new_site(db), await new_site(db, "other")
    await put(db, [arrival(site)])
    await put(db, [arrival(other)])

    async with db.seeing(site.id) as connection:
        assert {row["site_id"] for row in await connection.fetch("SELECT site_id FROM comment")} == {site.id}
    async with db.seeing() as connection:
        assert await connection.fetch("SELECT site_id FROM comment") == []


async def test_a_row_cannot_be_written_into_another_site(db):
    site, other = await new_site(db), await new_site(db, "other")

    async with db.seeing(site.id) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO page (site_id, key, url, title) VALUES ($1, 'k', '', '')", other.id)


async def test_every_table_of_sites_is_under_forced_row_level_security(db):
    async with db.seeing() as connection:
        rows = await connection.fetch(
            "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'schema_migration'"
        )

    assert len(rows) > 10
    assert [row["relname"] for row in rows if not row["forced"]] == []


async def test_every_key_and_reference_between_tables_starts_with_the_site(db):
    async with db.seeing() as connection:
        rows = await connection.fetch(
            "SELECT c.conname, a.attname FROM pg_constraint AS c "
            "JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
            "WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'f') "
            "AND c.conrelid NOT IN ('schema_migration'::regclass, 'site'::regclass)"
        )

    assert len(rows) > 20
    assert [row["conname"] for row in rows if row["attname"] != "site_id"] == []


@pytest.mark.parametrize("role", ["owner_dsn", "superuser_dsn"])
async def test_a_role_that_could_cross_sites_is_refused(role, database):
    with pytest.raises(StoreError, match="plain role"):
        await Database.open(getattr(database, role))


async def test_a_server_that_is_not_there_is_unavailable():
    with pytest.raises(Unavailable):
        await Database.open("postgresql://nobody@/nothing?host=/nonexistent")


async def test_readiness_follows_the_server(db):
    assert await db.ready()
