"""Telephone numbers are told from other numbers."""

import pytest

from service.pipeline.phones import phones


@pytest.mark.parametrize(
    "text",
    ["+1 555 0100", "call 01632 960 118 now", "(212) 555-0142", "+234-803-555-0101", "0812-555-0101", "9876543210"],
)
def test_a_telephone_number_is_found(text: str) -> None:
    assert phones(text) == 1


@pytest.mark.parametrize(
    "text",
    ["1000000000 views", "2.126.521.750 views", "1,884,034,783", "in 2011-2012", "12 345 678", "0.12345678", "1999"],
)
def test_a_count_a_date_or_a_sum_is_none(text: str) -> None:
    assert phones(text) == 0
