"""What runs in the thread of a SQLite connection: statements put off, and shared transactions.

A hop to that thread costs more than most statements, so that deeds which share a commit run
there whole, one after the other, in one hop. A deed awaits nothing but its transaction, so
that it never has to be resumed: one that awaits anything else is a mistake and undone.
"""

import asyncio
import os
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import field
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, LiteralString, NoReturn

from server.errors import Unavailable
from server.values import dataclass
from storage.database import (
    Connection,
    Row,
    Value,
    busy,
    check_text,
    contradiction,
    disk_full,
    out_of_reach,
    unstorable,
    write_in_reading,
)
from storage.sqlite_turn import Turn, insist

BEGIN_WRITING: Final = "BEGIN IMMEDIATE"
_BUSY_SECONDS = 5.0  # how long one process waits for another's commit
_CACHED_STATEMENTS = 256  # more than there are statements in this package
_PRIMARY_CODE = 0xFF  # extended result codes keep the primary one in their lowest byte

DRIVERS_ERRORS = (sqlite3.Error, OverflowError, UnicodeEncodeError)

PutOff = deque["str | Callable[[Driver], None]"]


class Driver(sqlite3.Connection):
    """Runs what was put off in the same thread hop as the statement after it."""

    def __init__(self, path: str, put_off: PutOff, pragmas: Sequence[str]) -> None:
        _create_private(path)
        super().__init__(
            path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            cached_statements=_CACHED_STATEMENTS,
        )
        self.row_factory = sqlite3.Row
        self._put_off = put_off
        self._folder = str(Path(path).parent)
        self._turn: Turn | None = None
        until = time.monotonic() + _BUSY_SECONDS
        for pragma in pragmas:  # a file's first WAL fails at once, unasked, where another writes
            insist(partial(super().execute, pragma), until)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401  the driver's signature
        """Execute what was put off, then `sql`."""
        self._catch_up()
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:  # noqa: ANN401  as above
        """Execute what was put off, then `sql` for each of `parameters`."""
        self._catch_up()
        return super().executemany(sql, parameters)

    def at_once(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401  as above
        """Execute `sql` before what was put off."""
        return super().execute(sql, parameters)

    def each_at_once(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:  # noqa: ANN401  as above
        """Execute `sql` for each of `parameters` before what was put off."""
        return super().executemany(sql, parameters)

    def _catch_up(self) -> None:
        while self._put_off:
            first = self._put_off[0]
            if first == BEGIN_WRITING:
                self._begin_writing()
            elif isinstance(first, str):
                super().execute(first)
            else:
                first(self)
            with suppress(IndexError):  # its caller was cancelled, and took all back meanwhile
                self._put_off.popleft()

    def close(self) -> None:
        """Close the connection, and stand in nobody's way."""
        if self._turn is not None:
            self._turn.close()
        super().close()

    def _begin_writing(self) -> None:
        if self._turn is None:
            self._turn = Turn(self._folder, _BUSY_SECONDS)
            # With a write-ahead log nothing but beginning waits for other writers.
            if super().execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                super().execute("PRAGMA busy_timeout = 0")
        self._turn.take(partial(super().execute, BEGIN_WRITING))


@dataclass(frozen=True, slots=True)
class Seat:
    """A deed's place in a shared transaction; its caller waits for `committed`."""

    deed: Callable[[Connection], Awaitable[Any]]
    context: Context = field(default_factory=copy_context)
    committed: asyncio.Future[Any] = field(default_factory=asyncio.Future)

    def abandon(self) -> None:
        """Let nobody wait for ever: the program stops, or this package has a bug."""
        self.committed.cancel()


@dataclass(slots=True)
class Batch:
    """Deeds that share one transaction. `run` is called in the thread, all else in the loop."""

    seats: Sequence[Seat]
    _results: dict[int, Any] = field(default_factory=dict)
    _failures: dict[int, BaseException] = field(default_factory=dict)

    def run(self, driver: Driver) -> None:
        """Act for everyone whose caller still waits; each failure undoes one deed alone."""
        for number, seat in enumerate(self.seats):
            if seat.committed.cancelled():
                continue
            driver.at_once("SAVEPOINT deed")
            try:
                self._results[number] = seat.context.run(_run_through, seat.deed, _Inline(driver))
            except BaseException as failure:  # its caller's, who gets it when all is committed
                self._failures[number] = failure
                if not driver.in_transaction:  # SQLite ended it: the disk is full, say
                    raise Unavailable(
                        "The database gave up a change: check its disk, then try again."
                    ) from failure
                driver.at_once("ROLLBACK TO deed")
            driver.at_once("RELEASE deed")

    def settle(self, outage: Unavailable | None = None) -> None:
        """Tell everyone how it went; with `outage`, nothing was committed."""
        for number, seat in enumerate(self.seats):
            if seat.committed.done():  # cancelled if its caller has gone
                continue
            if number in self._failures:
                seat.committed.set_exception(self._failures[number])
            elif outage is not None:
                seat.committed.set_exception(Unavailable(outage.message))
            else:
                seat.committed.set_result(self._results.get(number))

    def abandon(self) -> None:
        """Let nobody wait for ever."""
        for seat in self.seats:
            seat.abandon()


@dataclass(slots=True)
class Look:
    """A deed that only reads. `run` is called in a reader's thread, all else in the loop."""

    deed: Callable[[Connection], Awaitable[Any]]
    context: Context = field(default_factory=copy_context)
    _seen: Any = None

    def run(self, driver: Driver) -> None:
        """Read all of it."""
        connection = _Inline(driver, is_reader=True)
        self._seen = self.context.run(_run_through, self.deed, connection)

    def result(self) -> Any:  # noqa: ANN401  a deed answers what it likes
        """Return what was read."""
        return self._seen


class _Inline:
    """The four verbs for a deed that runs in the thread: nothing is waited for."""

    def __init__(self, driver: Driver, *, is_reader: bool = False) -> None:
        self._driver = driver
        self._is_reader = is_reader

    async def fetch_one(self, sql: LiteralString, /, **params: Value) -> Row | None:
        rows = self._fetched(sql, params)
        return rows[0] if rows else None

    async def fetch_all(self, sql: LiteralString, /, **params: Value) -> list[Row]:
        return self._fetched(sql, params)

    async def execute(self, sql: LiteralString, /, **params: Value) -> int:
        check_text(params)
        try:
            return self._driver.at_once(translate(sql), params).rowcount
        except DRIVERS_ERRORS as cause:
            raise_ours(cause, is_reader=self._is_reader)

    async def execute_each(
        self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /
    ) -> None:
        for row in rows:
            check_text(row)
        try:
            self._driver.each_at_once(translate(sql), rows)
        except DRIVERS_ERRORS as cause:
            raise_ours(cause, is_reader=self._is_reader)

    def _fetched(self, sql: str, params: dict[str, Value]) -> list[Row]:
        check_text(params)
        try:
            cursor = self._driver.at_once(translate(sql), params)
            cursor.row_factory = None
            found = cursor.fetchall()
        except DRIVERS_ERRORS as cause:
            raise_ours(cause, is_reader=self._is_reader)
        if not found:
            return []
        names = [column[0] for column in cursor.description]
        return [_NamedRow(zip(names, values, strict=True)) for values in found]


class _NamedRow(dict[str, Any]):
    """One `Row`. The driver's own looks through the names of all columns for each that is read."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values())


def _run_through(deed: Callable[[Connection], Awaitable[Any]], connection: Connection) -> Any:  # noqa: ANN401  a deed answers what it likes
    acting = deed(connection).__await__()
    try:
        next(acting)
    except StopIteration as finished:
        return finished.value
    acting.close()
    raise RuntimeError("a deed awaited something else than its transaction: do that before join()")


def _create_private(path: str) -> None:
    """Create the file for its owner alone."""
    # An existing one is not touched: opening and closing it here would drop the locks that this
    # process holds on it (sqlite.org/howtocorrupt.html, 2.2).
    if not Path(path).exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@cache  # one entry a statement
def translate(sql: str) -> str:
    """Give a primary key SQLite's clustered integer key (docs/decisions/0001)."""
    return sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")


def raise_ours(cause: Exception, *, is_reader: bool = False) -> NoReturn:
    """Raise our error for the driver's; a mistake in our SQL stays what it is."""
    if isinstance(cause, OverflowError | UnicodeEncodeError):
        raise unstorable(cause) from cause
    translated = _translated(cause, is_reader=is_reader)
    if translated is None:
        raise cause
    raise translated from cause


def _translated(cause: Exception, *, is_reader: bool) -> Exception | None:
    match getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE:
        case sqlite3.SQLITE_CONSTRAINT:
            return contradiction()
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return busy()
        case sqlite3.SQLITE_FULL:
            return disk_full()
        case sqlite3.SQLITE_READONLY if is_reader:
            return write_in_reading()
        case sqlite3.SQLITE_ERROR | sqlite3.SQLITE_MISUSE | sqlite3.SQLITE_RANGE:
            return None
        case _:
            return out_of_reach(cause)
