import asyncio

import asyncpg
import pytest

from service.errors import SchemaOutOfDate, StoreError, Unavailable
from service.store.migrate import Migration, migrate, migrations, pending, require_current

STEPS = [
    Migration(
        version=1,
        name="0001_start",
        text="DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gatepost_service') THEN "
        "CREATE ROLE gatepost_service NOLOGIN; END IF; END $$; CREATE TABLE one (n int)",
    ),
    Migration(version=2, name="0002_more", text="CREATE TABLE two (n int)"),
]
BROKEN = Migration(version=3, name="0003_broken", text="CREATE TABLE three (n int); SELECT 1 / 0")


async def tables(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def test_an_empty_database_gets_every_migration_in_order(empty_database):
    applied = await migrate(empty_database.owner_dsn)

    assert applied == [migration.name for migration in migrations()]


async def test_migrating_again_applies_nothing(database):
    assert await migrate(database.owner_dsn, database.service_dsn) == []


async def test_of_two_that_migrate_at_once_one_does_the_work(empty_database):
    done = await asyncio.gather(migrate(empty_database.owner_dsn), migrate(empty_database.owner_dsn))

    assert sorted(map(len, done)) == [0, len(migrations())]


async def test_a_failed_migration_leaves_nothing_of_itself(empty_database):
    with pytest.raises(StoreError, match="0003_broken failed and was rolled back"):
        await migrate(empty_database.owner_dsn, steps=[*STEPS, BROKEN])

    assert await tables(empty_database.owner_dsn) == {"schema_migration", "one", "two"}


async def test_an_edited_migration_is_refused_by_name(empty_database):
    await migrate(empty_database.owner_dsn, steps=STEPS)
    edited = Migration(version=2, name="0002_more", text="CREATE TABLE two (n bigint)")

    with pytest.raises(StoreError, match="0002_more is not the file that was applied"):
        await migrate(empty_database.owner_dsn, steps=[STEPS[0], edited])


async def test_a_schema_newer_than_the_code_is_refused(empty_database):
    await migrate(empty_database.owner_dsn, steps=STEPS)

    with pytest.raises(SchemaOutOfDate, match="later version of gatepost"):
        await migrate(empty_database.owner_dsn, steps=STEPS[:1])


async def test_a_database_without_the_schema_is_told_to_migrate(empty_database):
    connection = await asyncpg.connect(empty_database.service_dsn)
    try:
        with pytest.raises(SchemaOutOfDate, match="Run `gatepost migrate`"):
            await require_current(connection)
    finally:
        await connection.close()


async def test_the_service_role_sees_that_nothing_is_pending(database):
    connection = await asyncpg.connect(database.service_dsn)
    try:
        assert await pending(connection) == []
    finally:
        await connection.close()


async def test_a_role_of_the_operators_becomes_a_member_of_the_service_role(empty_database, postgres):
    superuser = await asyncpg.connect(empty_database.superuser_dsn)
    await superuser.execute("DROP ROLE IF EXISTS web")
    await superuser.execute("CREATE ROLE web LOGIN")
    await superuser.execute("GRANT gatepost_service TO gatepost_owner WITH ADMIN OPTION")
    try:
        await migrate(empty_database.owner_dsn, postgres.dsn("web", empty_database.name))

        assert await superuser.fetchval("SELECT pg_has_role('web', 'gatepost_service', 'USAGE')")
    finally:
        await superuser.execute("REVOKE gatepost_service FROM web, gatepost_owner CASCADE")
        await superuser.execute("DROP ROLE web")
        await superuser.close()


async def test_an_owner_who_may_not_admit_the_role_is_told_the_command(empty_database, postgres):
    superuser = await asyncpg.connect(empty_database.superuser_dsn)
    await superuser.execute("DROP ROLE IF EXISTS stranger")
    await superuser.execute("CREATE ROLE stranger LOGIN")
    try:
        with pytest.raises(StoreError, match="GRANT gatepost_service TO stranger;"):
            await migrate(empty_database.owner_dsn, postgres.dsn("stranger", empty_database.name))
    finally:
        await superuser.execute("DROP ROLE stranger")
        await superuser.close()


async def test_an_owner_without_rights_on_the_database_is_told_so(empty_database):
    with pytest.raises(StoreError, match="lacks a right"):
        await migrate(empty_database.service_dsn)


async def test_a_database_that_does_not_exist_is_named(postgres):
    with pytest.raises(StoreError, match='"nowhere" does not exist'):
        await migrate(postgres.dsn("gatepost_owner", "nowhere"))


async def test_a_server_that_does_not_answer_is_unavailable(folder):
    with pytest.raises(Unavailable):
        await migrate(f"postgresql://gatepost_owner@/gatepost?host={folder}")


def test_a_misnamed_file_is_refused(tmp_path):
    (tmp_path / "1_start.sql").write_text("")

    with pytest.raises(StoreError, match=r"1_start\.sql is not named like"):
        migrations(tmp_path)


def test_a_missing_number_is_refused(tmp_path):
    (tmp_path / "0002_more.sql").write_text("")

    with pytest.raises(StoreError, match="0001 is missing"):
        migrations(tmp_path)


async def test_addresses_that_had_been_kept_whole_are_shortened(empty_database):
    await migrate(empty_database.owner_dsn, steps=migrations()[:1])
    connection = await asyncpg.connect(empty_database.superuser_dsn)
    await connection.execute("INSERT INTO site (name, title) VALUES ('demo', 'Demo')")
    await connection.execute("INSERT INTO page (site_id, key, url, title) VALUES (1, 'k', '', '')")
    kept = ["192.0.2.7", "2001:db8:1:2300::/56", "", None]
    await connection.executemany(
        "INSERT INTO comment (site_id, comment_id, page_id, state, text_hash, address_prefix, body, html, created_at) "
        "VALUES (1, gen_random_uuid(), 1, 'held', 0, $1, '', '', now())",
        [(address,) for address in kept],
    )

    await migrate(empty_database.owner_dsn)

    left = {row["address_prefix"] for row in await connection.fetch("SELECT address_prefix FROM comment")}
    await connection.close()
    assert left == {"192.0.2.0/24", "2001:db8:1::/48", "", None}
