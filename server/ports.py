"""The seams: what flows may ask of the world. The docstrings are the contracts.

One shared test suite per seam runs on every implementation. Implementations live in
`storage` and `web`; `server.seams` alone chooses them. Reads never raise for "not there":
they answer None or an empty list; the flow decides what absence means. What is kept, noun by
noun, stands in `repositories`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from server.model import Millis
from server.neighbours import Neighbours
from server.repositories.accounts import Actors, Artists, Departures, Portraits
from server.repositories.elsewhere import Elsewhere
from server.repositories.evidence import Comers, Proofs, SignalLedger, Tidings
from server.repositories.feed import Feeds
from server.repositories.house import AuditLog, Authorities, HeldThings, Policies
from server.repositories.jobs import Jobs
from server.repositories.ledgers import EnvelopeRows, Severances, VisitRows
from server.repositories.people import Applications, Cases, HouseTexts, Invites, Reports, TheEnd
from server.repositories.posts import Posts
from server.repositories.relations import Blocks, Reactions, Relations, Requests
from server.repositories.servers import Lists, Peers
from server.repositories.told import Activities, Notifications
from server.repositories.works import AllSeries, Likenesses, Shots, Works
from server.values import dataclass

T = TypeVar("T")


class Transaction(Protocol):
    """One transaction's view of everything kept. Await nothing but it while it is open."""

    @property
    def artists(self) -> Artists: ...
    @property
    def actors(self) -> Actors: ...
    @property
    def works(self) -> Works: ...
    @property
    def shots(self) -> Shots: ...
    @property
    def likenesses(self) -> Likenesses: ...
    @property
    def posts(self) -> Posts: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def relations(self) -> Relations: ...
    @property
    def reactions(self) -> Reactions: ...
    @property
    def activities(self) -> Activities: ...
    @property
    def notifications(self) -> Notifications: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def authorities(self) -> Authorities: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def blocks(self) -> Blocks: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def audit(self) -> AuditLog: ...

    @property
    def held(self) -> HeldThings: ...
    @property
    def series(self) -> AllSeries: ...
    @property
    def elsewhere(self) -> Elsewhere: ...
    @property
    def neighbours(self) -> Neighbours: ...
    @property
    def peers(self) -> Peers: ...
    @property
    def invites(self) -> Invites: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def texts(self) -> HouseTexts: ...
    @property
    def closing(self) -> TheEnd: ...
    @property
    def lists(self) -> Lists: ...
    @property
    def envelopes(self) -> EnvelopeRows: ...
    @property
    def visits(self) -> VisitRows: ...
    @property
    def severances(self) -> Severances: ...
    @property
    def ledger(self) -> SignalLedger: ...
    @property
    def comers(self) -> Comers: ...
    @property
    def proofs(self) -> Proofs: ...
    @property
    def tidings(self) -> Tidings: ...
    @property
    def portraits(self) -> Portraits: ...
    @property
    def departures(self) -> Departures: ...
    @property
    def jobs(self) -> Jobs: ...


class Library(Protocol):
    """Everything kept in the database."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that may write. Commit on leaving, roll back on an exception."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a consistent view for reading; it never waits for writers. Writing in it fails."""
        ...

    async def join(self, deed: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `deed` in a transaction that may be shared with others' deeds, and return its result
        once that is committed. An exception in `deed` undoes that deed alone and is raised here.
        """
        ...

    async def look(self, deed: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a `deed` that only reads in one consistent view, and return its result; several
        questions cost little more than one. It awaits nothing but its transaction.
        """
        ...

    async def check(self) -> None:
        """Answer if the database can be read and its migrations are applied, else `Unavailable`."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the MediaStore: `digest` (sha256, hex) is its key."""

    digest: str
    size: int


class MediaStore(Protocol):
    """Files by content: equal bytes are stored once. Keys are sha256 digests in hex."""

    async def put(self, data: bytes) -> StoredFile:
        """Store bytes whole or not at all. Raise `Unavailable` where there is no space."""
        ...

    async def receive(self, chunks: AsyncIterator[bytes], *, max_bytes: int) -> StoredFile:
        """Store a stream whole or not at all, without holding it in memory. Raise `Invalid` once
        it exceeds `max_bytes`, `Unavailable` where there is no space; leave nothing behind.
        """
        ...

    async def read(self, digest: str) -> bytes:
        """Return a whole file. Raise `NotFound`."""
        ...

    def open(
        self, digest: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Stream a file, or a part of it. Raise `NotFound`."""
        ...

    async def size(self, digest: str) -> int:
        """Return the size in bytes. Raise `NotFound`."""
        ...

    async def delete(self, digest: str) -> None:
        """Delete; a missing file is no error."""
        ...

    def list_older_than(self, at: Millis) -> AsyncIterator[StoredFile]:
        """Go through files stored before `at`, for sweeping."""
        ...

    def link(self, digest: str) -> Path | None:
        """Return a path that the web server may send by sendfile, None where there is none."""
        ...

    async def free_bytes(self) -> int | None:
        """Return the space left, None where nobody knows."""
        ...

    async def close(self) -> None:
        """Close what is open to wherever the files are."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to another server, with its headers complete (signed, if it is to be signed)."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    max_bytes: int = 1_048_576
    total_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Incoming:
    """An answer. `headers` have lower-case names; the last of equal names wins."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):
    """No answer: refused address, DNS, connection, TLS, time or size. The message says which.

    `is_final`: trying again cannot help (a private address, a wrong scheme).
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Transport(Protocol):
    """The guarded way out. Never follows a redirect: the caller re-checks and re-signs."""

    async def send(self, request: Outgoing) -> Incoming:
        """Send and return the whole answer, whatever its status. Raise `Unreachable`."""
        ...


class Resolver(Protocol):
    """DNS, for telling crawlers from those who borrow their names."""

    async def names_of(self, address: str) -> Sequence[str]:
        """Return the names of an address by reverse DNS, in lower case; none where it has none.
        Raise `Unreachable` where nobody answered.
        """
        ...

    async def addresses_of(self, name: str) -> Sequence[str]:
        """Return the addresses of a name as text; none where it has none. Raise `Unreachable`
        where nobody answered.
        """
        ...


Tell = Callable[[int, int], Awaitable[None]]  # hears: steps done, of so many


class Workers(Protocol):
    """Child processes with memory and time limits, for hostile or heavy input."""

    async def run(self, task: str, data: bytes, *, tell: Tell | None = None) -> bytes:
        """Run a named task. Raise `Invalid` where the input killed or outlived its child.

        `tell` is awaited with each step that the task reports; most report none.
        """
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """Wake-ups inside one process. Losing one costs a poll interval, never data."""

    def wake(self, topic: str) -> None:
        """Wake everybody who waits for `topic`."""
        ...

    async def wait(self, topic: str, seconds: float) -> None:
        """Return at the next wake-up, or after `seconds`."""
        ...
