"""Attempts to sign in are counted by all processes together, and nobody is kept out by somebody else's."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from shelf import new_site

from service.errors import TooManyRequests
from service.store.database import Database
from service.store.housekeeping import forget_expired
from service.web.attempt import FOR_ONE, FROM_ONE, WINDOW, Attempts
from service.web.directory import SiteDirectory

HOST = "203.0.113.7"
OUTSIDE = "8.8.8.8"


def processes(db: Database, number: int = 2) -> list[Attempts]:
    return [Attempts(db, SiteDirectory(db)) for _ in range(number)]


async def let_in(attempts: Sequence[Attempts], number: int, email: str = "ada@x.example", host: str = HOST) -> int:
    """Make attempts at the same time, in one process after the other; return how many were let in."""

    async def one(place: int) -> bool:
        try:
            await attempts[place % len(attempts)].count(email, host)
        except TooManyRequests:
            return False
        return True

    return sum(await asyncio.gather(*map(one, range(number))))


async def age_all(db: Database, by: timedelta) -> None:
    """Let attempts be older; the service may not change them, so they are written anew."""
    async with db.transaction(1) as connection:
        rows = await connection.fetch("DELETE FROM sign_in_attempt RETURNING site_id, key, tried_at, attempt_id")
        await connection.executemany(
            "INSERT INTO sign_in_attempt VALUES ($1, $2, $3, $4)",
            [(row["site_id"], row["key"], row["tried_at"] - by, row["attempt_id"]) for row in rows],
        )


async def test_several_processes_let_in_as_many_as_one_even_at_the_same_moment(db):
    await new_site(db)

    assert await let_in(processes(db, 3), 3 * FOR_ONE) == FOR_ONE
    assert await let_in(processes(db, 1), 1) == 0


async def test_a_process_that_asks_for_the_first_time_in_minutes_knows_of_the_others(db):
    await new_site(db)
    one, other = processes(db)
    await let_in([one], FOR_ONE - 1)
    await age_all(db, timedelta(minutes=10))

    assert await let_in([other], 5) == 1


async def test_what_is_older_than_the_window_counts_no_more_and_is_dropped(db):
    site = await new_site(db)
    attempts = processes(db, 1)
    await let_in(attempts, FOR_ONE)
    await age_all(db, WINDOW + timedelta(seconds=1))

    assert await let_in(attempts, 1) == 1
    assert (await forget_expired(db, [site.id]))["forget_attempts"] == FOR_ONE


async def test_what_is_refused_keeps_nobody_waiting_for_longer(db):
    await new_site(db)
    attempts = processes(db, 1)
    await let_in(attempts, FOR_ONE)
    await let_in(attempts, 50)
    await age_all(db, WINDOW - timedelta(seconds=2))

    with pytest.raises(TooManyRequests) as refused:
        await attempts[0].count("ada@x.example", HOST)

    assert refused.value.retry_after in (1, 2)


async def test_guessing_from_elsewhere_keeps_nobody_out(db):
    await new_site(db)
    attempts = processes(db)
    for network in range(10):
        await let_in(attempts, FOR_ONE, host=f"203.0.{network}.1")

    assert await let_in(attempts, 1, host="198.51.100.1") == 1


async def test_one_network_is_one_however_many_addresses_it_has(db):
    await new_site(db)
    attempts = processes(db)

    let_in_ipv4 = [await let_in(attempts, 1, host=f"203.0.113.{i}") for i in range(FOR_ONE + 1)]
    let_in_ipv6 = [await let_in(attempts, 1, host=f"2001:db8:1:{i}::1") for i in range(FOR_ONE + 1)]

    assert (sum(let_in_ipv4), sum(let_in_ipv6)) == (FOR_ONE, FOR_ONE)


async def test_one_address_cannot_try_a_password_on_everybody(db):
    await new_site(db)
    attempts = processes(db)

    tried = [await let_in(attempts, 1, email=f"{i}@x.example", host=OUTSIDE) for i in range(FROM_ONE + 1)]

    assert sum(tried) == FROM_ONE


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.2", "fd00::2", "", "testclient"])
async def test_behind_a_proxy_nobody_keeps_all_others_out(db, host):
    await new_site(db)
    attempts = processes(db)
    for i in range(FROM_ONE + 1):
        await let_in(attempts, 1, email=f"{i}@x.example", host=host)

    assert await let_in(attempts, 1, host=host) == 1


async def test_neither_address_nor_e_mail_is_kept(db):
    site = await new_site(db)
    await let_in(processes(db), 1, host=OUTSIDE)

    async with db.seeing(site.id) as connection:
        keys = [row["key"] for row in await connection.fetch("SELECT key FROM sign_in_attempt")]

    assert len(keys) == 2
    assert all(len(key) == 64 and int(key, 16) for key in keys)


async def test_without_a_site_there_is_nothing_to_guess(db):
    assert await let_in(processes(db), FOR_ONE + 1) == FOR_ONE + 1
