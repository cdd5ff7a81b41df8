"""Stand around every request: a name for it, a deadline for its body, headers for its answer, a line in the log."""

import asyncio
import logging
import os
import re
import time
from collections.abc import Iterable

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import RequestTimeout
from service.web.metrics import Metrics
from service.web.problem import crash

BODY_SECONDS = 10.0
"""How long a body may take to arrive, from the first to the last byte."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), browsing-topics=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
)
"""Sent with every answer that does not say otherwise. Pages of other origins may read what CORS lets them."""

_log = logging.getLogger("gatepost.request")


class Guard:
    """Wrap the application; pure ASGI, for BaseHTTPMiddleware breaks streaming and context (starlette#1678)."""

    def __init__(self, app: ASGIApp, *, body_seconds: float = BODY_SECONDS):
        self._app = app
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._body_seconds)
        began = time.perf_counter()
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            # Nobody is left to answer; 499 is what nginx notes for it.
            exchange.status = 499
        except Exception:
            _log.exception("A request failed.", extra={"fields": {"request_id": exchange.request_id.decode()}})
            if not exchange.started:
                await crash(Request(scope))(scope, receive, exchange.send)
        finally:
            metrics: Metrics | None = scope.get("state", {}).get("metrics")
            # By its route, for a path may hold a token and a query what somebody looked for.
            route = getattr(scope.get("route"), "path", "unknown")
            note(metrics, route, scope["method"], exchange.status, time.perf_counter() - began, exchange.request_id)


class _Exchange:
    """One request and its answer: reads until the body's deadline, sends with the headers that every answer has."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, body_seconds: float):
        self.request_id = request_id_of(scope["headers"])
        self.status = 500
        self.started = False
        self._receive, self._send = receive, send
        self._deadline = asyncio.get_running_loop().time() + body_seconds
        self._arrived = False

    async def receive(self) -> Message:
        """Return the next message from the client.

        Raises:
            RequestTimeout: the body is not complete at its deadline.
        """
        if self._arrived:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise RequestTimeout("The body did not arrive in time.") from None
        self._arrived = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a message to the client, the first one with the headers added that it does not set itself."""
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            given = {name.lower(): value for name, value in message["headers"]}
            policy = given.get(b"content-security-policy")
            if policy is not None and b"frame-ancestors 'none'" not in policy:
                # Some may frame the page; the older header cannot name them.
                given[b"x-frame-options"] = b""
            added = [pair for pair in HEADERS if pair[0] not in given]
            message["headers"] = [*message["headers"], *added, (b"x-request-id", self.request_id)]
            if self.status == 408:
                message["headers"].append((b"connection", b"close"))
        await self._send(message)


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the name that a request brings, or a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return bytes(value)
    return os.urandom(8).hex().encode()


def note(metrics: Metrics | None, route: str, method: str, status: int, seconds: float, request_id: bytes) -> None:
    """Count and log a request."""
    if metrics is not None:
        metrics.requests.labels(route, str(status)).inc()
        metrics.seconds.labels(route).observe(seconds)
    if _log.isEnabledFor(logging.INFO):
        extra = {
            "request_id": request_id.decode(),
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        _log.info("request", extra={"fields": extra})
