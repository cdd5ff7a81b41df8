"""Behind a pooler that gives a server out per transaction, sites stay apart and nothing is lost."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from shelf import arrival, moderator, new_site, put

from service.comment import Opinion
from service.errors import Conflict
from service.store.audit import verify_chains
from service.store.cases import QueueFilters, Wish
from service.store.database import Database
from service.store.decisions import decide
from service.store.intake import Writer
from service.store.leases import take_leases
from service.store.os_user import choose_account
from service.store.sites import state_counts
from service.web.batch import Intake

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"


@pytest.fixture
def pooled_dsn(postgres, bin_dir, database, folder) -> Iterator[str]:
    """Run PgBouncer with two servers for any number of clients; return where to connect through it."""
    if not Path(PGBOUNCER).exists():
        pytest.skip("PgBouncer is not installed here (Debian's package pgbouncer)")
    server = postgres.postgres
    where = server.socket_dir
    account = choose_account(server.data_dir, server.cluster, bin_dir)
    ini = folder / "pgbouncer.ini"
    ini.write_text(
        f"[databases]\n{database.name} = host={where} port=5432 user=gatepost_service\n"
        f"[pgbouncer]\nunix_socket_dir = {folder}\nlisten_addr =\nlisten_port = 6432\npool_mode = transaction\n"
        "auth_type = any\nserver_reset_query =\ndefault_pool_size = 2\n"
    )
    account.own(folder)
    # Like Postgres, it refuses to run as root.
    running = subprocess.Popen(
        [*account.prefix, PGBOUNCER, "-q", str(ini)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **account.identity,
    )
    for _ in range(200):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(folder / ".s.PGSQL.6432")) == 0:
                break
        time.sleep(0.02)
    yield f"postgresql://gatepost_service@/{database.name}?host={folder}&port=6432"
    running.terminate()
    running.wait(10)


@pytest.fixture
async def pooled(pooled_dsn):
    opened = await Database.open(pooled_dsn, pooling="transaction", size=8)
    yield opened
    await opened.close()


class Calm:
    version = "calm-1"

    def judge(self, normals):
        return [Opinion(probability=0.1) for _ in normals]


async def test_many_clients_on_two_servers_each_see_their_own_site_only(pooled):
    sites = [await new_site(pooled, f"site-{number}") for number in range(4)]

    async def sees(site):
        async with pooled.seeing(site.id) as connection:
            await asyncio.sleep(0.001)
            return {row["site_id"] for row in await connection.fetch("SELECT site_id FROM counter")}

    seen = await asyncio.gather(*(sees(site) for site in sites * 25))

    assert seen == [{site.id} for site in sites * 25]


async def test_the_setting_does_not_stay_with_the_server(pooled, pooled_dsn):
    site = await new_site(pooled)
    async with pooled.seeing(site.id) as connection:
        assert await connection.fetchval("SELECT count(*) FROM counter") == 4
    stranger = await asyncpg.connect(pooled_dsn, statement_cache_size=0)

    counts = [await stranger.fetchval("SELECT count(*) FROM counter") for _ in range(5)]
    await stranger.close()

    assert counts == [0] * 5


async def test_comments_are_taken_in_once_and_reviewed(pooled, pooled_dsn):
    site = await new_site(pooled)
    writer = Writer(pooled_dsn, pooling="transaction")
    intake = Intake(writer, {"spam": Calm()}, lambda size, seconds, receipts: None)
    running = asyncio.create_task(intake.run())
    arrivals = [arrival(site, f"Comment {number}", idempotency_key=f"k{number % 60}") for number in range(120)]

    receipts = await asyncio.gather(*map(intake.submit, arrivals))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await writer.close()
    mo = moderator(site)
    (outcome,) = await decide(
        pooled, [site.id], by=mo, wishes=[Wish(comment_id=receipts[0].id, version=1, action="reject", reason="spam")]
    )

    assert len({receipt.id for receipt in receipts}) == 60
    assert outcome.status == "done"
    assert (await state_counts(pooled, [site.id]))[site.id] == {
        "held": 0, "published": 59, "rejected": 1, "erased": 0,
    }  # fmt: skip
    assert [report.broken_at for report in await verify_chains(pooled, site.id)] == [None, None]
    assert await take_leases(pooled, [site.id], mo, limit=5, filters=QueueFilters()) == []


async def test_a_batch_that_fails_leaves_nothing_and_the_next_one_is_written(pooled):
    site = await new_site(pooled)
    await put(pooled, [arrival(site, idempotency_key="k")])

    with pytest.raises(Conflict):
        await put(pooled, [arrival(site), arrival(site, idempotency_key="k")])
    await put(pooled, [arrival(site)])

    assert (await state_counts(pooled, [site.id]))[site.id]["held"] == 2
