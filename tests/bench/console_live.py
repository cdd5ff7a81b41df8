"""Measure what live counts cost by short polling and by server-sent events, side by side in one run.

    python tests/bench/console_live.py [--clients 20] [--seconds 15] [--changes 0.5]

Both tell `--clients` open pages of one site the same counts while comments are decided `--changes` times a second.
Polling asks `GET /v1/review/backlog` every 15 s, as the console does. The event stream, which exists only here, reads
the same counts once a second for all its clients and sends them what changed. Prints CPU milliseconds of the service
and kilobytes sent per client and minute, and connections held open.
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from desk import build_app, lay, new_site, plain
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from service.store.cases import Wish
from service.store.credentials import add_token, principal
from service.store.database import Database
from service.store.decisions import decide
from service.store.embedded import EmbeddedPostgres
from service.store.leases import backlog
from service.store.migrate import migrate
from service.web.auth import admit

POLL_SECONDS = 15.0
LOOK_SECONDS = 1.0


def with_stream(app):
    """Add the stream: one reader of the counts for everybody, a queue for each client."""
    shared: dict[str, object] = {"line": b"", "changed": asyncio.Event()}

    async def look(db, caller) -> None:
        while not shared.get("over"):
            found = await backlog(db, caller.named(""), caller.principal)
            line = json.dumps({"held": found.held, "elsewhere": found.elsewhere}).encode()
            if line != shared["line"]:
                shared["line"] = line
                changed, shared["changed"] = shared["changed"], asyncio.Event()
                changed.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def stream(request: Request) -> StreamingResponse:
        caller = await admit(request, "viewer")
        if "reader" not in shared:
            shared["reader"] = asyncio.create_task(look(request.state["db"], caller))

        async def events() -> AsyncIterator[bytes]:
            while True:
                changed = shared["changed"]
                yield b"data: " + shared["line"] + b"\n\n"
                await changed.wait()

        return StreamingResponse(events(), media_type="text/event-stream")

    app.router.routes.append(Route("/stream", stream))
    app.state.shared = shared
    return app


async def read(port: int, token: str, path: str, every: float | None, seconds: float, first: float) -> int:
    """Be one open page; return the bytes that came."""
    await asyncio.sleep(first)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    came = 0
    try:
        async with asyncio.timeout(seconds - first):
            while True:
                writer.write(head)
                if every is None:
                    while chunk := await reader.read(65536):
                        came += len(chunk)
                    return came
                answer = await reader.readuntil(b"\r\n\r\n")
                length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                came += len(answer) + len(await reader.readexactly(length))
                await asyncio.sleep(every)
    except TimeoutError:
        return came
    finally:
        writer.close()


async def run(dsn: str, port: int, options: argparse.Namespace) -> None:
    db = await Database.open(dsn)
    site = await new_site(db, "demo")
    token = await add_token(db, site.id, name="page", role="moderator")
    by = await principal(db, token)
    ids = await lay(db, site, [plain(f"Text {i}") for i in range(int(options.changes * options.seconds * 6) + 10)])

    async def change() -> None:
        while True:
            await asyncio.sleep(1 / options.changes)
            await decide(db, [site.id], by=by, wishes=[Wish(comment_id=ids.pop(), version=1, action="approve")])

    changing = asyncio.create_task(change())
    ways = {"nobody listens": None, "short polling": ("/v1/review/backlog", POLL_SECONDS), "events": ("/stream", None)}
    print(f"{options.clients} clients, {options.changes} decisions a second, {options.seconds} s each")
    for name, way in ways.items():
        before = resource.getrusage(resource.RUSAGE_SELF)
        if way is None:
            await asyncio.sleep(options.seconds)
            came = 0
        else:
            path, every = way
            spread = (every or 0) / options.clients
            came = sum(
                await asyncio.gather(
                    *(read(port, token, path, every, options.seconds, i * spread) for i in range(options.clients))
                )
            )
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        share = options.clients * options.seconds / 60
        print(f"{name:16}{cpu / share:8.1f} ms CPU{came / 1000 / share:8.2f} kB per client and minute", flush=True)
    changing.cancel()
    await db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--changes", type=float, default=0.5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gatepost-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "data", settings={"fsync": "off"})
        postgres.start("bench")
        try:
            asyncio.run(migrate(postgres.owner_dsn))
            dsn = postgres.owner_dsn.replace("gatepost_owner@", "gatepost_service@")
            app = build_app(dsn, "http://127.0.0.1")
            config = uvicorn.Config(with_stream(app), port=0, ws="none", log_config=None, timeout_graceful_shutdown=1)
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run)
            thread.start()
            while not server.started:
                thread.join(0.05)
            port = server.servers[0].sockets[0].getsockname()[1]
            asyncio.run(run(dsn, port, options))
            app.state.shared["over"] = True
            server.should_exit = True
            thread.join()
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
