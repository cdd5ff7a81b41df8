"""A site with enough decisions gets cuts of its own, and they are what its comments are decided by."""

from shelf import arrival, moderator, new_site, put

from service.artefact import read_artefact
from service.comment import Policy
from service.paths import MODELS
from service.pipeline.spam import SpamJudge
from service.store.cases import Wish
from service.store.decisions import decide
from service.store.learning import ENOUGH
from service.store.records import Learned
from service.store.sites import change_policy, find_site, list_sites
from service.worker.learning import learn_cuts

JUDGE = SpamJudge(read_artefact(MODELS / "spam"))
JUDGE.version = "spam-1"


async def approve(db, site, count, score):
    made = await put(db, [arrival(site) for _ in range(count)], "held", score=score)
    wishes = [Wish(comment_id=each, version=1, action="approve") for each in made]
    await decide(db, [site.id], by=moderator(site), wishes=wishes)


async def test_three_hundred_approved_comments_give_a_site_its_own_cuts(db):
    site = await new_site(db)
    await approve(db, site, ENOUGH, 0.05)

    assert await learn_cuts(db, JUDGE, await list_sites(db)) == 1

    found = await find_site(db, site.name)
    policy = found.policy_in_force({"spam": "spam-1"})
    assert policy.hold_at["spam"] < JUDGE.cuts.hold_at
    assert policy.reject_at["spam"] >= JUDGE.cuts.reject_at
    assert found.policy == site.policy


async def test_fewer_decisions_leave_the_cuts_that_were_shipped(db):
    site = await new_site(db)
    await approve(db, site, ENOUGH - 1, 0.05)

    assert await learn_cuts(db, JUDGE, await list_sites(db)) == 0
    assert (await find_site(db, site.name)).learned == Learned()


async def test_scores_of_another_version_teach_nothing(db):
    site = await new_site(db)
    await approve(db, site, ENOUGH, 0.05)
    newer = SpamJudge(read_artefact(MODELS / "spam"))

    assert await learn_cuts(db, newer, await list_sites(db)) == 0


async def test_learning_twice_changes_nothing(db):
    site = await new_site(db)
    await approve(db, site, ENOUGH, 0.97)
    await learn_cuts(db, JUDGE, await list_sites(db))
    before = (await find_site(db, site.name)).learned

    await learn_cuts(db, JUDGE, await list_sites(db))

    assert (await find_site(db, site.name)).learned == before
    assert JUDGE.cuts.hold_at < before.hold_at["spam"] <= (1 + JUDGE.cuts.hold_at) / 2


async def test_what_the_owner_has_set_stands_and_is_all_that_is_written_back(db):
    site = await new_site(db)
    await approve(db, site, ENOUGH, 0.05)
    await learn_cuts(db, JUDGE, await list_sites(db))
    found = await find_site(db, site.name)

    await change_policy(db, found.id, lambda _: Policy(hold_at={"spam": 0.7}))

    again = await find_site(db, site.name)
    assert again.policy == Policy(hold_at={"spam": 0.7})
    assert again.policy_in_force({"spam": "spam-1"}).hold_at["spam"] == 0.7
    assert again.policy_in_force({"spam": "spam-2"}) == again.policy
