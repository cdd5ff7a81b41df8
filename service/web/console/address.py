"""Write and read the console's own addresses; what is shown stands in them, so that they can be kept and shared."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec

from service.web.filters import QueueQuery, lenient_query


def address(query: QueueQuery, *, without: str = "", **more: str) -> str:
    """Return the console's address that shows this query, without what has its default value anyway."""
    kept = {name: value for name, value in filters_of(query).items() if name != without}
    given = kept | {name: value for name, value in more.items() if value}
    return f"/console?{urlencode(given)}" if given else "/console"


def address_back(back: str, **more: str) -> str:
    """Return the address of the list that a form was sent from; `back` is its query, as the form says.

    It is read and written anew, so that a forged one leads nowhere but to the console.
    """
    try:
        pairs = parse_qsl(back, max_num_fields=20)
    except ValueError:
        pairs = []
    query = lenient_query(pairs, QueueQuery)
    return address(query, cursor=query.cursor, **more)


def filters_of(query: QueueQuery) -> dict[str, str]:
    """Return what a query asks for beyond the defaults."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(query)}
    given: dict[str, str] = {name: str(value) for name, value in msgspec.structs.asdict(query).items()}
    return {name: value for name, value in given.items() if name not in ("cursor", "limit") and value != defaults[name]}


def uuid_in(given: Mapping[str, str], name: str) -> UUID | None:
    """Return the id in a field, None when there is none."""
    try:
        return UUID(given.get(name, ""))
    except ValueError:
        return None
