"""What is kept for a time only is gone afterwards."""

from datetime import UTC, datetime, timedelta

import asyncpg
from shelf import arrival, new_site, put

from service.store.housekeeping import forget_expired
from service.store.notices import add_report
from service.store.own import use_proof
from service.store.sites import site_keys
from service.store.webhooks import add_webhook


async def test_only_what_is_past_its_time_is_forgotten(db, database):
    site = await new_site(db)
    await site_keys(db, site.id)
    await add_webhook(db, site.id, url="https://hooks.example.org", kinds=["comment.held"])
    await put(db, [arrival(site, idempotency_key="new")])
    await put(db, [arrival(site, idempotency_key="old", age=timedelta(days=8))])
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute("SELECT set_config('gatepost.sites', '1', false)")
    await owner.execute(
        "INSERT INTO secret SELECT site_id, purpose, day - 2, key FROM secret WHERE purpose = 'address'"
    )
    await owner.close()
    (shown,) = await put(db, [arrival(site)], "published")
    for age, address in ((0, b"new"), (3, b"old")):
        await add_report(db, site.id, shown, reason="spam", note="", address_hash=address * 11)
        nonce, expires_at = address * 5, (datetime.now(UTC) + timedelta(hours=1 - 24 * age)).timestamp()
        assert await use_proof(db, site.id, nonce, b"request", expires_at)
    owner = await asyncpg.connect(database.superuser_dsn)
    await owner.execute("UPDATE report SET created_at = now() - interval '3 days' WHERE address_hash = $1", b"old" * 11)
    await owner.close()

    counts = await forget_expired(db, [site.id])

    assert counts.pop("forget_spent") == 0, "tests/store/test_limits.py sees to it"
    assert counts.pop("forget_attempts") == 0, "tests/web/test_attempt.py sees to it"
    assert set(counts.values()) == {1}
    assert len(counts) == 6
    assert set((await forget_expired(db, [site.id])).values()) == {0}
