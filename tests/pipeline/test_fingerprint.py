"""The same words have the same number."""

from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.fingerprint import fingerprint


def test_case_and_spacing_do_not_matter():
    assert fingerprint("Buy  cheap\nwatches ") == fingerprint("buy cheap WATCHES")


def test_other_words_have_another_number():
    assert fingerprint("buy cheap watches") != fingerprint("buy cheap matches")


@given(st.text())
def test_the_number_always_fits_a_bigint(text):
    assert -(2**63) <= fingerprint(text) < 2**63
