"""Limit how often somebody may try to sign in by password, over all processes together.

It is counted in Postgres, attempt by attempt, and not like comments are (see limit.py): processes tell each other what
they let in once a second and forget it after a minute, but a password is guessed within seconds or over hours. An
attempt costs a hash of 20 ms in any case. While Postgres does not answer nobody signs in, counted or not.
"""

import hashlib
import hmac
import math
from datetime import timedelta

from service.comment import SiteId
from service.errors import TooManyRequests
from service.store.database import Database
from service.store.sign_in import first_site, note_attempt
from service.web.directory import SiteDirectory
from service.web.limit import prefix, public_network

WINDOW = timedelta(minutes=15)
FOR_ONE, FROM_ONE = 20, 100
"""Attempts within the window: for one person from one network (/24, /48), and from one address for anybody."""


class Attempts:
    """The attempts to sign in. One per process, though all count the same.

    Nobody is kept out by attempts from elsewhere: what is counted for a person is what comes from one network. Nor are
    all kept out together, as by somebody who guesses behind the same proxy: an address that is not of the internet is
    not counted by itself.
    """

    def __init__(self, db: Database, sites: SiteDirectory):
        self._db = db
        self._sites = sites
        self._site: SiteId | None = None

    async def count(self, email: str, host: str) -> None:
        """Count an attempt.

        Raises:
            TooManyRequests: there were too many; says after how many seconds there may be another.
            Unavailable: the database does not answer.
        """
        self._site = self._site or await first_site(self._db)
        if self._site is None:
            # Without a site there is no member, and nothing to guess.
            return
        secret = (await self._sites.keys(self._site)).address
        keys = {_hashed(secret, "person", email.lower(), prefix(host)): FOR_ONE}
        if address := public_network(host):
            keys[_hashed(secret, "address", address)] = FROM_ONE
        wait = await note_attempt(self._db, self._site, keys, WINDOW)
        if wait > 0:
            raise TooManyRequests("Too many attempts; please wait some minutes.", retry_after=math.ceil(wait))


def _hashed(secret: bytes, *parts: str) -> str:
    return hmac.digest(secret, "\x00".join(("sign-in", *parts)).encode(), hashlib.sha256).hex()
