"""What a site's lists match, where, and how long that takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.comment import Context, ListEntry, Policy, Submission
from service.errors import Invalid
from service.pipeline import judge
from service.pipeline.lists import MOST, checked_entry, listed, merged
from service.pipeline.normalise import normalise


def found(body: str, *entries: ListEntry, context: Context | None = None, **fields: str):
    return listed(normalise(Submission(body=body, **fields)), context or Context(), tuple(entries))


def word(value: str, action: str = "hold") -> ListEntry:
    return checked_entry(ListEntry(kind="word", value=value, action=action))


@pytest.mark.parametrize(
    ("value", "body", "quote"),
    [
        ("casino", "Visit my Casino today", "Casino"),
        ("buy now", "So BUY,  now!", "BUY,  now"),
        ("gamb*", "all the gamblers here", "gamblers"),
        ("casino", "a c\u0430sino", "c\u0430sino"),
        ("casino", "a cas\u200bino", "cas\u200bino"),
        ("4chan", "seen on 4chan", "4chan"),
        ("казино", "лучшее Казино тут", "Казино"),
        ("赌场", "最好的赌场在这里", "赌场"),
        ("straße", "in der STRASSE", "STRASSE"),
    ],
)
def test_a_word_is_found_where_it_stands(value: str, body: str, quote: str) -> None:
    (finding,) = found(body, word(value))

    assert finding.code == "list.word"
    assert quote in [each.text for each in finding.evidence]
    assert all(body[each.start : each.end] == each.text for each in finding.evidence)


@pytest.mark.parametrize(("value", "body"), [("casino", "casinos"), ("ass", "a class"), ("buy now", "buy it now")])
def test_a_part_of_a_word_is_not_the_word(value: str, body: str) -> None:
    assert found(body, word(value)) == ()


@pytest.mark.parametrize(
    ("value", "body", "hit"),
    [
        ("spam.example", "see https://shop.spam.example/a", True),
        ("spam.example", "see notspam.example", False),
        ("t.example/bad", "see https://t.example/bad/x", True),
        ("t.example/bad", "see https://t.example/good", False),
        ("https://www.spam.example/", "www.spam.example", True),
    ],
)
def test_a_link_names_a_host_and_all_below_it(value: str, body: str, hit: bool) -> None:
    assert bool(found(body, checked_entry(ListEntry(kind="link", value=value)))) is hit


@pytest.mark.parametrize(
    ("value", "hit"),
    [("bob@mail.example", True), ("@mail.example", True), ("Bob  Smith", True), ("Bob", False), ("@example", False)],
)
def test_an_author_is_an_address_a_domain_or_a_whole_name(value: str, hit: bool) -> None:
    entry = checked_entry(ListEntry(kind="author", value=value))

    findings = found("Hi", entry, context=Context(author_email="Bob@mail.example"), author_name="bob smith")

    assert bool(findings) is hit
    assert "bob@mail.example" not in repr(findings)


@pytest.mark.parametrize(
    ("value", "network", "hit"),
    [
        ("192.0.2.0/24", "192.0.2.0/24", True),
        ("192.0.0.0/16", "192.0.2.0/24", True),
        ("192.0.3.0/24", "192.0.2.0/24", False),
        ("2001:db8::/32", "2001:db8:1::/48", True),
        ("2001:db8::/32", "192.0.2.0/24", False),
        ("192.0.2.0/24", "", False),
    ],
)
def test_a_network_holds_those_inside_it(value: str, network: str, hit: bool) -> None:
    entry = checked_entry(ListEntry(kind="network", value=value))

    assert bool(found("Hi", entry, context=Context(network=network))) is hit


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("word", ""),
        ("word", "***"),
        ("word", "two words*"),
        ("word", "a " * 13),
        ("link", "javascript:alert(1)"),
        ("link", "localhost"),
        ("author", " "),
        ("network", "192.0.2.1"),
        ("network", "2001:db8::/64"),
        ("network", "example.org"),
    ],
)
def test_what_could_never_match_is_refused(kind: str, value: str) -> None:
    with pytest.raises(Invalid):
        checked_entry(ListEntry(kind=kind, value=value))


@pytest.mark.parametrize(("action", "outcome"), [("hold", "hold"), ("reject", "reject")])
def test_an_entry_holds_or_rejects_as_it_says(action: str, outcome: str) -> None:
    policy = Policy(lists=(word("casino", action),))

    (verdict,) = judge([Submission(body="My casino")], {}, [policy], [Context()], lambda name, error: None)

    assert verdict.action == outcome
    assert [(flag.code, flag.source) for flag in verdict.flags] == [("list.word", "list")]


def test_adding_an_entry_again_replaces_it() -> None:
    once = merged((), [ListEntry(kind="word", value="Casino")])

    twice = merged(once, [ListEntry(kind="word", value="casino", action="reject")])

    assert [(entry.value, entry.action) for entry in twice] == [("casino", "reject")]
    with pytest.raises(Invalid):
        merged((), [ListEntry(kind="word", value=f"word{i}") for i in range(MOST + 1)])


@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_and_no_name_breaks_the_search(body: str, name: str) -> None:
    entries = (word("a"), word("b*"), checked_entry(ListEntry(kind="author", value="x")))
    for finding in listed(normalise(Submission(body=body, author_name=name)), Context(), entries):
        for each in finding.evidence:
            text = body if each.field == "body" else name
            assert text[each.start : each.end] == each.text
