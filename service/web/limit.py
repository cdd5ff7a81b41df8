"""Limit how often one address, and one site, may send comments.

Token buckets in memory, per process: a bucket holds `count` tokens and refills evenly over `seconds`.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from service.errors import TooManyRequests
from service.settings import Rate

_MOST = 50_000
"""Buckets kept at once (about 10 MB); the one not used for longest goes first, and is full again when it returns."""
_IPV6_PREFIX = 56
"""What a provider gives one household (RIPE-690, section 4.2); IPv4 addresses count one by one."""
_KEPT_BITS = {4: 24, 6: 48}
"""How much of an address is kept with a comment: too little to tell one household by."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class RateLimits:
    """The limits of one process; an empty mapping of rates limits nothing."""

    def __init__(self, rates: Mapping[str, Rate]):
        self._rates = rates
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def spend(self, *, address: str, site: str) -> None:
        """Take a token from the address's bucket and from the site's.

        Raises:
            TooManyRequests: one of them is empty; says after how many seconds it will not be.
        """
        now = time.monotonic()
        waits = [self._wait(kind, key, now) for kind, key in (("address", address), ("site", site)) if key]
        if (wait := max(waits, default=0.0)) > 0:
            raise TooManyRequests(
                "Too many comments have come from here lately; please wait a little.", retry_after=math.ceil(wait)
            )
        for kind, key in (("address", address), ("site", site)):
            if kind in self._rates and key:
                self._buckets[kind, key].tokens -= 1

    def _wait(self, kind: str, key: str, now: float) -> float:
        """Return the seconds until the bucket has a token."""
        rate = self._rates.get(kind)
        if rate is None:
            return 0.0
        bucket = self._buckets.setdefault((kind, key), _Bucket(rate.count, now))
        self._buckets.move_to_end((kind, key))
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        refill = rate.count / rate.seconds
        bucket.tokens = min(rate.count, bucket.tokens + (now - bucket.at) * refill)
        bucket.at = now
        return max(0.0, (1 - bucket.tokens) / refill)


def network(host: str) -> str:
    """Return whose bucket an address draws on: its own in IPv4, the household's network in IPv6, "" for none."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        shift = 128 - _IPV6_PREFIX
        return f"{IPv6Address(int(address) >> shift << shift)}/{_IPV6_PREFIX}"
    return str(address)


def prefix(host: str) -> str:
    """Return what is kept of an address for statistics of abuse: a /24 in IPv4, a /48 in IPv6, "" for none."""
    try:
        address = ip_address(network(host).partition("/")[0])
    except ValueError:
        return ""
    return str(ip_network((address, _KEPT_BITS[address.version]), strict=False))
