"""Know how long batches take at the moment."""

import math
import time

from service.errors import Unavailable

MAX_WAIT = 0.5
"""Seconds that a request may have to wait for its batch, by the pace of the last ones. Whoever would wait longer gets
a 503 at once rather than a late answer."""
_SLOWER, _FASTER = 0.5, 0.2
"""How much the latest batch counts in the pace: a rush is noticed at once, its end over about ten batches."""


def crowded() -> Unavailable:
    """Return the refusal of a comment for which there is no room."""
    return Unavailable("More comments are arriving than can be stored; please try again shortly.", retry_after=1)


class Pace:
    """The time per batch.

    Not per comment: most of a small batch's time it takes whatever its size, and who judged a crowd by it would turn
    it away for nothing.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._began = math.inf

    def begin(self) -> None:
        """Note that a batch is taken up."""
        self._began = time.perf_counter()

    def end(self) -> None:
        """Note that it is answered."""
        taken = time.perf_counter() - self._began
        self._began = math.inf
        self._seconds += (_SLOWER if taken > self._seconds else _FASTER) * (taken - self._seconds)

    def allows(self, batches: int) -> bool:
        """Tell whether so many batches, the one under way among them, are answered within MAX_WAIT.

        A batch takes at least as long as the one under way has taken by now.
        """
        return batches * max(self._seconds, time.perf_counter() - self._began) <= MAX_WAIT
