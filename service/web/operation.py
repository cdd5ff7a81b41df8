"""Say what one method of one path takes and gives, for the description of the interface."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `answers` maps a status to a wire type, a media type, or None for no content."""

    tag: str
    answers: dict[int, Any]
    problems: Sequence[int] = ()
    query: type[msgspec.Struct] | None = None
    lists: Sequence[str] = ()
    body: type[msgspec.Struct] | None = None
    by_form: bool = False
    security: str = ""
    headers: Sequence[str] = field(default=())
