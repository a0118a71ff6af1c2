"""PostgreSQL: a pool of connections, the same four verbs.

Imported when first used, so that instances on SQLite do not pay for asyncpg.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, LiteralString, TypeVar

import asyncpg

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

_MIN_CONNECTIONS = 1
_MAX_CONNECTIONS = 10  # a process; PostgreSQL's own default allows 100 in all
_CONNECT_SECONDS = 10.0
_STATEMENT_SECONDS = 30.0  # no query of ours takes one; a stuck one must not hold a lock for ever
_SLOT_SECONDS = 10.0  # how long a transaction waits for a connection to come free

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_UNCOVERED = re.compile(r"/\*pg (.*?)\*/", re.DOTALL)

# The first that fits; what is in none of them puts the database out of reach.
_TRANSLATIONS: tuple[tuple[type[BaseException], Callable[[BaseException], Exception]], ...] = (
    (asyncpg.IntegrityConstraintViolationError, lambda _: contradiction()),
    (asyncpg.TransactionRollbackError, lambda _: busy()),  # a deadlock: one of two gives way
    (asyncpg.LockNotAvailableError, lambda _: busy()),
    (asyncpg.TooManyConnectionsError, lambda _: busy()),
    (TimeoutError, lambda _: busy()),
    (asyncpg.DiskFullError, lambda _: disk_full()),
    (asyncpg.DataError, unstorable),
    (ValueError, unstorable),  # the driver's own DataError
    (asyncpg.ReadOnlySQLTransactionError, lambda _: write_in_reading()),
)


def open_postgres(url: str) -> Engine:
    """Return the engine for a `postgresql://` address; it connects when first used."""
    return _PostgresEngine(url)


class _PostgresConnection:
    """The four verbs on one asyncpg connection."""

    def __init__(self, driver: Any) -> None:  # noqa: ANN401  asyncpg's pool proxy has no types
        self._driver = driver

    async def fetch_one(self, sql: LiteralString, /, **params: Value) -> Row | None:
        text, values = _prepared(sql, params)
        row: Row | None = await _run(self._driver.fetchrow(text, *values))
        return row

    async def fetch_all(self, sql: LiteralString, /, **params: Value) -> list[Row]:
        text, values = _prepared(sql, params)
        rows: list[Row] = await _run(self._driver.fetch(text, *values))
        return rows

    async def execute(self, sql: LiteralString, /, **params: Value) -> int:
        text, values = _prepared(sql, params)
        status: str = await _run(self._driver.execute(text, *values))
        count = status.rpartition(" ")[2]  # "UPDATE 3", "INSERT 0 1", "CREATE TABLE"
        return int(count) if count.isdigit() else 0

    async def execute_each(
        self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /
    ) -> None:
        text, names = _translate(sql)
        for row in rows:
            check_text(row)
        values = [[row[name] for name in names] for row in rows]
        await _run(self._driver.executemany(text, values))


class _PostgresEngine:
    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: Any = None
        self._pool_lock = asyncio.Lock()
        self._slots = asyncio.Semaphore(_MAX_CONNECTIONS)
        self._is_closed = False
        self._close_lock = asyncio.Lock()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[_PostgresConnection]:
        async with self._begun(isolation="read_committed") as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[_PostgresConnection]:
        async with self._begun(isolation="repeatable_read", readonly=True) as connection:
            yield connection

    async def join(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `deed` in a transaction of its own: PostgreSQL groups commits by itself."""
        async with self.writing() as connection:
            return await deed(connection)

    async def look(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `deed` in a view of its own: nothing here is bound to a thread."""
        async with self.reading() as connection:
            return await deed(connection)

    async def close(self) -> None:
        async with self._close_lock:
            await self._close()

    async def _close(self) -> None:
        self._is_closed = True
        for _ in range(_MAX_CONNECTIONS):
            await self._slots.acquire()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.close()
        for _ in range(_MAX_CONNECTIONS):
            self._slots.release()  # who still waits is told that it is closed

    @asynccontextmanager
    async def _begun(self, **options: Any) -> AsyncIterator[_PostgresConnection]:  # noqa: ANN401  asyncpg's own
        async with self._slot():
            pool = await self._opened()
            driver = await _run(pool.acquire())
            try:
                transaction = driver.transaction(**options)
                await _run(transaction.start())
                try:
                    yield _PostgresConnection(driver)
                except BaseException:
                    await _run(transaction.rollback())
                    raise
                await _run(transaction.commit())
            finally:
                await _run(pool.release(driver))

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """Wait until a connection is free, so that the pool itself never makes anyone wait."""
        try:
            async with asyncio.timeout(_SLOT_SECONDS):
                await self._slots.acquire()
        except TimeoutError as cause:
            raise busy() from cause
        try:
            yield
        finally:
            self._slots.release()

    async def _opened(self) -> Any:  # noqa: ANN401  asyncpg has no types
        async with self._pool_lock:
            if self._is_closed:
                raise closed()
            if self._pool is None:
                self._pool = await _run(
                    asyncpg.create_pool(
                        self._url,
                        min_size=_MIN_CONNECTIONS,
                        max_size=_MAX_CONNECTIONS,
                        timeout=_CONNECT_SECONDS,
                        command_timeout=_STATEMENT_SECONDS,
                        reset=_keep_as_it_is,
                        server_settings={"application_name": "fixatif"},
                    )
                )
            return self._pool


async def _keep_as_it_is(connection: object) -> None:
    """Skip the round trip that resets session state: we never set any."""


async def _run(work: Awaitable[Any]) -> Any:  # noqa: ANN401  asyncpg has no types
    try:
        return await work
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as cause:
        translated = _translated(cause)
        if translated is None:
            raise
        raise translated from cause
    except UnicodeEncodeError as cause:
        raise unstorable(cause) from cause


def _prepared(sql: LiteralString, params: dict[str, Value]) -> tuple[str, list[Value]]:
    check_text(params)
    text, names = _translate(sql)
    return text, [params[name] for name in names]


@cache  # one entry a statement
def _translate(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return the statement in PostgreSQL's words, and the names behind its `$1`, `$2` and so on.

    `json_each` becomes PostgreSQL's own, whose column has the same name; `/*pg … */` is uncovered.
    """
    own = _UNCOVERED.sub(r"\1", sql).replace("json_each(", "json_array_elements_text(")
    names = tuple(dict.fromkeys(_PARAMETER.findall(own)))
    numbered = {name: f"${number}" for number, name in enumerate(names, start=1)}
    return _PARAMETER.sub(lambda match: numbered[match[1]], own), names


def _translated(cause: BaseException) -> Exception | None:
    """Return our error for the driver's, None where it is a mistake in our SQL."""
    if isinstance(cause, asyncpg.SyntaxOrAccessError):
        return None
    return next(
        (make(cause) for kind, make in _TRANSLATIONS if isinstance(cause, kind)),
        out_of_reach(cause),
    )
