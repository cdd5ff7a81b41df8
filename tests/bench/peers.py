"""Install and start other comment servers as their own manuals say, limits off, to be sent the same texts."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from load import request, text
from servers import ORIGIN, free_port, process

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

    def rows(self) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute("SELECT count(*) FROM comments").fetchone()[0]


@contextmanager
def isso(folder: Path) -> Iterator[Isso]:
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    subprocess.run([folder / "venv/bin/pip", "install", "-q", "isso", "setuptools<80"], check=True)
    port, database = free_port(), folder / "isso.db"
    (folder / "isso.cfg").write_text(ISSO.format(database=database, origin=ORIGIN, port=port))
    with process(str(folder / "venv/bin/isso"), "-c", str(folder / "isso.cfg"), "run", port=port) as running:
        yield Isso(port, running.pid, database)


PEERS = {"isso": isso}
