"""List a site's members, give them other roles, remove them."""

from collections.abc import Sequence

from service.commands.database import on_database
from service.commands.say import say, say_json
from service.commands.site import known_site
from service.comment import Role, SiteId
from service.errors import NotFound
from service.settings import Settings
from service.store.credentials import list_members, remove_member, set_role
from service.store.database import Database
from service.store.records import Member


def member_list(settings: Settings, *, site: str, as_json: bool) -> int:
    """List who is a member, in which role, and how they sign in."""

    async def listed(db: Database) -> Sequence[Member]:
        return await _present(db, (await known_site(db, site)).id)

    members = on_database(settings, "member", listed)
    if as_json:
        say_json(members)
    for each in [] if as_json else members:
        by = "password and code" if each.has_second_factor else "password" if each.has_password else "link"
        say(f"{each.role:10} {by:18} {each.email}")
    return 0


def member_role(settings: Settings, *, site: str, email: str, role: Role) -> int:
    """Give a member another role."""

    async def change(db: Database) -> None:
        site_id = (await known_site(db, site)).id
        await set_role(db, site_id, (await _member(db, site_id, email)).id, role)

    on_database(settings, "member", change)
    say(f"{email} is now a {role} of {site}.")
    return 0


def member_remove(settings: Settings, *, site: str, email: str) -> int:
    """End a membership."""

    async def remove(db: Database) -> None:
        site_id = (await known_site(db, site)).id
        await remove_member(db, site_id, (await _member(db, site_id, email)).id)

    on_database(settings, "member", remove)
    say(f"{email} is no longer a member of {site}; every session has ended. What they decided stays on record.")
    return 0


async def _present(db: Database, site_id: SiteId) -> list[Member]:
    return [each for each in await list_members(db, site_id) if each.revoked_at is None]


async def _member(db: Database, site_id: SiteId, email: str) -> Member:
    found = next((each for each in await _present(db, site_id) if each.email.lower() == email.lower()), None)
    if found is None:
        raise NotFound("The site has no such member. See: gatepost member list")
    return found
