"""Explain what is wrong with a set-up, one sentence per finding, and what to do about it."""

import asyncio
import os
import shutil
import socket
from collections.abc import Iterator

from service.commands.database import reachable
from service.commands.finding import Finding
from service.commands.page_check import page_findings
from service.commands.say import say, say_json
from service.errors import GatepostError
from service.judges import load_judges
from service.settings import Settings
from service.store.audit import verify_chains
from service.store.database import Database
from service.store.sites import list_sites

_LEAST_FREE_BYTES = 500_000_000


def doctor(settings: Settings, *, page: str, as_json: bool) -> int:
    """Look at every part of the set-up, or at a page of an owner's; exit with 1 when something is wrong."""
    findings = list(page_findings(settings, page) if page else _whole(settings))
    if as_json:
        say_json(findings)
    for finding in [] if as_json else findings:
        say(f"{'ok ' if finding.state == 'good' else 'BAD'}  {finding.part:10} {finding.text}")
    return int(any(finding.state == "bad" for finding in findings))


def _whole(settings: Settings) -> Iterator[Finding]:
    yield from _models()
    yield from _port(settings)
    yield from _database(settings)


def _models() -> Iterator[Finding]:
    try:
        versions = ", ".join(judge.version for judge in load_judges().values())
    except GatepostError as error:
        yield Finding("models", "bad", str(error))
    else:
        yield Finding("models", "good", f"{versions} are whole.")


def _port(settings: Settings) -> Iterator[Finding]:
    where = f"port {settings.port} of {settings.host}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            text = f"{where} is taken ({os.strerror(error.errno or 0)}): by a running gatepost, or set GATEPOST_PORT."
            yield Finding("port", "good" if _answers(settings) else "bad", text)
        else:
            yield Finding("port", "good", f"{where} is free.")


def _answers(settings: Settings) -> bool:
    """Tell whether a gatepost answers on the port."""
    try:
        with socket.create_connection((settings.host, settings.port), timeout=2) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b'"status":"ok"' in client.recv(4096, socket.MSG_WAITALL)
    except OSError:
        return False


def _database(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        yield from _disk(settings)
    try:
        with reachable(settings, "doctor") as found:
            yield from asyncio.run(_inside(found))
    except GatepostError as error:
        yield Finding("database", "bad", str(error))


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB are free for {settings.data_dir}."
    if free < _LEAST_FREE_BYTES:
        yield Finding("disk", "bad", f"{text} Make room, or set GATEPOST_DATA_DIR to a folder on another disk.")
    else:
        yield Finding("disk", "good", text)


async def _inside(settings: Settings) -> list[Finding]:
    """Look at the role, the schema and the hash chains."""
    db = await Database.open(settings.database_url, pooling=settings.database_pooling, size=1)
    try:
        findings = [Finding("database", "good", "It answers, its schema is current and its role owns nothing.")]
        for site in await list_sites(db):
            for report in await verify_chains(db, site.id):
                if report.broken_at is None:
                    text = f"{site.name}: {report.rows:,} rows of the {report.name} chain follow from each other."
                    findings.append(Finding("audit", "good", text))
                else:
                    text = (
                        f"{site.name}: row {report.broken_at} of the {report.name} chain was changed, removed or added "
                        "behind the service's back. Compare it with a backup from before."
                    )
                    findings.append(Finding("audit", "bad", text))
        return findings
    finally:
        await db.close()
