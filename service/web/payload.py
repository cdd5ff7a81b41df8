"""Read what members send: JSON into wire types, a form of the console into its fields."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from service.errors import FieldError, Invalid, Malformed, TooLarge, UnsupportedMedia
from service.web.state import State

Wire = TypeVar("Wire")


async def read_json(request: Request[State], form: type[Wire], *, max_bytes: int) -> Wire:
    """Return a JSON body as a value of the type given.

    Raises:
        Malformed, UnsupportedMedia, TooLarge: it is not JSON, or more than is read here.
        Invalid: it is JSON of another shape; names the place.
    """
    _require_type(request, "application/json")
    body = await _read(request, max_bytes)
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise Invalid(
            "Some fields need attention.", errors=[FieldError(place.strip("`.") or "body", f"{message}.")]
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error


async def read_form(request: Request[State], *, max_bytes: int) -> Mapping[str, str]:
    """Return the fields of a form; of a field that occurs twice, the last one.

    Raises:
        Malformed, UnsupportedMedia, TooLarge: it is not a form, or more than is read here.
    """
    return dict(await read_pairs(request, max_bytes=max_bytes, most=100))


async def read_pairs(request: Request[State], *, max_bytes: int, most: int) -> list[tuple[str, str]]:
    """Return the fields of a form in their order, at most `most` of them.

    Raises:
        Malformed, UnsupportedMedia, TooLarge: it is not a form, or more than is read here.
    """
    _require_type(request, "application/x-www-form-urlencoded")
    body = await _read(request, max_bytes)
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError as error:
        raise Malformed("The form cannot be read.") from error


def _require_type(request: Request[State], wanted: str) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != wanted:
        raise UnsupportedMedia(f"This address reads {wanted}.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Compressed bodies are not read here.")


async def _read(request: Request[State], max_bytes: int) -> bytes:
    """Read a body, refusing it by its announced length where there is one, else as soon as it is too long."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise TooLarge(f"At most {max_bytes:,} bytes are read here.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise TooLarge(f"At most {max_bytes:,} bytes are read here.")
    return bytes(body)
