"""What readers send costs in proportion to its length, whatever it is made of: every pattern, and the judges whole."""

import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable

import pytest

from service.comment import Submission
from service.judges import load_judges
from service.pipeline.normalise import normalise
from service.pipeline.sanitise import sanitise

SHORT, LONG = 4 * 1024, 16 * 1024
# Four times the length may cost so many times the time: between 4 (linear) and 16 (quadratic).
MOST = 9.0
# Seconds of which a clock tells nothing on a busy machine; what is quadratic at 16 KB takes far longer.
FLOOR = 0.02
UNITS = (
    *("a", "A", "z1", "0", "é", "ж", "好", "\u200b", "\u0301", "\U0001f602", " ", "\t", "\n", "\r\n"),
    *(".", ",", "-", "_", "'", '"', "/", "\\", ":", "?", "!", "@", "#", "&", "%", "*", "=", "+", "~", "|"),
    *("<", ">", "(", ")", "[", "]", "{", "}", "<a", "<a href=", "</", "<!--", "&#", "&amp", "[url=", "[/url]"),
    *("a ", "a.", "a-", "a b ", "1 ", "1-", "+1 ", "a@", "a@b.", "@a", "www.", "http://", "https://a", "t.me/", "a.b/"),
    *("dot ", " [dot] ", "hxxp", "a\u0301", "a\u200b", "no? ", "not never ", "xn--", "%41", "com.", "$1,"),
)


def patterns() -> dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], str]]:
    """Return every compiled pattern of the service that meets what readers send, by module and name, and its use.

    What a module only matches as a whole is not searched for.
    """
    found = {}
    for package in ("service.pipeline", "service.web"):
        for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern):
                    uses = set(re.findall(rf"\b{name}\.(\w+)", inspect.getsource(module)))
                    found[f"{info.name}.{name}"] = value, "fullmatch" if uses == {"fullmatch"} else "finditer"
    return found


def seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def growth(work: Callable[[str], object], unit: str) -> float:
    """Return how many times longer the long text of a unit takes than the short one; 1 for what takes next to none."""
    short, long = (unit * (size // len(unit)) for size in (SHORT, LONG))
    if seconds(lambda: work(long)) < FLOOR:
        return 1.0
    # The first time may have filled a cache, and others may have the machine's memory just then.
    factors = (seconds(lambda: work(long)) / max(seconds(lambda: work(short)), 1e-9) for _ in range(6))
    return next((factor for factor in factors if factor <= MOST), MOST + 1)


def scan(pattern: re.Pattern[str] | re.Pattern[bytes], use: str) -> Callable[[str], object]:
    """Return a function that lets a pattern find all it can in a text, with an end that spoils a match."""

    def work(text: str) -> object:
        spoilt = text + "\x00" if isinstance(pattern.pattern, str) else (text + "\x00").encode()
        return pattern.fullmatch(spoilt) if use == "fullmatch" else [each.end() for each in pattern.finditer(spoilt)]

    return work


PATTERNS = patterns()


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_no_pattern_takes_more_than_its_share_of_a_long_text(name: str) -> None:
    work = scan(*PATTERNS[name])

    slow = {unit: factor for unit in UNITS if (factor := growth(work, unit)) > MOST}

    assert slow == {}


def test_the_measure_finds_what_is_quadratic() -> None:
    assert growth(scan(re.compile(r"a+b"), "finditer"), "a") > MOST


@pytest.mark.parametrize("name", ["spam", "health", "normalise", "sanitise"])
def test_no_stage_takes_more_than_its_share_of_a_long_text(name: str) -> None:
    stages: dict[str, Callable[[str], object]] = {
        "normalise": lambda text: normalise(Submission(body=text)),
        "sanitise": sanitise,
    }
    if name not in stages:
        judge = load_judges()[name]
        stages[name] = lambda text: judge.judge([normalise(Submission(body=text))])

    slow = {unit: factor for unit in UNITS if (factor := growth(stages[name], unit)) > MOST}

    assert slow == {}
