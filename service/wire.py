"""Encode and decode JSON, for the wire and the command line."""

import json
from typing import TypeVar

import msgspec

T = TypeVar("T")

encode = msgspec.json.Encoder().encode


def decode(raw: bytes, form: type[T]) -> T:
    """Return JSON as a value of a type.

    Half a surrogate pair written as an escape, which some phones send, is let through as it is; msgspec takes it for
    the end of its input.

    Raises:
        msgspec.ValidationError: it is JSON of another shape; names the place.
        ValueError, RecursionError: it is not JSON.
    """
    try:
        return msgspec.json.decode(raw, type=form)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if rb"\ud" not in raw.lower():
            raise
    return msgspec.convert(json.loads(raw), form)
