"""Name the places that are told of a site's comments."""

from collections.abc import Sequence
from uuid import UUID

from service.commands.database import on_database
from service.commands.say import say, say_json
from service.commands.site import known_site
from service.errors import NotFound
from service.settings import Settings
from service.store.database import Database
from service.store.webhooks import (
    KINDS,
    Delivery,
    Kind,
    Webhook,
    add_webhook,
    list_deliveries,
    list_webhooks,
    remove_webhook,
)
from service.web.admin.webhooks import require_reachable

_SHOWN = 50


def webhook_add(settings: Settings, *, site: str, url: str, kinds: Sequence[Kind], as_json: bool) -> int:
    """Tell a place from now on, and print the secret by which it checks who is telling, once."""
    require_reachable(settings, url)

    async def add(db: Database) -> tuple[UUID, str]:
        return await add_webhook(db, (await known_site(db, site)).id, url=url, kinds=kinds or KINDS)

    made, secret = on_database(settings, "webhook", add)
    if as_json:
        say_json({"id": made, "secret": secret})
    else:
        say(f"Webhook {made}. Its secret, shown this once: {secret}")
    return 0


def webhook_list(settings: Settings, *, site: str, as_json: bool) -> int:
    """List the places, and how they are doing."""

    async def listed(db: Database) -> list[Webhook]:
        return await list_webhooks(db, (await known_site(db, site)).id)

    found = on_database(settings, "webhook", listed)
    if as_json:
        say_json(found)
    for each in [] if as_json else found:
        doing = f"{each.failures} failures in a row" if each.failures else "well"
        say(f"{each.id}  {doing if each.enabled else 'gone':24} {each.url}  {' '.join(each.kinds)}")
    return 0


def webhook_deliveries(settings: Settings, *, site: str, webhook: str, as_json: bool) -> int:
    """List the latest deliveries to a place, latest first."""

    async def listed(db: Database) -> list[Delivery]:
        return await list_deliveries(db, (await known_site(db, site)).id, _id(webhook), before=None, limit=_SHOWN)

    found = on_database(settings, "webhook", listed)
    if as_json:
        say_json(found)
    for each in [] if as_json else found:
        say(f"{each.created_at:%Y-%m-%d %H:%M:%S}  {each.kind:18} {each.state:10} {each.tries} tries  {each.answer}")
    return 0


def webhook_remove(settings: Settings, *, site: str, webhook: str) -> int:
    """Tell a place no more, with all that waits for it."""

    async def remove(db: Database) -> bool:
        return await remove_webhook(db, (await known_site(db, site)).id, _id(webhook))

    if not on_database(settings, "webhook", remove):
        raise NotFound(_NONE)
    say(f"{site} tells {webhook} no more.")
    return 0


_NONE = "The site has no such webhook. See: gatepost webhook list"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_NONE) from error
