"""What artists are told, once each; kept by a job, so that telling never slows the deed."""

from dataclasses import dataclass

from server.clock import Clock
from server.model import ActorId, Notification
from server.ports import Library, Transaction
from server.promises import NotifyPromise


@dataclass(frozen=True, slots=True)
class Notifications:
    """Tell, list and mark as read."""

    library: Library
    clock: Clock

    async def tell(self, what: NotifyPromise) -> None:
        """Keep one notification. Safe twice."""
        await self.library.join(lambda tx: self._keep(tx, what))

    async def page(self, artist: ActorId, before: int | None = None) -> list[Notification]:
        """List newest first, fifty at a time."""
        async with self.library.reading() as tx:
            return await tx.notifications.page(artist, before=before)

    async def count_unread(self, artist: ActorId) -> int:
        """Count what was not looked at yet."""
        async with self.library.reading() as tx:
            return await tx.notifications.count_unread(artist)

    async def mark_read(self, artist: ActorId, up_to: int) -> None:
        """Mark everything up to the newest one that was shown."""
        async with self.library.transaction() as tx:
            await tx.notifications.mark_read(artist, up_to, self.clock.now())

    async def _keep(self, tx: Transaction, what: NotifyPromise) -> bool:
        return await tx.notifications.put(
            Notification(
                id=self.clock.new_id(),
                artist_id=what.artist_id,
                kind=what.kind,
                actor_id=what.actor_id,
                target_id=what.target_id,
                created_at=self.clock.now(),
            )
        )
