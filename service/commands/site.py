"""Manage sites, members and API tokens."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from service.commands.database import on_database
from service.commands.say import say, say_json
from service.comment import Policy, Role, SiteId
from service.errors import FieldError, Invalid, NotFound
from service.settings import Settings
from service.store.credentials import add_token, invite_member, list_tokens, revoke_tokens
from service.store.database import Database
from service.store.records import Site, Token
from service.store.sites import add_site, change_policy, find_site, list_sites, rename_site
from service.web.address import origin
from service.web.field import EMAIL

ROLES: Sequence[str] = get_args(Role)
_SHARE = r"0(?:\.\d+)?|1(?:\.0+)?"


def site_add(settings: Settings, *, name: str, title: str, origins: Sequence[str], mode: str, as_json: bool) -> int:
    """Make a site."""
    _require_origins(origins)
    policy = Policy(mode=mode)  # type: ignore[arg-type]  # argparse has checked it against the modes
    site = on_database(
        settings, "site", lambda db: add_site(db, name=name, title=title or name, origins=origins, policy=policy)
    )
    if as_json:
        say_json(_site_view(site))
    else:
        say(f"Made the site {site.name}. Next: gatepost member invite --site {site.name} --email YOU@EXAMPLE.ORG")
    return 0


def site_change(
    settings: Settings,
    *,
    name: str,
    title: str | None,
    origins: Sequence[str],
    mode: Literal["pre", "hybrid", "post"] | None,
    hold_at: Sequence[str],
    reject_at: Sequence[str],
    proof_of_work: Literal["never", "attack", "always"] | None,
    second_review: str | None,
    as_json: bool,
) -> int:
    """Change what is given of a site, and leave the rest."""
    _require_origins(origins)

    holds, rejects = _thresholds(hold_at), _thresholds(reject_at)
    share = None if second_review is None else _share(second_review)

    def changed(policy: Policy) -> Policy:
        return replace(
            policy,
            mode=mode or policy.mode,
            hold_at={**policy.hold_at, **holds},
            reject_at={**policy.reject_at, **rejects},
            proof_of_work=proof_of_work or policy.proof_of_work,
            second_review=policy.second_review if share is None else share,
        )

    async def change(db: Database) -> Site:
        site = await known_site(db, name)
        named = replace(site, title=title or site.title, origins=tuple(origins) or site.origins)
        if named != site:
            await rename_site(db, site.id, title=named.title, origins=named.origins)
        return replace(named, policy=await change_policy(db, site.id, changed))

    site = on_database(settings, "site", change)
    if as_json:
        say_json(_site_view(site))
    else:
        say(f"Changed the site {site.name}; a running service follows within seconds.")
    return 0


def site_list(settings: Settings, *, as_json: bool) -> int:
    """List the sites."""
    sites = on_database(settings, "site", list_sites)
    if as_json:
        say_json([_site_view(site) for site in sites])
    for site in [] if as_json else sites:
        say(f"{site.name:20} {site.policy.mode:8} {' '.join(site.origins)}")
    return 0


def member_invite(settings: Settings, *, sites: Sequence[str], email: str, role: Role, as_json: bool) -> int:
    """Make somebody a member of sites and print the link that signs them in."""
    if not EMAIL.fullmatch(email):
        raise Invalid("This is not an e-mail address.", errors=[FieldError("email", "is not an e-mail address")])

    async def invite(db: Database) -> str:
        return await invite_member(db, [await _site(db, name) for name in sites], email=email, role=role)

    link = f"{settings.public_url}/console/sign-in/{on_database(settings, 'member', invite)}"
    if as_json:
        say_json({"link": link})
    else:
        say(f"{email} is now a {role} of {', '.join(sites)}. This link signs in once, within 24 hours:\n{link}")
    return 0


def token_add(settings: Settings, *, site: str, role: Role, name: str, as_json: bool) -> int:
    """Make an API token and print it, this once."""

    async def add(db: Database) -> str:
        return await add_token(db, await _site(db, site), name=name, role=role)

    token = on_database(settings, "token", add)
    if as_json:
        say_json({"token": token})
    else:
        say(f"{token}\nThis is a {role}'s token for {site}. It is not shown again.")
    return 0


def token_list(settings: Settings, *, site: str, as_json: bool) -> int:
    """List a site's API tokens, without their secrets."""

    async def listed(db: Database) -> list[Token]:
        return await list_tokens(db, await _site(db, site))

    tokens = on_database(settings, "token", listed)
    if as_json:
        say_json(tokens)
    for token in [] if as_json else tokens:
        state = f"revoked {token.ended_at:%Y-%m-%d}" if token.ended_at else f"last used {token.seen_at:%Y-%m-%d}"
        say(f"{token.prefix}  {token.role:10} {token.name:24} {state}")
    return 0


def token_revoke(settings: Settings, *, site: str, which: str, role: Role | Literal[""]) -> int:
    """End API tokens by name or prefix, by role, or both."""
    if not which and not role:
        raise Invalid(f"Say which: a name, a prefix or --role. See: gatepost token list --site {site}")

    async def revoke(db: Database) -> int:
        return await revoke_tokens(db, await _site(db, site), which, role=role)

    count = on_database(settings, "token", revoke)
    if count == 0:
        raise NotFound(f"The site {site} has no such token in use. See: gatepost token list --site {site}")
    say(f"Revoked {count} token{'s' if count > 1 else ''}.")
    return 0


def _require_origins(origins: Sequence[str]) -> None:
    for each in origins:
        if origin(each) is None:
            raise Invalid(f"{each} is not an origin such as https://www.example.org, without a path.")


def _thresholds(texts: Sequence[str]) -> dict[str, float]:
    """Read thresholds such as spam=0.6."""
    found = {}
    for text in texts:
        match = re.fullmatch(rf"(spam|health)=({_SHARE})", text)
        if match is None:
            raise Invalid(f"{text} is not a threshold such as spam=0.6; categories are spam and health.")
        found[match[1]] = float(match[2])
    return found


def _share(text: str) -> float:
    if not re.fullmatch(_SHARE, text):
        raise Invalid(f"{text} is not a share from 0 to 1, such as 0.02.")
    return float(text)


async def _site(db: Database, name: str) -> SiteId:
    return (await known_site(db, name)).id


async def known_site(db: Database, name: str) -> Site:
    """Return a site by its name.

    Raises:
        NotFound: there is none.
    """
    site = await find_site(db, name)
    if site is None:
        raise NotFound(f"There is no site named {name}. See: gatepost site list")
    return site


def _site_view(site: Site) -> dict[str, object]:
    return {"name": site.name, "title": site.title, "origins": site.origins, "policy": site.policy}
