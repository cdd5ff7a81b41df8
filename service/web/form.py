"""Read a submission from whatever a page sends: JSON, a urlencoded form, a multipart form."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from python_multipart.multipart import parse_options_header
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from service.errors import FieldError, Invalid, Malformed, TooLarge, UnsupportedMedia
from service.wire import decode

MAX_BYTES = 16 * 1024
_MAX_FIELDS = 40


class CommentForm(msgspec.Struct, kw_only=True, frozen=True):
    """Submit a comment. Unknown members are ignored.

    `body` is the comment, 1 to 10,000 characters, plain text or simple HTML. The page is named by `page_key`, or else
    by `page_url`. `website` is a field that people do not see and leave empty, `form_token` what `GET …/form` gave out,
    `altcha` the answer to the challenge that it gave out.
    """

    body: str | None = None
    author_name: str | None = None
    author_email: str | None = None
    author_url: str | None = None
    page_url: str | None = None
    page_key: str | None = None
    page_title: str | None = None
    parent_id: str | None = None
    lang: str | None = None
    website: str | None = None
    form_token: str | None = None
    altcha: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a page sent: the fields, bytes that are equal where the same was sent, and whether a form brought them."""

    fields: CommentForm
    raw: bytes
    by_form: bool


async def read_comment(request: Request[Any]) -> Sent:
    """Return the fields of a submission.

    Raises:
        TooLarge, UnsupportedMedia, Malformed: the body cannot be read at all.
        Invalid: a field has the wrong type, or occurs twice.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedMedia("Compressed bodies are not read here.")
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    charset = options.get(b"charset", b"utf-8").decode("latin-1").lower()
    if charset not in ("utf-8", "utf8"):
        raise UnsupportedMedia("Only UTF-8 is read here.")
    if kind not in (b"application/json", b"application/x-www-form-urlencoded", b"multipart/form-data"):
        raise UnsupportedMedia("Send JSON, or a form (application/x-www-form-urlencoded or multipart/form-data).")
    raw = await _body(request)
    if kind == b"application/json":
        return Sent(_json(raw), raw, by_form=False)
    pairs = _urlencoded(raw) if kind == b"application/x-www-form-urlencoded" else await _multipart(request, raw)
    fields = _once(pairs)
    # Hashed in place of the bytes: a browser that sends a multipart form again chooses another boundary.
    return Sent(msgspec.convert(fields, CommentForm), msgspec.json.encode(fields), by_form=True)


async def _body(request: Request[Any]) -> bytes:
    """Read the body, refusing it by its announced length where there is one, else as soon as it is too long."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:9]) > MAX_BYTES:
        raise TooLarge("A comment may take up to 16 KB.")
    body = bytearray()
    more = True
    while more:
        # Not by stream(): a generator is noted by the event loop, which costs more than a body of one piece.
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > MAX_BYTES:
            raise TooLarge("A comment may take up to 16 KB.")
        more = message.get("more_body", False)
    return bytes(body)


def _json(raw: bytes) -> CommentForm:
    try:
        return decode(raw, CommentForm)
    except msgspec.ValidationError as error:
        raise _wrong_type(error) from error
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error


def _wrong_type(error: msgspec.ValidationError) -> Invalid:
    message, _, place = str(error).partition(" - at `$")
    field = place.strip("`.") or "body"
    return Invalid("Some fields need attention.", errors=[FieldError(field, f"{message}.")])


def _urlencoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise Malformed("The form cannot be read as UTF-8.") from error


async def _multipart(request: Request[Any], raw: bytes) -> list[tuple[str, str]]:
    async def once() -> AsyncGenerator[bytes, None]:
        yield raw
        yield b""

    _require_utf8(raw)
    parser = MultiPartParser(request.headers, once(), max_files=0, max_fields=_MAX_FIELDS, max_part_size=MAX_BYTES)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, LookupError) as error:
        raise Malformed("The multipart form cannot be read.") from error
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def _require_utf8(raw: bytes) -> None:
    """Refuse what the multipart parser would silently read as Latin-1; without files, all of a body is text."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("The form cannot be read as UTF-8.") from error


def _once(pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields and name in CommentForm.__struct_fields__:
            raise Invalid("A field came twice.", errors=[FieldError(name, "is given more than once")])
        fields[name] = value
    return fields
