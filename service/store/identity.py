"""Make time-ordered ids."""

import secrets
from datetime import datetime
from uuid import UUID


def new_id(at: datetime) -> UUID:
    """Return a UUID v7 (RFC 9562, section 5.7) for a moment: later moments sort later, to the millisecond."""
    return UUID(int=least_id(at).int | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def least_id(at: datetime) -> UUID:
    """Return what no id made at a moment or later is less than."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
