"""Interfaces of what was told to the world, and to the people here."""

from collections.abc import Sequence
from typing import Protocol

from server.model import (
    ActivityId,
    ActorId,
    Millis,
    Notification,
    NotificationKind,
    StoredActivity,
    TargetId,
)


class Activities(Protocol):
    """Activities as they arrived and as we say them."""

    async def keep(self, activity: StoredActivity) -> bool:
        """Store; False where `dedupe` is already there (nothing changes)."""
        ...

    async def keep_all(self, activities: Sequence[StoredActivity]) -> set[ActivityId]:
        """Store those whose `dedupe` is not there, of equal ones the first; return which."""
        ...

    async def by_id(self, activity_id: ActivityId) -> StoredActivity | None: ...

    async def many(self, ids: Sequence[ActivityId]) -> dict[ActivityId, StoredActivity]: ...
    async def holds(self, dedupe: str) -> bool:
        """Say whether a dedupe key is taken: such an activity was kept, and not undone."""
        ...

    async def forget(self, dedupe: str, actor_uri: str) -> None:
        """Free a dedupe key of this actor's, so that the same id may come again (after an Undo)."""
        ...

    async def stands(self, activity_id: ActivityId) -> bool:
        """Say whether an activity is here and was not taken back by its actor."""
        ...

    async def was_forgotten(self, dedupe: str, actor_uri: str) -> bool:
        """Say whether a key of this actor's was freed: what it took back."""
        ...

    async def sweep(
        self, *, outgoing_before: Millis, incoming_before: Millis, limit: int = 1_000
    ) -> int:
        """Delete at most `limit` old ones of each direction, oldest first; return how many went.

        Those that a job, an undecided request or a moderator still needs stay.
        """
        ...


class Notifications(Protocol):
    """What artists are told."""

    async def put(self, notification: Notification) -> bool:
        """Store; False where an equal (artist, kind, actor, target) is already there."""
        ...

    async def page(
        self, artist: ActorId, *, before: int | None = None, limit: int = 50
    ) -> list[Notification]:
        """List newest first, by id."""
        ...

    async def count_unread(self, artist: ActorId) -> int: ...

    async def forget(self, artist: ActorId, actor: ActorId) -> None:
        """Delete what an artist was told of one actor; reports stay, they are for a moderator."""
        ...

    async def drop(self, artist: ActorId, kind: NotificationKind, target: TargetId) -> None:
        """Erase what one artist was told of one thing, in one kind."""
        ...

    async def mark_read(self, artist: ActorId, up_to: int, at: Millis) -> None:
        """Mark all with id ≤ `up_to`."""
        ...
