"""Find telephone numbers among the numbers of a text: "2.126.521.750 views" is none."""

import re

_CANDIDATE = re.compile(r"(?<![\w.,])\+?\(?\d[\d\s().\-–]{6,18}\d(?![\w])")
_SIGN = re.compile(r"[\s()\-–]")
_DECIMAL = re.compile(r"\d+\.\d+")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.\s]\d{3})+")


def phones(text: str) -> int:
    """Return how many telephone numbers a text holds."""
    return sum([_is_phone(match[0]) for match in _CANDIDATE.finditer(text)])


def _is_phone(written: str) -> bool:
    digits = sum(map(str.isdigit, written))
    if not 8 <= digits <= 15 or _THOUSANDS.fullmatch(written) or _DECIMAL.fullmatch(written):
        return False
    if digits == 8 and written[0] != "+":
        # Two years are as long.
        return False
    if written[0] in "+0(" or _SIGN.search(written):
        return True
    # Ten digits on end are a mobile number in much of Asia, unless they are a round sum.
    return digits in (10, 11) and not written.endswith("00")
