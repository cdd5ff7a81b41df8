"""Give slow clients a deadline: uvicorn waits for a request for ever.

The clock for the head starts with the connection, and again with the first byte after an answer; it stops when the
headers are complete. Then the clock for the body starts. Guard answers a late body while the application waits for
it; the clock here catches the body that trickles on after an answer was given without reading it.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.errors import Malformed, RequestError, RequestTimeout
from service.web.crowd import is_crowded, refusal
from service.web.guard import BODY_SECONDS, HEADERS
from service.web.problem import problem_json

HEADER_SECONDS = 5.0
MAX_HEAD = 32 * 1024
"""Bytes of request line and headers; the parser itself knows no limit."""
_GRACE_SECONDS = 1.0
"""By how much the answer to a late body goes before the hanging up."""


_TOO_LARGE = "Request line and headers may take up to 32 KB."


class _HeadTooLarge(RequestError):
    status, code, title = 431, "head_too_large", "The request's headers are too large"


class PatientProtocol(HttpToolsProtocol):
    """Speak HTTP/1.1, and hang up on a request that is late, or whose head is too long."""

    header_seconds = HEADER_SECONDS
    body_seconds = BODY_SECONDS + _GRACE_SECONDS

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # Whatever the loggers' set-up: this line would hold addresses, tokens and queries. Guard writes one without.
        self.access_log = False
        self._timer: asyncio.TimerHandle | None = None
        # What came and is not parsed yet counts, too: the parser hands a header over when it is whole.
        self._head_bytes = 0
        self._parsed_bytes = 0
        self._in_head = True
        self._turned_away = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Start the clock."""
        super().connection_made(transport)
        self._start_clock(self.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless a head gets too long."""
        if self._in_head:
            if self._timer is None:
                self._start_clock(self.header_seconds)
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD and not self.transport.is_closing():
            self._refuse(_HeadTooLarge(_TOO_LARGE))

    def on_message_begin(self) -> None:
        """Expect a head."""
        self._in_head = True
        self._parsed_bytes = 0
        if self._timer is None:
            self._start_clock(self.header_seconds)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take the request line, unless it is too long."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, unless it is one too many."""
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the clock for the head and start the one for the body."""
        self._in_head = False
        self._head_bytes = 0
        self._stop_clock()
        self._start_clock(self.body_seconds)
        # Answers go in the order of their requests, and not faster than they are read.
        idle = self.cycle is None or self.cycle.response_complete
        self._turned_away = (
            idle
            and not self.flow.write_paused
            and is_crowded(self.app_state, self.parser.get_method(), self.url, self.headers)
        )
        if self._turned_away:
            self.server_state.total_requests += 1
            self.transport.write(refusal(self.app_state, self.headers, self.server_state.default_headers))
            if self.expect_100_continue or not self.parser.should_keep_alive():
                # A body that is not sent could not be told from the next request.
                self.transport.close()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, unless it is answered already."""
        if not self._turned_away:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect the next head."""
        self._stop_clock()
        if self._turned_away:
            self._turned_away = False
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            super().on_message_complete()
        self._in_head = True

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        if self._parsed_bytes > MAX_HEAD:
            self._refuse(_HeadTooLarge(_TOO_LARGE))
            return
        self._refuse(Malformed("This is not HTTP as it is read here."))

    def _count(self, size: int) -> None:
        self._parsed_bytes += size
        if self._parsed_bytes > MAX_HEAD:
            # The parser stops at an exception and reports it as one of its own.
            raise _HeadTooLarge(_TOO_LARGE)

    def _start_clock(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._late)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(RequestTimeout("The request did not arrive in time."))
        else:
            self.transport.close()

    def _refuse(self, error: RequestError) -> None:
        """Answer and hang up; while an earlier request's answer is under way, only hang up."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            if self.cycle.response_started:
                self.transport.close()
                return
        content = problem_json(error)
        head = [
            b"HTTP/1.1 %d %s" % (error.status, error.title.encode("ascii")),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(content),
            b"connection: close",
            *(b"%s: %s" % header for header in HEADERS),
        ]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + content)
        self.transport.close()
