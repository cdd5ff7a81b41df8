"""Processes learn from each other what was let in, each notice once, and nothing of other sites."""

from uuid import UUID

from shelf import new_site

from service.store.housekeeping import forget_expired
from service.store.limits import Exchange


async def test_each_notice_reaches_every_other_process_once(db):
    site = await new_site(db)
    one, two, three = (Exchange(db, UUID(int=number)) for number in (1, 2, 3))
    at = (site.id, "")

    await one.swap({at: 3}, {site.id})
    await two.swap({at: 4}, {site.id})
    await one.swap({at: 5}, {site.id})

    assert await three.swap({}, {site.id}) == {at: 12}
    assert await two.swap({}, {site.id}) == {at: 5}
    assert await one.swap({}, {site.id}) == {}
    assert await three.swap({}, {site.id}) == {}


async def test_a_site_that_is_looked_at_later_is_learnt_whole(db):
    site, other = await new_site(db), await new_site(db, "other")
    one, two = (Exchange(db, UUID(int=number)) for number in (1, 2))
    await one.swap({(site.id, ""): 1, (other.id, ""): 2}, {site.id, other.id})

    assert await two.swap({}, {site.id}) == {(site.id, ""): 1}
    assert await two.swap({}, {site.id, other.id}) == {(other.id, ""): 2}


async def test_old_notices_are_dropped(db, database):
    site = await new_site(db)
    await Exchange(db, UUID(int=1)).swap({(site.id, ""): 1}, {site.id})
    async with db.seeing(site.id) as connection:
        await connection.execute("DELETE FROM rate_spent")
        await connection.execute(
            "INSERT INTO rate_spent VALUES ($1, $2, 7, '', 1, now() - interval '3 minutes')", site.id, UUID(int=1)
        )

    counts = await forget_expired(db, [site.id])

    assert counts["forget_spent"] == 1
