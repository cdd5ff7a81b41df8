"""Every row of the public hostile corpora (data outside the repository) comes out safe, bounded and stable."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import html_oracle as oracle
import pytest

from service.pipeline.plain import MAX_HTML_BYTES
from service.pipeline.sanitise import MAX_AMPERSANDS, MAX_BRACKETS, sanitise

CORPORA = Path(os.environ.get("GATEPOST_CORPORA", Path(__file__).parents[3] / "shared" / "corpora")) / "hostile"
MAX_BODY = 10_000
FILES = ["html_pathological", "xss", "mxss", "url_scheme", "html5_conformance", "unicode", "redos"]

# Inputs that made a parser's work grow with the square or cube of their length; our own.
PATHOLOGICAL = {
    "attributes": "<b " + "a " * 4990 + ">x",
    "different attributes": "<a " + " ".join(f"a{i}" for i in range(1900)) + ">x",
    "formatting before paragraphs": "".join(f"<b x={i}><p>" for i in range(50)) + "x",
    "misnested formatting": "<b><i><em><strong><code>" * 10 + "<p>x</b>" * 25 + "y " * 4000,
    "anchors in paragraphs": "<a href=http://a.de><p>" * 50 + "x",
    "unclosed quotes": "<b x=\"<b x='" * 50 + "a" * 9000 + ">",
    "tags without an end": "<b a b c d " * 100 + "a " * 4000,
    "comments without an end": "<!--" * 100 + "-" * 9000,
    "declarations without an end": "<!x" * 100 + "x" * 9000,
    "deep quotations": "<blockquote>" * 100 + "x" * 8000,
    "lists": "<ul><li>" * 50 + "x",
    "ampersands": "<b>" + "&" * 9990,
    "entities": "<b>" + "&lt;" * 2490,
    "entity without an end": "<b>&" + "a" * 9990,
    "numeric entities": "<b>" + "&#1;" * 2490,
    "line ends": "<b>" + "x\n\n" * 3300,
    "white space": "<b>x" + " " * 9990 + "x",
    "brackets after an address": "http://a.de/" + ")" * 9980,
    "addresses": "http://é.é " * 900,
    "hundred addresses": "http://" + "é" * 60 + "." + "ü" * 20 + " x ",
    "long host": "http://" + "é." * 4990,
    "www": "www." * 2500,
    "colons": "://" * 3300,
}


def _rows() -> Iterator[tuple[str, str]]:
    for name in FILES:
        path = CORPORA / f"{name}.jsonl"
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            row = json.loads(line)
            yield f"{name} {row['id']}", _input(row)


def _input(row: dict[str, object]) -> str:
    payload = str(row["payload"])
    if gen := row.get("gen"):
        assert isinstance(gen, dict)
        index = gen.get("index_var")
        unit = str(gen["unit"])
        units = (unit.replace(str(index), str(i)) if index else unit for i in range(int(gen["n"])))
        return str(gen["prefix"]) + "".join(units) + str(gen["suffix"])
    encoding = str(row.get("encoding", ""))
    if encoding == "base64-utf16le":
        return base64.b64decode(payload).decode("utf-16-le", "surrogatepass")
    return base64.b64decode(payload).decode("utf-8", "replace") if encoding == "base64" else payload


def _assert_good(body: str) -> None:
    clean = sanitise(body)

    oracle.assert_safe(clean.html)
    assert len(clean.html.encode()) <= MAX_HTML_BYTES
    if clean.html.count("<") <= MAX_BRACKETS and clean.html.count("&") <= MAX_AMPERSANDS:
        assert sanitise(clean.html).html == clean.html


@pytest.mark.parametrize("body", PATHOLOGICAL.values(), ids=PATHOLOGICAL)
def test_an_input_made_to_be_slow_comes_out_safe(body: str) -> None:
    _assert_good(body)


@pytest.mark.skipif(not CORPORA.exists(), reason="the hostile corpora are not beside this checkout")
@pytest.mark.parametrize("name", FILES)
def test_every_hostile_row_comes_out_safe(name: str) -> None:
    bodies = [body for row, body in _rows() if row.startswith(f"{name} ")]

    assert bodies
    for body in bodies:
        _assert_good(body[:MAX_BODY])
