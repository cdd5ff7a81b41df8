"""Make time-ordered ids."""

import secrets
from datetime import datetime
from uuid import UUID


def new_id(at: datetime) -> UUID:
    """Return a UUID v7 (RFC 9562, section 5.7) for a moment: later moments sort later, to the millisecond."""
    chance = secrets.randbits(74)  # one system call, not two
    return UUID(int=least_id(at).int | 7 << 76 | chance >> 62 << 64 | 2 << 62 | chance & (1 << 62) - 1)


def least_id(at: datetime) -> UUID:
    """Return what no id made at a moment or later is less than."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
