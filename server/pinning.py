"""Which works stand on top of an artist's profile on other servers."""

from dataclasses import replace

from server.clock import Clock
from server.errors import Invalid
from server.model import Artist, Visibility, WorkId
from server.own_works import own_work
from server.ports import Bus, Library
from server.promises import JOBS_TOPIC, Deed, SayPromise, promise
from server.values import dataclass

MAX_PINNED = 5  # what Mastodon and most others show
PINNABLE = (Visibility.PUBLIC, Visibility.UNLISTED)


@dataclass(frozen=True, slots=True)
class Pinning:
    """Pin and unpin."""

    library: Library
    clock: Clock
    bus: Bus

    async def pin(self, artist: Artist, work_id: WorkId) -> None:
        """Put a work on top; the newest pin comes first. Raise `NotFound`, `Invalid`."""
        async with self.library.transaction() as tx:
            work = await own_work(tx, artist, work_id)
            if work.pinned_at is not None:
                return
            if work.visibility not in PINNABLE or not work.is_visible:
                raise Invalid("Only a hung work that everyone may see can be pinned.")
            pinned = await tx.works.pinned(artist.id, PINNABLE)
            if len(pinned) >= MAX_PINNED:
                raise Invalid(f"You have pinned {MAX_PINNED} works already: unpin one first.")
            await tx.works.update(replace(work, pinned_at=self.clock.now()))
            await promise(tx, self.clock, SayPromise(Deed.WORK_PINNED, artist.id, work.id))
        self.bus.wake(JOBS_TOPIC)

    async def unpin(self, artist: Artist, work_id: WorkId) -> None:
        """Take a work from the top. Raise `NotFound`."""
        async with self.library.transaction() as tx:
            work = await own_work(tx, artist, work_id)
            if work.pinned_at is None:
                return
            await tx.works.update(replace(work, pinned_at=None))
            await promise(tx, self.clock, SayPromise(Deed.WORK_UNPINNED, artist.id, work.id))
        self.bus.wake(JOBS_TOPIC)
