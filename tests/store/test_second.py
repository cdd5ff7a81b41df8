"""A share of decisions is judged by a second person, and what is decided together is undone together."""

from dataclasses import replace
from uuid import uuid4

import pytest
from shelf import arrival, moderator, put

from service.comment import Policy
from service.store.cases import QueueFilters, Wish
from service.store.credentials import invite_member, open_session, principal
from service.store.decisions import decide, undo, undo_batch
from service.store.history import history_page
from service.store.leases import lease_these
from service.store.review import comment_detail, queue_page
from service.store.sites import add_site


async def staffed(db, share=1.0, people=("ada", "bob", "eva")):
    """Return a site whose decisions are all judged twice, and its members."""
    site = await add_site(
        db, name="demo", title="Demo", origins=["https://example.org"], policy=Policy(second_review=share)
    )
    members = []
    for name in people:
        session = await open_session(
            db, await invite_member(db, [site.id], email=f"{name}@x.example", role="moderator")
        )
        members.append(await principal(db, session))
    return site, members


async def waiting(db, site, who):
    page = await queue_page(db, [site.id], QueueFilters(), reader=who, sort="priority", limit=100)
    return [item.id for item in page]


async def one(db, site, by, made, version, action, *, second=False):
    reason = "spam" if action == "reject" else None
    wish = Wish(comment_id=made, version=version, action=action, reason=reason, second=second)
    (outcome,) = await decide(db, [site.id], by=by, wishes=[wish])
    return outcome


async def test_a_decision_waits_for_a_second_person_and_not_for_the_first(db):
    site, (ada, bob, _) = await staffed(db)
    (made,) = await put(db, [arrival(site)])

    await one(db, site, ada, made, 1, "reject")

    assert await waiting(db, site, ada) == []
    assert await waiting(db, site, bob) == [made]
    assert (await comment_detail(db, [site.id], made)).item.state == "rejected"


@pytest.mark.parametrize(("share", "people"), [(0.0, ("ada", "bob")), (1.0, ("ada",))])
async def test_nobody_is_asked_where_the_policy_or_the_staff_does_not_allow_it(db, share, people):
    site, (ada, *_) = await staffed(db, share, people)
    (made,) = await put(db, [arrival(site)])

    await one(db, site, ada, made, 1, "reject")

    assert await waiting(db, site, replace(ada, actor=uuid4())) == []


async def test_a_second_opinion_that_agrees_ends_the_matter(db):
    site, (ada, bob, eva) = await staffed(db)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, ada, made, 1, "reject")

    outcome = await one(db, site, bob, made, 2, "reject", second=True)

    assert (outcome.state, outcome.differs) == ("rejected", False)
    assert await waiting(db, site, eva) == []


async def test_one_that_differs_moves_nothing_and_goes_to_a_colleague(db):
    site, (ada, bob, eva) = await staffed(db)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, ada, made, 1, "reject")

    outcome = await one(db, site, bob, made, 2, "approve", second=True)

    assert (outcome.status, outcome.state, outcome.differs) == ("done", "rejected", True)
    assert (await one(db, site, bob, made, 3, "approve")).status == "needs_another"
    assert await waiting(db, site, eva) == [made]
    assert (await one(db, site, eva, made, 3, "approve")).state == "published"


async def test_a_second_opinion_that_was_taken_back_is_asked_for_again(db):
    site, (ada, bob, _) = await staffed(db)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, ada, made, 1, "reject")
    second = await one(db, site, bob, made, 2, "approve", second=True)

    await undo(db, [site.id], by=bob, decision_id=second.decision_id)

    (item,) = await queue_page(db, [site.id], QueueFilters(), reader=bob, sort="priority", limit=9)
    assert (item.second, item.not_for, item.state) == (True, ada.actor, "rejected")
    assert await waiting(db, site, ada) == []


async def test_undoing_the_first_decision_ends_the_question(db):
    site, (ada, bob, _) = await staffed(db)
    (made,) = await put(db, [arrival(site)])
    first = await one(db, site, ada, made, 1, "approve")

    await undo(db, [site.id], by=ada, decision_id=first.decision_id)

    (item,) = await queue_page(db, [site.id], QueueFilters(), reader=bob, sort="priority", limit=9)
    assert (item.second, item.not_for, item.state) == (False, None, "held")


async def test_a_decision_in_knowledge_of_the_first_is_no_second_opinion(db):
    site, (ada, bob, eva) = await staffed(db)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, ada, made, 1, "reject")

    outcome = await one(db, site, bob, made, 2, "approve")

    assert (outcome.state, outcome.differs) == ("published", False)
    assert await waiting(db, site, eva) == []


async def test_the_history_keeps_from_the_second_person_what_they_are_to_judge(db):
    site, (ada, bob, _) = await staffed(db)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, ada, made, 1, "reject")

    hers, his = [await history_page(db, [site.id], who, limit=9) for who in (ada, bob)]

    assert ([each.secret for each in hers], [each.secret for each in his]) == ([False], [True])


async def test_a_batch_is_undone_as_one_save_for_what_was_decided_since(db):
    site, (ada, bob, _) = await staffed(db, 0.0)
    ids = await put(db, [arrival(site) for _ in range(4)])
    wishes = [Wish(comment_id=each, version=1, action="approve") for each in ids]
    outcomes = await decide(db, [site.id], by=ada, wishes=wishes)
    await one(db, site, bob, ids[0], 2, "reject")

    back = await undo_batch(db, [site.id], by=ada, batch_id=outcomes[0].batch_id)

    assert len({outcome.batch_id for outcome in outcomes}) == 1
    assert sorted(each.status for each in back) == ["done", "done", "done", "stale_version"]
    assert sorted(await waiting(db, site, ada)) == sorted(ids[1:])


async def test_what_is_undone_stays_with_whoever_undid_it(db):
    site, (ada, bob, _) = await staffed(db, 0.0)
    (made,) = await put(db, [arrival(site)])
    done = await one(db, site, ada, made, 1, "approve")

    await undo(db, [site.id], by=ada, decision_id=done.decision_id)

    assert await lease_these(db, [site.id], bob, [made]) == set()
    assert await lease_these(db, [site.id], ada, [made]) == {made}


async def test_leasing_a_page_gives_back_the_one_before(db):
    site, (ada, bob, _) = await staffed(db, 0.0)
    first, second = await put(db, [arrival(site), arrival(site)])
    await lease_these(db, [site.id], ada, [first])

    await lease_these(db, [site.id], ada, [second], give_back_others=True)

    assert await lease_these(db, [site.id], bob, [first, second]) == {first}


async def test_an_erased_comment_takes_its_statement_with_it(db):
    site, (ada, *_) = await staffed(db, 0.0)
    (made,) = await put(db, [arrival(site)])
    await one(db, site, ada, made, 1, "reject")
    before = (await comment_detail(db, [site.id], made)).decisions[0].statement

    await one(db, site, ada, made, 2, "erase")

    assert before == "It was taken for spam."
    assert [each.statement for each in (await comment_detail(db, [site.id], made)).decisions] == [None, None]


async def test_tokens_are_not_asked_about(db):
    site, (_, bob, _) = await staffed(db)
    (made,) = await put(db, [arrival(site)])

    await one(db, site, moderator(site), made, 1, "reject")

    assert await waiting(db, site, bob) == []
