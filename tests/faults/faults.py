"""Break things under load, and reckon up what was acknowledged, lost and doubled.

    python tests/faults/faults.py [--only stopped,hung …] [--seconds 30] [--control]

Each fault strikes a running service while clients send; afterwards every acknowledged comment must be there once,
refusals must have been quick, and the service must be back by itself. With --control, commits are acknowledged before
they are on disk and the server is killed: then comments must be lost, or the reckoning could not find a loss. Exits
with 1 when a result is not the one expected. `disk` needs root, for a small file system of its own.

`kill.py` beside this file kills service and Postgres many times.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parent))
from scene import ORIGIN, SITE, Clients, Proxy, Reckoning, Service, processes_of, stored

from service.store.cluster import binaries
from service.store.embedded import EmbeddedPostgres
from service.store.os_user import choose_account

REFUSED_WITHIN = 2.5
BACK_WITHIN = 5.0
HALF_OPEN = 900


@dataclass(frozen=True)
class Scene:
    """A service on a Postgres of the scene's own, through a proxy; `folder` is the scene's."""

    folder: Path
    postgres: EmbeddedPostgres
    service: Service
    proxy: Proxy
    seconds: float


@contextlib.asynccontextmanager
async def scene(seconds: float, **environ: str) -> AsyncIterator[Scene]:
    """Set a scene with a site, and clear it away."""
    with tempfile.TemporaryDirectory(prefix="gp") as name:
        folder = Path(name)
        postgres = EmbeddedPostgres(folder / "data")
        postgres.start("faults")
        (folder / "p").mkdir()
        try:
            async with Proxy(folder / "p", postgres.socket_dir) as proxy:
                urls = {
                    "GATEPOST_DATABASE_URL": f"postgresql://gatepost_service@/gatepost?host={proxy.folder}&port=5432",
                    "GATEPOST_OWNER_DATABASE_URL": postgres.owner_dsn,
                }
                service = Service(folder / "unused", **urls, **environ)
                await asyncio.to_thread(service.gatepost, "migrate")
                direct = Service(folder / "unused", GATEPOST_DATABASE_URL=postgres.service_dsn)
                await asyncio.to_thread(direct.gatepost, "site", "add", SITE, "--origin", ORIGIN)
                service.start()
                try:
                    yield Scene(folder, postgres, service, proxy, seconds)
                finally:
                    await asyncio.to_thread(service.stop)
        finally:
            await asyncio.to_thread(postgres.stop)


async def stopped(at: Scene) -> None:
    """Stop Postgres in good order, and start it again."""
    await asyncio.to_thread(at.postgres.stop)
    await asyncio.sleep(at.seconds)
    await asyncio.to_thread(at.postgres.start, "faults")


async def hung(at: Scene) -> None:
    """Freeze every process of Postgres (SIGSTOP), and let them go on."""
    frozen = processes_of(at.postgres)
    for pid in frozen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(at.seconds)
    for pid in frozen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def slow(at: Scene) -> None:
    """Let everything between service and Postgres arrive half a second late."""
    at.proxy.delay = 0.5
    await asyncio.sleep(at.seconds)
    at.proxy.delay = 0.0


async def crowded(at: Scene) -> None:
    """Take every connection that Postgres has to give, and cut the service's own."""
    owner = at.postgres.owner_dsn
    taken = []
    with contextlib.suppress(asyncpg.TooManyConnectionsError):
        while True:
            taken.append(await asyncpg.connect(owner))
    superuser = await asyncpg.connect(owner.replace("gatepost_owner@", "postgres@"))
    await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'gatepost_service'")
    await superuser.close()
    with contextlib.suppress(asyncpg.TooManyConnectionsError):
        while True:
            taken.append(await asyncpg.connect(owner))
    await asyncio.sleep(at.seconds)
    for connection in taken:
        await connection.close()


async def half_open(at: Scene) -> None:
    """Hold 900 connections that never finish their request."""
    held = []
    for _ in range(HALF_OPEN):
        probe = socket.socket()
        probe.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            probe.connect(("127.0.0.1", at.service.port))
        held.append(probe)
    await asyncio.sleep(0.5)
    for probe in held:
        with contextlib.suppress(OSError):
            probe.send(b"POST /v1/sites/faults/comments HTTP/1.1\r\nHost: x\r\n")
    await asyncio.sleep(at.seconds)
    for probe in held:
        probe.close()


async def restarts(at: Scene) -> None:
    """Renew the workers one by one (SIGHUP), again and again, for as many times as there are seconds."""
    assert at.service.running
    for _ in range(int(at.seconds)):
        at.service.running.send_signal(signal.SIGHUP)
        await asyncio.sleep(4.0)


async def clock(at: Scene) -> None:
    """Start the service again with a clock ten minutes fast, then ten minutes slow."""
    for offset in ("+600", "-600", "+0"):
        await asyncio.to_thread(at.service.stop)
        at.service.start(LD_PRELOAD=_faketime(), FAKETIME=f"{offset}s", FAKETIME_DONT_FAKE_MONOTONIC="1")
        await asyncio.sleep(at.seconds / 3)


def _faketime() -> str:
    found = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if found is None:
        raise RuntimeError("libfaketime is not here (Debian's package faketime)")
    return str(found)


FAULTS: dict[str, tuple[Callable[[Scene], Awaitable[None]], dict[str, str]]] = {
    "stopped": (stopped, {}),
    "hung": (hung, {}),
    "slow": (slow, {}),
    "crowded": (crowded, {}),
    "half-open": (half_open, {}),
    "restarts": (restarts, {"GATEPOST_WORKERS": "2"}),
    "clock": (clock, {}),
}


async def strike(name: str, seconds: float) -> bool:
    """Let one fault strike and print what came of it; tell whether that was as it should be."""
    fault, environ = FAULTS[name]
    async with scene(seconds, **environ) as at:
        clients = Clients(at.service.port)
        async with clients.sending() as reckoning:
            began = time.perf_counter()
            await fault(at)
            ended = time.perf_counter()
            await clients.served()
        there, markers = await stored(at.postgres.service_dsn)
    return report(name, reckoning, there, markers, began, ended)


def report(
    name: str, reckoning: Reckoning, there: set[str], markers: dict[str, int], began: float, ended: float
) -> bool:
    """Print a fault's reckoning; tell whether nothing is lost or doubled, refusals were quick and all is back."""
    lost = sum(made not in there for made in reckoning.acknowledged.values())
    doubled = sum(count > 1 for count in markers.values())
    served = sum(began < at < ended for at in reckoning.at)
    slowest = max(reckoning.refusals, default=0.0)
    back = reckoning.back_after(ended)
    print(
        f"{name}: {len(reckoning.acknowledged)} acknowledged ({served} during the fault), {lost} lost, "
        f"{doubled} doubled; "
        f"{len(reckoning.refusals)} refused by 503 within {slowest:.2f} s (median "
        f"{statistics.median(reckoning.refusals or [0.0]):.2f}), other failures {dict(reckoning.others)}; "
        f"all served again {back:.2f} s after its end",
        flush=True,
    )
    return lost == doubled == 0 and slowest <= REFUSED_WITHIN and back <= BACK_WITHIN


async def disk(seconds: float) -> bool:
    """Let the file system of the embedded Postgres run full, and make room again."""
    with tempfile.TemporaryDirectory(prefix="gp") as name:
        small = Path(name) / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=220m,mode=711", "tmpfs", small], check=True)
        service = Service(small / "data")
        try:
            service.gatepost("site", "add", SITE, "--origin", ORIGIN)
            service.start()
            clients = Clients(service.port)
            async with clients.sending() as reckoning:
                began = time.perf_counter()
                filler = small / "filler"
                with filler.open("wb") as file, contextlib.suppress(OSError):
                    while True:
                        file.write(b"x" * 65536)
                        file.flush()
                await asyncio.sleep(seconds)
                filler.unlink()
                ended = time.perf_counter()
                await clients.served()
            there, markers = await stored(EmbeddedPostgres(small / "data").service_dsn)
        finally:
            await asyncio.to_thread(service.stop)
            subprocess.run(["umount", "-l", small], check=True)
    return report("disk", reckoning, there, markers, began, ended)


async def failover(seconds: float) -> bool:
    """Kill the primary, whose standby confirms every commit, and make the standby the primary."""
    bin_dir = binaries(None)
    with tempfile.TemporaryDirectory(prefix="gp") as name:
        folder = Path(name)
        primary, standby = (
            EmbeddedPostgres(folder / each, settings={"synchronous_standby_names": "*"} if each == "a" else {})
            for each in ("a", "b")
        )
        primary.start("faults")
        account = choose_account(primary.data_dir, primary.cluster, bin_dir)
        try:
            # Until the standby is there nothing can be confirmed, so the schema is made without waiting for it.
            superuser = await asyncpg.connect(primary.owner_dsn.replace("gatepost_owner@", "postgres@"))
            await superuser.execute("ALTER SYSTEM SET synchronous_commit = local")
            await superuser.execute("SELECT pg_reload_conf()")
            standby.data_dir.mkdir()
            account.own(standby.data_dir)
            subprocess.run(
                [*account.prefix, bin_dir / "pg_basebackup", "-h", primary.socket_dir, "-p", "5432", "-U", "postgres",
                 "-D", standby.cluster, "-R", "--checkpoint=fast"],
                check=True, **account.identity,
            )  # fmt: skip
            await asyncio.to_thread(standby.start, "faults")
            await superuser.execute("ALTER SYSTEM RESET synchronous_commit")
            await superuser.execute("SELECT pg_reload_conf()")
            await superuser.close()
            both = f"host={primary.socket_dir},{standby.socket_dir}&port=5432,5432&target_session_attrs=read-write"
            service = Service(
                folder / "unused",
                GATEPOST_DATABASE_URL=f"postgresql://gatepost_service@/gatepost?{both}",
                GATEPOST_OWNER_DATABASE_URL=primary.owner_dsn,
            )
            await asyncio.to_thread(service.gatepost, "migrate")
            await asyncio.to_thread(service.gatepost, "site", "add", SITE, "--origin", ORIGIN)
            service.start()
            try:
                clients = Clients(service.port)
                async with clients.sending() as reckoning:
                    await asyncio.sleep(seconds)
                    began = time.perf_counter()
                    for pid in processes_of(primary):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                    subprocess.run(
                        [*account.prefix, bin_dir / "pg_ctl", "-D", standby.cluster, "promote"],
                        check=True, stdout=subprocess.DEVNULL, **account.identity,
                    )  # fmt: skip
                    ended = time.perf_counter()
                    await clients.served()
                there, markers = await stored(standby.service_dsn)
            finally:
                await asyncio.to_thread(service.stop)
        finally:
            await asyncio.to_thread(standby.stop)
            await asyncio.to_thread(primary.stop)
    return report("failover", reckoning, there, markers, began, ended)


async def control(seconds: float) -> bool:
    """Acknowledge commits before they are on disk, and kill Postgres: comments must be lost."""
    async with scene(seconds) as at:
        superuser = await asyncpg.connect(at.postgres.owner_dsn.replace("gatepost_owner@", "postgres@"))
        await superuser.execute("ALTER ROLE gatepost_service SET synchronous_commit = off")
        await superuser.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        await superuser.execute("SELECT pg_reload_conf()")
        await superuser.close()
        clients = Clients(at.service.port)
        async with clients.sending() as reckoning:
            await asyncio.sleep(5)
            for pid in processes_of(at.postgres):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.to_thread(at.postgres.stop)
            await asyncio.to_thread(at.postgres.start, "faults")
        there, _ = await stored(at.postgres.service_dsn)
    lost = sum(made not in there for made in reckoning.acknowledged.values())
    print(f"control: {lost} of {len(reckoning.acknowledged)} acknowledged comments are lost, as they must be")
    return lost > 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*FAULTS, "disk", "failover"]
    parser.add_argument("--only", default=",".join(names), help="faults, separated by commas")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each fault lasts")
    parser.add_argument("--control", action="store_true")
    args = parser.parse_args()
    if args.control:
        return int(not asyncio.run(control(args.seconds)))
    whole = {"disk": disk, "failover": failover}
    good = True
    for name in args.only.split(","):
        run = whole[name](args.seconds) if name in whole else strike(name, args.seconds)
        good = asyncio.run(run) and good
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
