"""Read what is published from a replica while it answers, else from the primary."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from service.errors import Unavailable
from service.store.database import Database, Pooling

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

    async def read(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """Do some reading on the replica; when it does not answer, do it on the primary.

        Raises:
            Unavailable: neither answers.
        """
        if self._dsn and time.monotonic() >= self._avoid_until:
            try:
                if self._replica is None:
                    self._replica = await Database.open(self._dsn, pooling=self._pooling)
                return await work(self._replica)
            except Unavailable:
                self._avoid_until = time.monotonic() + _AVOIDED
        return await work(self._primary)
