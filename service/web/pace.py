"""Know how long batches take at the moment."""

import math
import time

from service.errors import Unavailable
from service.store.intake import PATIENCE

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

    def allows(self, ahead: int, at_once: int) -> bool:
        """Tell whether one more, behind `ahead` others of whom a batch takes `at_once`, is answered within MAX_WAIT.

        A batch takes at least as long as the one under way has taken by now.
        """
        taken = time.perf_counter() - self._began
        if not ahead and taken < 0:
            # Whatever comes then is taken, or a pace that was slow once would never be measured again.
            return True
        return (1 + ahead // at_once) * max(self._seconds, taken) <= MAX_WAIT

    def is_late(self, waited: float) -> bool:
        """Tell whether who has waited so long would be answered too late by the batch that begins."""
        return waited > MAX_WAIT and waited + self._seconds > PATIENCE
