"""Speak to other people's servers: whatever an address says, no request reaches a private network.

`Fetcher` gets public web pages; webhooks (worker/courier.py) pass the same gate. An address is resolved once, every
answer must be public, and the connection goes to an answer that was checked: a name that resolves differently the next
time gains nothing. Redirects pass the gate one by one. Proxies are not used; no cookie or credential is sent.
"""

import http.client
import importlib.metadata
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from service.errors import AddressRefused, FetchError
from service.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str], Sequence[str]]

MAX_REDIRECTS = 5
MAX_BYTES = 4 * 1024 * 1024
SECONDS = 20.0
"""For one request, from connecting to the last byte."""
PAUSE = 1.0
"""Seconds between two requests to one host."""
_MOVED = frozenset({301, 302, 303, 307, 308})
_PERMANENTLY = frozenset({301, 308})
_PORTS = {"http": 80, "https": 443}
# A name has a dot and ends in letters or punycode: everything that a resolver might read as a number, octal, hex or
# abbreviated, is no name; an address is written in full or refused.
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})", re.A)
_URL = re.compile(r"https?://[!$&-;=?-Z_a-z~#%\[\]]{1,2000}")
_PRIVATE = "its host is not on the public internet"
_GLOBAL_6 = ipaddress.ip_network("2000::/3")
# Within 2000::/3, but for tunnels that carry an IPv4 address (Teredo, 6to4), benchmarks and documentation.
_RESERVED_6 = tuple(ipaddress.ip_network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_RESERVED_4 = tuple(ipaddress.ip_network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a request. `url` is where it was found, `moved_to` the end of permanent redirects only, or ""."""

    url: str
    moved_to: str
    status: int
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A web address in parts; `literal` is its host where that is an address already."""

    parts: SplitResult
    host: str
    port: int
    literal: Address | None

    @property
    def is_secure(self) -> bool:
        """Tell whether it is to be reached by TLS."""
        return self.parts.scheme == "https"

    @property
    def path(self) -> str:
        """Return what to ask the host for."""
        return (self.parts.path or "/") + (f"?{self.parts.query}" if self.parts.query else "")


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet."""
    if isinstance(address, ipaddress.IPv6Address):
        return address in _GLOBAL_6 and address.scope_id is None and not any(address in each for each in _RESERVED_6)
    return address.is_global and not any(address in each for each in _RESERVED_4)


def permitting(networks: Sequence[Network]) -> Callable[[Address], bool]:
    """Return what permits the public internet and these networks."""
    return lambda address: is_public(address) or any(address in network for network in networks)


def resolve(host: str) -> Sequence[str]:
    """Return every address the system knows for a host."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class Fetcher:
    """Fetch pages one by one, politely. The arguments serve tests, whose servers are on loopback.

    Args:
        resolver: gives the addresses of a host.
        permits: says to which addresses one may connect.
        ports: the ports one may connect to.
        context: TLS as it is to be checked.
        max_bytes, seconds, pause: the limits, see the module.
    """

    def __init__(
        self,
        *,
        resolver: Resolver = resolve,
        permits: Callable[[Address], bool] = is_public,
        ports: Collection[int] = frozenset(_PORTS.values()),
        context: ssl.SSLContext | None = None,
        max_bytes: int = MAX_BYTES,
        seconds: float = SECONDS,
        pause: float = PAUSE,
    ):
        self._resolver = resolver
        self._permits = permits
        self._ports = ports
        self._context = context or ssl.create_default_context()
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._pause = pause
        self._asked: dict[str, float] = {}
        version = importlib.metadata.version("gatepost")
        self._agent = f"Gatepost/{version} (checks the sources of its claim base)"

    def get(self, url: str) -> Answer:
        """Return what is at an address, after at most `MAX_REDIRECTS` redirects.

        Raises:
            AddressRefused: it, or one it redirects to, is no public web address.
            FetchError: it cannot be reached, is late, too large or redirects too often.
        """
        at, moved_to, lasting = url, "", True
        for _ in range(MAX_REDIRECTS + 1):
            status, headers, content = self._ask(at)
            target = headers.get("location", "")
            if status not in _MOVED or not target:
                return Answer(
                    url=at, moved_to=moved_to, status=status, kind=headers.get("content-type", ""), content=content
                )
            at = urljoin(at, target)
            lasting = lasting and status in _PERMANENTLY
            moved_to = at if lasting else moved_to
        raise FetchError(f"redirects more than {MAX_REDIRECTS} times")

    def _ask(self, url: str) -> tuple[int, "http.client.HTTPMessage", bytes]:
        target = read_url(url, permits=self._permits)
        if target.port not in self._ports:
            raise AddressRefused(f"port {target.port} is not one of the web's")
        found = addresses(target, resolver=self._resolver, permits=self._permits)
        self._wait(target.host)
        expired = threading.Event()
        try:
            # Only the first: dialling one after the other would multiply the time a dead host takes.
            with closing(socket.create_connection((str(found[0]), target.port), timeout=self._seconds)) as plain:
                connection = http.client.HTTPConnection(target.host, target.port)
                connection.auto_open = 0
                connection.sock = self._secured(plain, target.host) if target.is_secure else plain
                timer = threading.Timer(self._seconds, _hang_up, (connection.sock, expired))
                timer.start()
                try:
                    answer = self._exchange(connection, target)
                finally:
                    timer.cancel()
                    connection.close()
                if expired.is_set():
                    raise TimeoutError
                return answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = "took too long" if expired.is_set() or isinstance(error, TimeoutError) else type(error).__name__
            raise FetchError(f"could not be read: {why}") from error

    def _secured(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        return self._context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)

    def _exchange(
        self, connection: http.client.HTTPConnection, target: Target
    ) -> tuple[int, "http.client.HTTPMessage", bytes]:
        if isinstance(connection.sock, ssl.SSLSocket):
            connection.sock.do_handshake()
        headers = {"Host": target.parts.netloc, "User-Agent": self._agent, "Accept": "text/html, */*;q=0.5"}
        connection.request("GET", target.path, headers=headers | {"Accept-Encoding": "identity", "Connection": "close"})
        response = connection.getresponse()
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise FetchError("came compressed, which was not asked for")
        content = response.read(self._max_bytes + 1)
        if len(content) > self._max_bytes:
            raise FetchError(f"is larger than {self._max_bytes:,} bytes")
        if response.length:
            raise http.client.IncompleteRead(content, response.length)
        return response.status, response.headers, content

    def _wait(self, host: str) -> None:
        due = self._asked.get(host, float("-inf")) + self._pause
        if (left := due - time.monotonic()) > 0:
            time.sleep(left)
        self._asked[host] = time.monotonic()


def read_url(url: str, *, permits: Callable[[Address], bool] = is_public) -> Target:
    """Return an address in parts; nothing is asked of the network.

    Raises:
        AddressRefused: it can be no public web address.
    """
    parts, host, port = _parts(url)
    literal = _literal(host)
    if literal is None and not _NAME.fullmatch(host):
        raise AddressRefused("its host is neither a full domain name nor a plain address")
    if literal is not None and not permits(literal):
        raise AddressRefused(_PRIVATE)
    return Target(parts=parts, host=host, port=port, literal=literal)


def addresses(
    target: Target, *, resolver: Resolver = resolve, permits: Callable[[Address], bool] = is_public
) -> list[Address]:
    """Return the checked addresses to connect to.

    Raises:
        AddressRefused: one of them is not on the public internet.
        FetchError: the host has none.
    """
    if target.literal is not None:
        return [target.literal]
    try:
        found = [ipaddress.ip_address(each) for each in resolver(target.host)]
    except (OSError, ValueError) as error:
        raise FetchError("its host has no address") from error
    if not found:
        raise FetchError("its host has no address")
    if not all(permits(each) for each in found):
        raise AddressRefused(_PRIVATE)
    return found


def _parts(url: str) -> tuple[SplitResult, str, int]:
    """Split an address that has one meaning only; what parsers read in different ways is refused."""
    if not _URL.fullmatch(url):
        raise AddressRefused("it is not a plain http or https address")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("its host or port cannot be read") from error
    if "@" in parts.netloc or "%" in parts.netloc:
        raise AddressRefused("it holds a user's name or an escaped host")
    return parts, host, _PORTS[parts.scheme] if port is None else port


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _hang_up(connection: socket.socket, expired: threading.Event) -> None:
    """End a request at its deadline; a time-out on the socket would only limit each wait for the next byte."""
    expired.set()
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
