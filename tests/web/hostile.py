"""Read the rows of the public hostile corpora, which are not part of the repository."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest


def rows(corpora: Path, name: str) -> Iterator[Mapping[str, str]]:
    """Yield the rows of one file of hostile inputs; skips the test where the folder is not on this machine."""
    path = corpora / "hostile" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"the hostile corpus is not on this machine ({path})")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def input_of(row: Mapping[str, object]) -> str | bytes:
    """Return the real input of a row: decoded, or built to its full length."""
    made = row.get("gen")
    if isinstance(made, dict):
        unit, index = str(made["unit"]), str(made.get("index_var", ""))
        units = (unit.replace(index, str(i)) if index else unit for i in range(int(made["n"])))
        return str(made.get("prefix", "")) + "".join(units) + str(made.get("suffix", ""))
    payload = str(row["payload"])
    match row.get("encoding"):
        case "base64":
            return base64.b64decode(payload)
        case "base64-utf16le":
            return base64.b64decode(payload).decode("utf-16-le", "surrogatepass")
    return payload


def as_bytes(value: str | bytes) -> bytes:
    """Return an input as bytes, lone surrogates and all."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
