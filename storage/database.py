"""The waist: all SQL passes through four verbs, and all drivers' errors end here.

SQL is one text for both engines, written by hand, with `:name` parameters. Two words
differ, and each engine translates them in its own file: lists come in as JSON text through
`json_each(:name)`, and what stands in `/*pg … */` is uncovered on PostgreSQL alone.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, LiteralString, Protocol, TypeVar

import msgspec

from server.errors import Conflict, Invalid, Unavailable

BEYOND = "\U0010ffff"  # sorts after everything that begins alike, compared by bytes
MAX_ID = 2**63 - 1  # greater than every id and time: where a list starts that runs downwards
_TIME_SHIFT = 21  # an id's upper bits are its milliseconds: `server.clock.compose_id`

Value = str | int | float | bytes | None  # bool is an int
T = TypeVar("T")


class Row(Protocol):
    """One row; columns by name."""

    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401  a column may hold any type

    def __iter__(self) -> Iterator[Any]:
        """Give the values in the order of the columns: quicker, where many rows are read."""
        ...


class Connection(Protocol):
    """One open transaction. `execute` answers how many rows it touched."""

    async def fetch_one(self, sql: LiteralString, /, **params: Value) -> Row | None:
        """Return the first row, None where there is none."""
        ...

    async def fetch_all(self, sql: LiteralString, /, **params: Value) -> list[Row]:
        """Return all rows."""
        ...

    async def execute(self, sql: LiteralString, /, **params: Value) -> int:
        """Change rows and return how many."""
        ...

    async def execute_each(
        self, sql: LiteralString, rows: Sequence[Mapping[str, Value]], /
    ) -> None:
        """Execute once for each of `rows`, in order, in one call of the driver."""
        ...


class Engine(Protocol):
    """A database that opens transactions; connections open when they are first needed."""

    def writing(self) -> AbstractAsyncContextManager[Connection]:
        """Open a transaction that commits on leaving, and rolls back on an exception."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Connection]:
        """Open a consistent view; writing in it raises `WriteInReading`."""
        ...

    async def join(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `deed` in a transaction that others' deeds may share; see `ports.Library.join`."""
        ...

    async def look(self, deed: Callable[[Connection], Awaitable[T]]) -> T:
        """Run a `deed` that only reads in a consistent view; see `ports.Library.look`."""
        ...

    async def close(self) -> None:
        """Wait for what is open, and close every connection."""
        ...


class WriteInReading(Exception):
    """A flow wrote in `reading()`: a mistake in our code, never the visitor's."""


def write_in_reading() -> WriteInReading:
    """Return the error for a statement that changes rows in a view for reading."""
    return WriteInReading("reading() cannot write: use transaction() or join().")


def busy() -> Unavailable:
    """Return the error for a lock that did not come free in time."""
    return Unavailable("The database is busy with other changes: please try again in a moment.")


def contradiction() -> Conflict:
    """Return the error for a row that breaks a rule of its table (unique, a missing parent)."""
    return Conflict("This contradicts what is already stored: reload the page and try again.")


def disk_full() -> Unavailable:
    """Return the error for a database that found no space."""
    return Unavailable("The database's disk is full: free some space, then try again.")


def closed() -> Unavailable:
    """Return the error for a call that came after `close`."""
    return Unavailable("The database is closed: Fixatif is stopping, try again soon.")


def out_of_reach(cause: BaseException) -> Unavailable:
    """Return the error for a database that cannot be used; `cause` names the driver's reason."""
    reason = str(cause).strip().rstrip(".") or type(cause).__name__
    return Unavailable(
        f"The database cannot be used ({reason}): check its address and that it is running."
    )


def check_text(params: Mapping[str, Value]) -> None:
    """Refuse what only one of the engines can store: the NUL character (PostgreSQL cannot)."""
    for value in params.values():
        if isinstance(value, str) and "\0" in value:
            raise Invalid("Text cannot contain the NUL character: remove it and send again.")


def unstorable(cause: BaseException) -> Invalid:
    """Return the error for a number beyond 64 bits or text that is no Unicode."""
    del cause  # its words are the driver's, and may quote what was sent
    return Invalid("A number is too large or a text is no valid Unicode: correct it and try again.")


def json_text(values: Iterable[object]) -> str:
    """Encode a list for a JSON column, or for `json_each(:name)`."""
    try:
        return msgspec.json.encode(list(values)).decode()
    except UnicodeEncodeError as cause:
        raise unstorable(cause) from cause


def listed(text: str, kind: type[T]) -> tuple[T, ...]:
    """Decode a JSON column that holds a list, mostly an empty one."""
    return () if text == "[]" else msgspec.json.decode(text, type=tuple[kind, ...])  # type: ignore[valid-type]


def ids_text(ids: Iterable[int]) -> str:
    """Encode ids for `json_each(:name)`; a number that no id can be finds nothing anyway."""
    return json_text(made_id for made_id in ids if 0 <= made_id <= MAX_ID)


def time_of(made_id: int) -> int:
    """Return when an id was made: where paging goes on if the row it names was deleted."""
    return made_id >> _TIME_SHIFT


def fold(name: str) -> str:
    """Return `name` as it is compared without regard to case (engines fold only ASCII alike)."""
    return name.casefold()
