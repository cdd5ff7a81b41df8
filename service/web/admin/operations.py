"""Describe the addresses for site owners, and the statistics."""

from service.web.admin.lists import ListItems, ListWishes
from service.web.admin.people import (
    Invited,
    Members,
    MemberWish,
    RoleChange,
    TokenMade,
    Tokens,
    TokenWish,
)
from service.web.admin.policy import PolicyChange, PolicyPreview, PolicyView, PreviewRequest
from service.web.admin.sites import SiteChange, SiteMade, Sites, SiteView, SiteWish
from service.web.admin.webhooks import Deliveries, DeliveriesQuery, WebhookMade, Webhooks, WebhookWish
from service.web.operation import Operation
from service.web.stats import Stats, StatsQuery

_READ = (401, 403, 404, 503)
_WRITE = (400, 401, 403, 404, 408, 409, 413, 415, 422, 503)
_SITE = "/v1/sites/{site}"


def _read(answer: type) -> Operation:
    return Operation(tag="Site owners", answers={200: answer}, problems=_READ, security="member")


def _write(body: type, answer: type | None, status: int) -> Operation:
    return Operation(tag="Site owners", body=body, answers={status: answer}, problems=_WRITE, security="member")


_END = Operation(tag="Site owners", answers={204: None}, problems=(*_READ, 409), security="member")

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/v1/review/stats"): Operation(
        tag="Review", query=StatsQuery, answers={200: Stats}, problems=(*_READ, 422), security="member"
    ),
    ("GET", "/v1/sites"): _read(Sites),
    ("POST", "/v1/sites"): _write(SiteWish, SiteMade, 201),
    ("GET", _SITE): _read(SiteView),
    ("PATCH", _SITE): _write(SiteChange, SiteView, 200),
    ("GET", f"{_SITE}/policy"): _read(PolicyView),
    ("PATCH", f"{_SITE}/policy"): _write(PolicyChange, PolicyView, 200),
    ("POST", f"{_SITE}/policy/preview"): _write(PreviewRequest, PolicyPreview, 200),
    ("GET", f"{_SITE}/lists"): _read(ListItems),
    ("POST", f"{_SITE}/lists"): _write(ListWishes, ListItems, 200),
    ("DELETE", f"{_SITE}/lists/{{entry_id}}"): _END,
    ("GET", f"{_SITE}/members"): _read(Members),
    ("POST", f"{_SITE}/members"): _write(MemberWish, Invited, 201),
    ("PATCH", f"{_SITE}/members/{{member_id}}"): _write(RoleChange, None, 204),
    ("DELETE", f"{_SITE}/members/{{member_id}}"): _END,
    ("GET", f"{_SITE}/tokens"): _read(Tokens),
    ("POST", f"{_SITE}/tokens"): _write(TokenWish, TokenMade, 201),
    ("DELETE", f"{_SITE}/tokens/{{prefix}}"): _END,
    ("GET", f"{_SITE}/webhooks"): _read(Webhooks),
    ("POST", f"{_SITE}/webhooks"): _write(WebhookWish, WebhookMade, 201),
    ("DELETE", f"{_SITE}/webhooks/{{webhook_id}}"): _END,
    ("GET", f"{_SITE}/webhooks/{{webhook_id}}/deliveries"): Operation(
        tag="Site owners", query=DeliveriesQuery, answers={200: Deliveries}, problems=(*_READ, 422), security="member"
    ),
    ("POST", f"{_SITE}/webhooks/{{webhook_id}}/deliveries/{{delivery_id}}/redelivery"): Operation(
        tag="Site owners", answers={202: None}, problems=_READ, security="member"
    ),
}
