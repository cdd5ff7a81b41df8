"""Sign in by password, and look after one's own sessions.

A person is a member of each site for itself: password and second factor belong to the membership, not to the e-mail
address. Who owns one site could otherwise invite anybody there and choose what opens the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from service.comment import MemberId, SiteId
from service.store.credentials import SESSION_IDLE, hash_of, new_session
from service.store.database import Database
from service.store.identity import new_id
from service.store.queries import sql
from service.store.records import Principal
from service.store.sites import list_sites

_MOST_SITES = 32
"""As many as a credential can name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A membership that a password opens. `totp` is the second factor's secret, None where there is none."""

    site_id: SiteId
    member_id: MemberId
    password: str
    totp: bytes | None
    totp_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLogin:
    """How a member signs in: the password's hash on each site that has one, and whether a second factor is asked."""

    passwords: tuple[str, ...]
    second_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser. `opened_by` is `link` or `password`; it ends at `ends_at` if it isn't used again."""

    id: str
    opened_by: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    @property
    def ends_at(self) -> datetime:
        """Return when the session ends by itself: SESSION_IDLE after its last use, and in any case at its end."""
        return min(self.expires_at, self.seen_at + SESSION_IDLE)


async def first_site(db: Database) -> SiteId | None:
    """Return the site that was made first, None where there is none yet."""
    async with db.seeing() as connection:
        site: SiteId | None = await connection.fetchval(sql("first_site"))
    return site


async def note_attempt(db: Database, site_id: SiteId, keys: Mapping[str, int], window: timedelta) -> float:
    """Note an attempt to sign in, unless one of its keys has had as many within the window as `keys` says.

    All processes count together, and those that come at the same time one after the other.

    Returns:
        0.0 where it was noted, else for how many seconds the next attempt has to wait.
    """
    async with db.transaction(site_id) as connection:
        await connection.execute(sql("queue_up_attempts"), sorted(keys))
        now = datetime.now(UTC)
        rows = await connection.fetch(
            sql("note_attempt"), site_id, list(keys), list(keys.values()), now - window, now, new_id(now)
        )
    return max(((row["first_at"] + window - now).total_seconds() for row in rows), default=0.0)


async def logins(db: Database, email: str) -> list[Login]:
    """Return the memberships of an address that have a password, the oldest first."""
    async with db.seeing(*[site.id for site in await list_sites(db)]) as connection:
        return [Login(**row) for row in await connection.fetch(sql("logins"), email)][:_MOST_SITES]


async def use_code(db: Database, login: Login, step: int) -> bool:
    """Use up the code of a half-minute; tell whether it had not been used before."""
    async with db.seeing(login.site_id) as connection:
        return await connection.fetchval(sql("use_code"), login.site_id, login.member_id, step) is not None


async def open_session_for(db: Database, opened: Sequence[Login]) -> str:
    """Return the token of a new session on the sites of these memberships."""
    async with db.transaction(*[login.site_id for login in opened]) as connection:
        return await new_session(connection, [(login.site_id, login.member_id) for login in opened], "password")


async def own_login(db: Database, who: Principal) -> OwnLogin:
    """Return how a member signs in on the sites that they are signed in to."""
    async with db.seeing(*who.sites) as connection:
        rows = await connection.fetch(sql("own_login"), who.label)
    passwords = dict.fromkeys(row["password"] for row in rows if row["password"])
    return OwnLogin(passwords=tuple(passwords), second_factor=any(row["totp"] for row in rows))


async def set_password(db: Database, who: Principal, hashed: str) -> None:
    """Give a member a password on the sites that they are signed in to."""
    async with db.seeing(*who.sites) as connection:
        await connection.execute(sql("set_password"), who.label, hashed)


async def set_second_factor(db: Database, who: Principal, secret: bytes | None, step: int) -> None:
    """Ask a member for codes of this secret from now on, None for no codes; `step` is the last one used."""
    async with db.seeing(*who.sites) as connection:
        await connection.execute(sql("set_second_factor"), who.label, secret, step)


async def list_sessions(db: Database, who: Principal) -> list[Session]:
    """Return a member's open sessions, the one used last first."""
    async with db.seeing(*who.sites) as connection:
        return [Session(**row) for row in await connection.fetch(sql("list_sessions"), who.label, SESSION_IDLE)]


async def end_sessions(db: Database, who: Principal, session_id: str = "", *, keep: str = "") -> None:
    """End a member's session of this id, "" for every one; the session whose token is `keep` stays."""
    kept = hash_of(keep).hex() if keep else ""
    async with db.seeing(*who.sites) as connection:
        await connection.execute(sql("end_sessions"), who.label, session_id, kept)
