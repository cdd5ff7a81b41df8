"""Marking evidence in the text as submitted."""

from hypothesis import given
from hypothesis import strategies as st

from service.comment import Evidence, Flag
from service.web.console.highlight import marked


def flag(*spans: tuple[int, int], weight: float = 1.0) -> Flag:
    evidence = tuple(Evidence(field="body", start=a, end=b, text="", weight=weight) for a, b in spans)
    return Flag(code="x", category="spam", source="rule", score=1.0, threshold=1.0, message="x", evidence=evidence)


def shown(text: str, *flags: Flag) -> list[tuple[str, tuple[int, ...]]]:
    return [(piece.text, piece.flags) for piece in marked(text, flags)]


def test_a_stretch_is_cut_out_by_code_points() -> None:
    assert shown("👩🏽 héllo wörld", flag((3, 8))) == [("👩🏽 ", ()), ("héllo", (1,)), (" wörld", ())]


def test_overlapping_stretches_share_their_overlap() -> None:
    assert shown("abcdef", flag((0, 4)), flag((2, 6))) == [("ab", (1,)), ("cd", (1, 2)), ("ef", (2,))]


def test_a_stretch_beyond_the_text_is_cut_off() -> None:
    assert shown("abc", flag((-5, 1), (2, 99), (50, 60))) == [("a", (1,)), ("b", ()), ("c", (1,))]


def test_evidence_against_a_flag_is_not_marked() -> None:
    assert shown("abc", flag((0, 3), weight=-1.0)) == [("abc", ())]


def test_evidence_of_another_field_is_not_marked() -> None:
    assert [piece.flags for piece in marked("abc", [flag((0, 3))], "author_name")] == [()]


def test_joiners_are_a_disguise_only_beside_ascii() -> None:
    badges = [piece.badge for piece in marked("me\u200ddicine می\u200cخواهم 👩\u200d⚕️", []) if piece.badge]

    assert badges == ["zero-width joiner"]


@given(st.text(), st.lists(st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), max_size=4), max_size=4))
def test_the_pieces_are_the_text(text: str, spans: list[list[tuple[int, int]]]) -> None:
    pieces = marked(text, [flag(*each) for each in spans])

    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
