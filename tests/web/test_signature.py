import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.web.signature import FORM_LIFETIME, form_signals, form_token, keyed

KEY, OTHER = b"k" * 32, b"o" * 32
PAGE = "https://site.test/a"
THEN = 1_800_000_000.0


def state(token: str, *, key: bytes = KEY, page: str = PAGE, later: float = 60.0) -> tuple[str, float | None]:
    signals = form_signals(key, page, token, THEN + later, honeypot=False)
    return signals.token, signals.seconds_to_submit


def test_a_token_tells_how_long_the_form_was_open() -> None:
    assert state(form_token(KEY, PAGE, THEN)) == ("valid", 60.0)


def test_a_token_from_a_clock_ahead_of_ours_counts_as_just_made() -> None:
    assert state(form_token(KEY, PAGE, THEN), later=-5.0) == ("valid", 0.0)


def test_a_token_expires() -> None:
    assert state(form_token(KEY, PAGE, THEN), later=FORM_LIFETIME + 1) == ("expired", None)


def test_a_token_of_another_page_or_site_is_wrong() -> None:
    assert state(form_token(KEY, PAGE, THEN), page=f"{PAGE}/b") == ("wrong", None)
    assert state(form_token(KEY, PAGE, THEN), key=OTHER) == ("wrong", None)


def test_no_token_is_missing() -> None:
    assert state("") == ("missing", None)


@given(st.text())
def test_whatever_stands_in_a_tokens_place_is_wrong_or_missing(text: str) -> None:
    assert state(text)[0] in ("wrong", "missing")


@pytest.mark.parametrize("i", range(24))
def test_no_byte_of_a_token_can_be_changed(i: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(form_token(KEY, PAGE, THEN)))
    raw[i] ^= 1

    assert state(base64.urlsafe_b64encode(raw).decode()) == ("wrong", None)


def test_the_field_that_people_do_not_see_is_told_apart() -> None:
    assert form_signals(KEY, PAGE, "", THEN, honeypot=True).honeypot


def test_a_keyed_hash_depends_on_key_and_text() -> None:
    assert len({keyed(KEY, "a"), keyed(OTHER, "a"), keyed(KEY, "b")}) == 3
    assert len(keyed(KEY, "\ud800")) == 32
