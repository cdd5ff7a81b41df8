"""What a look at a set-up finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """Say how one part of the set-up is."""

    part: str
    state: Literal["good", "bad"]
    text: str
