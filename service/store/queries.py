"""Load the named queries of `sql/queries/*.sql`.

A query starts at a line `-- name: snake_case` and ends at the next one. aiosql was tried and rejected: it fails on
array slices and types every query as Any.
"""

import functools
import re
from collections.abc import Mapping

from service.paths import SQL

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


@functools.cache
def queries() -> Mapping[str, str]:
    """Return every named query's text, by name.

    Raises:
        ValueError: two queries share a name.
    """
    found: dict[str, str] = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        parts = _NAME.split(path.read_text("utf-8"))
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in found:
                raise ValueError(f"Two queries are named {name}.")
            found[name] = text.strip()
    return found


def sql(name: str) -> str:
    """Return the text of one named query."""
    return queries()[name]
