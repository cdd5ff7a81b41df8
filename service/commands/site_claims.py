"""Add claims to a site, and switch topics and claims of the base off and on for it."""

import sys
from pathlib import Path

import msgspec

from service.commands.database import on_database
from service.commands.say import say, say_json
from service.commands.site import known_site
from service.comment import SiteClaim, SiteClaims
from service.errors import Invalid, NotFound
from service.judges import known_claims
from service.settings import Settings
from service.store.database import Database
from service.store.site_claims import drop_claims, put_claims, site_claims
from service.web.claims import NewClaim, require_room
from service.wire import decode


def claims_add(settings: Settings, *, site: str, file: str) -> int:
    """Add claims of a site's own from lines of JSON; those of the same id are replaced."""
    own = _read(file)

    async def add(db: Database) -> None:
        found = await known_site(db, site)
        require_room(await site_claims(db, found.id), own)
        await put_claims(db, found.id, own=own)

    on_database(settings, "claims", add)
    say(f"Added {len(own)} claim{'' if len(own) == 1 else 's'} to {site}; a running service follows within seconds.")
    return 0


def claims_off(settings: Settings, *, site: str, topic: str, claim: str) -> int:
    """Switch a topic or a claim of the base off for a site."""
    if not any(topic == each.topic or claim == each.id for each in known_claims()):
        raise NotFound("The base has no such topic or claim. See: gatepost claims list")

    async def off(db: Database) -> None:
        found = await known_site(db, site)
        await put_claims(db, found.id, topics_off=[topic] if topic else [], claims_off=[claim] if claim else [])

    on_database(settings, "claims", off)
    say(f"Switched {topic or claim} off for {site}; a running service follows within seconds.")
    return 0


def claims_on(settings: Settings, *, site: str, topic: str, claim: str) -> int:
    """Switch a topic or a claim of the base on again."""

    async def on(db: Database) -> int:
        found = await known_site(db, site)
        if topic:
            return await drop_claims(db, found.id, topics_off=[topic])
        return await drop_claims(db, found.id, claims_off=[claim])

    if not on_database(settings, "claims", on):
        raise NotFound(f"{topic or claim} is not switched off for {site}. See: gatepost claims list --site {site}")
    say(f"Switched {topic or claim} on for {site}; a running service follows within seconds.")
    return 0


def list_of_site(settings: Settings, *, site: str, as_json: bool) -> int:
    """List a site's own claims, and what of the base it has switched off."""

    async def listed(db: Database) -> SiteClaims:
        return await site_claims(db, (await known_site(db, site)).id)

    found = on_database(settings, "claims", listed)
    if as_json:
        say_json(found)
        return 0
    for claim in found.own:
        say(f"{claim.id:36} {claim.severity:10} {claim.topic:20} {claim.claim}")
    for kind, names in (("topic", found.topics_off), ("claim", found.claims_off)):
        for name in sorted(names):
            say(f"{name:36} {kind} switched off")
    return 0


def _read(file: str) -> list[SiteClaim]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}.") from error
    claims = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                claims.append(decode(line.encode(), NewClaim).site_claim())
            except (ValueError, RecursionError, msgspec.ValidationError) as error:
                raise Invalid(f"Line {number} is not a claim: {error}.") from error
    if not claims:
        raise Invalid(f"{file} holds no claim.")
    return claims
