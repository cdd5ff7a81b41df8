"""The chains show any hand that was not the service's."""

import asyncpg
import pytest
from shelf import arrival, moderator, new_site, put

from service.store.audit import verify_chains
from service.store.cases import Wish
from service.store.decisions import decide


@pytest.fixture
async def site(db):
    made = await new_site(db)
    ids = await put(db, [arrival(made) for _ in range(5)])
    wishes = [Wish(comment_id=each, version=1, action="approve") for each in ids]
    await decide(db, [made.id], by=moderator(made), wishes=wishes)
    return made


async def broken(db, site) -> dict[str, int | None]:
    return {report.name: report.broken_at for report in await verify_chains(db, site.id)}


async def tamper(database, statement: str) -> None:
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("SELECT set_config('gatepost.sites', '1', false)")
    done = await owner.execute(statement)
    await owner.close()
    assert not done.endswith(" 0")


async def test_untouched_chains_are_whole(db, site):
    assert await broken(db, site) == {"decision": None, "event": None}


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE decision SET action = 'reject' WHERE seq = 3", 3),
        ("DELETE FROM decision WHERE seq = 2", 3),
        ("DELETE FROM decision WHERE seq = 5", 5),
        ("UPDATE decision SET created_at = created_at - interval '1 day' WHERE seq = 1", 1),
    ],
)
async def test_a_changed_or_missing_row_is_found(statement, row, db, database, site):
    await tamper(database, statement)

    assert await broken(db, site) == {"decision": row, "event": None}


@pytest.mark.parametrize("table", ["decision", "event"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET seq = seq", "DELETE FROM {}"])
async def test_the_services_own_role_cannot_rewrite_history(table, statement, db, site):
    async with db.seeing(site.id) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(table))
