"""Forget expired rows once an hour."""

import asyncio
import logging

from service.errors import Unavailable
from service.store.database import Database
from service.store.housekeeping import forget_expired
from service.store.sites import list_sites

EVERY = 3600.0
"""Seconds between two rounds; retention times are whole days, so an hour late is early enough."""

_log = logging.getLogger("gatepost.housekeeping")


async def keep_house(db: Database) -> None:
    """Forget expired rows now and every hour, until cancelled. Several processes at it do no harm."""
    while True:
        try:
            counts = await forget_expired(db, [site.id for site in await list_sites(db)])
            _log.info("Housekeeping: %s.", ", ".join(f"{step} {rows}" for step, rows in counts.items()))
        except Unavailable:
            _log.warning("Housekeeping was put off: the database does not answer.")
        await asyncio.sleep(EVERY)
