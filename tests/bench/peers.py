"""Install and start other comment servers as their own manuals say, limits off, to be sent the same texts."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import request, text
from servers import ORIGIN, ask, free_port, process

from service.store.embedded import EmbeddedPostgres

ISSO = """[general]
dbpath = {database}
host = {origin}
[server]
listen = http://127.0.0.1:{port}
[moderation]
enabled = true
[guard]
enabled = false
"""


@dataclass(frozen=True)
class Isso:
    """Isso with moderation on, as pip installs it. It commits each comment to SQLite before it answers."""

    port: int
    pid: int
    database: Path

    def make(self, number: int) -> bytes:
        body = {
            "text": text(number),
            "author": f"Reader {number % 977}",
            "email": f"reader{number % 977}@example.org",
            "title": "What to know about sleep",
        }
        headers = f"Origin: {ORIGIN}\r\nReferer: {ORIGIN}/\r\n"
        path = f"/new?uri=%2Farticles%2F{number % 50}"
        return request(f"127.0.0.1:{self.port}", path, json.dumps(body).encode(), headers)

    async def rows(self) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute("SELECT count(*) FROM comments").fetchone()[0]


@contextmanager
def isso(folder: Path, server: EmbeddedPostgres) -> Iterator[Isso]:
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    subprocess.run([folder / "venv/bin/pip", "install", "-q", "isso", "setuptools<80"], check=True)
    port, database = free_port(), folder / "isso.db"
    (folder / "isso.cfg").write_text(ISSO.format(database=database, origin=ORIGIN, port=port))
    with process(str(folder / "venv/bin/isso"), "-c", str(folder / "isso.cfg"), "run", port=port) as running:
        yield Isso(port, running.pid, database)


@dataclass(frozen=True)
class Waline:
    """Waline on the Postgres that ours uses, every comment held; npm installs it. What it asks of Akismet is off."""

    port: int
    pid: int
    dsn: str

    def make(self, number: int) -> bytes:
        body = {
            "comment": text(number),
            "nick": f"Reader {number % 977}",
            "mail": f"reader{number % 977}@example.org",
            "link": "",
            "ua": "bench",
            "url": f"/articles/{number % 50}",
        }
        headers = f"Origin: {ORIGIN}\r\n"
        return request(f"127.0.0.1:{self.port}", "/api/comment", json.dumps(body).encode(), headers)

    async def rows(self) -> int:
        return await ask(self.dsn, "SELECT count(*) FROM wl_comment")


WALINE_TABLES = (
    "CREATE TABLE wl_comment (id serial PRIMARY KEY, user_id int, comment text, insertedat timestamp, ip text, "
    'link text, mail text, nick text, pid int, rid int, sticky numeric, status text, "like" int, ua text, url text, '
    "createdat timestamp DEFAULT now(), updatedat timestamp DEFAULT now())",
    # Its own schema has none: each comment would be looked for among all others.
    "CREATE INDEX ON wl_comment (url)",
    "CREATE TABLE wl_users (id serial PRIMARY KEY, display_name text, email text, password text, type text, "
    "label text, url text, avatar text, github text, createdat timestamp DEFAULT now(), "
    "updatedat timestamp DEFAULT now())",
)
"""Columns as its storage reads and writes them."""


@contextmanager
def waline(folder: Path, server: EmbeddedPostgres) -> Iterator[Waline]:
    folder.mkdir()
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "@waline/vercel"], cwd=folder, check=True)
    superuser = server.owner_dsn.replace("gatepost_owner@", "postgres@")
    asyncio.run(ask(superuser, "CREATE DATABASE waline OWNER gatepost_owner"))
    dsn, port, signing_in = server.owner_dsn.replace("/gatepost?", "/waline?"), free_port(), free_port()
    for table in WALINE_TABLES:
        asyncio.run(ask(dsn, table))
    settings = {
        "PG_HOST": str(server.socket_dir),
        "PG_DB": "waline",
        "PG_USER": "gatepost_owner",
        "AKISMET_KEY": "false",
        "COMMENT_AUDIT": "true",
        # It asks whether this address has written since then; in a day nobody has.
        "IPQPS": "-86400",
        "JWT_TOKEN": "bench",
        "OAUTH_URL": f"http://127.0.0.1:{signing_in}/",
    }
    # With each comment it asks a server of its makers how one can sign in. Here it asks one of ours: in no way.
    (folder / "ways").mkdir()
    (folder / "ways/index.html").write_text('{"services": []}')
    ways = (sys.executable, "-m", "http.server", str(signing_in), "--bind", "127.0.0.1", "-d", str(folder / "ways"))
    script = str(folder / "node_modules/@waline/vercel/vanilla.js")
    with (
        process(*ways, port=signing_in),
        process("node", script, str(port), port=port, **settings) as running,
    ):
        yield Waline(port, running.pid, dsn)


PEERS = {"isso": isso, "waline": waline}
