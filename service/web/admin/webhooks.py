"""Name the places that are told of a site's comments, and see what they were told."""

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.errors import AddressRefused, FieldError, Invalid, NotFound
from service.fetch import permitting, read_url
from service.settings import Settings
from service.store.webhooks import (
    KINDS,
    Delivery,
    Kind,
    Webhook,
    add_webhook,
    deliver_again,
    list_deliveries,
    list_webhooks,
    remove_webhook,
)
from service.web.auth import Caller, MemberRoute
from service.web.filters import strict_query
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

_MAX_BYTES = 16 * 1024
_MOST = 100

Url: TypeAlias = Annotated[str, Meta(max_length=2000)]


class WebhookWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Name a place to be told; `kinds` are what it wants to hear of, by default everything."""

    url: Url
    kinds: Annotated[list[Kind], Meta(min_length=1, max_length=len(KINDS))] = msgspec.field(
        default_factory=lambda: list(KINDS)
    )


class WebhookMade(msgspec.Struct, kw_only=True, frozen=True):
    """Give the secret, this once, by which the place checks who is telling."""

    id: UUID
    secret: str


class Webhooks(msgspec.Struct, kw_only=True, frozen=True):
    """Show the places that are told of a site's comments, oldest first."""

    webhooks: list[Webhook]


class Deliveries(msgspec.Struct, kw_only=True, frozen=True):
    """Show what a place was told in the last week or is to be told, latest first."""

    deliveries: list[Delivery]
    next_cursor: str | None


class DeliveriesQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Say where to go on: `cursor` comes from the page before."""

    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 50
    cursor: Annotated[str, Meta(max_length=18, pattern=r"^[0-9]*$")] = ""


async def show_webhooks(request: Request[State], caller: Caller) -> Response:
    """Show the places that are told of a site's comments."""
    (site_id,) = caller.named(request.path_params["site"])
    return answer(Webhooks(webhooks=await list_webhooks(request.state["db"], site_id)))


async def make_webhook(request: Request[State], caller: Caller) -> Response:
    """Tell a place of a site's comments from now on."""
    (site_id,) = caller.named(request.path_params["site"])
    wanted = await read_json(request, WebhookWish, max_bytes=_MAX_BYTES)
    require_reachable(request.state["settings"], wanted.url)
    made, secret = await add_webhook(request.state["db"], site_id, url=wanted.url, kinds=wanted.kinds)
    return answer(WebhookMade(id=made, secret=secret), 201)


async def end_webhook(request: Request[State], caller: Caller) -> Response:
    """Tell a place no more, with all that waits for it."""
    (site_id,) = caller.named(request.path_params["site"])
    if not await remove_webhook(request.state["db"], site_id, request.path_params["webhook_id"]):
        raise NotFound("The site has no such webhook.")
    return Response(status_code=204)


async def show_deliveries(request: Request[State], caller: Caller) -> Response:
    """Show what a place was told, and what came of it."""
    (site_id,) = caller.named(request.path_params["site"])
    query = strict_query(request.query_params.multi_items(), DeliveriesQuery)
    found = await list_deliveries(
        request.state["db"],
        site_id,
        request.path_params["webhook_id"],
        before=int(query.cursor or 0) or None,
        limit=query.limit + 1,
    )
    shown = found[: query.limit]
    more = shown[-1].id if len(found) > len(shown) else None
    return answer(Deliveries(deliveries=shown, next_cursor=more))


async def redeliver(request: Request[State], caller: Caller) -> Response:
    """Deliver something once more, whatever came of it before."""
    (site_id,) = caller.named(request.path_params["site"])
    wanted = request.path_params["webhook_id"], request.path_params["delivery_id"]
    if wanted[1] >= 2**63 or not await deliver_again(request.state["db"], site_id, *wanted):
        raise NotFound("There is no such delivery.")
    return Response(status_code=202)


def require_reachable(settings: Settings, url: str) -> None:
    """Refuse an address to which nothing would be delivered.

    Raises:
        Invalid: it is no public web address, nor in a network that the operator has named; says why.
    """
    try:
        read_url(url, permits=permitting(settings.webhook_networks))
    except AddressRefused as error:
        raise Invalid("Nothing can be delivered there.", errors=[FieldError("url", f"is refused: {error}")]) from error


_ONE = "/v1/sites/{site}/webhooks/{webhook_id:uuid}"
ROUTES = (
    MemberRoute("/v1/sites/{site}/webhooks", show_webhooks, method="GET", role="owner"),
    MemberRoute("/v1/sites/{site}/webhooks", make_webhook, method="POST", role="owner"),
    MemberRoute(_ONE, end_webhook, method="DELETE", role="owner"),
    MemberRoute(f"{_ONE}/deliveries", show_deliveries, method="GET", role="owner"),
    MemberRoute(f"{_ONE}/deliveries/{{delivery_id:int}}/redelivery", redeliver, method="POST", role="owner"),
)
