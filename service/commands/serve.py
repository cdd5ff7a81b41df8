"""Run the service; on the first start, make a demo site to try it on."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from threading import Event, Thread

from service.app import run
from service.commands.database import bring_up_to_date, migrate_now, with_urls
from service.commands.say import say
from service.comment import Policy
from service.logs import start_logging
from service.settings import Settings
from service.store.credentials import invite_member
from service.store.database import Database
from service.store.embedded import EmbeddedPostgres
from service.store.sites import add_site, list_sites
from service.web.demo import SITE

_CONNECTIONS_EACH = 6
_CONNECTIONS_FREE = 44
"""How many connections of the embedded Postgres a worker may need, and how many are left for other commands."""
MODERATOR = "moderator@demo.invalid"


def serve(settings: Settings) -> int:
    """Serve until told to stop."""
    start_logging(settings.log_level)
    # uvicorn sends itself the signal again once it has drained; unanswered, it would end us before Postgres.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    if settings.database_url:
        _serve(settings)
        return 0
    connections = str(_CONNECTIONS_FREE + _CONNECTIONS_EACH * settings.workers)
    postgres = EmbeddedPostgres(settings.data_dir, settings={"max_connections": connections})
    postgres.start("serve")
    stop = Event()
    keeper = Thread(target=postgres.keep_running, args=[stop])
    keeper.start()
    try:
        _serve(with_urls(settings, postgres))
    finally:
        stop.set()
        keeper.join()
        postgres.stop()
    return 0


def migrate(settings: Settings) -> int:
    """Bring the database to the schema of this version."""
    applied = migrate_now(settings)
    say(f"Applied {', '.join(applied)}." if applied else "The database is up to date; nothing was to be done.")
    return 0


def _serve(settings: Settings) -> None:
    bring_up_to_date(settings)
    links = asyncio.run(_links(settings))
    run(settings, on_start=lambda: _print(links))


async def _links(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return what to try first. Only the start that makes the demo site knows a link that signs in."""
    db = await Database.open(settings.database_url, pooling=settings.database_pooling, size=1)
    try:
        sites = await list_sites(db)
        invite = ""
        if not sites:
            site = await add_site(
                db, name=SITE, title="Demo", origins=[settings.public_url], policy=Policy(mode="hybrid")
            )
            invite = await invite_member(db, [site.id], email=MODERATOR, role="moderator")
    finally:
        await db.close()
    url = settings.public_url
    console = f"{url}/console/sign-in/{invite}" if invite else f"{url}/console"
    links = [("The queue", console), ("The HTTP interface", f"{url}/docs")]
    if invite or any(site.name == SITE for site in sites):
        links.insert(0, ("A demo article to comment on", f"{url}/demo"))
    return links


def _print(links: Sequence[tuple[str, str]]) -> None:
    say("Gatepost is ready.")
    for what, link in links:
        say(f"  {what + ':':30}{link}")
    if any("/sign-in/" in link for _, link in links):
        say("The link to the queue signs you in once, within 24 hours.")
    else:
        say("To sign in: gatepost member invite --site SITE --email YOU@EXAMPLE.ORG")
    sys.stdout.flush()
