"""What is kept for a time only is gone afterwards."""

from datetime import timedelta

import asyncpg
from shelf import arrival, new_site, put

from service.store.housekeeping import forget_expired
from service.store.sites import site_keys


async def test_only_what_is_past_its_time_is_forgotten(db, database):
    site = await new_site(db)
    await site_keys(db, site.id)
    await put(db, [arrival(site, idempotency_key="new")])
    await put(db, [arrival(site, idempotency_key="old", age=timedelta(days=8))])
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("SELECT set_config('gatepost.sites', '1', false)")
    await owner.execute(
        "INSERT INTO secret SELECT site_id, purpose, day - 2, key FROM secret WHERE purpose = 'address'"
    )
    await owner.close()

    counts = await forget_expired(db, [site.id])

    assert {name: rows for name, rows in counts.items() if rows} == {
        "forget_keys": 1,
        "forget_addresses": 1,
        "forget_address_keys": 1,
        "forget_outbox": 1,
    }
    assert set((await forget_expired(db, [site.id])).values()) == {0}
