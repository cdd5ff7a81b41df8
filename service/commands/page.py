"""Give pages other names, and move their comments when an address changes."""

from service.commands.database import on_database
from service.commands.say import Progress, say, say_json
from service.commands.site import known_site
from service.errors import NotFound
from service.pipeline.sanitise import safe_url
from service.settings import Settings
from service.store.database import Database
from service.store.pages import add_alias, keys_below, move_page
from service.web.address import page_key_of


def page_alias(settings: Settings, *, site: str, alias: str, page: str) -> int:
    """Let another key or address name a page."""
    name, key = _key(alias), _key(page)

    async def put(db: Database) -> None:
        await add_alias(db, (await known_site(db, site)).id, alias=name, key=key)

    on_database(settings, "page", put)
    say(f"{name} is now another name of {key}.")
    return 0


def page_move(settings: Settings, *, site: str, old: str, new: str, prefix: bool, as_json: bool) -> int:
    """Put the comments of one page under another; with `prefix`, those of every page whose key begins so."""

    async def move(db: Database) -> list[tuple[str, str]]:
        site_id = (await known_site(db, site)).id
        if not prefix:
            pairs = [(_key(old), _key(new))]
        else:
            pairs = [(key, new + key[len(old) :]) for key in await keys_below(db, site_id, old)]
            if not pairs:
                raise NotFound(f"No page's key begins with {old}.")
        progress = Progress("Pages moved")
        for done, (source, target) in enumerate(pairs):
            progress.at(done)
            await move_page(db, site_id, old=source, new=target)
        progress.end()
        return pairs

    pairs = on_database(settings, "page", move)
    if as_json:
        say_json([{"old": source, "new": target} for source, target in pairs])
    for source, target in [] if as_json else pairs:
        say(f"{source} is now {target}; the old name goes on working.")
    return 0


def _key(text: str) -> str:
    """Return the key that an address or a key stands for."""
    url = safe_url(text) if "://" in text else None
    return page_key_of(url) if url else text
