"""Decisions move comments, are on record, and can be taken back."""

import asyncio
from datetime import timedelta

import pytest
from shelf import arrival, moderator, new_site, put

from service.comment import AuthorRecord
from service.errors import Conflict
from service.store.cases import QueueFilters, Wish
from service.store.decisions import decide, undo
from service.store.leases import backlog, take_leases
from service.store.review import comment_detail, queue_page
from service.store.sites import state_counts
from service.store.threads import find_page


async def one(db, site, wish, by=None):
    (outcome,) = await decide(db, [site.id], by=by or moderator(site), wishes=[wish])
    return outcome


async def waiting(db, site):
    page = await queue_page(db, [site.id], QueueFilters(), reader=moderator(site), sort="priority", limit=100)
    return [item.id for item in page]


async def test_approving_publishes_counts_and_empties_the_queue(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])

    outcome = await one(db, site, Wish(comment_id=made, version=1, action="approve"))

    assert (outcome.status, outcome.state, outcome.version) == ("done", "published", 2)
    assert await waiting(db, site) == []
    assert (await find_page(db, site.id, "https://example.org/a")).count == 1
    assert (await state_counts(db, [site.id]))[site.id] == {"held": 0, "published": 1, "rejected": 0, "erased": 0}


async def test_what_moves_a_comment_is_planned_once(db):
    site = await new_site(db)
    for made in await put(db, [arrival(site, body=f"number {n}") for n in range(3)]):
        await one(db, site, Wish(comment_id=made, version=1, action="approve"))

    async with db.seeing(site.id) as connection:
        generic, custom = await connection.fetchrow(
            # A parameter, or this statement would find itself.
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE strpos(statement, $1) > 0",
            "new_decision AS",
        )

    assert generic >= 3
    assert custom == 0


async def test_a_decision_on_an_older_version_changes_nothing_and_names_who_was_faster(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, Wish(comment_id=made, version=1, action="approve"), moderator(site, label="eva@example.org"))

    late = await one(db, site, Wish(comment_id=made, version=1, action="reject", reason="spam"))

    assert (late.status, late.state) == ("stale_version", "published")
    assert late.decided_by == "eva@example.org (approve)"


async def test_of_two_wishes_for_one_comment_the_second_comes_too_late(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    wish = Wish(comment_id=made, version=1, action="approve")

    outcomes = await decide(db, [site.id], by=moderator(site), wishes=[wish, wish])

    assert [outcome.status for outcome in outcomes] == ["done", "stale_version"]


async def test_undoing_restores_state_place_and_record(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    done = await one(db, site, Wish(comment_id=made, version=1, action="reject", reason="spam"))

    back = await undo(db, [site.id], by=moderator(site), decision_id=done.decision_id)

    detail = await comment_detail(db, [site.id], made)
    assert (back.state, detail.item.state, detail.queued) == ("held", "held", True)
    assert detail.item.record == AuthorRecord(approved=0, rejected=0)
    assert [(each.action, each.undone) for each in detail.decisions] == [("undo", False), ("reject", True)]


async def test_a_decision_that_was_followed_by_another_is_not_undone(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    first = await one(db, site, Wish(comment_id=made, version=1, action="reject", reason="spam"))
    await one(db, site, Wish(comment_id=made, version=2, action="approve"))

    with pytest.raises(Conflict):
        await undo(db, [site.id], by=moderator(site), decision_id=first.decision_id)


async def test_erasing_leaves_no_word_and_cannot_be_undone(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site, "A secret", author_email="ada@example.org")])

    done = await one(db, site, Wish(comment_id=made, version=1, action="erase"))

    detail = await comment_detail(db, [site.id], made)
    item = detail.item
    assert (item.state, item.body, item.html, item.author_name, detail.author_email) == ("erased", "", "", "", "")
    assert detail.revisions[0].verdict.flags == ()
    with pytest.raises(Conflict):
        await undo(db, [site.id], by=moderator(site), decision_id=done.decision_id)
    again = await one(db, site, Wish(comment_id=made, version=2, action="approve"))
    assert again.status == "erased"


async def test_escalating_raises_the_comment_and_frees_it(db):
    site = await new_site(db)
    low, high = await put(db, [arrival(site), arrival(site, age=timedelta(hours=10))])
    assert await waiting(db, site) == [high, low]

    await one(db, site, Wish(comment_id=low, version=1, action="escalate"))

    assert await waiting(db, site) == [low, high]


async def test_somebody_elses_lease_keeps_a_decision_off(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    await take_leases(db, [site.id], moderator(site, label="eva", number=2), limit=1, filters=QueueFilters())

    outcome = await one(db, site, Wish(comment_id=made, version=1, action="approve"))

    assert (outcome.status, outcome.decided_by) == ("leased", "eva")


async def test_an_authors_record_follows_the_standing_decisions(db):
    site = await new_site(db)
    first, second = await put(db, [arrival(site), arrival(site)])
    await one(db, site, Wish(comment_id=first, version=1, action="approve"))
    await one(db, site, Wish(comment_id=second, version=1, action="approve"))
    await one(db, site, Wish(comment_id=second, version=2, action="reject", reason="abuse"))

    detail = await comment_detail(db, [site.id], first)

    assert detail.item.record == AuthorRecord(approved=1, rejected=1)


async def test_two_moderators_never_hold_the_same_comment(db):
    site = await new_site(db)
    await put(db, [arrival(site) for _ in range(40)])
    people = [moderator(site, label=f"m{i}", number=i) for i in range(4)]

    taken = await asyncio.gather(
        *(take_leases(db, [site.id], who, limit=5, filters=QueueFilters()) for who in people * 2)
    )

    ids = [item.id for items in taken for item in items]
    assert len(ids) == len(set(ids)) == 40


async def test_the_backlog_is_counted_with_its_oldest(db):
    site = await new_site(db)
    old = arrival(site, age=timedelta(days=3))
    await put(db, [arrival(site), old])

    found = await backlog(db, [site.id], moderator(site))

    assert (found.held, found.oldest_at) == (2, old.created_at)
