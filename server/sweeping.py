"""Tidies up what nobody needs any more: expired sessions, old activities, files without a row.

Orphan files are swept, orphan rows are bugs. A file younger than a day is left alone: its
upload may still be on the way to its row. Activities that came in stay for a month, far longer
than any server repeats one: the row is how a repeated one is known.
"""

from collections.abc import Awaitable, Callable, Sequence

from server.approving import REQUESTS_AGE, drop_unanswered
from server.clock import Clock, compose_id
from server.comers import KEPT_DAYS as COMERS_DAYS
from server.holdings import KEPT
from server.likening import catch_up
from server.model import JobId, JobKind, Millis
from server.passages import DAY, KEPT_DAYS
from server.ports import Library, MediaStore, Transaction
from server.promises import EndPromise, ReinscribePromise, SweepPromise, promise
from server.repositories.jobs import JobCounts
from server.series_elsewhere import KEPT as SERIES_KEPT
from server.tidings import KEPT as TIDINGS_KEPT
from server.values import dataclass

AGE = Millis(86_400_000)
_AT_ONCE = 200
MONTH = Millis(30 * 86_400_000)
INCOMING_AGE = MONTH  # peers repeat an activity for two to seven days
OUTGOING_AGE = Millis(90 * 86_400_000)  # the longest that a delivery waits is a week
# A day less than a month, as the sweep comes once a day: nothing of a declined one stays longer.
DECIDED_AGE = Millis(29 * 86_400_000)
NOTICES_AGE = Millis(365 * 86_400_000)  # who gave a legal notice, once it is decided
BROUGHT_AGE = MONTH  # of a boosted post that has to do with nobody here, after its last boost
UNDECIDED_AGE = Millis(90 * 86_400_000)  # of an application that nobody looked at
_REQUESTS_AT_ONCE = 100  # each is removed, and perhaps told
_BROUGHT_AT_ONCE = 100  # each goes with what stands about it
_ROWS_AT_ONCE = 1_000  # the writer is free for others in between


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
            await tx.peers.sweep(Millis(now - MONTH))
            await promise(tx, self.clock, EndPromise())
            await promise(tx, self.clock, ReinscribePromise())  # what an upgrade says anew
            await tx.cases.forget_notices(Millis(now - NOTICES_AGE))
            await tx.cases.forget_senders(Millis(now - AGE))
            await tx.cases.forget_shown(Millis(now - DECIDED_AGE))
            await tx.invites.sweep(Millis(now - MONTH))
            await tx.applications.sweep(
                decided_before=Millis(now - DECIDED_AGE), made_before=Millis(now - UNDECIDED_AGE)
            )
        await self._sweep_rows(now)
        await catch_up(self.library, self.clock)
        batch: list[str] = []
        async for file in self.media.list_older_than(Millis(now - AGE)):
            batch.append(file.digest)
            if len(batch) == _AT_ONCE:
                await drop_unneeded(self.library, self.media, batch)
                batch = []
        await drop_unneeded(self.library, self.media, batch)
        await self.schedule(delay=AGE)

    async def schedule(self, *, delay: Millis = Millis(0)) -> None:
        """Promise a sweep, unless one is promised already."""
        async with self.library.transaction() as tx:
            waiting = (await tx.jobs.counts()).get(JobKind.SWEEP, JobCounts()).waiting
            if not waiting:
                await promise(tx, self.clock, SweepPromise(), delay=delay)

    async def _sweep_rows(self, now: Millis) -> None:
        """Delete what was given up and what was said long ago, some rows at a time."""
        held_before = Millis(now - KEPT)
        await self._repeat(lambda tx: tx.held.sweep(held_before, limit=_ROWS_AT_ONCE))
        buried_before = JobId(compose_id(Millis(now - MONTH), 0))
        await self._repeat(lambda tx: tx.jobs.sweep(buried_before, limit=_ROWS_AT_ONCE))
        counted_before = Millis(now - KEPT_DAYS * DAY)
        await self._repeat(lambda tx: tx.envelopes.sweep(counted_before, limit=_ROWS_AT_ONCE))
        await self._repeat(lambda tx: tx.visits.sweep(counted_before // DAY, limit=_ROWS_AT_ONCE))
        brought_before = Millis(now - BROUGHT_AGE)
        await self._repeat(lambda tx: tx.feeds.sweep(brought_before, now, limit=_BROUGHT_AT_ONCE))
        spent_before = Millis(now - AGE)  # should the clock be set back, they are known still
        came_before = now // DAY - COMERS_DAYS
        await self._repeat(lambda tx: tx.comers.sweep(came_before, limit=_ROWS_AT_ONCE))
        await self._repeat(lambda tx: tx.comers.sweep_looks(came_before, limit=_ROWS_AT_ONCE))
        asked_before = Millis(now - REQUESTS_AGE)
        await self._repeat(
            lambda tx: drop_unanswered(tx, self.clock, asked_before, limit=_REQUESTS_AT_ONCE)
        )
        await self._repeat(lambda tx: tx.proofs.sweep(spent_before, limit=_ROWS_AT_ONCE))
        told_before = Millis(now - TIDINGS_KEPT)
        await self._repeat(lambda tx: tx.tidings.sweep(told_before, limit=_ROWS_AT_ONCE))
        looked_before = Millis(now - SERIES_KEPT)
        await self._repeat(lambda tx: tx.elsewhere.sweep(looked_before, limit=_ROWS_AT_ONCE))
        await self._repeat(
            lambda tx: tx.activities.sweep(
                outgoing_before=Millis(now - OUTGOING_AGE),
                incoming_before=Millis(now - INCOMING_AGE),
                limit=_ROWS_AT_ONCE,
            )
        )

    async def _repeat(self, deed: Callable[[Transaction], Awaitable[int]]) -> None:
        while await self.library.join(deed):
            pass


async def drop_unneeded(library: Library, media: MediaStore, digests: Sequence[str]) -> None:
    """Delete those files that nothing needs."""
    async with library.reading() as tx:
        used = await tx.works.digests_in_use(digests)
    for digest in digests:
        if digest not in used:
            await media.delete(digest)
