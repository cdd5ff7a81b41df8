"""Choose the operating-system user that Postgres runs as; it refuses to run as root.

Anybody else runs it as themselves. Root becomes the owner of the data folder, or else `postgres` or `nobody`.
Where that user cannot pass a folder on the way (a 0700 /root holding the data or the installed binaries), the
folder is left as it is and Postgres gets the one capability to pass it, through util-linux's setpriv. Opening
the folders up, as others do, would change what does not belong to us.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from service.errors import StoreError

# The narrower one comes first; containers usually have only the second.
_CAPABILITIES = ("dac_read_search", "dac_override")


class Identity(TypedDict, total=False):
    """Hold the arguments of subprocess that change user; empty when no change is wanted."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Run commands as one user. `prefix` is put before the command, `identity` given to subprocess."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    identity: Identity

    def own(self, path: Path) -> None:
        """Make the user the owner of a path of ours, when we are root."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose_account(data_dir: Path, cluster: Path, bin_dir: Path) -> Account:
    """Return the account to run Postgres under.

    Raises:
        StoreError: we are root and no way was found for another user to reach both folders.
    """
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid(), identity={})
    uid, gid = _owner(cluster) or _known_user()
    for account in _ways(uid, gid):
        if _reaches(account, data_dir, bin_dir / "postgres"):
            return account
    raise StoreError(
        f"Postgres refuses to run as root, and user number {uid} cannot reach {data_dir} and {bin_dir}. "
        "Start gatepost as another user, or choose folders that everybody may enter (GATEPOST_DATA_DIR)."
    )


def give_to_postgres(folder: Path) -> None:
    """Give a new folder of ours to the user that Postgres will run as, when we are root."""
    if os.geteuid() == 0:
        os.chown(folder, *_known_user())


def _owner(cluster: Path) -> tuple[int, int] | None:
    try:
        status = cluster.stat()
    except FileNotFoundError:
        return None
    return (status.st_uid, status.st_gid) if status.st_uid != 0 else None


def _known_user() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise StoreError("Postgres refuses to run as root, and there is no user postgres or nobody. Add one with useradd.")


def _ways(uid: int, gid: int) -> list[Account]:
    ways = [Account(uid=uid, gid=gid, identity={"user": uid, "group": gid, "extra_groups": []})]
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if setpriv is not None:
        ways += [
            Account(uid=uid, gid=gid, prefix=_with_capability(setpriv, uid, gid, name), identity={})
            for name in _CAPABILITIES
        ]
    return ways


def _with_capability(setpriv: str, uid: int, gid: int, capability: str) -> tuple[str, ...]:
    # Without no_setuid_fixup, access(2) ignores the capabilities of a user other than root, and Postgres asks
    # access(2) whether its own binary may be executed.
    return (
        setpriv,
        f"--reuid={uid}",
        f"--regid={gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
        f"--inh-caps=-all,+{capability}",
        f"--ambient-caps=+{capability}",
        f"--bounding-set=-all,+{capability}",
    )


def _reaches(account: Account, folder: Path, binary: Path) -> bool:
    script: Sequence[str] = (
        "/bin/sh",
        "-c",
        'cd "$1" && exec "$2" --version',
        "sh",
        str(folder),
        str(binary),
    )
    probe = subprocess.run(  # noqa: S603
        [*account.prefix, *script], capture_output=True, cwd="/", check=False, timeout=20, **account.identity
    )
    # A user who may not see the binary's folder gets a version all the same, and this complaint on the way.
    return probe.returncode == 0 and b"could not" not in probe.stderr and b"invalid binary" not in probe.stderr
