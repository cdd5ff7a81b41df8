"""Two moderators on one queue, in two browsers."""

import pytest
from browse import Desk
from desk import lie, plain
from playwright.sync_api import Page, expect

LEASES_END = "UPDATE queue SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL"


def shown(page: Page) -> set[str]:
    return set(page.locator("article").evaluate_all("cards => cards.map(card => card.id.slice(2))"))


@pytest.mark.parametrize("script", [False, True], ids=["script off", "script on"])
def test_two_moderators_empty_the_queue_and_never_see_the_same_comment(desk: Desk, script: bool) -> None:
    desk.office.lay(*(plain(f"Text {i}") for i in range(50)))
    pages = {name: desk.signed_in(f"{name}@example.org", script=script) for name in ("ada", "bob")}
    seen: dict[str, set[str]] = {"ada": set(), "bob": set()}

    for name in ("ada", "bob") * 2:
        page, other = pages[name], pages["bob" if name == "ada" else "ada"]
        page.goto(f"{desk.url}/console")
        assert not shown(page) & shown(other)
        seen[name] |= shown(page)
        boxes = page.locator(".pick input").all()
        for box in boxes:
            box.check()
        if boxes:
            page.locator("#bulk").get_by_role("button", name="Approve").click()
            if not script:
                page.get_by_role("button", name=f"Approve {len(boxes)}").click()
            page.get_by_role("status").filter(has_text="approved").wait_for()

    assert not seen["ada"] & seen["bob"]
    assert len(seen["ada"] | seen["bob"]) == 50


def test_what_a_colleague_looks_at_is_named_and_a_stale_decision_is_explained(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    bob = desk.signed_in("bob@example.org")
    ada = desk.signed_in("ada@example.org")
    ada.get_by_text("With colleagues (1)").click()
    expect(ada.get_by_text("bob@example.org until")).to_be_visible()

    desk.execute(LEASES_END)
    ada.reload()
    ada.keyboard.press("s")
    expect(ada.get_by_role("status").filter(has_text="Rejected as spam")).to_be_visible()
    bob.keyboard.press("a")

    told = bob.get_by_role("alert")
    expect(told).to_contain_text("ada@example.org (reject) was faster. The comment is now rejected, version 2.")
    assert desk.detail(comment)["comment"]["state"] == "rejected"  # type: ignore[index]
    desk.watch.expect("409")


def test_an_undo_right_after_keeps_the_comment_with_whoever_undid_it(desk: Desk) -> None:
    desk.office.lay(lie())
    ada = desk.signed_in("ada@example.org")
    ada.keyboard.press("s")
    expect(ada.get_by_text("All done: nothing to look at here.")).to_be_visible()

    ada.keyboard.press("u")
    expect(ada.locator("article")).to_have_count(1)

    assert shown(desk.signed_in("bob@example.org")) == set()


def test_counts_follow_and_a_lease_that_ended_is_told_and_can_be_taken_again(desk: Desk) -> None:
    desk.office.lay(lie())
    context = desk.browser.new_context()
    desk.watch.on(context, desk.url)
    ada = context.new_page()
    ada.clock.install()
    ada.goto(f"{desk.url}/console/sign-in/{desk.office.invite('ada@example.org')}")
    ada.get_by_role("button", name="Sign in").click()
    expect(ada.locator("#held")).to_have_text("1")

    desk.office.lay(plain("One more"))
    desk.execute(LEASES_END)
    ada.clock.run_for(16_000)

    expect(ada.locator("#held")).to_have_text("2")
    ada.get_by_role("button", name="Hold it again").click()
    expect(ada.locator(".lease")).to_contain_text("Yours until")


def test_a_lease_that_a_colleague_has_taken_meanwhile_is_not_given_again(desk: Desk) -> None:
    desk.office.lay(lie())
    context = desk.browser.new_context()
    desk.watch.on(context, desk.url)
    ada = context.new_page()
    ada.clock.install()
    ada.goto(f"{desk.url}/console/sign-in/{desk.office.invite('ada@example.org')}")
    ada.get_by_role("button", name="Sign in").click()
    desk.execute(LEASES_END)
    desk.signed_in("bob@example.org")
    ada.clock.run_for(16_000)

    ada.get_by_role("button", name="Hold it again").click()

    expect(ada.get_by_role("alert")).to_contain_text("Somebody else has taken this comment")
    expect(ada.locator("form.actions")).to_have_count(0)


def test_an_escalated_comment_goes_to_the_other_member(desk: Desk) -> None:
    desk.office.lay(lie())
    ada = desk.signed_in("ada@example.org")
    ada.keyboard.press("e")
    expect(ada.get_by_text("Nothing is left for you: colleagues look at the rest.")).to_be_visible()

    bob = desk.signed_in("bob@example.org")

    expect(bob.locator("article").get_by_text("escalated", exact=True)).to_be_visible()
    bob.keyboard.press("a")
    expect(bob.get_by_role("status").filter(has_text="Approved")).to_be_visible()


def test_a_second_opinion_is_asked_for_without_a_word_of_the_first(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    desk.execute("""UPDATE site SET policy = policy || '{"second_review": 1}' WHERE name = 'demo'""")
    try:
        ada, bob = desk.signed_in("ada@example.org"), desk.signed_in("bob@example.org")
        ada.reload()
        desk.execute(LEASES_END)
        ada.reload()
        ada.keyboard.press("s")
        expect(ada.get_by_text("All done: nothing to look at here.")).to_be_visible()

        bob.reload()
        assert "ada@example.org" not in bob.locator("main").inner_text()
        bob.goto(f"{desk.url}/console/comments/{comment}")
        expect(bob.get_by_text("A second opinion is asked for.")).to_be_visible()
        assert "ada@example.org" not in bob.locator("main").inner_text()
        bob.goto(f"{desk.url}/console/history")
        assert "ada@example.org" not in bob.locator("main").inner_text()
        bob.goto(f"{desk.url}/console")
        bob.keyboard.press("a")
        expect(bob.get_by_text("Noted. The first decision was another one")).to_be_visible()
    finally:
        desk.execute("""UPDATE site SET policy = policy || '{"second_review": 0}' WHERE name = 'demo'""")

    detail = desk.detail(comment)
    assert (detail["comment"]["state"], detail["queued"]) == ("rejected", True)  # type: ignore[index]
    ada.reload()
    expect(ada.locator("article").get_by_text("escalated", exact=True)).to_be_visible()
