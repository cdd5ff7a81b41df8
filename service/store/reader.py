"""Read what is published from a replica while it answers, else from the primary."""

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from service.errors import Unavailable
from service.store.database import Database, Pooling
from service.store.patience import in_time

READ_SECONDS = 1.4
"""How long a reader waits, for replica and primary together; with what it takes to find the site below 2.5 s."""
_AVOIDED = 5.0
"""Seconds for which a replica that did not answer is not asked again."""

T = TypeVar("T")


class Reader:
    """Where public reads go. Without a replica that is the primary."""

    def __init__(self, primary: Database, replica_dsn: str = "", *, pooling: Pooling = "session"):
        self._primary = primary
        self._dsn = replica_dsn
        self._pooling = pooling
        self._replica: Database | None = None
        self._avoid_until = float("-inf")

    async def close(self) -> None:
        """Close the connections to the replica."""
        if self._replica:
            await self._replica.close()

    async def read(self, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        """Do some reading on the replica; when it does not answer, do it on the primary.

        Raises:
            Unavailable: neither answers in time.
        """
        until = time.monotonic() + READ_SECONDS
        if self._dsn and time.monotonic() >= self._avoid_until:
            try:
                return await in_time(self._on_replica(work), READ_SECONDS / 2)
            except Unavailable:
                self._avoid_until = time.monotonic() + _AVOIDED
        return await in_time(work(self._primary), until - time.monotonic())

    async def _on_replica(self, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
        if self._replica is None:
            self._replica = await Database.open(self._dsn, pooling=self._pooling)
        return await work(self._replica)
