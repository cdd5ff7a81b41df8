"""The console as a moderator meets it: a real browser, script off and on, mouse, keys, touch."""

from dataclasses import replace

import pytest
from browse import Desk
from desk import LIE, QUOTE, care, lie, plain, spam
from playwright.sync_api import Page, expect

from service.comment import ClaimSource
from service.judges import known_claims
from service.web.console import card


@pytest.fixture(params=[False, True], ids=["script off", "script on"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def said(page: Page, text: str) -> None:
    """Wait for the page to say so, be it by a notice or by a toast."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def decisions(desk: Desk, comment: str) -> list[dict[str, object]]:
    return desk.detail(comment)["decisions"]  # type: ignore[return-value]


def current(page: Page) -> str:
    return page.locator("article.current h2").inner_text()


def test_the_evidence_is_marked_where_it_stands(desk: Desk) -> None:
    desk.office.lay(lie())

    page = desk.signed_in()

    assert page.locator("article .text mark").evaluate("mark => mark.firstChild.textContent") == QUOTE
    whole = page.locator("article .text").evaluate("text => text.textContent")
    assert whole == LIE.replace(QUOTE, f"{QUOTE}reason 1")


def test_a_card_says_why_it_is_here(desk: Desk, script: bool) -> None:
    desk.office.lay(lie())

    why = desk.signed_in(script=script).get_by_role("group", name="Why it is here").inner_text()

    for part in (
        "Says that ketamine is not addictive",
        "score 0.91, threshold 0.50",
        "Claim: Ketamine is not addictive.",
        "The comment states it as a fact",
        "What is known: Ketamine can lead to misuse and dependence.",
        "NIDA: Dissociative drugs",
        "checked 2026-11-01",
        "source not yet checked",
        "health-2026.11.1",
    ):
        assert part in why


def test_each_source_says_what_became_of_its_page(desk: Desk, script: bool) -> None:
    made = [
        ClaimSource(
            publisher="P", title=status, url=f"https://p.example/{status}", checked_at="2026-11-02", status=status
        )
        for status in ("live", "changed", "retired", "unreachable")
    ]
    desk.office.lay(lie(sources=[*made, ClaimSource(publisher="P", title="on paper", url="", checked_at="")]))

    claim = desk.signed_in(script=script).locator("article .claim")

    assert [" ".join(each.split()) for each in claim.locator("li").all_inner_texts()] == [
        "NIDA: Dissociative drugs checked 2026-11-01",
        "DEA: Fact sheet source not yet checked",
        "P: live live checked 2026-11-02",
        "P: changed changed since it was read checked 2026-11-02",
        "P: retired retired: the page is gone checked 2026-11-02",
        "P: unreachable could not be reached checked 2026-11-02",
        "P: on paper source not yet checked",
    ]
    assert claim.locator("a").count() == 6


def test_a_source_shows_what_the_claim_base_knows_of_it_by_now(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    known = next(each for each in known_claims() if each.id == "ket-not-addictive")
    checked = replace(known.sources[0], status="retired", checked_at="2026-11-20")
    monkeypatch.setattr(card, "claim_base", lambda: {known.id: replace(known, sources=(checked, *known.sources[1:]))})
    desk.office.lay(lie(sources=[replace(known.sources[0], status="live", checked_at="2026-10-01")]))

    listed = desk.signed_in().locator("article .claim li").last.inner_text()

    assert " ".join(listed.split()).endswith("retired: the page is gone checked 2026-11-20")


def test_every_revision_is_shown_with_its_own_marks(desk: Desk, script: bool) -> None:
    (comment,) = desk.office.lay(lie())
    desk.office.edit(comment, spam("Buy<script>alert(1)</script> two\u202e of them at once"))
    desk.office.edit(comment, care("I cannot go on"), version=2)
    desk.office.edit(comment, plain("Never mind."), version=3)
    page = desk.signed_in(script=script)

    page.goto(f"{desk.url}/console/comments/{comment}")

    assert page.locator(".card .text").first.inner_text() == "Never mind."
    revisions = page.locator("section:has(#revisions) article")
    assert revisions.locator("h3").all_inner_texts() == [
        "Revision 3, judged: hold",
        "Revision 2, judged: hold",
        "Revision 1, judged: hold",
    ]
    assert not revisions.nth(0).get_by_text("I cannot go on").is_visible()
    revisions.nth(0).locator("summary").click()
    assert revisions.nth(0).get_by_text("I cannot go on").is_visible()
    second = revisions.nth(1).locator(".text")
    assert "<script>alert(1)</script>" in second.inner_text()
    assert "right-to-left override" in second.locator(".badge").inner_text()
    first = revisions.nth(2)
    assert first.locator("mark").evaluate("mark => mark.firstChild.textContent") == QUOTE
    assert "Claim: Ketamine is not addictive." in first.inner_text()


def test_an_erased_comment_shows_no_text_of_any_revision(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    desk.office.edit(comment, plain("Never mind."))
    desk.office.decide(desk.office.token(), comment, "erase", 2)
    page = desk.signed_in()

    page.goto(f"{desk.url}/console/comments/{comment}")

    assert "The text has been erased." in page.locator("section:has(#revisions)").inner_text()
    assert QUOTE not in page.locator("main").inner_text()


def test_evidence_outside_the_text_is_quoted(desk: Desk) -> None:
    desk.office.lay(spam())

    assert "In the author's name: Cheap" in desk.signed_in().locator("article").inner_text()


@pytest.mark.parametrize(
    ("button", "sentence", "state", "reason"),
    [
        ("Approve", "Approved", "published", None),
        ("Spam", "Rejected as spam", "rejected", "spam"),
        ("Health misinformation", "Rejected as health misinformation", "rejected", "health_misinformation"),
        ("Escalate", "Escalated", "held", None),
    ],
)
def test_a_button_decides_and_can_be_undone(
    desk: Desk, script: bool, button: str, sentence: str, state: str, reason: str | None
) -> None:
    first, _ = desk.office.lay(lie(), plain("Another"))
    page = desk.signed_in(script=script)

    page.get_by_role("button", name=button, exact=True).first.click()
    said(page, sentence)
    decided = desk.detail(first)
    page.get_by_role("button", name="Undo").click()
    said(page, "Undone")
    undone = desk.detail(first)

    assert (decided["comment"]["state"], decided["decisions"][0]["reason"]) == (state, reason)  # type: ignore[index]
    assert decided["decisions"][0]["by"] == "ada@example.org"  # type: ignore[index]
    assert (undone["comment"]["state"], undone["queued"]) == ("held", True)  # type: ignore[index]
    expect(page.locator("article")).to_have_count(2)


def test_rejecting_takes_a_reason_a_statement_and_a_note(desk: Desk, script: bool) -> None:
    (comment,) = desk.office.lay(plain("Off we go"))
    page = desk.signed_in(script=script)

    page.get_by_text("Another reason, statement, note").click()
    page.locator("article").get_by_label("Reason").select_option("off_topic")
    page.get_by_label("What the author is told").fill("Please keep to the article.")
    page.get_by_label("Note for colleagues").fill("Twice today")
    page.locator("article").get_by_role("button", name="Reject", exact=True).click()
    said(page, "Rejected")

    (decision,) = decisions(desk, comment)
    assert (decision["action"], decision["reason"], decision["note"]) == ("reject", "off_topic", "Twice today")
    assert decision["statement"] == "Please keep to the article."


def test_the_draft_of_the_statement_follows_the_reason_until_it_is_changed(desk: Desk) -> None:
    desk.office.lay(lie())
    page = desk.signed_in()
    page.get_by_text("Another reason, statement, note").click()
    reason, statement = page.locator("article").get_by_label("Reason"), page.get_by_label("What the author is told")

    reason.select_option("health_misinformation")
    drafted = statement.input_value()
    reason.select_option("abuse")
    redrafted = statement.input_value()
    statement.fill("My own words.")
    reason.select_option("hate")

    assert QUOTE in drafted
    assert redrafted == "It attacks somebody."
    assert statement.input_value() == "My own words."


@pytest.mark.parametrize(
    ("keys", "action", "reason"),
    [
        ("a", "approve", None),
        ("s", "reject", "spam"),
        ("m", "reject", "health_misinformation"),
        ("e", "escalate", None),
        ("rt", "reject", "off_topic"),
        ("rp", "reject", "personal_data"),
    ],
)
def test_one_or_two_keys_decide_and_u_undoes(desk: Desk, keys: str, action: str, reason: str | None) -> None:
    (first, _) = desk.office.lay(lie(), plain("Another", page_title="The other article", page_key="other"))
    page = desk.signed_in()

    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("article")).to_have_count(1)
    (decision,) = decisions(desk, first)
    assert (decision["action"], decision["reason"]) == (action, reason)
    assert current(page) == "The other article"

    page.keyboard.press("u")
    said(page, "Undone")
    assert [each["action"] for each in decisions(desk, first)] == ["undo", action]
    assert current(page) == "Ketamine therapy: what is known"


def test_an_undone_comment_can_be_decided_again_at_once(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    desk.office.lay(plain("Another"))
    page = desk.signed_in()

    page.keyboard.press("a")
    said(page, "Approved")
    page.keyboard.press("u")
    said(page, "Undone")
    page.keyboard.press("s")
    said(page, "Rejected as spam")

    assert [each["action"] for each in decisions(desk, comment)] == ["reject", "undo", "approve"]


def test_j_and_k_walk_and_keys_in_a_field_are_just_letters(desk: Desk) -> None:
    desk.office.lay(*(plain(f"Text {i}", page_title=f"Article {i}", page_key=f"a{i}") for i in range(3)))
    page = desk.signed_in()

    titles = [current(page)]
    for key in "jjjk":
        page.keyboard.press(key)
        titles.append(current(page))
    page.keyboard.press("/")
    page.keyboard.type("sam")

    shown = page.locator("article h2").all_inner_texts()
    assert titles == [shown[0], shown[1], shown[2], shown[2], shown[1]]
    assert page.get_by_label("Text", exact=True).input_value() == "sam"
    assert page.locator("article").count() == 3


def test_the_keyboard_alone_reaches_and_decides_without_a_command(desk: Desk) -> None:
    desk.office.lay(lie())
    page = desk.signed_in()

    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "approve":
            break
    page.keyboard.press("Enter")

    said(page, "Approved")


def test_a_finger_decides(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    page = desk.signed_in(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    button = page.get_by_role("button", name="Health misinformation", exact=True).first

    assert button.bounding_box()["height"] >= 44  # type: ignore[index]
    button.tap()
    said(page, "Rejected as health misinformation")

    assert decisions(desk, comment)[0]["reason"] == "health_misinformation"


def test_deciding_too_late_is_explained(desk: Desk, script: bool) -> None:
    desk.office.lay(lie(state="published"))
    ada, bob = desk.signed_in("ada@example.org", script=script), desk.signed_in("bob@example.org", script=script)
    for page in (ada, bob):
        page.goto(f"{desk.url}/console?status=published")

    ada.get_by_role("button", name="Spam", exact=True).first.click()
    said(ada, "Rejected as spam")
    bob.get_by_role("button", name="Health misinformation", exact=True).first.click()

    told = bob.get_by_role("alert")
    expect(told).to_contain_text("Not done.")
    expect(told).to_contain_text("ada@example.org")
    expect(told).to_contain_text("rejected")
    if script:
        told.get_by_role("link").click()
        expect(bob.get_by_text("ada@example.org rejected it as spam")).to_be_visible()
    desk.watch.expect("409")


def test_several_are_selected_with_shift_counted_and_undone_as_one(desk: Desk) -> None:
    ids = desk.office.lay(*(plain(f"Text {i}") for i in range(4)))
    page = desk.signed_in()
    boxes = page.locator(".pick input")

    boxes.first.check()
    boxes.nth(2).click(modifiers=["Shift"])
    assert page.locator("#bulk output").inner_text() == "3 selected"
    page.keyboard.press("Shift+S")
    said(page, "3 comments rejected as spam.")
    assert page.locator("article").count() == 1
    page.keyboard.press("u")
    said(page, "3 comments put back")

    assert page.locator("article").count() == 4
    assert {desk.detail(each)["comment"]["state"] for each in ids} == {"held"}  # type: ignore[index]


def test_without_script_several_are_decided_after_a_question(desk: Desk) -> None:
    desk.office.lay(*(plain(f"Text {i}") for i in range(3)))
    page = desk.signed_in(script=False)

    page.locator(".pick input").nth(0).check()
    page.locator(".pick input").nth(1).check()
    page.locator("#bulk").get_by_role("button", name="Spam").click()
    assert page.locator("h1").inner_text() == "Reject 2 comments as spam?"
    page.get_by_role("button", name="Reject 2").click()
    said(page, "2 comments rejected as spam.")
    page.goto(f"{desk.url}/console/history")
    page.get_by_role("button", name="Undo: ada@example.org rejected 2 comments as spam").click()

    page.goto(f"{desk.url}/console")
    assert page.locator("article").count() == 3


def test_what_says_the_same_is_looked_at_side_by_side_and_decided_at_once(desk: Desk, script: bool) -> None:
    ids = desk.office.lay(*(spam(page_title=f"Article {i}", page_key=f"a{i}") for i in range(5)))
    page = desk.signed_in(script=script)

    page.get_by_text("Look at the other 4 of them side by side").click()
    assert page.locator(".side li").count() == 4
    if script:
        page.keyboard.press("Shift+S")
    else:
        page.get_by_role("button", name="Reject all 5: spam").click()
    said(page, "5 comments rejected as spam.")

    assert {desk.detail(each)["comment"]["state"] for each in ids} == {"rejected"}  # type: ignore[index]


def test_filters_and_the_place_in_the_list_survive_a_decision(desk: Desk, script: bool) -> None:
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu".split()
    desk.office.lay(
        *(spam(f"Buy {' '.join(words[i % 12 :] + words[: i % 12])} {words[i // 12]} now") for i in range(25)),
        plain("Fine"),
    )
    page = desk.signed_in(script=script)

    page.goto(f"{desk.url}/console?category=spam&sort=newest&status=held")
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("button", name="Approve", exact=True).first.click()
    said(page, "Approved")

    assert "category=spam" in page.url
    assert "cursor=" in page.url


def test_the_last_decision_of_a_page_leads_to_the_next_and_can_still_be_undone(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    page = desk.signed_in()

    page.keyboard.press("a")
    expect(page.get_by_text("All done: nothing to look at here.")).to_be_visible()
    said(page, "Approved.")
    page.keyboard.press("u")
    expect(page.locator("article")).to_have_count(1)

    assert [each["action"] for each in decisions(desk, comment)] == ["undo", "approve"]


def test_the_queue_says_how_much_waits(desk: Desk) -> None:
    desk.office.lay(plain("One"), plain("Two"))

    assert (
        "2 comments wait; the oldest has waited less than a minute." in desk.signed_in().locator(".count").inner_text()
    )


def test_a_distressing_text_is_shown_when_asked_for(desk: Desk, script: bool) -> None:
    desk.office.lay(care("I cannot go on"))
    page = desk.signed_in(script=script)
    text = page.get_by_text("I cannot go on")

    expect(text).to_be_hidden()
    page.get_by_text("Show the text").click()

    expect(text).to_be_visible()


def test_characters_that_cannot_be_seen_or_pose_as_others_have_badges(desk: Desk) -> None:
    desk.office.lay(plain("Buy\u200bnow \u202egnp.exe 👩\u200d⚕️ V\u0456agra \U0001d41c\U0001d421eap IFNγ Привет"))

    badges = desk.signed_in().locator(".badge").all_text_contents()

    assert badges == ["[zero-width space]", "[right-to-left override]", "[Cyrillic]", "[styled]"]


def test_keys_that_were_turned_off_do_nothing(desk: Desk) -> None:
    (comment,) = desk.office.lay(lie())
    page = desk.signed_in()
    page.get_by_role("link", name="Help").click()
    page.get_by_label("Let single keys give commands").uncheck()
    page.get_by_role("button", name="Keep").click()

    page.goto(f"{desk.url}/console")
    page.keyboard.press("a")
    page.wait_for_timeout(100)

    assert page.locator("kbd").first.is_hidden()
    assert decisions(desk, comment) == []


def test_a_service_that_is_away_loses_no_decision(desk: Desk) -> None:
    desk.office.lay(lie())
    page = desk.signed_in()
    page.route("**/v1/review/decisions", lambda route: route.abort())

    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    page.unroute("**/v1/review/decisions")
    page.keyboard.press("a")

    said(page, "Approved")
    desk.watch.expect("ERR_FAILED")
