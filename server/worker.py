"""Does the jobs: claims what is due, runs it, and settles it as done, later or given up.

Every job is safe to run twice. A job whose process died is claimed again when its lease
runs out. Jobs run side by side, each in its own task and lane; a few deliveries are claimed
ahead, so that a lane that falls free has the next at once. One that takes long gives its lane to
another one and goes on beside it, so that slow servers delay nobody else.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from itertools import takewhile
from typing import Protocol

import structlog

from server.clock import Clock
from server.errors import FixatifError, Unavailable
from server.model import Job, JobId, JobKind, Millis
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC
from server.retry import next_attempt
from server.values import dataclass

log = structlog.get_logger(__name__)

LEASE = Millis(10 * 60_000)  # longer than any job; a crashed process' jobs come back after it
# One request of at most 30 seconds; a longer lease would silence its whole host after a crash.
DELIVERY_LEASE = Millis(2 * 60_000)
PICTURES_LEASE = Millis(4 * 60_000)  # a minute of pictures, and the longest that one may take
_SAY_LEASE = Millis(2 * 60_000)  # no network; a longer one would silence an artist after a crash
_LEASES = {
    JobKind.DELIVER: DELIVERY_LEASE,
    JobKind.PICTURES: PICTURES_LEASE,
    JobKind.SHOTS: PICTURES_LEASE,
    JobKind.SAY: _SAY_LEASE,
}
POLL_SECONDS = 0.5  # how late a job promised by another process may start
_ROUND_SECONDS = 0.02  # between two claims; claiming for each lane that falls free costs more
_REASON_LENGTH = 500
_MANY_GUESTS = 8  # requests at once, in all processes; a quiet inbox has one or two
_MANY_OF_ONES = 2  # in one of many processes
_CROWD_LINGERS = Millis(100)  # guests come in waves: between two commits hardly one waits
_NARROWED = 16  # of 64 lanes, 4 stay open
_POLITE = 8  # as much narrower while somebody looks at pages: those take turns with every lane
_RESTING = frozenset({JobKind.APPLY})  # jobs of many activities each, while many guests wait:
_REST_ROUNDS = 15  # they begin in one round of so many: some hundred activities a second
_PATIENCE_SECONDS = {JobKind.DELIVER: 0.5}  # how long a job of such a kind holds its lane
# Of kinds that are many and soon over, half as many as there are lanes are claimed ahead, and so
# many begin in one turn of the loop: the first are on their way while the next are signed.
_A_FEW = {JobKind.DELIVER: 4}
_MOST_BESIDE = 8  # times as many as there are lanes, with those that hold none any more
_MEND_EVERY = Millis(60_000)
_MEND_IDLE_EVERY = Millis(5_000)
# One picture, one broom, one reader of lists.
_ALONE = frozenset(
    {
        JobKind.PICTURES,
        JobKind.SHOTS,
        JobKind.SWEEP,
        JobKind.MEET,
        JobKind.LISTS,
        JobKind.LIKEN,
    }
)

Run = Callable[[bytes], Awaitable[None]]


class Later(Exception):
    """A job asks to be tried again; it may say after how long."""

    def __init__(self, reason: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class NotYet(Exception):
    """A job was not even tried: its time comes at `until`. Counts as no attempt."""

    def __init__(self, reason: str, until: Millis) -> None:
        super().__init__(reason)
        self.until = until


class GiveUp(Exception):
    """A job says that trying again cannot help."""


class Aftermath(Protocol):
    """What one kind of job does besides, in the transaction that settles a failure."""

    async def put_off(self, tx: Transaction, job: Job, problem: Later) -> Millis:
        """Note a failed try; return when the job's queue may go on at the earliest."""
        ...

    async def given_up(self, tx: Transaction, job: Job, reason: str) -> None:
        """Note that a job was given up."""
        ...


@dataclass(slots=True)
class Worker:
    """Runs jobs until it is stopped. `lanes` says how many of each kind run at once.

    While many guests wait at the inbox, or somebody looks at pages, there are fewer lanes, never
    none: who sends to us gives up or slows down after seconds, and people notice a tenth of
    one; what was kept may be acted on a little later.
    """

    library: Library
    clock: Clock
    bus: Bus
    runs: Mapping[JobKind, Run]
    lanes: Mapping[JobKind, int]
    waiting_guests: Callable[[], int] = lambda: 0  # requests at the inbox, which go first
    aftermaths: Mapping[JobKind, Aftermath] = field(default_factory=dict)
    patience_seconds: Mapping[JobKind, float] = field(default_factory=_PATIENCE_SECONDS.copy)
    is_visited: Callable[[], bool] = lambda: False  # somebody looks at pages just now
    many_guests: int = _MANY_GUESTS
    _tasks: dict[JobKind, dict[asyncio.Task[None], float]] = field(default_factory=dict)
    _ahead: dict[JobKind, deque[Job]] = field(default_factory=dict)  # claimed, but not begun
    _finished: list[JobId] = field(default_factory=list)
    _mended_at: Millis = Millis(0)
    _crowded_at: Millis = Millis(0)
    _rounds: int = 0
    _is_stopping: bool = False

    async def run(self) -> None:
        """Work until `stop`; then finish what was begun."""
        while not self._is_stopping:
            try:
                claimed = await self._round()
            except Unavailable as outage:  # the database restarts, or its disk is full
                log.warning("no_jobs_claimed", reason=outage.message)
                claimed = []
            await self._begin(claimed)
            if claimed or self._is_crowded or any(self._ahead.values()):
                await self._rest()
            else:
                await self.bus.wait(JOBS_TOPIC, POLL_SECONDS)
        await self._give_back_unbegun()
        await self._finish()
        with suppress(Unavailable):  # what stays unsettled is done once more, which is safe
            await self._settle({})

    def among(self, processes: int, *, is_first: bool) -> "Worker":
        """Return the worker of one of so many processes; all but the first leave some kinds to it.

        Guests spread over all of them: each sees its share of a crowd.
        """
        lanes = {kind: n for kind, n in self.lanes.items() if is_first or kind not in _ALONE}
        many = max(_MANY_OF_ONES, _MANY_GUESTS // processes)
        return replace(self, lanes=lanes, many_guests=many, _tasks={}, _ahead={}, _finished=[])

    def stop(self) -> None:
        """Claim no more."""
        self._is_stopping = True
        self.bus.wake(JOBS_TOPIC)

    async def drain(self) -> int:
        """Run everything that is due now, and what that promises, to the end; return how many."""
        count = 0
        while (claimed := await self._round()) or await self._mend(Millis(0)):
            count += len(claimed)
            await self._begin(claimed)
            await self._finish()
        return count

    async def _rest(self) -> None:
        """Let some jobs end, so that one transaction settles them; no longer than there are any."""
        sending = [task for kind in _A_FEW for task in self._tasks.get(kind, ())]
        if sending and self._is_unhurried:
            await asyncio.wait(sending, timeout=_ROUND_SECONDS)
        else:
            await asyncio.sleep(_ROUND_SECONDS)

    async def _round(self) -> list[Job]:
        """Settle what was done, and claim what there is room for, in one transaction."""
        self._rounds += 1
        free = {kind: self._room(kind) for kind in self.lanes}
        wide = {kind: left for kind, left in free.items() if left > 0}
        await self._mend(_MEND_EVERY)
        if self._finished or await self._is_any_due(wide):
            return await self._settle(wide)
        await self._mend(_MEND_IDLE_EVERY)
        return []

    def _room(self, kind: JobKind) -> int:
        """Return how many jobs of a kind may be claimed now."""
        ahead = self._width(kind) // 2 if kind in _A_FEW and self._is_unhurried else 0
        return self._free(kind) + ahead - len(self._ahead.get(kind, ()))

    def _free(self, kind: JobKind) -> int:
        """Return how many jobs of a kind may begin now."""
        if kind in _RESTING and self._is_crowded and self._rounds % _REST_ROUNDS:
            return 0
        tasks = self._tasks.setdefault(kind, {})
        width = self._width(kind)
        patience = self.patience_seconds.get(kind)
        if patience is None:
            return width - len(tasks)
        late = time.monotonic() - patience
        beside = sum(1 for _ in takewhile(late.__ge__, tasks.values()))  # who began first is first
        return min(width - (len(tasks) - beside), width * _MOST_BESIDE - len(tasks))

    async def _mend(self, every: Millis) -> int:
        """Bring forward, now and then, what was left behind in its queue; return how many.

        PostgreSQL leaves a job behind when the one before it ends while it is being added.
        """
        now = self.clock.now()
        if now - self._mended_at < every:
            return 0
        self._mended_at = now
        return await self.library.join(lambda tx: tx.jobs.mend())

    @property
    def _is_crowded(self) -> bool:
        now = self.clock.now()
        if self.waiting_guests() > self.many_guests:
            self._crowded_at = now
        return 0 <= now - self._crowded_at < _CROWD_LINGERS

    @property
    def _is_unhurried(self) -> bool:
        """Say whether nobody waits for this process: else jobs begin in rounds, with pauses."""
        return not self._is_crowded and not self.is_visited()

    def _width(self, kind: JobKind) -> int:
        lanes = self.lanes[kind]
        if self._is_crowded:
            return max(1, lanes // _NARROWED)
        return max(1, lanes // _POLITE) if self.is_visited() else lanes

    async def _is_any_due(self, kinds: Mapping[JobKind, int]) -> bool:
        now = self.clock.now()
        due = await self.library.look(lambda tx: tx.jobs.due_kinds(now)) if kinds else set()
        return not due.isdisjoint(kinds)

    async def _settle(self, free: Mapping[JobKind, int]) -> list[Job]:
        """Delete finished jobs and claim others. What failed to commit is deleted next time."""
        finished, now = tuple(self._finished), self.clock.now()
        claimed = await self.library.join(lambda tx: _settled(tx, finished, now, free))
        del self._finished[: len(finished)]
        return claimed

    async def _begin(self, claimed: Sequence[Job]) -> None:
        """Begin as many as there are free lanes; the others wait for the next that falls free."""
        for job in claimed:
            self._ahead.setdefault(job.kind, deque()).append(job)
        for kind in self._ahead:
            while self._begin_some(kind):  # noqa: ASYNC110 - a turn for each few, no waiting
                await asyncio.sleep(0)

    def _begin_some(self, kind: JobKind) -> bool:
        """Begin some of those that wait for a lane; say whether there may be more to begin."""
        waiting = self._ahead.get(kind)
        for _ in range(_A_FEW.get(kind, self.lanes[kind])):
            if not waiting or self._free(kind) <= 0:
                return False
            self._start(waiting.popleft())
        return True

    def _start(self, job: Job) -> None:
        task = asyncio.create_task(self._do(job), name=f"{job.kind}-{job.id}")
        self._tasks.setdefault(job.kind, {})[task] = time.monotonic()
        task.add_done_callback(partial(self._ended, job.kind))

    def _ended(self, kind: JobKind, task: asyncio.Task[None]) -> None:
        del self._tasks[kind][task]
        if self._is_unhurried:
            self._begin_some(kind)
        self.bus.wake(JOBS_TOPIC)

    async def _finish(self) -> None:
        while running := [task for tasks in self._tasks.values() for task in tasks]:
            await asyncio.gather(*running)
            await self._begin(())  # those that waited for a lane

    async def _do(self, job: Job) -> None:
        try:
            await self.runs[job.kind](job.payload)
        except Later as later:
            await self._again(job, later)
        except NotYet as early:
            await self._not_yet(job, early)
        except Unavailable as outage:
            await self._again(job, Later(outage.message))
        except asyncio.CancelledError:  # we stop: nobody shall have to wait for the lease to end
            await self._give_back(job)
            raise
        except (GiveUp, FixatifError) as problem:
            await self._bury(job, str(problem))
        except Exception as problem:  # a bug in one job must not stop the others
            log.exception("job_failed", job=job.id, kind=job.kind, attempts=job.attempts)
            await self._again(job, Later(f"{type(problem).__name__}: {problem}"))
        else:
            self._finished.append(job.id)

    async def _again(self, job: Job, later: Later) -> None:
        reason, aftermath = str(later)[:_REASON_LENGTH], self.aftermaths.get(job.kind)
        run_at = next_attempt(
            job.attempts,
            self.clock.now(),
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            retry_after_seconds=later.retry_after_seconds,
        )

        async def settle(tx: Transaction) -> None:
            others_at = await aftermath.put_off(tx, job, later) if aftermath else Millis(0)
            if run_at is None:
                await self._buried(tx, job, reason, others_at)
            else:
                at = Millis(max(run_at, others_at))
                await tx.jobs.again(job.id, at, reason, others_at=others_at)

        event = "job_later" if run_at else "job_given_up"
        log.info(event, job=job.id, kind=job.kind, attempts=job.attempts, reason=reason)
        await self.library.join(settle)

    async def _give_back_unbegun(self) -> None:
        unbegun = [job for waiting in self._ahead.values() for job in waiting]
        self._ahead.clear()  # before anything is awaited: what ends meanwhile begins no other
        await asyncio.gather(*(self._give_back(job) for job in unbegun))

    async def _give_back(self, job: Job) -> None:
        now = self.clock.now()
        with suppress(Unavailable):
            await self.library.join(
                lambda tx: tx.jobs.again(job.id, now, "The server stopped.", is_tried=False)
            )

    async def _not_yet(self, job: Job, early: NotYet) -> None:
        reason, at = str(early)[:_REASON_LENGTH], early.until
        await self.library.join(
            lambda tx: tx.jobs.again(job.id, at, reason, others_at=at, is_tried=False)
        )

    async def _bury(self, job: Job, reason: str) -> None:
        log.warning("job_given_up", job=job.id, kind=job.kind, reason=reason)
        await self.library.join(lambda tx: self._buried(tx, job, reason, Millis(0)))

    async def _buried(self, tx: Transaction, job: Job, reason: str, others_at: Millis) -> None:
        aftermath = self.aftermaths.get(job.kind)
        if aftermath is not None:
            await aftermath.given_up(tx, job, reason)
        await tx.jobs.bury(job.id, reason[:_REASON_LENGTH], others_at=others_at)


async def _settled(
    tx: Transaction, finished: Sequence[JobId], now: Millis, free: Mapping[JobKind, int]
) -> list[Job]:
    """Delete `finished` jobs, and claim as many of each kind as there are free lanes."""
    if finished:
        await tx.jobs.done(*finished)
    due = await tx.jobs.due_kinds(now)
    by_kind = [
        await tx.jobs.claim(now, lease_until=_lease_until(kind, now), limit=left, kinds=[kind])
        for kind, left in free.items()
        if kind in due
    ]
    return [job for claimed in by_kind for job in claimed]


def _lease_until(kind: JobKind, now: Millis) -> Millis:
    return Millis(now + _LEASES.get(kind, LEASE))
