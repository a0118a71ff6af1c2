"""Time and ids, the only place that reads the system clock.

Ids are 63-bit integers that grow with time (milliseconds, then a counter, then the salt of the
process), so that keyset paging and inserts follow time. The database never makes one. The processes
of one machine, or of one container, never share a salt: it moves with the number of the process.
"""

import hashlib
import os
import platform
import threading
import time
from pathlib import Path
from typing import Protocol

from server.model import Millis

_COUNTER_BITS = 21  # leaves 42 bits for milliseconds, enough until 2109
_SALT_BITS = 16  # two processes on one database must not make the same id
_PLACE_FILES = (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid"))


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
        self._salt = salt_of(os.getpid(), _place())
        self._last = 0
        self._lock = threading.Lock()  # deeds make ids in the database's thread

    def now(self) -> Millis:
        """Return milliseconds since 1970, UTC."""
        return Millis(time.time_ns() // 1_000_000)

    def new_id(self) -> int:
        """Return an id greater than every id that this clock gave before."""
        with self._lock:
            made = compose_id(self.now(), self._salt)
            if made <= self._last:  # the same millisecond, a full one before, or a clock set back
                made = self._last + (1 << _SALT_BITS)
            self._last = made
        return made


def time_of(made: int) -> Millis:
    """Return when an id was made."""
    return Millis(made >> _COUNTER_BITS)


def compose_id(at: Millis, salt: int) -> int:
    """Return the first id at a time in the process with this salt."""
    return at << _COUNTER_BITS | salt


def salt_of(process: int, place: str) -> int:
    """Return the salt of a process: neighbours in one place differ, places start anywhere."""
    start = int.from_bytes(hashlib.blake2s(place.encode(), digest_size=8).digest())
    return (start + process) % (1 << _SALT_BITS)


def _place() -> str:
    """Return what tells this machine and container, since it runs, from every other."""
    known = [platform.node()]
    for file in _PLACE_FILES:
        try:
            known.append(str(file.readlink()) if file.is_symlink() else file.read_text())
        except OSError:  # not on Linux, or hidden
            known.append("")
    return " ".join(known)
