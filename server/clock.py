"""Time and ids, the only place that reads the system clock.

Ids are 63-bit integers that grow with time (milliseconds, then a counter), so that
keyset paging and inserts follow time. The database never makes one.
"""

import itertools
import secrets
import threading
import time
from typing import Protocol

from server.model import Millis

_COUNTER_BITS = 21  # leaves 42 bits for milliseconds, enough until 2109; 2**13 ids a millisecond
_RANDOM_BITS = 8  # two processes on one database must not make the same id


class Clock(Protocol):
    """The seam: `SystemClock` in production, a clock moved by hand in tests."""

    def now(self) -> Millis:
        """Return milliseconds since 1970, UTC."""
        ...

    def new_id(self) -> int:
        """Return an id greater than every id that this clock gave before. Safe in any thread."""
        ...


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self._count = itertools.count()
        self._salt = secrets.randbits(_RANDOM_BITS)
        self._last = 0
        self._lock = threading.Lock()  # deeds make ids in the database's thread

    def now(self) -> Millis:
        """Return milliseconds since 1970, UTC."""
        return Millis(time.time_ns() // 1_000_000)

    def new_id(self) -> int:
        """Return an id greater than every id that this clock gave before."""
        with self._lock:
            made = compose_id(self.now(), next(self._count), self._salt)
            if made <= self._last:  # the clock was set back, or the counter wrapped: keep growing
                made = self._last + (1 << _RANDOM_BITS)
            self._last = made
        return made


def time_of(made: int) -> Millis:
    """Return when an id was made."""
    return Millis(made >> _COUNTER_BITS)


def compose_id(at: Millis, count: int, salt: int) -> int:
    """Return the id for the `count`th request at `at` in the process that drew `salt`."""
    step = count % (1 << (_COUNTER_BITS - _RANDOM_BITS))
    return at << _COUNTER_BITS | step << _RANDOM_BITS | salt
