"""The console's pages and forms, as HTTP answers them."""

from datetime import timedelta

import pytest
from desk import QUOTE, Office, care, lie, plain, spam


def test_a_forged_way_back_leads_to_the_console(office: Office) -> None:
    (comment,) = office.lay(lie())

    answer = office.submit(
        "/console/decisions",
        office.session(),
        comment_id=comment,
        version=1,
        decision="approve",
        back="https://evil.example/?a\r\nSet-Cookie: b=c&q=tea",
    )

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console?q=tea&did=approve&")


def test_a_rejection_without_a_reason_is_explained(office: Office) -> None:
    (comment,) = office.lay(lie())

    answer = office.submit(
        "/console/decisions", office.session(), comment_id=comment, version=1, decision="reject", reason="boring"
    )

    assert answer.status_code == 422
    assert "A rejection needs a reason; choose one." in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"selected": "x:1", "decision": "approve"},
        {"comment_id": "x", "version": "1", "decision": "approve"},
        {"comment_id": "01a20b34-d143-7ff7-8cd3-6b48576d5c06", "version": "-1", "decision": "approve"},
        {"comment_id": "01a20b34-d143-7ff7-8cd3-6b48576d5c06", "version": "²", "decision": "approve"},
        {"comment_id": "01a20b34-d143-7ff7-8cd3-6b48576d5c06", "version": "1", "decision": "publish"},
    ],
)
def test_a_form_that_is_not_the_consoles_is_refused(office: Office, fields: dict[str, str]) -> None:
    assert office.submit("/console/decisions", office.session(), **fields).status_code == 400


@pytest.mark.parametrize(
    "query", ["sort=best", "limit=x", "cursor=%00", "cursor=AAAA", "q=%00", "site=nowhere", "%FF=%FF"]
)
def test_an_address_that_cannot_be_read_shows_the_queue(office: Office, query: str) -> None:
    office.lay(plain("Hello"))

    answer = office.get(f"/console?{query}", office.session())

    assert answer.status_code == 200
    assert "Hello" in answer.text


def test_a_viewer_is_shown_no_buttons(office: Office) -> None:
    office.lay(lie())

    text = office.get("/console", office.session("viewer")).text

    assert QUOTE in text
    assert "/console/decisions" not in text


def test_who_holds_a_comment_is_shown_instead_of_the_buttons(office: Office) -> None:
    (comment,) = office.lay(lie())
    office.post("/v1/review/leases", office.session(email="bob@example.org"), {})
    ada = office.session()

    queue, own = office.get("/console", ada).text, office.get(f"/console/comments/{comment}", ada).text

    assert "bob@example.org is looking at this comment until" in own
    assert "/console/decisions" not in own
    assert "With colleagues (1)" in queue
    assert QUOTE not in queue


def test_nobody_but_members_sees_the_console(office: Office) -> None:
    answer = office.get("/console", {"Accept": "text/html"})

    assert answer.status_code == 401
    assert "gatepost member invite" in answer.text


def test_only_our_own_files_may_be_used(office: Office) -> None:
    policy = office.get("/console", office.session()).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not any(word in policy for word in ("unsafe", "http", "*"))


def test_looking_at_the_queue_takes_it_and_going_on_gives_it_back(office: Office) -> None:
    office.lay(*(plain(f"Number {i}", age=timedelta(minutes=i)) for i in range(30)))
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")

    first, others = office.get("/console?sort=oldest", ada).text, office.get("/console?sort=oldest", bob).text
    office.get("/console?category=health", ada)
    again = office.get("/console?sort=oldest", bob).text

    assert "Number 29" in first
    assert "Number 29" not in others
    assert "Number 9" in others
    assert "Number 29" in again


def test_a_viewer_holds_nothing_by_looking(office: Office) -> None:
    office.lay(lie())

    office.get("/console", office.session("viewer", email="vera@example.org"))

    assert QUOTE in office.get("/console", office.session()).text


def test_opening_a_comment_takes_it(office: Office) -> None:
    (comment,) = office.lay(lie())

    office.get(f"/console/comments/{comment}", office.session(email="bob@example.org"))

    assert QUOTE not in office.get("/console", office.session()).text


@pytest.mark.parametrize("field", ["q", "author", "category", "flag", "page_key", "site", "sort"])
def test_every_filter_lives_in_the_address_and_can_be_taken_away(office: Office, field: str) -> None:
    value = {"category": "spam", "flag": "spam.text", "site": "demo", "sort": "newest"}.get(field, "words")
    office.lay(plain("words", author_name="words", page_key="words"), spam("words to buy"))

    text = office.get(f"/console?{field}={value}", office.session(sites=["demo", "other"])).text

    assert f"{field.replace('_', ' ')}: <bdi>{value}</bdi>" in text
    assert "words" in text


def test_the_authors_name_alone_can_be_looked_for(office: Office) -> None:
    office.lay(plain("By somebody", author_name="Ana Lima"), plain("About Ana Lima", author_name="Bo"))

    text = office.get("/console?author=ana", office.session()).text

    assert "By somebody" in text
    assert "About Ana" not in text


def test_earlier_comments_with_the_same_words_are_shown_with_what_was_decided(office: Office) -> None:
    robot = office.token()
    (first,) = office.lay(spam())
    office.decide(robot, first, "reject", reason="advertising")
    office.lay(spam())

    text = office.get("/console", office.session()).text

    assert "rejected as advertising by robot-moderator" in text


def test_comments_that_say_the_same_come_as_one(office: Office) -> None:
    same = [spam("Buy cheap watches at watches.example today") for _ in range(3)]
    close = [spam(f"Buy cheap watches at watches.example today, only {i} left") for i in range(2)]
    office.lay(*same, *close, plain("Something else was said here entirely"))

    text = office.get("/console", office.session()).text

    assert text.count("<article") == 2
    assert "5 comments say the same." in text
    assert "Reject all 5: spam" in text


def test_a_cluster_reaches_beyond_the_page_and_is_decided_and_undone_as_one(office: Office) -> None:
    ids = office.lay(*(spam() for _ in range(30)))
    ada = office.session()
    text = office.get("/console", ada).text
    chosen = [f"{each}:1" for each in ids]
    assert all(f'name="selected" value="{each}"' in text for each in chosen)

    done = office.submit("/console/decisions", ada, decision="spam", count=30, selected=chosen)
    batch = done.headers["location"].partition("batch=")[2].partition("&")[0]
    said = office.get(done.headers["location"], ada).text
    history = office.get("/console/history", ada).text
    undone = office.submit(f"/console/batches/{batch}/undo", ada, back="")

    assert "30 comments rejected as spam." in said
    assert "rejected 30 comments as spam" in history
    assert "30 comments put back as they were before." in office.get(undone.headers["location"], ada).text
    assert "30 comments say the same." in office.get("/console", ada).text


def test_several_are_decided_only_after_their_number_was_said(office: Office) -> None:
    ids = office.lay(plain("One"), plain("Two"))
    ada = office.session()
    chosen = [f"{each}:1" for each in ids]

    asked = office.submit("/console/decisions", ada, decision="reject", reason="abuse", selected=chosen, note="Both")

    assert asked.status_code == 200
    assert "Reject 2 comments as abuse?" in asked.text
    assert all(word in asked.text for word in ("One", "Two", "Both"))
    assert office.get(f"/v1/review/comments/{ids[0]}", office.token("viewer")).json()["decisions"] == []


def test_a_batch_says_how_many_could_not_be_decided(office: Office) -> None:
    ids = office.lay(plain("One"), plain("Two"), plain("Three"))
    office.decide(office.token(), ids[0], "approve")
    ada = office.session()

    done = office.submit("/console/decisions", ada, decision="spam", count=3, selected=[f"{each}:1" for each in ids])

    said = office.get(done.headers["location"], ada).text
    assert "2 comments rejected as spam. 1 not: somebody else was faster" in said


def test_a_batch_without_a_reason_asks_for_one(office: Office) -> None:
    (comment,) = office.lay(plain("One"))

    answer = office.submit(
        "/console/decisions", office.session(), decision="reject", count=1, selected=[f"{comment}:1"]
    )

    assert answer.status_code == 422
    assert "A rejection needs a reason; choose one." in answer.text


def test_nothing_selected_changes_nothing(office: Office) -> None:
    answer = office.submit("/console/decisions", office.session(), decision="spam", back="q=tea")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console?q=tea")


def test_a_batch_that_nobody_took_cannot_be_undone(office: Office) -> None:
    nobodys = "01a20b34-d143-7ff7-8cd3-6b48576d5c06"

    assert office.submit(f"/console/batches/{nobodys}/undo", office.session(), back="").status_code == 404


def test_the_statement_is_drafted_from_reason_and_evidence_and_kept(office: Office) -> None:
    drafted, own = office.lay(lie(), lie())
    ada, fields = office.session(), {"version": 1, "decision": "health"}

    office.submit("/console/decisions", ada, comment_id=drafted, **fields)
    office.submit("/console/decisions", ada, comment_id=own, statement="In my words.", **fields)

    said = [office.get(f"/v1/review/comments/{each}", office.token("viewer")).json() for each in (drafted, own)]
    assert said[0]["decisions"][0]["statement"] == (
        "It states something about health that the evidence contradicts. It says: “ketamine isn't addictive at all”. "
        "What is known: Ketamine can lead to misuse and dependence (NIDA, DEA)."
    )
    assert said[1]["decisions"][0]["statement"] == "In my words."
    assert "In my words." in office.get("/console/history", ada).text


def test_a_statement_that_is_too_long_is_explained(office: Office) -> None:
    (comment,) = office.lay(lie())

    answer = office.submit(
        "/console/decisions", office.session(), comment_id=comment, version=1, decision="spam", statement="x" * 2001
    )

    assert answer.status_code == 422
    assert "at most 2000 characters" in answer.text


def test_whoever_escalated_leaves_the_decision_to_another_member(office: Office) -> None:
    (comment,) = office.lay(lie())
    ada, bob = office.session(email="ada@example.org"), office.session(email="bob@example.org")
    office.submit("/console/decisions", ada, comment_id=comment, version=1, decision="escalate")

    hers = office.get("/console", ada).text
    late = office.submit("/console/decisions", ada, comment_id=comment, version=2, decision="approve")

    assert QUOTE not in hers
    assert "you escalated it; it waits for another member" in hers
    assert late.status_code == 409
    assert "another member decides" in late.text
    assert QUOTE in office.get("/console", bob).text
    assert (
        office.submit("/console/decisions", bob, comment_id=comment, version=2, decision="approve").status_code == 303
    )


def test_the_history_can_be_narrowed_to_a_person_and_paged(office: Office) -> None:
    ids = office.lay(*(plain(f"Number {i}") for i in range(60)))
    robot, ada = office.token(), office.session()
    for comment in ids[:55]:
        office.decide(robot, comment, "approve")
    office.submit("/console/decisions", ada, comment_id=ids[55], version=1, decision="approve")

    everybody = office.get("/console/history", ada).text
    mine = office.get("/console/history?by=ada@example.org", ada).text
    earlier = everybody.partition('<a href="/console/history?before=')[2].partition('"')[0]

    assert (everybody.count("<li>"), mine.count("<li>")) == (50, 1)
    assert office.get(f"/console/history?before={earlier}", ada).text.count("<li>") == 6


def test_a_page_and_an_author_show_their_comments_in_every_state(office: Office) -> None:
    author = b"k" * 32
    ids = office.lay(
        plain("Held one", author_key=author),
        plain("Published one", state="published", author_key=author),
        plain("Elsewhere", page_key="tea", author_key=author),
        plain("By another"),
    )
    ada = office.session()
    page = office.get(f"/console/comments/{ids[0]}", ada).text.partition('href="/console/pages/')[2].partition('"')[0]

    on_page = office.get(f"/console/pages/{page}", ada).text
    of_author = office.get(f"/console/comments/{ids[0]}/author", ada).text

    assert all(text in on_page for text in ("Held one", "Published one", "By another"))
    assert "Elsewhere" not in on_page
    assert all(text in of_author for text in ("Held one", "Published one", "Elsewhere"))
    assert "By another" not in of_author


def test_an_author_without_a_key_is_shown_alone(office: Office) -> None:
    ids = office.lay(plain("One"), plain("Two"))

    text = office.get(f"/console/comments/{ids[0]}/author", office.session()).text

    assert "One" in text
    assert "Two" not in text


def test_a_page_of_another_site_is_not_there(office: Office) -> None:
    (comment,) = office.lay(plain("Theirs"), site="other")
    text = office.get(f"/console/comments/{comment}", office.session(email="o@example.org", sites=["other"])).text
    page = text.partition('href="/console/pages/')[2].partition('"')[0]

    assert office.get(f"/console/pages/{page}", office.session()).status_code == 404


def test_distressing_text_is_hidden_until_asked_for_unless_one_prefers_otherwise(office: Office) -> None:
    office.lay(care("I cannot go on"))
    ada = office.session()

    before = office.get("/console", ada).text
    answer = office.submit("/console/help", ada, keys="yes")
    cookie = answer.headers["set-cookie"].partition(";")[0]
    after = office.get("/console", {**ada, "Cookie": f"{ada['Cookie']}; {cookie}"}).text

    assert 'class="veil"' in before
    assert 'class="veil"' not in after
    assert "I cannot go on" in after
    assert "data-keys" in after


def test_keys_can_be_turned_off(office: Office) -> None:
    ada = office.session()

    cookie = office.submit("/console/help", ada, veil="yes").headers["set-cookie"].partition(";")[0]

    assert "data-keys" not in office.get("/console", {**ada, "Cookie": f"{ada['Cookie']}; {cookie}"}).text


def test_ones_own_work_is_counted_without_a_comparison(office: Office) -> None:
    (comment,) = office.lay(plain("One"))
    ada = office.session()
    office.submit("/console/decisions", ada, comment_id=comment, version=1, decision="approve")

    assert "You have decided on 1 comment in the last twelve hours." in office.get("/console", ada).text
