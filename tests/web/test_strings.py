"""Every language is whole, and readers get theirs."""

import json
import re
from pathlib import Path

import pytest

from service.paths import LOCALE, STATIC, TEMPLATES
from service.web.strings import languages, speak

ENGLISH: dict[str, str] = json.loads((LOCALE / "en.json").read_text("utf-8"))
OTHERS = sorted(path.stem for path in LOCALE.glob("*.json") if path.stem != "en")


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_the_languages_promised_are_there() -> None:
    assert set(OTHERS) == {"ar", "de", "es", "fr", "hi", "pt", "ru", "zh"}


@pytest.mark.parametrize("lang", OTHERS)
def test_a_language_has_every_text_and_no_other(lang: str) -> None:
    texts = json.loads((LOCALE / f"{lang}.json").read_text("utf-8"))

    assert list(texts) == list(ENGLISH)
    assert [key for key in texts if places(texts[key]) != places(ENGLISH[key])] == []
    assert [key for key, text in texts.items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("lang", OTHERS)
def test_a_language_is_not_english(lang: str) -> None:
    texts = json.loads((LOCALE / f"{lang}.json").read_text("utf-8"))

    same = [key for key, text in texts.items() if text == ENGLISH[key]]
    assert len(same) <= 2, same


def test_every_text_is_used_and_every_text_used_is_there() -> None:
    script = (STATIC / "embed.js").read_text("utf-8")
    used = {f"widget.{name}" for name in re.findall(r"\bt\(\"(\w+)\"", script) + re.findall(r"strings\.(\w+)", script)}
    pages = "".join(
        path.read_text("utf-8")
        for path in [*TEMPLATES.glob("*.html"), *Path(__file__).parents[2].glob("service/web/*.py")]
    )
    used |= {key for key in ENGLISH if f'"{key}"' in pages}
    composed = ("message.", "state.", "reason.", "report.", "widget.bad_", "page.granted", "page.refused")
    built = {
        "widget.name",
        "widget.email",
        "widget.body",
        "widget.oldest",
        "widget.newest",
        "widget.kept",
        "widget.offline",
    }

    assert {key for key in ENGLISH if not key.startswith(composed)} - used - built == set()
    assert used - set(ENGLISH) == set()


@pytest.mark.parametrize(
    ("wanted", "lang"),
    [
        (("pt-BR",), "pt"),
        (("", "da, en-GB;q=0.8, de;q=0.9"), "de"),
        (("xx", "zh-Hans-CN"), "zh"),
        (("de;q=0, fr;q=0.1",), "fr"),
        (("*",), "en"),
        (("\x00" * 10_000,), "en"),
        ((), "en"),
    ],
)
def test_readers_get_the_language_that_they_ask_for_first(wanted: tuple[str, ...], lang: str) -> None:
    assert speak(*wanted).lang == lang


def test_only_arabic_runs_from_right_to_left() -> None:
    assert {lang for lang, speech in languages().items() if speech.dir == "rtl"} == {"ar"}
