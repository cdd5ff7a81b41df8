"""Members and what they sign in with.

A credential in plain text is `gp_{kind}{site ids joined by -}_{43 random characters}`. The site ids say under which
sites to look for its hash; naming more sites there opens nothing, since each site keeps a row of its own.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from service.comment import MemberId, Role, SiteId
from service.errors import Conflict
from service.store.database import Connection, Database
from service.store.identity import new_id
from service.store.queries import sql
from service.store.records import Access, Member, Principal, Token

INVITE_LIFETIME = timedelta(hours=24)
SESSION_LIFETIME = timedelta(days=7)
SESSION_IDLE = timedelta(hours=12)
"""A session ends SESSION_LIFETIME after sign-in, or after SESSION_IDLE without a request."""

_FORM = re.compile(r"gp_[ist](\d{1,9}(?:-\d{1,9}){0,31})_[A-Za-z0-9_-]{43}")


async def invite_member(
    db: Database, site_ids: Sequence[SiteId], *, email: str, role: Role, lifetime: timedelta = INVITE_LIFETIME
) -> str:
    """Make a member of these sites, or change an existing one's role; return a sign-in token for one use."""
    plain = _new_plain("i", site_ids)
    async with db.transaction(*site_ids) as connection:
        for site_id in site_ids:
            fresh = new_id(datetime.now(UTC))
            member_id = await connection.fetchval(sql("put_member"), site_id, fresh, email, role)
            await _add(connection, site_id, plain, "invite", member_id, role, lifetime)
    return plain


async def list_members(db: Database, site_id: SiteId) -> list[Member]:
    """Return a site's members, by e-mail."""
    async with db.seeing(site_id) as connection:
        rows = await connection.fetch(sql("list_members"), site_id)
    return [
        Member(
            id=row["member_id"],
            email=row["email"],
            role=row["role"],
            created_at=row["created_at"],
            revoked_at=row["revoked_at"],
            has_password=row["has_password"],
            has_second_factor=row["has_second_factor"],
        )
        for row in rows
    ]


async def set_role(db: Database, site_id: SiteId, member_id: MemberId, role: Role) -> bool:
    """Give a member another role, which counts at once; tell whether there is such a member.

    Raises:
        Conflict: the site would be left without an owner.
    """
    async with db.transaction(site_id) as connection:
        if role != "owner":
            await _keep_an_owner(connection, site_id, member_id)
        return await connection.fetchval(sql("set_role"), site_id, member_id, role) is not None


async def remove_member(db: Database, site_id: SiteId, member_id: MemberId) -> bool:
    """End a membership with all its sessions and invites; tell whether there was one.

    Raises:
        Conflict: the site would be left without an owner.
    """
    async with db.transaction(site_id) as connection:
        await _keep_an_owner(connection, site_id, member_id)
        await connection.execute(sql("end_credentials_of"), site_id, member_id)
        return await connection.fetchval(sql("remove_member"), site_id, member_id) is not None


async def _keep_an_owner(connection: Connection, site_id: SiteId, member_id: MemberId) -> None:
    owners = [row["member_id"] for row in await connection.fetch(sql("lock_owners"), site_id)]
    if owners == [member_id]:
        raise Conflict("This is the site's only owner; make somebody else an owner first.", code="last_owner")


async def open_session(db: Database, invite: str) -> str | None:
    """Use up an invite; return the token of the session that it opens, None when the invite is no longer good.

    A second factor is asked for no more: a new invite is how somebody comes back who has lost theirs.
    """
    site_ids = _site_ids(invite)
    if not site_ids:
        return None
    async with db.transaction(*site_ids) as connection:
        rows = await connection.fetch(sql("use_invite"), hash_of(invite))
        for row in rows:
            await connection.execute(sql("drop_second_factor"), row["site_id"], row["member_id"])
        return await new_session(connection, [tuple(row) for row in rows], "link") if rows else None


async def new_session(connection: Connection, members: Sequence[tuple[SiteId, MemberId]], opened_by: str) -> str:
    """Return the token of a new session for a person's memberships; `opened_by` says how they signed in."""
    plain = _new_plain("s", [site_id for site_id, _ in members])
    for site_id, member_id in members:
        await _add(connection, site_id, plain, "session", member_id, "viewer", SESSION_LIFETIME, opened_by)
    return plain


async def end_session(db: Database, session: str) -> None:
    """End a session on every site that it opens."""
    if site_ids := _site_ids(session):
        async with db.seeing(*site_ids) as connection:
            await connection.execute(sql("end_credential"), hash_of(session))


async def principal(db: Database, credential: str) -> Principal | None:
    """Return who a session or API token speaks for; None when it is unknown, ended, or idle for too long."""
    site_ids = _site_ids(credential)
    if not site_ids:
        return None
    digest = hash_of(credential)
    async with db.seeing(*site_ids) as connection:
        rows = await connection.fetch(sql("find_credential"), digest, SESSION_IDLE)
        if any(row["stale"] for row in rows):
            await connection.execute(sql("touch_credential"), digest)
    if not rows:
        return None
    first = rows[0]
    return Principal(
        sites={row["site_id"]: Access(name=row["site"], role=row["role"]) for row in rows},
        kind=first["kind"],
        member_id=first["member_id"],
        actor=first["member_id"] or UUID(bytes=digest[:16]),
        label=first["email"] or first["name"],
    )


async def add_token(db: Database, site_id: SiteId, *, name: str, role: Role) -> str:
    """Make an API token for a site; return it in plain text, which is kept nowhere."""
    plain = _new_plain("t", [site_id])
    async with db.transaction(site_id) as connection:
        await _add(connection, site_id, plain, "token", None, role, None, name)
    return plain


async def revoke_tokens(
    db: Database, site_id: SiteId, name_or_prefix: str = "", *, role: Role | Literal[""] = ""
) -> int:
    """End the tokens of this name or prefix and this role, "" meaning any; return how many there were."""
    async with db.seeing(site_id) as connection:
        done: str = await connection.execute(sql("revoke_tokens"), site_id, name_or_prefix, role)
    return int(done.split()[-1])


async def list_tokens(db: Database, site_id: SiteId) -> list[Token]:
    """Return a site's API tokens, oldest first."""
    async with db.seeing(site_id) as connection:
        return [Token(**row) for row in await connection.fetch(sql("list_tokens"), site_id)]


async def _add(
    connection: Connection,
    site_id: SiteId,
    plain: str,
    kind: str,
    member_id: MemberId | None,
    role: Role,
    lifetime: timedelta | None,
    name: str = "",
) -> None:
    await connection.execute(sql("add_credential"), site_id, hash_of(plain), kind, member_id, role, name, lifetime)


def _new_plain(letter: str, site_ids: Sequence[SiteId]) -> str:
    return f"gp_{letter}{'-'.join(map(str, site_ids))}_{secrets.token_urlsafe(32)}"


def _site_ids(plain: str) -> list[SiteId]:
    found = _FORM.fullmatch(plain)
    return [SiteId(int(part)) for part in found[1].split("-")] if found else []


def hash_of(plain: str) -> bytes:
    """Hash a credential. It holds 256 random bits, so a fast hash does: there is nothing to guess."""
    return hashlib.sha256(plain.encode()).digest()
