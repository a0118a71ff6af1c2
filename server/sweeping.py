"""Tidies up what nobody needs any more: expired sessions and links, files without a row.

Orphan files are swept, orphan rows are bugs. A file younger than a day is left alone: its
upload may still be on the way to its row.
"""

from dataclasses import dataclass

from server.clock import Clock
from server.model import JobKind, Millis
from server.ports import JobCounts, Library, MediaStore, StoredFile
from server.promises import SweepPromise, promise

_AGE = Millis(86_400_000)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Sweeping:
    """Sweeps."""

    library: Library
    media: MediaStore
    clock: Clock

    async def sweep(self, _payload: bytes) -> None:
        """Sweep once, and promise the next time. Safe twice."""
        now = self.clock.now()
        async with self.library.transaction() as tx:
            await tx.artists.sweep(now)
        batch: list[StoredFile] = []
        async for file in self.media.list_older_than(Millis(now - _AGE)):
            batch.append(file)
            if len(batch) == _AT_ONCE:
                await self._drop_orphans(batch)
                batch = []
        await self._drop_orphans(batch)
        await self.schedule(delay=_AGE)

    async def schedule(self, *, delay: Millis = Millis(0)) -> None:
        """Promise a sweep, unless one is promised already."""
        async with self.library.transaction() as tx:
            waiting = (await tx.jobs.counts()).get(JobKind.SWEEP, JobCounts()).waiting
            if not waiting:
                await promise(tx, self.clock, SweepPromise(), delay=delay)

    async def _drop_orphans(self, batch: list[StoredFile]) -> None:
        async with self.library.reading() as tx:
            used = await tx.works.digests_in_use([file.digest for file in batch])
        for file in batch:
            if file.digest not in used:
                await self.media.delete(file.digest)
