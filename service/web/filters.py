"""Read what a moderator wants to see from the query of a URL; the API and the console take the same words."""

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

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


class QueueQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Name what to list: `q` is looked for in body and author's name, `cursor` comes from the page before."""

    site: SiteName = ""
    status: Literal["held", "published", "rejected"] = "held"
    category: Category | Literal[""] = ""
    flag: Code = ""
    page_key: Key = ""
    q: Words = ""
    sort: Sort = "priority"
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 20
    cursor: Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_=-]*$")] = ""

    def filters(self) -> QueueFilters:
        """Return what the store is asked for."""
        return QueueFilters(
            status=self.status, category=self.category, flag=self.flag, page_key=self.page_key, q=self.q
        )


def strict_query(pairs: Iterable[tuple[str, str]]) -> QueueQuery:
    """Return the query of an API caller.

    A parameter that is misspelt or given twice is refused: ignoring it would answer another question than the
    one asked.

    Raises:
        Invalid: names the parameter.
    """
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise _fault(name, "This parameter is given more than once.")
        if name not in QueueQuery.__struct_fields__:
            raise _fault(name, "There is no such parameter here.")
        try:
            _checked(name, value)
        except msgspec.ValidationError as error:
            raise _fault(name, f"{error}.") from error
        given[name] = value
    return msgspec.convert(given, QueueQuery, strict=False)


def lenient_query(pairs: Iterable[tuple[str, str]]) -> QueueQuery:
    """Return the query of a person's address bar: what cannot be read counts as not asked for."""
    given: dict[str, str] = {}
    for name, value in pairs:
        try:
            _checked(name, value.strip())
        except (msgspec.ValidationError, KeyError):
            continue
        given[name] = value.strip()
    return msgspec.convert(given, QueueQuery, strict=False)


def _checked(name: str, value: str) -> None:
    msgspec.convert(value, _TYPES[name], strict=False)


def _fault(name: str, message: str) -> Invalid:
    return Invalid("A parameter of the URL cannot be read.", errors=[FieldError(name, message)])


_TYPES = {field.name: field.type for field in msgspec.structs.fields(QueueQuery)}
