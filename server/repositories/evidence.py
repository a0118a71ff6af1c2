"""Interfaces of evidence: what was said to machines, who came for which work, who holds copies."""

from collections.abc import Sequence
from typing import Protocol

from server.comers import (
    CloserLooks,
    Copy,
    GivenSum,
    Holder,
    Look,
    LookSum,
    Price,
    WorkVisit,
    WorkVisitSum,
)
from server.ledger import Entry, Head, Statement
from server.model import ActorId, Millis, WorkId


class SignalLedger(Protocol):
    """The ledger of signals. Entries are appended, then sealed into the chain, and stay."""

    async def salt_of(self, artist: ActorId, fresh: str) -> str:
        """Return an artist's salt, which is `fresh` where there was none."""
        ...

    async def salt_if_any(self, artist: ActorId) -> str | None: ...

    async def append(self, entry_id: int, at: Millis, says: Statement) -> None:
        """Add what is said from now on."""
        ...

    async def latest(self, subject: str) -> Statement | None:
        """Return what was said last of one subject, sealed or not."""
        ...

    async def of_subject(self, subject: str, *, limit: int = 10_000) -> list[Entry]:
        """List what was said of one subject, oldest first, sealed or not."""
        ...

    async def end(self) -> tuple[int, str]:
        """Return number and hash of the last sealed entry; (0, "") where there is none."""
        ...

    async def hold_end(self) -> tuple[int, str]:
        """Return the same, and let nobody else seal until this transaction ends."""
        ...

    async def unsealed(self, *, limit: int = 500) -> list[tuple[int, Entry]]:
        """List entries that have no place in the chain yet, with their ids, oldest first."""
        ...

    async def seal(self, sealed: Sequence[tuple[int, int, str]]) -> None:
        """Give entries (by id) number and hash; the last is the new end. None was sealed before."""
        ...

    async def chain(self, *, after: int = 0, limit: int = 2_000) -> list[Entry]:
        """List sealed entries by number."""
        ...

    async def publish(self, head: Head, at: Millis) -> None:
        """Keep the head of a day; one that was published stays."""
        ...

    async def heads(self, *, limit: int = 30) -> list[Head]:
        """List published heads, newest first."""
        ...


class Tidings(Protocol):
    """What processes tell each other, for half a minute."""

    async def put(self, row_id: int, process: int, at: Millis, body: bytes) -> None:
        """Tell all other processes something."""
        ...

    async def of_others(
        self, process: int, since: Millis, *, limit: int = 500
    ) -> list[tuple[int, bytes]]:
        """List what the others told since then, with ids, newest first."""
        ...

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        """Forget what was told before then; return how many."""
        ...


class Proofs(Protocol):
    """Sums that browsers solved for a proof, each known by a code, until it cannot be taken."""

    async def spend(self, code: str, until: Millis) -> bool:
        """Note that a sum was solved; False where that was noted before."""
        ...

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        """Forget at most `limit` that nobody takes any more; return how many went."""
        ...


class Comers(Protocol):
    """Sums of machines' visits for each work by day, and which servers were given copies."""

    async def add_visits(self, visits: Sequence[WorkVisit]) -> None:
        """Add to what is counted; visits of what is no work here are passed over.

        Of peers alone those stay that came with an address which was given to another one.
        """
        ...

    async def visits_of_artist(
        self, artist: ActorId, since_day: int, *, limit: int = 5_000
    ) -> list[WorkVisitSum]:
        """List sums by day, work, class and crawler of one artist's works, peers left out."""
        ...

    async def visits_of_work(
        self, work: WorkId, since_day: int = 0, *, limit: int = 5_000
    ) -> list[WorkVisitSum]: ...

    async def visits_given(self, since_day: int, *, limit: int = 200) -> list[GivenSum]:
        """List machines' visits by addresses that were given to a server, most requests first."""
        ...

    async def sweep(self, before_day: int, *, limit: int = 1_000) -> int:
        """Delete at most `limit` sums of earlier days; return how many went."""
        ...

    async def add_looks(self, looks: Sequence[Look]) -> None:
        """Add to what is counted; looks at what is no work here are passed over."""
        ...

    async def looks_of_artist(
        self, artist: ActorId, since_day: int, *, limit: int = 200
    ) -> list[CloserLooks]:
        """List how often works of an artist were opened large, the most first."""
        ...

    async def looks_of_work(self, work: WorkId, *, limit: int = 5_000) -> list[LookSum]:
        """List by day, latest first, rendition and token."""
        ...

    async def sweep_looks(self, before_day: int, *, limit: int = 1_000) -> int:
        """Delete at most `limit` looks of earlier days; return how many went."""
        ...

    async def copies_of_work(self, work: WorkId, *, limit: int = 1_000) -> list[Copy]:
        """List by host."""
        ...

    async def holders(self, artist: ActorId, *, limit: int = 200) -> list[Holder]:
        """List servers that hold works of an artist that were not withdrawn, most first."""
        ...

    async def price(self) -> Price | None: ...

    async def set_price(self, price: Price | None) -> None: ...
