"""An archive is judged again once, whole, by however many take part, whatever becomes of them."""

import asyncio
from dataclasses import replace

import pytest
from shelf import FLAG, arrival, moderator, new_site, put

from service.comment import Verdict
from service.store import rescoring
from service.store.cases import QueueFilters, Wish
from service.store.database import Database
from service.store.decisions import decide
from service.store.rescoring import begin_or_join, finish, progress, rescore_range
from service.store.review import comment_detail, queue_page

CLEAN = Verdict(action="publish", scores={"spam": 0.1}, models={"spam": "spam-2"})
FLAGGED = replace(CLEAN, action="hold", flags=(replace(FLAG, code="spam.fresh"),))


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch):
    monkeypatch.setattr(rescoring, "RANGE", 3)


async def begin(db, site, **more):
    return await begin_or_join(db, site.id, judge="spam", model="spam-2", **{"dry_run": False, **more})


def always(verdict):
    return lambda standing: [verdict] * len(standing)


async def waiting(db, site):
    return {
        item.id
        for item in await queue_page(
            db, [site.id], QueueFilters(), reader=moderator(site), sort="priority", limit=50, cursor=""
        )
    }


async def test_what_is_shown_and_flagged_goes_to_the_queue_unless_a_person_has_decided(db):
    site = await new_site(db)
    shown = await put(db, [arrival(site) for _ in range(4)], "published")
    (approved,) = await put(db, [arrival(site)])
    wish = Wish(comment_id=approved, version=1, action="approve")
    await decide(db, [site.id], by=moderator(site), wishes=[wish])
    run = await begin(db, site)

    while await rescore_range(db, run, always(FLAGGED)):
        pass
    done = await finish(db, run)

    assert await waiting(db, site) == set(shown)
    assert (done.comments, done.judged, done.flagged, done.queued) == (5, 5, 5, 4)
    (verdict,) = [each.verdict for each in (await comment_detail(db, [site.id], approved)).revisions]
    assert (verdict.models, verdict.flags[0].code) == ({"spam": "spam-2"}, "spam.fresh")


async def test_what_waits_keeps_waiting_in_its_new_place(db):
    site = await new_site(db)
    (held,) = await put(db, [arrival(site)])
    run = await begin(db, site)

    await rescore_range(db, run, always(CLEAN))

    assert await waiting(db, site) == {held}
    assert (await progress(db, run)).cleared == 1


async def test_a_dry_run_changes_nothing(db):
    site = await new_site(db)
    (shown,) = await put(db, [arrival(site)], "published")
    run = await begin(db, site, dry_run=True)

    await rescore_range(db, run, always(FLAGGED))

    assert await waiting(db, site) == set()
    assert (await comment_detail(db, [site.id], shown)).revisions[0].verdict.flags == ()
    assert (await finish(db, run)).flagged == 1


async def test_several_share_one_run_and_judge_each_comment_once(db, database):
    site = await new_site(db)
    ids = await put(db, [arrival(site, f"Comment {number}") for number in range(40)], "published")
    other = await Database.open(database.service_dsn)
    judged = []

    def note(standing):
        judged.extend(each.id for each in standing)
        return [CLEAN] * len(standing)

    async def take_part(through):
        run = await begin(through, site)
        while await rescore_range(through, run, note):
            pass
        return run

    runs = await asyncio.gather(take_part(db), take_part(other), take_part(db))
    await other.close()

    assert {run.id for run in runs} == {runs[0].id}
    assert sorted(judged) == sorted(ids)


async def test_a_range_given_up_on_the_way_is_judged_by_the_next(db):
    site = await new_site(db)
    await put(db, [arrival(site)], "published")
    run = await begin(db, site)

    def die(standing):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rescore_range(db, run, die)

    assert (await begin(db, site)).id == run.id
    assert await rescore_range(db, run, always(FLAGGED))
    assert not await rescore_range(db, run, always(FLAGGED))


async def test_after_the_end_a_new_run_begins(db):
    site = await new_site(db)
    await put(db, [arrival(site)], "published")
    run = await begin(db, site)
    unfinished = await finish(db, run)
    again = await begin(db, site)
    await rescore_range(db, run, always(CLEAN))
    await finish(db, run)

    assert unfinished.judged == 0
    assert again.id == run.id
    assert (await begin(db, site)).id != run.id


async def test_another_sites_comments_are_left_alone(db):
    site, other = await new_site(db), await new_site(db, "other")
    await put(db, [arrival(other)], "published")

    run = await begin(db, site)

    assert not await rescore_range(db, run, always(FLAGGED))
    assert (await finish(db, run)).comments == 0
