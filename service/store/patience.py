"""Wait for Postgres no longer than a reader would."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from service.errors import NO_DATABASE, Unavailable

T = TypeVar("T")


async def in_time(work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Return what some reading comes to; it is given up when that takes too long.

    Raises:
        Unavailable: there was no answer in time.
    """
    asking = asyncio.ensure_future(work)
    try:
        await asyncio.wait([asking], timeout=seconds)
        if asking.done():
            return asking.result()
    finally:
        # To let go of a connection that hangs takes seconds, too; nobody waits for that, nor for what comes of it.
        asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        asking.cancel()
    raise Unavailable(NO_DATABASE)
