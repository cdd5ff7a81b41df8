"""Receive webhooks as other people's systems do: a server that checks each with the Standard Webhooks library."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


@dataclass
class Receiver:
    """What a receiver got, and how it is to answer: by the next of `statuses`, then by 204, after some `seconds`."""

    port: int = 0
    secret: str = ""
    seconds: float = 0.0
    statuses: list[int] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?from=gatepost"

    def wait(self, count: int, seconds: float = 10.0) -> None:
        """Wait until it has got so many."""
        until = time.monotonic() + seconds
        while len(self.ids) < count:
            assert time.monotonic() < until, f"{len(self.ids)} of {count} deliveries came"
            time.sleep(0.01)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on loopback."""
    receiver, lock = Receiver(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                receiver.busy += 1
                receiver.busiest = max(receiver.busiest, receiver.busy)
            time.sleep(receiver.seconds)
            with lock:
                receiver.busy -= 1
                self._take(content)
                status = receiver.statuses.pop(0) if receiver.statuses else 204
            if status == 103:
                self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                status = 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _take(self, content: bytes) -> None:
            receiver.ids.append(self.headers["webhook-id"])
            try:
                receiver.events.append(Webhook(receiver.secret).verify(content, dict(self.headers.items())))
            except Exception as error:
                receiver.forged.append(f"{self.path}: {error}")

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            """Say nothing: a client that hangs up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
