"""Pages have other names, move, and merge."""

import pytest
from shelf import arrival, new_site, put

from service.errors import Conflict, NotFound
from service.store.pages import add_alias, keys_below, move_page
from service.store.threads import find_page, find_thread, page_counts

OLD, NEW = "https://old.example/a", "https://new.example/a"


async def published(db, site, key, count=1):
    return await put(db, [arrival(site, page_key=key, page_url=key) for _ in range(count)], "published")


async def ids(db, site, key):
    _, found = await find_thread(db, site.id, key, sort="oldest", limit=10, after=None)
    return [each.id for each in found]


async def test_an_alias_shows_and_takes_the_pages_comments(db):
    site = await new_site(db)
    made = await published(db, site, NEW)
    await add_alias(db, site.id, alias="amp", key=NEW)

    assert await ids(db, site, "amp") == made
    assert await page_counts(db, site.id, ["amp", NEW, "other"]) == {"amp": 1, NEW: 1, "other": 0}


async def test_an_alias_hides_no_page(db):
    site = await new_site(db)
    await published(db, site, OLD)
    await published(db, site, NEW)

    with pytest.raises(Conflict):
        await add_alias(db, site.id, alias=OLD, key=NEW)
    with pytest.raises(NotFound):
        await add_alias(db, site.id, alias="x", key="nowhere")


async def test_a_moved_page_is_found_by_both_names_and_has_its_new_address(db):
    site = await new_site(db)
    made = await published(db, site, OLD)

    await move_page(db, site.id, old=OLD, new=NEW)

    assert await ids(db, site, OLD) == await ids(db, site, NEW) == made
    assert (await find_page(db, site.id, OLD)).url == NEW


async def test_pages_merge_with_their_counts(db):
    site = await new_site(db)
    old, new = await published(db, site, OLD, 2), await published(db, site, NEW)
    await put(db, [arrival(site, page_key=OLD)], "held")
    await add_alias(db, site.id, alias="short", key=OLD)

    assert await move_page(db, site.id, old=OLD, new=NEW) == 3

    assert await ids(db, site, "short") == sorted([*old, *new])
    assert (await find_page(db, site.id, OLD)).count == 3
    with pytest.raises(Conflict):
        await move_page(db, site.id, old=OLD, new=NEW)
    with pytest.raises(NotFound):
        await move_page(db, site.id, old="nowhere", new=NEW)


async def test_keys_are_found_by_their_beginning(db):
    site = await new_site(db)
    for key in (OLD, NEW, "https://old.example/b"):
        await published(db, site, key)

    assert await keys_below(db, site.id, "https://old.example/") == [OLD, "https://old.example/b"]
