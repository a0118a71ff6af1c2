"""SQLite: one writer behind a lock, a few readers, group commit.

Every statement is one hop to its connection's thread. That thread works in the order it was
asked, so a rollback that is asked for before the lock is given on always comes in time: a
cancelled caller never leaves a transaction open.
"""

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, TypeVar

import aiosqlite

from server.errors import Unavailable
from storage.database import (
    Connection,
    Engine,
    Row,
    Value,
    busy,
    check_text,
    closed,
    contradiction,
    disk_full,
    out_of_reach,
    unstorable,
    write_in_reading,
)

T = TypeVar("T")

_BUSY_SECONDS = 5.0  # how long one process waits for another's commit
_MAX_READERS = 3  # threads; more gain nothing, the interpreter's lock is shared
_DEEDS_PER_COMMIT = 64  # keeps the wait of plain transactions below some 20 ms
_CACHED_STATEMENTS = 256  # more than there are statements in this package
_PRIMARY_CODE = 0xFF  # extended result codes keep the primary one in their lowest byte

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was committed outlives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",  # KiB
    "PRAGMA journal_size_limit = 67108864",  # a large import must not leave a large log behind
    "PRAGMA trusted_schema = OFF",  # a tampered file must not run functions
)
_READER_PRAGMAS = (*_WRITER_PRAGMAS, "PRAGMA query_only = ON")


def open_sqlite(path: Path) -> Engine:
    """Return the engine for the database file at `path`, which is created when first used."""
    return _SqliteEngine(path)


class _Driver(sqlite3.Connection):
    """Runs what was put off in the same thread hop as the statement after it."""

    def __init__(self, path: str, put_off: deque[str], pragmas: tuple[str, ...]) -> None:
        _create_private(path)
        super().__init__(
            path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            cached_statements=_CACHED_STATEMENTS,
        )
        self.row_factory = sqlite3.Row
        self._put_off = put_off
        for pragma in pragmas:
            super().execute(pragma)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401  the driver's signature
        """Execute what was put off, then `sql`."""
        while self._put_off:
            super().execute(self._put_off[0])
            with suppress(IndexError):  # its caller was cancelled, and took all back meanwhile
                self._put_off.popleft()
        return super().execute(sql, parameters)


class _SqliteConnection:
    """The three verbs, and what a transaction needs to begin and end, on one connection."""

    def __init__(
        self, driver: aiosqlite.Connection, put_off: deque[str], *, is_reader: bool
    ) -> None:
        self._driver = driver
        self._put_off = put_off
        self._is_reader = is_reader

    async def fetch_one(self, sql: LiteralString, /, **params: Value) -> Row | None:
        rows = await self.fetch_all(sql, **params)
        return rows[0] if rows else None

    async def fetch_all(self, sql: LiteralString, /, **params: Value) -> list[Row]:
        check_text(params)
        return list(await self._run(self._driver.execute_fetchall(_translate(sql), params)))

    async def execute(self, sql: LiteralString, /, **params: Value) -> int:
        check_text(params)
        return (await self._run(self._driver.execute(_translate(sql), params))).rowcount

    def put_off(self, sql: LiteralString) -> None:
        """Run `sql` in the thread hop of the next statement."""
        self._put_off.append(sql)

    async def commit(self) -> None:
        """Commit the open transaction; one that never said a word never began."""
        if not self._is_untouched:
            await self.execute("COMMIT")
        self._put_off.clear()

    async def rollback(self) -> None:
        """Undo the open transaction; without one, do nothing."""
        self._put_off.clear()
        await self._run(self._driver.rollback())

    @property
    def _is_untouched(self) -> bool:
        return bool(self._put_off) and self._put_off[0].startswith("BEGIN")

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open; SQLite ends it by itself when the disk is full, say."""
        return self._driver.in_transaction

    async def close(self) -> None:
        await self._driver.close()

    async def _run(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except sqlite3.Error as cause:
            translated = _translated(cause, is_reader=self._is_reader)
            if translated is None:
                raise
            raise translated from cause
        except (OverflowError, UnicodeEncodeError) as cause:
            raise unstorable(cause) from cause


@dataclass(frozen=True, slots=True)
class _Seat:
    """A deed's place in a shared transaction: its turn, whether it is kept, the commit."""

    turn: asyncio.Future[_SqliteConnection] = field(default_factory=asyncio.Future)
    is_kept: asyncio.Future[bool] = field(default_factory=asyncio.Future)
    committed: asyncio.Future[None] = field(default_factory=asyncio.Future)

    def leave(self, *, is_kept: bool) -> None:
        if not self.is_kept.done():  # cancelled when the program stops
            self.is_kept.set_result(is_kept)

    def succeed(self) -> None:
        if not self.committed.done():  # cancelled if its caller has gone
            self.committed.set_result(None)

    def fail(self, failure: Unavailable) -> None:
        waited_for = self.committed if self.turn.done() else self.turn
        if not waited_for.done():
            waited_for.set_exception(Unavailable(failure.message))

    def abandon(self) -> None:
        for future in (self.turn, self.is_kept, self.committed):
            future.cancel()


class _SqliteEngine:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_closed = False
        self._close_lock = asyncio.Lock()
        self._write_lock = asyncio.Lock()
        self._writer: _SqliteConnection | None = None
        self._reader_slots = asyncio.Semaphore(_MAX_READERS)
        self._idle_readers: list[_SqliteConnection] = []
        self._seats: deque[_Seat] = deque()
        self._conductor: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[_SqliteConnection]:
        async with self._write_lock:
            if self._writer is None:
                self._writer = await self._open(is_reader=False)
            connection = self._writer
            try:
                connection.put_off("BEGIN IMMEDIATE")
                yield connection
                await connection.commit()
            except BaseException:
                await connection.rollback()
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[_SqliteConnection]:
        async with self._reader_slots:
            if not self._idle_readers:
                self._idle_readers.append(await self._open(is_reader=True))
            connection = self._idle_readers.pop()
            try:
                connection.put_off("BEGIN")
                yield connection
            finally:
                self._idle_readers.append(connection)
                await connection.rollback()

    async def join(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Sit down, wait for the turn, act, and wait for the commit that all share."""
        seat = _Seat()
        self._seats.append(seat)
        if self._conductor is None:
            self._conductor = asyncio.create_task(self._conduct())
        is_kept = False
        try:
            result = await _apart(await seat.turn, deed)
            is_kept = True
        finally:
            seat.leave(is_kept=is_kept)
        await seat.committed
        return result

    async def close(self) -> None:
        async with self._close_lock:
            await self._close()

    async def _close(self) -> None:
        if self._conductor is not None:
            await asyncio.wait([self._conductor])
        async with self._write_lock:
            self._is_closed = True
            if self._writer is not None:
                await self._writer.close()
                self._writer = None
        for _ in range(_MAX_READERS):
            await self._reader_slots.acquire()
        while self._idle_readers:
            await self._idle_readers.pop().close()
        for _ in range(_MAX_READERS):
            self._reader_slots.release()  # who still comes is told that it is closed

    async def _open(self, *, is_reader: bool) -> _SqliteConnection:
        if self._is_closed:
            raise closed()
        opening = asyncio.ensure_future(_connected(self._path, is_reader=is_reader))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:  # its thread would outlive the program
            await asyncio.wait([opening])
            if opening.exception() is None:
                await opening.result().close()
            raise

    async def _conduct(self) -> None:
        """Commit batch after batch until nobody waits."""
        try:
            while self._seats:
                await self._commit_batch()
        finally:
            self._conductor = None

    async def _commit_batch(self) -> None:
        seated: list[_Seat] = []
        try:
            async with self.writing() as connection:
                # Begin now: a lock that another process keeps must not fail one deed alone.
                await connection.fetch_one("SELECT 1")
                while self._seats and len(seated) < _DEEDS_PER_COMMIT:
                    seated.append(self._seats.popleft())
                    await _give_turn(seated[-1], connection)
        except Unavailable as failure:
            for seat in seated or _taken(self._seats):
                seat.fail(failure)
        except BaseException:  # the program stops, or a bug: nobody may wait for ever
            for seat in [*seated, *_taken(self._seats)]:
                seat.abandon()
            raise
        for seat in seated:
            seat.succeed()


async def _connected(path: Path, *, is_reader: bool) -> _SqliteConnection:
    put_off: deque[str] = deque()
    failures: list[Exception] = []

    def connect(path: str, **_: object) -> sqlite3.Connection:
        try:
            return _Driver(path, put_off, _READER_PRAGMAS if is_reader else _WRITER_PRAGMAS)
        except (sqlite3.Error, OSError) as cause:
            failures.append(cause)
            return sqlite3.connect(":memory:")  # aiosqlite only stops a thread that has connected

    driver = await aiosqlite.connect(path, factory=connect)
    if failures:
        await driver.close()
        raise out_of_reach(failures[0]) from failures[0]
    return _SqliteConnection(driver, put_off, is_reader=is_reader)


async def _give_turn(seat: _Seat, connection: _SqliteConnection) -> None:
    if seat.turn.cancelled():  # its caller left while it waited
        return
    seat.turn.set_result(connection)
    await seat.is_kept
    if not connection.is_in_transaction:
        raise Unavailable("The database gave up a change: check its disk, then try again.")


async def _apart(connection: _SqliteConnection, deed: Callable[[Connection], Awaitable[T]]) -> T:
    """Run `deed` so that its failure undoes itself alone."""
    connection.put_off("SAVEPOINT deed")
    try:
        result = await deed(connection)
    except BaseException:
        if connection.is_in_transaction:
            await connection.execute("ROLLBACK TO deed")
            connection.put_off("RELEASE deed")
        raise
    connection.put_off("RELEASE deed")
    return result


def _taken(seats: deque[_Seat]) -> Iterable[_Seat]:
    while seats:
        yield seats.popleft()


def _create_private(path: str) -> None:
    """Create the file for its owner alone."""
    # An existing one is not touched: opening and closing it here would drop the locks that this
    # process holds on it (sqlite.org/howtocorrupt.html, 2.2).
    if not Path(path).exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


@cache  # one entry a statement
def _translate(sql: str) -> str:
    """Give a primary key SQLite's clustered integer key (docs/decisions/0001)."""
    return sql.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")


def _translated(cause: sqlite3.Error, *, is_reader: bool) -> Exception | None:
    """Return our error for the driver's, None where it is a mistake in our SQL."""
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
