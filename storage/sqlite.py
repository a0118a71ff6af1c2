"""SQLite: one writer behind a lock, a few readers, group commit.

Every statement is one hop to its connection's thread, and so is every batch of deeds that share
a commit (`storage.sqlite_thread`). That thread works in the order it was asked, so a rollback
that is asked for before the lock is given on always comes in time: a cancelled caller never
leaves a transaction open.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import LiteralString, TypeVar

import aiosqlite

from server.errors import Unavailable
from storage.database import Connection, Engine, Row, Value, check_text, closed, out_of_reach
from storage.sqlite_thread import (
    BEGIN_WRITING,
    DRIVERS_ERRORS,
    Batch,
    Driver,
    Look,
    PutOff,
    Seat,
    raise_ours,
    translate,
)

T = TypeVar("T")

_MAX_READERS = 3  # threads; more gain nothing, the interpreter's lock is shared
_DEEDS_PER_COMMIT = 64  # keeps the wait of plain transactions below some 20 ms

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


class _SqliteConnection:
    """The four verbs, and what a transaction needs to begin and end, on one connection."""

    def __init__(self, driver: aiosqlite.Connection, put_off: PutOff, *, is_reader: bool) -> None:
        self._driver = driver
        self._put_off = put_off
        self._is_reader = is_reader

    async def fetch_one(self, sql: LiteralString, /, **params: Value) -> Row | None:
        rows = await self.fetch_all(sql, **params)
        return rows[0] if rows else None

    async def fetch_all(self, sql: LiteralString, /, **params: Value) -> list[Row]:
        check_text(params)
        return list(await self._run(self._driver.execute_fetchall(translate(sql), params)))

    async def execute(self, sql: LiteralString, /, **params: Value) -> int:
        check_text(params)
        return (await self._run(self._driver.execute(translate(sql), params))).rowcount

    async def execute_each(
        self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /
    ) -> None:
        for row in rows:
            check_text(row)
        await self._run(self._driver.executemany(translate(sql), rows))

    def put_off(self, what: LiteralString | Callable[[Driver], None]) -> None:
        """Do `what` in the thread hop of the next statement."""
        self._put_off.append(what)

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
        return len(self._put_off) == 1 and self._put_off[0] in ("BEGIN", BEGIN_WRITING)

    async def close(self) -> None:
        await self._driver.close()

    async def _run(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except DRIVERS_ERRORS as cause:
            raise_ours(cause, is_reader=self._is_reader)


class _SqliteEngine:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_closed = False
        self._close_lock = asyncio.Lock()
        self._write_lock = asyncio.Lock()
        self._writer: _SqliteConnection | None = None
        self._reader_slots = asyncio.Semaphore(_MAX_READERS)
        self._idle_readers: list[_SqliteConnection] = []
        self._seats: deque[Seat] = deque()
        self._conductor: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[_SqliteConnection]:
        async with self._write_lock:
            if self._writer is None:
                self._writer = await self._open(is_reader=False)
            connection = self._writer
            try:
                connection.put_off(BEGIN_WRITING)
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
                await connection.commit()
            except BaseException:
                await connection.rollback()
                raise
            finally:
                self._idle_readers.append(connection)

    async def join(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Sit down, and wait for the commit that all in the next batch share."""
        seat = Seat(deed)
        self._seats.append(seat)
        if self._conductor is None:
            self._conductor = asyncio.create_task(self._conduct())
        result: T = await seat.committed
        return result

    async def look(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a deed that only reads in the thread of a reader: one hop for all that it asks."""
        seen = Look(deed)
        async with self.reading() as connection:
            connection.put_off(seen.run)
        result: T = seen.result()
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
        many = min(len(self._seats), _DEEDS_PER_COMMIT)
        batch = Batch([self._seats.popleft() for _ in range(many)])
        try:
            async with self.writing() as connection:
                connection.put_off(batch.run)  # in the hop of the commit
        except Unavailable as outage:
            batch.settle(outage)
        except BaseException:  # the program stops, or a bug: nobody may wait for ever
            batch.abandon()
            while self._seats:
                self._seats.popleft().abandon()
            raise
        else:
            batch.settle()


def _unreachable(path: Path, cause: Exception) -> Unavailable:
    """Return the error for a file that cannot be opened; a folder that is not there is named."""
    if path.parent.is_dir():
        return out_of_reach(cause)
    return Unavailable(f"There is no folder {path.parent}: make it, or correct 'database.url'.")


async def _connected(path: Path, *, is_reader: bool) -> _SqliteConnection:
    put_off: PutOff = deque()
    failures: list[Exception] = []

    def connect(path: str, **_: object) -> sqlite3.Connection:
        try:
            return Driver(path, put_off, _READER_PRAGMAS if is_reader else _WRITER_PRAGMAS)
        except (sqlite3.Error, OSError) as cause:
            failures.append(cause)
            return sqlite3.connect(":memory:")  # aiosqlite only stops a thread that has connected

    driver = await aiosqlite.connect(path, factory=connect)
    if failures:
        await driver.close()
        raise _unreachable(path, failures[0]) from failures[0]
    return _SqliteConnection(driver, put_off, is_reader=is_reader)
