"""Interface of the queue of what is to be done."""

from collections.abc import Sequence
from typing import Protocol

from server.model import Job, JobId, JobKind, Millis
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How many jobs of one kind stand where."""

    waiting: int = 0
    running: int = 0
    buried: int = 0


class Jobs(Protocol):
    """The queue. A job is claimed with a lease; a lease that runs out is claimed again."""

    async def add(
        self,
        kind: JobKind,
        payload: bytes,
        *,
        job_id: JobId,
        run_at: Millis,
        queue: str = "",
        priority: int = 5,
    ) -> None:
        """Promise a job in the transaction at hand. `payload` holds ids only."""
        ...

    async def add_all(self, jobs: Sequence[Job]) -> None:
        """Promise several, in this order; none was tried before."""
        ...

    async def claim(
        self, now: Millis, *, lease_until: Millis, limit: int, kinds: Sequence[JobKind] = ()
    ) -> list[Job]:
        """Take due jobs (waiting, or with a lease that ran out), lowest priority number first,
        then oldest `run_at`; count the attempt. Two claimers never get the same job.
        """
        ...

    async def done(self, *job_ids: JobId) -> None:
        """Delete finished jobs; the next of their queues come forward."""
        ...

    async def again(
        self,
        job_id: JobId,
        run_at: Millis,
        reason: str,
        *,
        others_at: Millis = Millis(0),
        is_tried: bool = True,
    ) -> None:
        """Put a job back for later; `reason` is kept, at most 500 characters.

        The next of its queue goes on meanwhile, but not before `others_at`. One that was not tried
        gets its attempt back.
        """
        ...

    async def bury(self, job_id: JobId, reason: str, *, others_at: Millis = Millis(0)) -> bool:
        """Give a job up; it stays visible until somebody retries it or it is swept. False where
        it is not there.
        """
        ...

    async def counts(self) -> dict[JobKind, JobCounts]:
        """Count them; those behind another of their queue are waiting too."""
        ...

    async def by_id(self, job_id: JobId) -> Job | None: ...

    async def buried(
        self, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        """List given-up jobs, of one kind or all, with their reasons, newest first."""
        ...

    async def waiting(
        self, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        """List waiting jobs at the head of their queue, those that fall due first; with why their
        last try failed, or "".
        """
        ...

    async def running(
        self, kind: JobKind | None = None, *, limit: int = 100
    ) -> list[tuple[Job, str]]:
        """List jobs under way, those whose lease ends first."""
        ...

    async def retry(self, job_id: JobId, now: Millis) -> bool:
        """Make a buried or waiting job due now; False where it is not there."""
        ...

    async def hasten(self, queues: Sequence[str], now: Millis) -> int:
        """Make jobs of these queues that were put off due now, in their order; return how many."""
        ...

    async def retry_all(self, queues: Sequence[str], now: Millis) -> int:
        """Make all buried and waiting jobs of these queues due now; return how many."""
        ...

    async def mend(self) -> int:
        """Bring forward the first job of each queue where all are behind; return how many.

        On PostgreSQL a job may be added behind one that is just being finished elsewhere.
        """
        ...

    async def sweep(self, before: JobId, *, limit: int = 1_000) -> int:
        """Delete at most `limit` buried jobs that were made before then; return how many."""
        ...

    async def due_kinds(self, now: Millis) -> set[JobKind]:
        """Return of which kinds jobs are due; a lease that ran out makes its job due."""
        ...

    async def oldest_due(self, now: Millis) -> Millis | None:
        """Return `run_at` of the oldest due job, for /readyz and doctor."""
        ...

    async def next_run_at(self) -> Millis | None:
        """Return when the earliest waiting job falls due."""
        ...
