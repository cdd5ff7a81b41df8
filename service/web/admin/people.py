"""Look after a site's members and API tokens."""

from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.comment import MemberId, Role
from service.errors import FieldError, Invalid, NotFound
from service.pipeline.sanitise import repair
from service.store.credentials import (
    add_token,
    invite_member,
    list_members,
    list_tokens,
    remove_member,
    revoke_tokens,
    set_role,
)
from service.store.records import Member, Token
from service.web.auth import Caller, MemberRoute
from service.web.field import EMAIL
from service.web.payload import read_json
from service.web.review import answer
from service.web.state import State

_MAX_BYTES = 8 * 1024
TokenName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=80)]


class MemberView(msgspec.Struct, kw_only=True, frozen=True):
    """Show a member, and whether they sign in by password and code beside links."""

    id: MemberId
    email: str
    role: Role
    created_at: datetime
    has_password: bool
    has_second_factor: bool


class Members(msgspec.Struct, kw_only=True, frozen=True):
    """Show a site's members, by e-mail."""

    members: list[MemberView]


class MemberWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Invite somebody; a member is given this role, and a new link."""

    email: Annotated[str, Meta(min_length=3, max_length=320)]
    role: Role = "moderator"


class Invited(msgspec.Struct, kw_only=True, frozen=True):
    """Give the link that signs the member in, once, within 24 hours; it is not shown again."""

    link: str


class RoleChange(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Give a member another role."""

    role: Role


class TokenView(msgspec.Struct, kw_only=True, frozen=True):
    """Show a token without its secret; `prefix` names it."""

    prefix: str
    name: str
    role: Role
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None


class Tokens(msgspec.Struct, kw_only=True, frozen=True):
    """Show a site's API tokens, oldest first."""

    tokens: list[TokenView]


class TokenWish(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Make an API token; `name` is what the history calls it."""

    name: TokenName
    role: Role = "moderator"


class TokenMade(msgspec.Struct, kw_only=True, frozen=True):
    """Give the token, this once."""

    token: str


async def show_members(request: Request[State], caller: Caller) -> Response:
    """Show the site's members."""
    (site_id,) = caller.named(request.path_params["site"])
    members = await list_members(request.state["db"], site_id)
    return answer(Members(members=[_member(each) for each in members if each.revoked_at is None]))


async def invite(request: Request[State], caller: Caller) -> Response:
    """Make somebody a member, and give the link that signs them in."""
    caller.named(request.path_params["site"])
    wanted = await read_json(request, MemberWish, max_bytes=_MAX_BYTES)
    return answer(Invited(link=await invite_link(request, caller, wanted.email, wanted.role)), 201)


async def change_role(request: Request[State], caller: Caller) -> Response:
    """Give a member another role, which counts at once."""
    (site_id,) = caller.named(request.path_params["site"])
    wanted = await read_json(request, RoleChange, max_bytes=_MAX_BYTES)
    if not await set_role(request.state["db"], site_id, request.path_params["member_id"], wanted.role):
        raise NotFound("There is no such member of the site.")
    return Response(status_code=204)


async def end_membership(request: Request[State], caller: Caller) -> Response:
    """End a membership with all its sessions; what the member decided stays."""
    (site_id,) = caller.named(request.path_params["site"])
    if not await remove_member(request.state["db"], site_id, request.path_params["member_id"]):
        raise NotFound("There is no such member of the site.")
    return Response(status_code=204)


async def show_tokens(request: Request[State], caller: Caller) -> Response:
    """Show the site's API tokens, without their secrets."""
    (site_id,) = caller.named(request.path_params["site"])
    return answer(Tokens(tokens=[_token(each) for each in await list_tokens(request.state["db"], site_id)]))


async def make_token(request: Request[State], caller: Caller) -> Response:
    """Make an API token; it is shown this once."""
    (site_id,) = caller.named(request.path_params["site"])
    wanted = await read_json(request, TokenWish, max_bytes=_MAX_BYTES)
    token = await add_token(request.state["db"], site_id, name=repair(wanted.name), role=wanted.role)
    return answer(TokenMade(token=token), 201)


async def end_token(request: Request[State], caller: Caller) -> Response:
    """End the API token of this prefix."""
    if not await end_token_of(request, caller, request.path_params["prefix"]):
        raise NotFound("The site has no such token in use.")
    return Response(status_code=204)


async def end_token_of(request: Request[State], caller: Caller, prefix: str) -> bool:
    """End the token of a prefix, and none that goes by it as its name."""
    (site_id,) = caller.named(request.path_params["site"])
    db = request.state["db"]
    known = any(token.prefix == prefix and token.ended_at is None for token in await list_tokens(db, site_id))
    return known and bool(await revoke_tokens(db, site_id, prefix))


async def invite_link(request: Request[State], caller: Caller, email: str, role: Role) -> str:
    """Return a new link for somebody to sign in with.

    Raises:
        Invalid: this is not an e-mail address.
    """
    (site_id,) = caller.named(request.path_params["site"])
    if not EMAIL.fullmatch(email):
        raise Invalid("This is not an e-mail address.", errors=[FieldError("email", "is not an e-mail address")])
    invite = await invite_member(request.state["db"], [site_id], email=email, role=role)
    return f"{request.state['settings'].public_url}/console/sign-in/{invite}"


def _member(member: Member) -> MemberView:
    return MemberView(
        id=member.id,
        email=member.email,
        role=member.role,
        created_at=member.created_at,
        has_password=member.has_password,
        has_second_factor=member.has_second_factor,
    )


def _token(token: Token) -> TokenView:
    return TokenView(
        prefix=token.prefix,
        name=token.name,
        role=token.role,
        created_at=token.created_at,
        seen_at=token.seen_at,
        ended_at=token.ended_at,
    )


ROUTES = (
    MemberRoute("/v1/sites/{site}/members", show_members, method="GET", role="owner"),
    MemberRoute("/v1/sites/{site}/members", invite, method="POST", role="owner"),
    MemberRoute("/v1/sites/{site}/members/{member_id:uuid}", change_role, method="PATCH", role="owner"),
    MemberRoute("/v1/sites/{site}/members/{member_id:uuid}", end_membership, method="DELETE", role="owner"),
    MemberRoute("/v1/sites/{site}/tokens", show_tokens, method="GET", role="owner"),
    MemberRoute("/v1/sites/{site}/tokens", make_token, method="POST", role="owner"),
    MemberRoute("/v1/sites/{site}/tokens/{prefix}", end_token, method="DELETE", role="owner"),
)
