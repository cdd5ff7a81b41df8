"""Read what a moderator wants to see from the query of a URL; the API and the console take the same words."""

from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Annotated, Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from service.comment import Category
from service.errors import FieldError, Invalid
from service.store.cases import QueueFilters

# NUL is the one character that Postgres cannot be asked about.
Words: TypeAlias = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
Key: TypeAlias = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00]*$")]
Code: TypeAlias = Annotated[str, Meta(max_length=80, pattern=r"^[a-z0-9_.-]*$")]
SiteName: TypeAlias = Annotated[str, Meta(max_length=63, pattern=r"^[a-z0-9-]*$")]
Sort: TypeAlias = Literal["priority", "oldest", "newest"]
MOST = 100


class LeaseFilters(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Narrow what is leased, in the words of the queue's parameters."""

    category: Category | None = None
    flag: Code = ""
    page_key: Key = ""
    q: Words = ""
    author: Words = ""


class QueueQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Name what to list: `q` is looked for in body and author's name, `author` in the name alone.

    `cursor` comes from the page before.
    """

    site: SiteName = ""
    status: Literal["held", "published", "rejected"] = "held"
    category: Category | Literal[""] = ""
    flag: Code = ""
    page_key: Key = ""
    q: Words = ""
    author: Words = ""
    sort: Sort = "priority"
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 20
    cursor: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_=-]*$")] = ""

    def filters(self) -> QueueFilters:
        """Return what the store is asked for."""
        return QueueFilters(
            status=self.status,
            category=self.category,
            flag=self.flag,
            page_key=self.page_key,
            q=self.q,
            author=self.author,
        )


class BacklogQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Name the site whose backlog is asked for; without it, all of the caller's."""

    site: SiteName = ""


class HistoryQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Name whose decisions to list, on which site; `before` is the last decision of the page before."""

    site: SiteName = ""
    by: Words = ""
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 20
    before: UUID | None = None


Query = TypeVar("Query", bound=msgspec.Struct)


def strict_query(pairs: Iterable[tuple[str, str]], form: type[Query]) -> Query:
    """Return the query of an API caller.

    A parameter that is misspelt or given twice is refused: ignoring it would answer another question than the
    one asked.

    Raises:
        Invalid: names the parameter.
    """
    types, given = _types(form), {}
    for name, value in pairs:
        if name in given:
            raise _fault(name, "This parameter is given more than once.")
        if name not in types:
            raise _fault(name, "There is no such parameter here.")
        try:
            msgspec.convert(value, types[name], strict=False)
        except msgspec.ValidationError as error:
            raise _fault(name, f"{error}.") from error
        given[name] = value
    return msgspec.convert(given, form, strict=False)


def lenient_query(pairs: Iterable[tuple[str, str]], form: type[Query]) -> Query:
    """Return the query of a person's address bar: what cannot be read counts as not asked for."""
    types, given = _types(form), {}
    for name, value in pairs:
        with suppress(msgspec.ValidationError, KeyError):
            msgspec.convert(value.strip(), types[name], strict=False)
            given[name] = value.strip()
    return msgspec.convert(given, form, strict=False)


@cache
def _types(form: type[msgspec.Struct]) -> dict[str, object]:
    return {field.name: field.type for field in msgspec.structs.fields(form)}


def _fault(name: str, message: str) -> Invalid:
    return Invalid("A parameter of the URL cannot be read.", errors=[FieldError(name, message)])
