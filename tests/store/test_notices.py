"""What readers say about comments reaches the queue, and a second person answers appeals."""

from dataclasses import replace

import pytest
from shelf import arrival, moderator, new_site, put

from service.comment import MemberId
from service.store.cases import QueueFilters, Wish
from service.store.credentials import invite_member, list_members
from service.store.decisions import decide, erase_own, undo
from service.store.leases import take_leases
from service.store.notices import APPEAL, REPORT, add_appeal, add_report
from service.store.own import own_comment
from service.store.review import comment_detail, queue_page


async def waiting(db, site, flag=""):
    found = await queue_page(db, [site.id], QueueFilters(flag=flag), reader=moderator(site), sort="priority", limit=100)
    return [item.id for item in found]


async def member(db, site, email):
    await invite_member(db, [site.id], email=email, role="moderator")
    (found,) = [each for each in await list_members(db, site.id) if each.email == email]
    return replace(moderator(site, label=email), member_id=MemberId(found.id), kind="session", actor=found.id)


async def decided(db, site, by, comment_id, action, version=1):
    wish = Wish(comment_id=comment_id, version=version, action=action, reason="abuse" if action == "reject" else None)
    (outcome,) = await decide(db, [site.id], by=by, wishes=[wish])
    return outcome


async def reported(db, site, comment_id, address=b"r" * 32, reason="abuse"):
    return await add_report(db, site.id, comment_id, reason=reason, note="Look", address_hash=address)


async def test_a_report_queues_a_published_comment_and_shows_beside_it(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "published")

    assert await reported(db, site, made)

    (item,) = await queue_page(
        db, [site.id], QueueFilters(flag=REPORT), reader=moderator(site), sort="priority", limit=1
    )
    assert (item.id, item.state) == (made, "published")
    assert [(report.reason, report.note, report.closed_at) for report in item.reports] == [("abuse", "Look", None)]


async def test_reports_of_one_address_count_once_until_somebody_has_looked(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "published")

    first, again = await reported(db, site, made), await reported(db, site, made)
    other = await reported(db, site, made, b"s" * 32)
    await decided(db, site, moderator(site), made, "approve")
    later = await reported(db, site, made)

    assert (first, again, other, later) == (True, False, True, True)
    assert len((await comment_detail(db, [site.id], made)).item.reports) == 3


@pytest.mark.parametrize("state", ["held", "rejected"])
async def test_only_what_is_published_can_be_reported(db, state):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], state)

    assert not await reported(db, site, made)


async def test_more_and_graver_reports_come_first(db):
    site = await new_site(db)
    mild, many, grave = await put(db, [arrival(site) for _ in range(3)], "published")
    await reported(db, site, mild, reason="off_topic")
    await reported(db, site, many, reason="off_topic")
    await reported(db, site, many, b"s" * 32, reason="off_topic")
    await reported(db, site, grave, reason="dangerous_advice")

    assert await waiting(db, site) == [grave, many, mild]


async def test_a_report_leaves_a_lease_to_its_holder(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "published")
    await reported(db, site, made)
    await take_leases(db, [site.id], moderator(site), limit=1, filters=QueueFilters())

    await reported(db, site, made, b"s" * 32)

    (item,) = await queue_page(db, [site.id], QueueFilters(), reader=moderator(site), sort="priority", limit=1)
    assert item.lease
    assert len(item.reports) == 2


async def test_an_appeal_queues_a_rejected_comment_above_what_is_merely_held(db):
    site = await new_site(db)
    held, made = await put(db, [arrival(site), arrival(site)])
    await decided(db, site, moderator(site), made, "reject")

    assert await add_appeal(db, site.id, made, "It was a joke.")

    assert await waiting(db, site) == [made, held]
    (item,) = await queue_page(
        db, [site.id], QueueFilters(flag=APPEAL), reader=moderator(site), sort="priority", limit=1
    )
    assert (item.state, item.appeal.text, item.appeal.granted) == ("rejected", "It was a joke.", None)


async def test_who_took_the_decision_does_not_answer_the_appeal_where_there_is_another(db):
    site = await new_site(db)
    first, second = await member(db, site, "one@example.org"), await member(db, site, "two@example.org")
    (made,) = await put(db, [arrival(site)])
    await decided(db, site, first, made, "reject")
    await add_appeal(db, site.id, made, "Please look again.")

    refused = await decided(db, site, first, made, "approve", 2)
    outcome = await decided(db, site, second, made, "approve", 2)

    assert (refused.status, refused.state) == ("second_member", "rejected")
    assert (outcome.status, outcome.state) == ("done", "published")
    assert (await own_comment(db, site.id, made)).appeal.granted is True


async def test_a_lone_member_answers_the_appeal_of_their_own_decision(db):
    site = await new_site(db)
    alone = await member(db, site, "one@example.org")
    (made,) = await put(db, [arrival(site)])
    await decided(db, site, alone, made, "reject")
    await add_appeal(db, site.id, made, "Please look again.")

    outcome = await decided(db, site, alone, made, "reject", 2)

    assert outcome.status == "done"
    assert (await own_comment(db, site.id, made)).appeal.granted is False
    assert await waiting(db, site) == []


async def test_the_answer_to_an_appeal_cannot_be_appealed(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    await decided(db, site, moderator(site), made, "reject")
    assert await add_appeal(db, site.id, made, "Once.")
    assert not await add_appeal(db, site.id, made, "Twice.")
    await decided(db, site, moderator(site), made, "reject", 2)

    assert not await add_appeal(db, site.id, made, "Again.")
    assert (await own_comment(db, site.id, made)).standing.final


@pytest.mark.parametrize("state", ["held", "published"])
async def test_there_is_nothing_to_appeal_without_a_rejection(db, state):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], state)

    assert not await add_appeal(db, site.id, made, "Why?")


async def test_undoing_the_answer_opens_the_appeal_again(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)])
    await decided(db, site, moderator(site), made, "reject")
    await add_appeal(db, site.id, made, "Please look again.")
    answer = await decided(db, site, moderator(site), made, "approve", 2)

    await undo(db, [site.id], by=moderator(site), decision_id=answer.decision_id)

    view = await own_comment(db, site.id, made)
    assert (view.state, view.appeal.granted) == ("rejected", None)
    assert await waiting(db, site, APPEAL) == [made]


async def test_undoing_the_rejection_grants_the_appeal(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "published")
    rejection = await decided(db, site, moderator(site), made, "reject")
    await add_appeal(db, site.id, made, "Please look again.")

    await undo(db, [site.id], by=moderator(site), decision_id=rejection.decision_id)

    view = await own_comment(db, site.id, made)
    assert (view.state, view.appeal.granted) == ("published", True)
    assert await waiting(db, site) == []


async def test_erasing_takes_the_words_of_notices_along_whoever_holds_the_comment(db):
    site = await new_site(db)
    (made,) = await put(db, [arrival(site)], "published")
    await reported(db, site, made)
    await take_leases(db, [site.id], moderator(site), limit=1, filters=QueueFilters())

    assert await erase_own(db, site.id, made)
    assert not await erase_own(db, site.id, made)

    detail = await comment_detail(db, [site.id], made)
    assert (detail.item.state, detail.item.body, detail.queued) == ("erased", "", False)
    assert [report.note for report in detail.item.reports] == [""]
    assert [decision.by for decision in detail.decisions] == ["author"]
