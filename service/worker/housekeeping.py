"""Forget expired rows once an hour and site."""

import asyncio
import logging

from service.errors import Unavailable
from service.store.database import Database
from service.store.housekeeping import forget_expired
from service.store.rounds import claim_round
from service.store.sites import all_site_ids

EVERY = 3600.0
"""Seconds between two rounds at a site; retention times are whole days, so an hour late is early enough."""
LOOK = 60.0
"""Seconds after which a process looks again where work is due."""

_log = logging.getLogger("gatepost.housekeeping")


async def keep_house(db: Database) -> None:
    """Forget expired rows every hour, until cancelled; of several processes one does it at each site."""
    while True:
        try:
            if due := await claim_round(db, await all_site_ids(db), "housekeeping", EVERY):
                counts = await forget_expired(db, due)
                _log.info("Housekeeping: %s.", ", ".join(f"{step} {rows}" for step, rows in counts.items()))
        except Unavailable:
            _log.warning("Housekeeping was put off: the database does not answer.")
        await asyncio.sleep(LOOK)
