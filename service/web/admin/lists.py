"""Read and change a site's lists: blocked and watched words, links, authors and networks."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import ListEntry, ListKind, Policy
from service.errors import NotFound
from service.pipeline.lists import LONGEST, merged
from service.pipeline.sanitise import repair
from service.store.sites import change_policy, find_site
from service.web.auth import Caller, MemberRoute
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

_MAX_BYTES = 256 * 1024

Value: TypeAlias = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
Note: TypeAlias = Annotated[str, Meta(max_length=LONGEST)]


class ListWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Put something on a list: `hold` watches for it, `reject` blocks it."""

    kind: ListKind
    value: Value
    action: Literal["hold", "reject"] = "hold"
    note: Note = ""


class ListWishes(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Put up to 500 entries on the lists; one that is there already is replaced."""

    entries: Annotated[list[ListWish], Meta(min_length=1, max_length=500)]


class ListItem(msgspec.Struct, kw_only=True, frozen=True):
    """Show an entry."""

    id: str
    kind: ListKind
    value: str
    action: Literal["hold", "reject"]
    note: str


class ListItems(msgspec.Struct, kw_only=True, frozen=True):
    """Show a site's lists."""

    entries: list[ListItem]


async def show_lists(request: Request[State], caller: Caller) -> Response:
    """Show the site's lists."""
    caller.named(request.path_params["site"])
    site = await find_site(request.state["db"], request.path_params["site"])
    assert site is not None
    return answer(_view(site.policy.lists))


async def add_to_lists(request: Request[State], caller: Caller) -> Response:
    """Put entries on the site's lists, in force from the next few seconds on."""
    (site_id,) = caller.named(request.path_params["site"])
    wanted = await read_json(request, ListWishes, max_bytes=_MAX_BYTES)
    entries = [entry_of(wish) for wish in wanted.entries]
    policy = await change_policy(
        request.state["db"], site_id, lambda policy: added(policy, entries), by=caller.principal.actor
    )
    return answer(_view(policy.lists))


async def take_off_lists(request: Request[State], caller: Caller) -> Response:
    """Take an entry off the site's lists."""
    (site_id,) = caller.named(request.path_params["site"])
    wanted = request.path_params["entry_id"]
    await change_policy(request.state["db"], site_id, lambda policy: without(policy, wanted), by=caller.principal.actor)
    return Response(status_code=204)


def entry_of(wish: ListWish) -> ListEntry:
    """Return what to keep of a wish."""
    return ListEntry(kind=wish.kind, value=repair(wish.value), action=wish.action, note=repair(wish.note))


def entry_id(entry: ListEntry) -> str:
    """Return an entry's name in URLs; what it lists is no part of any log."""
    return hashlib.blake2b(f"{entry.kind}\n{entry.value}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def without(policy: Policy, wanted: str) -> Policy:
    """Return a policy without an entry.

    Raises:
        NotFound: there is none of this id.
    """
    left = tuple(entry for entry in policy.lists if entry_id(entry) != wanted)
    if len(left) == len(policy.lists):
        raise NotFound("There is no such entry on the site's lists.")
    return replace(policy, lists=left)


def added(policy: Policy, entries: Sequence[ListEntry]) -> Policy:
    """Return a policy with entries put on its lists."""
    return replace(policy, lists=merged(policy.lists, entries))


def _view(entries: Sequence[ListEntry]) -> ListItems:
    return ListItems(
        entries=[
            ListItem(id=entry_id(entry), kind=entry.kind, value=entry.value, action=entry.action, note=entry.note)
            for entry in entries
        ]
    )


ROUTES = (
    MemberRoute("/v1/sites/{site}/lists", show_lists, method="GET", role="owner"),
    MemberRoute("/v1/sites/{site}/lists", add_to_lists, method="POST", role="owner"),
    MemberRoute("/v1/sites/{site}/lists/{entry_id}", take_off_lists, method="DELETE", role="owner"),
)
