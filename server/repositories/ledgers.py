"""Interfaces of what is counted at the doors, and what a change cut."""

from collections.abc import Sequence
from typing import Protocol

from server.model import Actor, ActorId, Follow, Millis
from server.passages import ClassSum, CrossFollow, Envelope, Severance, VisitSum


class EnvelopeRows(Protocol):
    """What passed the doors `inbound` and `outbound`."""

    async def add(self, envelopes: Sequence[Envelope]) -> None:
        """Add each to those of its hour that are equal."""
        ...

    async def page(
        self, since: Millis, *, after: tuple[int, int] = (0, 0), limit: int = 2_000
    ) -> list[Envelope]:
        """List those of the hour of `since` and later by (hour, digest), after the given ones."""
        ...

    async def count(self, since: Millis) -> int:
        """Count what `page` lists, rows that is."""
        ...

    async def in_shadow(
        self, since: Millis, *, after: tuple[int, int] = (0, 0), limit: int = 2_000
    ) -> list[Envelope]:
        """List those that a shadow rule met, as `page` does."""
        ...

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        """Delete at most `limit` of older hours; return how many went."""
        ...


class VisitRows(Protocol):
    """Sums of visits, by day."""

    async def add(self, visits: Sequence[VisitSum]) -> None:
        """Add to what is counted already."""
        ...

    async def page(
        self, day: int, *, after: VisitSum | None = None, limit: int = 2_000
    ) -> list[VisitSum]:
        """List the sums of one day by their keys."""
        ...

    async def by_class(self, since_day: int, *, limit: int = 20_000) -> list[ClassSum]:
        """List what came on that day and later by day (latest first), class and crawler."""
        ...

    async def in_shadow(self, since_day: int, *, limit: int = 10_000) -> list[VisitSum]:
        """List those that a shadow rule met, the most requests first, whatever the network."""
        ...

    async def bytes_of(self, day: int) -> int:
        """Return how many bytes went out on one day."""
        ...

    async def sweep(self, before_day: int, *, limit: int = 1_000) -> int:
        """Delete at most `limit` of earlier days; return how many went."""
        ...


class Severances(Protocol):
    """Follows that a change of the rules cut. One whose follow was ended, or begun anew, by its own
    people meanwhile is listed no more.
    """

    async def across(
        self, *, after: tuple[ActorId, ActorId] | None = None, limit: int = 1_000
    ) -> list[CrossFollow]:
        """List follows (ACCEPTED and PENDING) between here and elsewhere by follower, followee."""
        ...

    async def suspend(self, severances: Sequence[Severance]) -> None:
        """Keep them, and suspend their follows."""
        ...

    async def put(self, severance: Severance) -> None:
        """Replace one."""
        ...

    async def lift(self, severance: Severance, follow: Follow) -> bool:
        """Put a follow in the place of the suspended one, and forget that it was cut. False, and
        nothing changes, where it is not suspended any more.
        """
        ...

    async def end(self, severance: Severance) -> bool:
        """Keep one as ended, and remove its follow. False, and nothing changes, where that is not
        suspended any more.
        """
        ...

    async def by_ids(self, ids: Sequence[int]) -> list[Severance]: ...

    async def of_pair(self, follower: ActorId, followee: ActorId) -> Severance | None: ...

    async def page(
        self, *, before: int | None = None, limit: int = 50
    ) -> list[tuple[Severance, CrossFollow]]:
        """List by id, newest first, with who is at their ends. The far end is not gone."""
        ...

    async def count(self) -> int:
        """Count what `page` lists."""
        ...

    async def due(
        self, before: Millis, *, limit: int = 100
    ) -> list[tuple[Severance, Actor, Actor]]:
        """List suspended ones cut at or before then, with follower and followee, oldest first."""
        ...

    async def suspended(
        self, *, after: int = 0, limit: int = 1_000
    ) -> list[tuple[Severance, CrossFollow]]:
        """List suspended ones by id."""
        ...

    async def remove(self, ids: Sequence[int]) -> None: ...

    async def sweep(self, before: Millis) -> None:
        """Forget those cut at or before then that are not suspended."""
        ...
