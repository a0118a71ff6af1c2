"""What artists are told, once each, in the transaction of the deed that they are told of."""

from server.clock import Clock
from server.model import ActorId, Notification, NotificationKind, TargetId
from server.ports import Library, Transaction
from server.targets import Target
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Notifications:
    """Tell, list and mark as read."""

    library: Library
    clock: Clock

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


async def tell_anew(
    tx: Transaction,
    clock: Clock,
    artist_id: ActorId,
    kind: NotificationKind,
    target_id: TargetId,
    actor_id: ActorId | None = None,
) -> None:
    """Tell an artist of something that goes on, again where they were told before."""
    await tx.notifications.drop(artist_id, kind, target_id)
    await tell(tx, clock, artist_id, kind, actor_id, target_id)


async def tell_owner(
    tx: Transaction,
    clock: Clock,
    target: Target,
    kind: NotificationKind,
    actor_id: ActorId,
    about: TargetId,
) -> None:
    """Tell the artist here whose a target is of what somebody else did to it."""
    if target.owner_id != actor_id and await _is_by_an_artist(tx, target):
        await tell(tx, clock, target.owner_id, kind, actor_id, about)


async def tell(
    tx: Transaction,
    clock: Clock,
    artist_id: ActorId,
    kind: NotificationKind,
    actor_id: ActorId | None = None,
    target_id: TargetId | None = None,
) -> bool:
    """Tell an artist of what `actor_id` did to `target_id`; False where they were told before."""
    told = Notification(clock.new_id(), artist_id, kind, actor_id, target_id, clock.now())
    return await tx.notifications.put(told)


async def _is_by_an_artist(tx: Transaction, target: Target) -> bool:
    if target.work is not None:
        return True
    owner = await tx.actors.by_id(target.owner_id)
    return owner is not None and owner.is_local
