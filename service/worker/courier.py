"""Tell one place of one event.

It is signed as Standard Webhooks 1.0 asks (github.com/standard-webhooks/standard-webhooks), so that its libraries check
it.
"""

import asyncio
import base64
import hmac
import importlib.metadata
import ssl
import time
from collections.abc import Callable
from functools import partial

import msgspec

from service.errors import FetchError
from service.fetch import Address, Resolver, Target, addresses, is_public, read_url, resolve
from service.store.webhooks import Parcel
from service.wire import encode

SECONDS = 15.0
"""For one delivery, from looking the host up to the status; Standard Webhooks says 15 to 30."""
_MAX_INTERIM = 3
"""Answers of the 1xx kind that are read over."""


class Courier:
    """Deliver to places whose addresses are permitted.

    Args:
        permits: says to which addresses one may connect.
        resolver: gives the addresses of a host.
        context: TLS as it is to be checked.
        seconds: the limit for one delivery.
    """

    def __init__(
        self,
        *,
        permits: Callable[[Address], bool] = is_public,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ):
        self._permits = permits
        self._resolver = resolver
        self._context = context or ssl.create_default_context()
        self._seconds = seconds
        self._agent = f"Gatepost/{importlib.metadata.version('gatepost')} (webhooks)"

    async def deliver(self, parcel: Parcel) -> int:
        """Return the status that the place answered with. Redirects are not followed.

        Raises:
            AddressRefused: the place is on no network that may be reached.
            FetchError: it cannot be reached, is late, or does not speak HTTP.
        """
        try:
            async with asyncio.timeout(self._seconds):
                target = read_url(parcel.target, permits=self._permits)
                find = partial(addresses, target, resolver=self._resolver, permits=self._permits)
                found = await asyncio.to_thread(find)
                return await self._post(str(found[0]), target, parcel)
        except TimeoutError as error:
            raise FetchError("took too long") from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise FetchError(f"could not be reached: {type(error).__name__}") from error

    async def _post(self, address: str, target: Target, parcel: Parcel) -> int:
        reader, writer = await asyncio.open_connection(
            address,
            target.port,
            ssl=self._context if target.is_secure else None,
            server_hostname=target.host if target.is_secure else None,
        )
        try:
            content = body_of(parcel)
            lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.parts.netloc}", f"User-Agent: {self._agent}"]
            lines += [f"{name}: {value}" for name, value in signed(parcel, content, int(time.time())).items()]
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}", "Connection: close"]
            writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + content)
            for _ in range(_MAX_INTERIM):
                status = _status(await reader.readline())
                if status >= 200:
                    return status
                await reader.readuntil(b"\r\n\r\n")
            raise ValueError
        finally:
            writer.transport.abort()


class Page(msgspec.Struct, kw_only=True, frozen=True):
    """Name the page of a comment."""

    key: str
    url: str
    title: str


class Data(msgspec.Struct, kw_only=True, frozen=True):
    """Say which comment it is, and how it stood when this was sent; no word of what anybody wrote is told."""

    site: str
    comment_id: str
    parent_id: str | None
    status: str
    version: int
    page: Page


class Event(msgspec.Struct, kw_only=True, frozen=True):
    """Say what happened to a comment."""

    type: str
    timestamp: str
    data: Data


def body_of(parcel: Parcel) -> bytes:
    """Return what is sent."""
    return encode(
        Event(
            type=parcel.kind,
            timestamp=parcel.created_at.isoformat().replace("+00:00", "Z"),
            data=Data(
                site=parcel.site,
                comment_id=str(parcel.comment_id),
                parent_id=str(parcel.parent_id) if parcel.parent_id else None,
                status=parcel.state,
                version=parcel.version,
                page=Page(key=parcel.page_key, url=parcel.page_url, title=parcel.page_title),
            ),
        )
    )


def signed(parcel: Parcel, content: bytes, now: int) -> dict[str, str]:
    """Return the headers that say who sends this: the same id each time it is tried, and a signature for now."""
    name = f"msg_{parcel.site_id}_{parcel.id}"
    mac = hmac.digest(parcel.secret, f"{name}.{now}.".encode() + content, "sha256")
    return {
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    status = int(rest[:3])
    if not version.startswith(b"HTTP/1.") or not 100 <= status <= 599:
        raise ValueError
    return status
