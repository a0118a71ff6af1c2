"""Does the jobs: claims what is due, runs it, and settles it as done, later or given up.

Every job is safe to run twice. A job whose process died is claimed again when its lease
runs out. Jobs of one claim run side by side, each in its own task.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog

from server.clock import Clock
from server.errors import FixatifError, Unavailable
from server.model import Job, JobId, JobKind, Millis
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC
from server.retry import next_attempt

log = structlog.get_logger(__name__)

LEASE = Millis(10 * 60_000)  # longer than any job; a crashed process' jobs come back after it
# One request of at most 30 seconds; a longer lease would silence its whole host after a crash.
DELIVERY_LEASE = Millis(2 * 60_000)
POLL_SECONDS = 0.5  # how late a job promised by another process may start
_ROUND_SECONDS = 0.02  # between two claims; claiming for each lane that falls free costs more
_REASON_LENGTH = 500
_MANY_GUESTS = 8  # requests at once; a quiet inbox has one or two
_NARROWED = 16  # of 32 lanes, 2 stay open
_ALONE = frozenset({JobKind.PICTURES, JobKind.SWEEP})  # memory for one picture, one broom

Run = Callable[[bytes], Awaitable[None]]


class Later(Exception):
    """A job asks to be tried again; it may say after how long."""

    def __init__(self, reason: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class GiveUp(Exception):
    """A job says that trying again cannot help."""


@dataclass(slots=True)
class Worker:
    """Runs jobs until it is stopped. `lanes` says how many of each kind run at once.

    While many guests wait at the inbox there are fewer lanes, never none: who sends to us
    gives up or slows down after seconds, what was kept may be acted on a little later.
    """

    library: Library
    clock: Clock
    bus: Bus
    runs: Mapping[JobKind, Run]
    lanes: Mapping[JobKind, int]
    waiting_guests: Callable[[], int] = lambda: 0  # requests at the inbox, which go first
    _tasks: dict[JobKind, set[asyncio.Task[None]]] = field(default_factory=dict)
    _finished: list[JobId] = field(default_factory=list)
    _is_stopping: bool = False

    async def run(self) -> None:
        """Work until `stop`; then finish what was begun."""
        while not self._is_stopping:
            try:
                claimed = await self._round()
            except Unavailable as outage:  # the database restarts, or its disk is full
                log.warning("no_jobs_claimed", reason=outage.message)
                claimed = []
            for job in claimed:
                self._start(job)
            if claimed:
                await asyncio.sleep(_ROUND_SECONDS)
            else:
                await self.bus.wait(JOBS_TOPIC, POLL_SECONDS)
        await self._finish()
        with suppress(Unavailable):  # what stays unsettled is done once more, which is safe
            await self._settle({})

    def of_another_process(self) -> "Worker":
        """Return the worker of a process beside the first: it leaves some kinds to that one."""
        lanes = {kind: lanes for kind, lanes in self.lanes.items() if kind not in _ALONE}
        return replace(self, lanes=lanes, _tasks={}, _finished=[])

    def stop(self) -> None:
        """Claim no more."""
        self._is_stopping = True
        self.bus.wake(JOBS_TOPIC)

    async def drain(self) -> int:
        """Run everything that is due now, and what that promises, to the end; return how many."""
        count = 0
        while claimed := await self._round():
            count += len(claimed)
            for job in claimed:
                self._start(job)
            await self._finish()
        return count

    async def _round(self) -> list[Job]:
        """Settle what was done, and claim as many as the free lanes hold, in one transaction."""
        free = {
            kind: self._width(lanes) - len(self._tasks.setdefault(kind, set()))
            for kind, lanes in self.lanes.items()
        }
        wide = {kind: left for kind, left in free.items() if left > 0}
        if self._finished or (wide and await self._is_anything_due()):
            return await self._settle(wide)
        return []

    def _width(self, lanes: int) -> int:
        return max(1, lanes // _NARROWED) if self.waiting_guests() > _MANY_GUESTS else lanes

    async def _is_anything_due(self) -> bool:
        async with self.library.reading() as tx:
            return await tx.jobs.oldest_due(self.clock.now()) is not None

    async def _settle(self, free: Mapping[JobKind, int]) -> list[Job]:
        """Delete finished jobs and claim others. What failed to commit is deleted next time."""
        finished, now = tuple(self._finished), self.clock.now()
        claimed = await self.library.join(lambda tx: _settled(tx, finished, now, free))
        del self._finished[: len(finished)]
        return claimed

    def _start(self, job: Job) -> None:
        tasks = self._tasks[job.kind]
        task = asyncio.create_task(self._do(job), name=f"{job.kind}-{job.id}")
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: self.bus.wake(JOBS_TOPIC))

    async def _finish(self) -> None:
        while running := [task for tasks in self._tasks.values() for task in tasks]:
            await asyncio.gather(*running)

    async def _do(self, job: Job) -> None:
        try:
            await self.runs[job.kind](job.payload)
        except Later as later:
            await self._again(job, str(later), later.retry_after_seconds)
        except Unavailable as outage:
            await self._again(job, outage.message, None)
        except (GiveUp, FixatifError) as problem:
            await self._bury(job, str(problem))
        except Exception as problem:  # a bug in one job must not stop the others
            log.exception("job_failed", job=job.id, kind=job.kind, attempts=job.attempts)
            await self._again(job, f"{type(problem).__name__}: {problem}", None)
        else:
            self._finished.append(job.id)

    async def _again(self, job: Job, reason: str, retry_after: int | None) -> None:
        run_at = next_attempt(
            job.attempts,
            self.clock.now(),
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            retry_after_seconds=retry_after,
        )
        if run_at is None:
            await self._bury(job, reason)
            return
        log.info("job_later", job=job.id, kind=job.kind, attempts=job.attempts, reason=reason)
        await self.library.join(lambda tx: tx.jobs.again(job.id, run_at, reason[:_REASON_LENGTH]))

    async def _bury(self, job: Job, reason: str) -> None:
        log.warning("job_given_up", job=job.id, kind=job.kind, reason=reason)
        await self.library.join(lambda tx: tx.jobs.bury(job.id, reason[:_REASON_LENGTH]))


async def _settled(
    tx: Transaction, finished: Sequence[JobId], now: Millis, free: Mapping[JobKind, int]
) -> list[Job]:
    """Delete `finished` jobs, and claim as many of each kind as there are free lanes."""
    for job_id in finished:
        await tx.jobs.done(job_id)
    by_kind = [
        await tx.jobs.claim(now, lease_until=_lease_until(kind, now), limit=left, kinds=[kind])
        for kind, left in free.items()
    ]
    return [job for claimed in by_kind for job in claimed]


def _lease_until(kind: JobKind, now: Millis) -> Millis:
    return Millis(now + (DELIVERY_LEASE if kind is JobKind.DELIVER else LEASE))
