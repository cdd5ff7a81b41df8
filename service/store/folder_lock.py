"""Keep a data folder to one gatepost at a time.

The kernel frees the lock whenever its holder ends, however it ends: a crash leaves nothing to clean up.
"""

import fcntl
import os
import time
from pathlib import Path

from service.errors import FolderInUse, StoreError

PATIENCE = 30.0
"""Seconds to wait for another command; a migration or an import may well take some."""


class FolderLock:
    """Hold `lock` in a folder; the file says who holds it ("serve 4711") for the message to others."""

    def __init__(self, folder: Path):
        self.path = folder / "lock"
        self._descriptor: int | None = None

    def take(self, purpose: str) -> None:
        """Take the lock; waits for the holder to finish, unless that is a service.

        Raises:
            FolderInUse: a service holds it, or another command for longer than PATIENCE.
        """
        descriptor = self._open()
        deadline = time.monotonic() + PATIENCE
        while not _locked(descriptor):
            if self.holder()[0] == "serve" or time.monotonic() >= deadline:
                os.close(descriptor)
                raise FolderInUse(self._who())
            time.sleep(0.02)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{purpose} {os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; the file stays, because removing it would let two holders in."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> tuple[str, str]:
        """Return purpose and process number of the holder, both "" when nobody is known."""
        try:
            purpose, _, pid = self.path.read_text("utf-8", errors="replace").strip().partition(" ")
        except OSError:
            return "", ""
        return purpose, pid

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(
                f"The data folder {self.path.parent} cannot be written: {error.strerror}. Run gatepost as the "
                "user who owns it, or set GATEPOST_DATA_DIR to another folder."
            ) from error

    def _who(self) -> str:
        purpose, pid = self.holder()
        by = f"`gatepost {purpose}` with process number {pid}" if pid else "another gatepost"
        return (
            f"The data folder {self.path.parent} is in use by {by}. Stop that one first, or set "
            "GATEPOST_DATA_DIR to another folder."
        )


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
