"""Remember sites and their keys for some seconds: every request of a page names its site."""

import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime

from service.comment import SiteId
from service.errors import NotFound, Unavailable
from service.store.database import Database
from service.store.patience import in_time
from service.store.records import Site, SiteKeys
from service.store.site_claims import site_claims
from service.store.sites import find_site, site_keys

REMEMBERED = 5.0
"""Seconds after which a changed policy, origin or claim is noticed."""
ASK_SECONDS = 1.0
"""How long Postgres is waited for; what is remembered stands when it does not answer by then."""
_NAME = re.compile("[a-z0-9-]{1,63}")
_MOST = 1000
"""Names remembered at once; strangers may ask for any number of sites that don't exist."""


class SiteDirectory:
    """Sites by name, and their keys. One per process."""

    def __init__(self, db: Database):
        self._db = db
        self._sites: dict[str, tuple[float, Site | None]] = {}
        self._keys: dict[SiteId, tuple[date, SiteKeys]] = {}

    async def get(self, name: str) -> Site:
        """Return the site of this name.

        Raises:
            NotFound: there is none.
            Unavailable: the database does not answer, and the site is not remembered.
        """
        if not _NAME.fullmatch(name):
            raise NotFound("There is no site of this name.")
        asked_at, site = self._sites.get(name, (float("-inf"), None))
        if time.monotonic() - asked_at > REMEMBERED:
            if len(self._sites) >= _MOST:
                self._sites.clear()
            if site is not None:
                # One asks; a crowd that comes meanwhile is served from memory, or it would queue up for connections.
                self._sites[name] = (time.monotonic(), site)
            try:
                site = await in_time(self._find(name), ASK_SECONDS)
            except Unavailable:
                if site is None:
                    raise
            self._sites[name] = (time.monotonic(), site)
        if site is None:
            raise NotFound("There is no site of this name.")
        return site

    async def _find(self, name: str) -> Site | None:
        site = await find_site(self._db, name)
        return replace(site, claims=await site_claims(self._db, site.id)) if site else None

    def forget(self, name: str) -> None:
        """Ask for a site anew the next time, because it has changed."""
        self._sites.pop(name, None)

    async def keys(self, site_id: SiteId) -> SiteKeys:
        """Return the keys of a site that is there; they change at midnight UTC only.

        Raises:
            NotFound: there is no such site.
            Unavailable: the database does not answer.
        """
        keys = await self.known_keys(site_id)
        if keys is None:
            raise NotFound("There is no such site.")
        return keys

    async def known_keys(self, site_id: SiteId) -> SiteKeys | None:
        """Return the keys of a site, None when there is no such site."""
        today = datetime.now(UTC).date()
        made_on, keys = self._keys.get(site_id, (None, None))
        if keys is None or made_on != today:
            keys = await in_time(site_keys(self._db, site_id), ASK_SECONDS)
            if keys is not None:
                self._keys[site_id] = (today, keys)
        return keys
