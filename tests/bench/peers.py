"""Install and start other comment servers as their own manuals say, limits off, to be sent the same texts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import request, text
from servers import ORIGIN, free_port, process

ISSO = """[general]
dbpath = {folder}/isso.db
host = {origin}
latest-enabled = false
[server]
listen = http://127.0.0.1:{port}
[moderation]
enabled = true
[guard]
enabled = false
[rss]
base =
[markup]
options = strikethrough, superscript, autolink
"""


@dataclass(frozen=True)
class Peer:
    """A server that runs; `durable` says what an answer promises."""

    port: int
    pid: int
    durable: str

    def make(self, number: int) -> bytes:
        raise NotImplementedError


class Isso(Peer):
    def make(self, number: int) -> bytes:
        body = {"text": text(number), "author": f"Reader {number % 977}", "email": f"reader{number % 977}@example.org"}
        path = f"/new?uri=%2Farticles%2F{number % 50}"
        return request(f"127.0.0.1:{self.port}", path, json.dumps(body | {"title": "Sleep"}).encode(), _origin())


class Waline(Peer):
    def make(self, number: int) -> bytes:
        body = {
            "comment": text(number), "nick": f"Reader {number % 977}", "mail": f"reader{number % 977}@example.org",
            "url": f"/articles/{number % 50}", "ua": "bench", "link": "",
        }  # fmt: skip
        return request(f"127.0.0.1:{self.port}", "/api/comment", json.dumps(body).encode(), _origin())


@contextmanager
def isso(folder: Path) -> Iterator[Peer]:
    folder.mkdir()
    _quietly([sys.executable, "-m", "venv", folder / "venv"])
    _quietly([folder / "venv/bin/pip", "install", "-q", "isso", "setuptools<80"])
    port = free_port()
    (folder / "isso.cfg").write_text(ISSO.format(folder=folder, origin=ORIGIN, port=port))
    with process(str(folder / "venv/bin/isso"), "-c", str(folder / "isso.cfg"), "run", port=port) as running:
        yield Isso(port, running.pid, "SQLite, a commit each")


@contextmanager
def waline(folder: Path) -> Iterator[Peer]:
    folder.mkdir()
    _quietly(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "@waline/vercel"])
    server = folder / "node_modules/@waline/vercel"
    # It does not make its tables; the empty database travels with its sources, or is made by its own SQL.
    _quietly([sys.executable, "-c", _WALINE_TABLES, folder / "waline.sqlite"])
    port = free_port()
    settings = {
        "SQLITE_PATH": str(folder), "JWT_TOKEN": "bench", "IPQPS": "0", "AKISMET_KEY": "false", "PORT": str(port),
        "COMMENT_AUDIT": "true", "NODE_ENV": "production",
    }  # fmt: skip
    with process("node", str(server / "vanilla.js"), port=port, **settings) as running:
        yield Waline(port, running.pid, "SQLite, a commit each")


# Its assets/waline.sqlite, as DDL (MIT, the Waline project's documentation names the columns).
_WALINE_TABLES = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.executescript('''
CREATE TABLE wl_Comment (id integer PRIMARY KEY AUTOINCREMENT, user_id int, comment text, insertedAt timestamp
    DEFAULT CURRENT_TIMESTAMP, ip varchar(100), link varchar(255), mail varchar(255), nick varchar(255), pid int,
    rid int, sticky numeric, status varchar(50) NOT NULL DEFAULT '', "like" int, ua text, url varchar(255),
    createdAt timestamp DEFAULT CURRENT_TIMESTAMP, updatedAt timestamp DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE wl_Counter (id integer PRIMARY KEY AUTOINCREMENT, time int, url varchar(255) NOT NULL DEFAULT '',
    createdAt timestamp, updatedAt timestamp);
CREATE TABLE wl_Users (id integer PRIMARY KEY AUTOINCREMENT, display_name varchar(255), email varchar(255),
    password varchar(255), type varchar(50), label varchar(255), url varchar(255), avatar varchar(255),
    github varchar(255), twitter varchar(255), facebook varchar(255), google varchar(255), weibo varchar(255),
    qq varchar(255), oidc varchar(255), "2fa" varchar(32), createdAt timestamp, updatedAt timestamp);
''')
"""

PEERS = {"isso": isso, "waline": waline}


def _origin() -> str:
    return f"Origin: {ORIGIN}\r\nReferer: {ORIGIN}/\r\n"


def _quietly(words: list[object]) -> None:
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, env=os.environ.copy())
