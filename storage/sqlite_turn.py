"""Whose turn it is to write, among the processes on one SQLite file.

SQLite lets who waits for the write lock sleep longer and longer, and gives it to whoever comes
just when it is free: with two busy processes one went without for seconds. Here who wants to
write comes to a door first. Who stands in it is next: it alone asks for the lock, often, and
leaves the door once it has it; a process that has just written comes to the door behind it.

The door only orders; SQLite's own lock guards. It is a lock (flock) on the database's folder, so
that no file has to be kept, and the kernel opens it when its holder dies.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress

_PRIMARY_CODE = 0xFF  # extended result codes keep the primary one in their lowest byte
_FIRST_PAUSE_SECONDS = 0.000_1
_LONGEST_PAUSE_SECONDS = 0.001  # some ten microseconds of processor time a try
_PAUSES_GROW = 1.5  # a pause stays short beside what was waited before


class Turn:
    """One connection's place among all that write to a file in `folder`."""

    def __init__(self, folder: str, most_seconds: float) -> None:
        self._folder = folder
        self._most_seconds = most_seconds
        self._door: int | None = None

    def take(self, begin: Callable[[], object]) -> None:
        """Call `begin` when it is our turn; raise SQLite's "busy" where none came in time."""
        until = time.monotonic() + self._most_seconds
        stands_in_door = _came(self._enter, until)  # else somebody stands there for ever: go on
        try:
            insist(begin, until)
        finally:
            if stands_in_door:
                self._leave()

    def close(self) -> None:
        """Come no more."""
        door, self._door = self._door, None
        if door is not None:
            os.close(door)

    def _enter(self) -> bool:
        """Say whether nobody else stands in the door now."""
        try:
            if self._door is None:
                self._door = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without such locks: nobody is kept in order
            return True
        return True

    def _leave(self) -> None:
        if self._door is not None:
            with suppress(OSError):
                fcntl.flock(self._door, fcntl.LOCK_UN)


def insist(begin: Callable[[], object], until: float) -> None:
    """Call `begin` until SQLite is not busy; raise its "busy" where that took until `until`."""
    if not _came(lambda: _has_begun(begin), until):
        begin()


def _came(attempt: Callable[[], bool], until: float) -> bool:
    """Try again and again; return whether it came before `until`."""
    pause = _FIRST_PAUSE_SECONDS
    while not attempt():
        if time.monotonic() >= until:
            return False
        time.sleep(pause)
        pause = min(pause * _PAUSES_GROW, _LONGEST_PAUSE_SECONDS)
    return True


def _has_begun(begin: Callable[[], object]) -> bool:
    try:
        begin()
    except sqlite3.OperationalError as cause:
        if cause.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
