"""What waits, fails and was given up, for those who run the instance, and what they can do."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from server import audit
from server.acts import Act
from server.aftermath import note_undelivered
from server.clock import Clock
from server.dealings import Peer, Undelivered
from server.errors import NotFound
from server.model import Artist, Job, JobId, JobKind, Millis, TargetId, Work
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, DeliverPromise
from server.reach import Reach
from server.repositories.jobs import JobCounts
from server.values import dataclass

_BY_HAND = "It was given up by hand."


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    BURIED = "buried"


@dataclass(frozen=True, slots=True)
class Overview:
    """The queue and the servers in trouble, at one moment."""

    counts: Mapping[JobKind, JobCounts]
    oldest_due: Millis | None  # since when the oldest due job waits
    failing: Sequence[Peer]  # latest failure first, without the dead
    dead: Sequence[Peer]  # latest first
    now: Millis


@dataclass(frozen=True, slots=True)
class Queues:
    """Shows and moves jobs."""

    library: Library
    clock: Clock
    bus: Bus
    reach: Reach

    async def overview(self, *, limit: int = 100) -> Overview:
        """Return counts, and at most `limit` hosts of each kind of trouble."""
        now = self.clock.now()
        async with self.library.reading() as tx:
            failing = await tx.peers.failing(limit=2 * limit)
            return Overview(
                counts=await tx.jobs.counts(),
                oldest_due=await tx.jobs.oldest_due(now),
                failing=[peer for peer in failing if peer.dead_at is None][:limit],
                dead=await tx.peers.dead(limit=limit),
                now=now,
            )

    async def listed(
        self, state: JobState, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        """List jobs in a state with what was said of their last try."""
        async with self.library.reading() as tx:
            table = {
                JobState.WAITING: tx.jobs.waiting,
                JobState.RUNNING: tx.jobs.running,
                JobState.BURIED: tx.jobs.buried,
            }
            return await table[state](kind, limit=limit)

    async def retry(self, job_id: JobId, by: Artist | None = None) -> None:
        """Make one job due now. `by` is None at the command line. Raise `NotFound`."""

        async def write(tx: Transaction) -> bool:
            job = await tx.jobs.by_id(job_id)
            if job is None or not await tx.jobs.retry(job_id, self.clock.now()):
                return False
            if job.kind is JobKind.DELIVER:
                target = TargetId(_promise_of(job).target_id)
                await tx.peers.forget_undelivered(job.queue, target)
            subject = f"{job_id} for {job.queue}" if job.queue else str(job_id)
            await audit.note(tx, self.clock, by, Act.DELIVERY_RETRIED, subject)
            return True

        if not await self.library.join(write):
            raise NotFound(f"No job {job_id} waits or was given up: see 'fixatif jobs list'.")
        self.bus.wake(JOBS_TOPIC)

    async def retry_host(self, host: str) -> int:
        """Make everything for a host due now, given-up jobs too, and return how many these are."""
        now = self.clock.now()
        async with self.library.reading() as tx:
            is_known = await tx.peers.by_host(host) is not None
        if is_known:
            await self.reach.pardon(host)
        count = await self.library.join(lambda tx: tx.jobs.retry_all([host], now))
        self.bus.wake(JOBS_TOPIC)
        return count

    async def bury(self, job_id: JobId) -> None:
        """Give a job up; its artist sees what did not arrive. Raise `NotFound`."""

        async def write(tx: Transaction) -> bool:
            job = await tx.jobs.by_id(job_id)
            if job is not None and job.kind is JobKind.DELIVER:
                await note_undelivered(tx, self.clock, _promise_of(job), job.queue, _BY_HAND)
            return await tx.jobs.bury(job_id, _BY_HAND)

        if not await self.library.join(write):
            raise NotFound(f"There is no job {job_id}: see 'fixatif jobs list'.")

    async def try_now(self, host: str, by: Artist | None = None) -> None:
        """End a host's pause, or its death. Raise `NotFound`."""
        await self.reach.pardon(host)
        await self.library.join(lambda tx: audit.note(tx, self.clock, by, Act.SERVER_TRIED, host))

    async def undelivered(
        self, artist: Artist, works: Sequence[Work]
    ) -> dict[TargetId, list[Undelivered]]:
        """Return which servers an artist's works did not reach; nobody else is told."""
        own = [TargetId(work.id) for work in works if work.artist_id == artist.id]
        if not own:
            return {}
        async with self.library.reading() as tx:
            return await tx.peers.undelivered(own)


def _promise_of(job: Job) -> DeliverPromise:
    return msgspec.json.decode(job.payload, type=DeliverPromise)
