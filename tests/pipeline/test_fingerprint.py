"""The same words have the same number."""

from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.fingerprint import fingerprint, near_hash


def test_case_and_spacing_do_not_matter():
    assert fingerprint("Buy  cheap\nwatches ") == fingerprint("buy cheap WATCHES")


def test_other_words_have_another_number():
    assert fingerprint("buy cheap watches") != fingerprint("buy cheap matches")


@given(st.text())
def test_the_number_always_fits_a_bigint(text):
    assert -(2**63) <= fingerprint(text) < 2**63


def distance(one: str, other: str) -> int:
    return ((near_hash(one) ^ near_hash(other)) & (2**64 - 1)).bit_count()


LOAN = "Do you need a loan today? Mr Felix lends at 2% interest to all. Write to +1 555 0100 or see https://a.example"


def test_numbers_addresses_case_and_marks_make_no_other_text():
    assert distance(LOAN, LOAN.upper().replace("2%", "3 %").replace("HTTPS://A.EXAMPLE", "http://b.example/x?y")) == 0


def test_one_word_more_in_a_long_text_is_nearly_the_same():
    long = " ".join(f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(300))

    assert distance(long, f"{long} indeed") <= 3


def test_another_text_is_far_away():
    assert (
        distance(LOAN, "The council met on Tuesday and talked about the bridge, which has been shut since the floods")
        > 10
    )


def test_a_text_of_few_words_is_like_no_other():
    assert near_hash("Thank you so much") == 0


@given(st.text())
def test_the_near_hash_always_fits_a_bigint(text):
    assert -(2**63) <= near_hash(text) < 2**63
