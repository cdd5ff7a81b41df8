"""Of several processes one does at each site what comes round, and nobody does it twice."""

import asyncio
from collections import Counter

import pytest
from shelf import new_site

from service.store.database import Database
from service.store.rounds import claim_round
from service.worker import housekeeping
from service.worker.housekeeping import keep_house


async def test_of_many_processes_one_gets_each_site(db, database):
    sites = [(await new_site(db, f"site-{n}")).id for n in range(8)]
    others = [await Database.open(database.service_dsn, size=1) for _ in range(6)]

    got = await asyncio.gather(*(claim_round(each, sites, "sweeping", 3600) for each in others for _ in range(3)))

    assert Counter(site for claimed in got for site in claimed) == dict.fromkeys(sites, 1)
    for each in others:
        await each.close()


async def test_it_is_due_again_after_its_time_and_for_itself(db, database):
    site = (await new_site(db)).id

    assert await claim_round(db, [site], "sweeping", 0.2) == [site]
    assert await claim_round(db, [site], "sweeping", 0.2) == []
    assert await claim_round(db, [site], "mopping", 0.2) == [site]
    await asyncio.sleep(0.25)
    assert await claim_round(db, [site], "sweeping", 0.2) == [site]


async def test_processes_side_by_side_keep_house_once(db, database, monkeypatch: pytest.MonkeyPatch):
    sites = {(await new_site(db, f"site-{n}")).id for n in range(3)}
    swept: Counter[int] = Counter()

    async def forget(db, site_ids):
        swept.update(site_ids)
        return {}

    monkeypatch.setattr(housekeeping, "forget_expired", forget)
    monkeypatch.setattr(housekeeping, "LOOK", 0.02)
    others = [await Database.open(database.service_dsn, size=1) for _ in range(4)]
    running = [asyncio.create_task(keep_house(each)) for each in others]
    await asyncio.sleep(0.5)
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)

    assert swept == dict.fromkeys(sites, 1)
    for each in others:
        await each.close()
