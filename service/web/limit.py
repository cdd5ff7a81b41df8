"""Limit how often one address, and one site, may send comments.

Token buckets in memory, per process: a bucket holds `count` tokens and refills evenly over `seconds`. Once a second the
processes of a service tell each other through Postgres what they have let in; until then each may let in a bucketful.
"""

import asyncio
import logging
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from service.comment import SiteId
from service.errors import TooManyRequests, Unavailable
from service.settings import Rate
from service.store.limits import Exchange, Spent

_MOST = 50_000
"""Buckets kept at once (about 10 MB); the one not used for longest goes first, and is full again when it returns."""
_IPV6_PREFIX = 56
"""What a provider gives one household (RIPE-690, section 4.2); IPv4 addresses count one by one."""
_KEPT_BITS = {4: 24, 6: 48}
"""How much of an address is kept with a comment: too little to tell one household by."""
_SHARE_EVERY = 1.0
"""Seconds between two notices to the other processes."""
_REMEMBERED = 60
"""For how many notices a site is looked after that took comments here."""

_log = logging.getLogger("gatepost.limit")


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimits:
    """The limits of one process; an empty mapping of rates limits nothing.

    A bucket belongs to a site and a key: "" for the site's own, else an address by whatever name the caller has for it.
    """

    def __init__(self, rates: Mapping[str, Rate]):
        self._rates = rates
        self._buckets: OrderedDict[tuple[SiteId, str], _Bucket] = OrderedDict()
        self._spent: Counter[tuple[SiteId, str]] = Counter()

    def spend(self, site: SiteId, address: str) -> None:
        """Take a token from the site's bucket and from that of an address, "" for one that is not known.

        Raises:
            TooManyRequests: one of them is empty; says after how many seconds it will not be.
        """
        now = time.monotonic()
        buckets = [found for key in dict.fromkeys(("", address)) if (found := self._bucket(site, key, now))]
        wait = max((self._wait(key, bucket) for key, bucket in buckets), default=0.0)
        if wait > 0:
            raise TooManyRequests(
                "Too many comments have come from here lately; please wait a little.", retry_after=math.ceil(wait)
            )
        for key, bucket in buckets:
            bucket.tokens -= 1
            self._spent[site, key] += 1

    def take_spent(self) -> Spent:
        """Return what was let in since the last call."""
        spent, self._spent = self._spent, Counter()
        return spent

    def charge(self, spent: Spent) -> None:
        """Take what other processes have let in from the buckets here; they can owe at most what they hold."""
        now = time.monotonic()
        for (site, key), count in spent.items():
            if found := self._bucket(site, key, now):
                found[1].tokens = max(-float(self._rate(key).count), found[1].tokens - count)

    def is_pressed(self, site: SiteId) -> bool:
        """Tell whether a site's bucket is less than half full: far more comments arrive than usual."""
        found = self._bucket(site, "", time.monotonic())
        return found is not None and found[1].tokens < self._rate("").count / 2

    def _rate(self, key: str) -> Rate:
        return self._rates["address" if key else "site"]

    def _bucket(self, site: SiteId, key: str, now: float) -> tuple[str, _Bucket] | None:
        """Return a bucket as it is now, with its key; None where there is no limit."""
        if ("address" if key else "site") not in self._rates:
            return None
        rate = self._rate(key)
        bucket = self._buckets.setdefault((site, key), _Bucket(rate.count, now))
        self._buckets.move_to_end((site, key))
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        bucket.tokens = min(rate.count, bucket.tokens + (now - bucket.at) * rate.count / rate.seconds)
        bucket.at = now
        return key, bucket

    def _wait(self, key: str, bucket: _Bucket) -> float:
        """Return the seconds until a bucket has a token."""
        rate = self._rate(key)
        return max(0.0, (1 - bucket.tokens) * rate.seconds / rate.count)


async def share(limits: RateLimits, exchange: Exchange) -> None:
    """Tell other processes once a second what was let in here, and learn what they did, until cancelled."""
    lately: Counter[SiteId] = Counter()
    unsaid: Counter[tuple[SiteId, str]] = Counter()
    while True:
        await asyncio.sleep(_SHARE_EVERY)
        unsaid.update(limits.take_spent())
        lately = Counter({site: left - 1 for site, left in lately.items() if left > 1})
        lately.update({site: _REMEMBERED - lately[site] for site, _ in unsaid})
        if not lately:
            continue
        try:
            limits.charge(await exchange.swap(unsaid, set(lately)))
            unsaid.clear()
        except Unavailable:
            _log.warning("The limits were not shared: the database does not answer.")


def network(host: str) -> str:
    """Return whose bucket an address draws on: its own in IPv4, the household's network in IPv6, "" for none."""
    address = _address(host)
    if address is None:
        return ""
    return _first_bits(address, _IPV6_PREFIX) if address.version == 6 else str(address)


def public_network(host: str) -> str:
    """Return the same for an address of the internet, "" for one behind which anybody may be, as behind a proxy."""
    address = _address(host)
    return network(host) if address is not None and address.is_global else ""


def prefix(host: str) -> str:
    """Return what is kept of an address for statistics of abuse: a /24 in IPv4, a /48 in IPv6, "" for none."""
    address = _address(host)
    return _first_bits(address, _KEPT_BITS[address.version]) if address else ""


# One request asks twice, and reading an address costs more than all else here.
@lru_cache(maxsize=64)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an address; IPv4 written as IPv6 counts as IPv4."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _first_bits(address: IPv4Address | IPv6Address, count: int) -> str:
    shift = address.max_prefixlen - count
    return f"{type(address)(int(address) >> shift << shift)}/{count}"
