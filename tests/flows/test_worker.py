"""The worker: leases, retries, giving up, and a bug that stays with its own job."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from server.courtesy import Courtesy
from server.errors import Invalid, NotFound, Refused, Unavailable
from server.model import ActorId, JobId, JobKind, Millis
from server.promises import Deed, SayPromise, promise_all
from server.repositories.jobs import JobCounts
from server.retry import MAX_ATTEMPTS, next_attempt
from server.worker import LEASE, GiveUp, Later, NotYet, Run, Worker
from tests.flows.artists import DAY, HOUR, MINUTE, Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

SAY, DELIVER, FETCH = JobKind.SAY, JobKind.DELIVER, JobKind.FETCH


@dataclass
class Deeds:
    """Notes which payloads were run, and fails as told."""

    fails: dict[bytes, Exception] = field(default_factory=dict)
    done: list[bytes] = field(default_factory=list)

    async def run(self, payload: bytes) -> None:
        self.done.append(payload)
        if payload in self.fails:
            raise self.fails[payload]


def worker_for(studio: Studio, runs: Mapping[JobKind, Run], lanes: int = 4) -> Worker:
    return replace(studio.worker, runs=runs, lanes=dict.fromkeys(runs, lanes), _tasks={}, _ahead={})


async def add(studio: Studio, *payloads: bytes, kind: JobKind = SAY, delay: int = 0) -> None:
    async with studio.library.transaction() as tx:
        for payload in payloads:
            await tx.jobs.add(
                kind,
                payload,
                job_id=JobId(studio.clock.new_id()),
                run_at=Millis(studio.clock.now() + delay),
            )


async def counts(studio: Studio, kind: JobKind = SAY) -> JobCounts:
    async with studio.library.reading() as tx:
        return (await tx.jobs.counts()).get(kind, JobCounts())


async def due_in(studio: Studio) -> int:
    async with studio.library.reading() as tx:
        at = await tx.jobs.next_run_at()
    assert at is not None
    return at - studio.clock.now()


async def test_a_job_before_its_time_is_left_alone(studio: Studio) -> None:
    deeds = Deeds()
    await add(studio, b"later", delay=HOUR)
    worker = worker_for(studio, {SAY: deeds.run})
    assert await worker.drain() == 0
    studio.clock.move(HOUR)
    assert await worker.drain() == 1
    assert deeds.done == [b"later"]
    assert await counts(studio) == JobCounts()


async def test_what_somebody_says_in_turn_is_told_in_turn_by_any_process(studio: Studio) -> None:
    ana, bob = ActorId(1), ActorId(2)
    said = [
        SayPromise(Deed.WORK_HUNG, ana, 10),
        SayPromise(Deed.WORK_EDITED, ana, 10),
        SayPromise(Deed.WORK_HUNG, bob, 20),
        SayPromise(Deed.FOLLOW_ACCEPTED, bob, 30),
        SayPromise(Deed.FOLLOW_ACCEPTED, bob, 31),  # between two people: others need not wait
        SayPromise(Deed.FOLLOW_REJECTED, bob, 31),
    ]
    async with studio.library.transaction() as tx:
        await promise_all(tx, studio.clock, said)
    deeds = Deeds()
    worker = worker_for(studio, {SAY: deeds.run})
    await worker.drain()
    told = [msgspec.json.decode(payload, type=SayPromise) for payload in deeds.done]
    assert sorted(told[:4], key=said.index) == [said[0], said[2], said[3], said[4]]
    assert sorted(told[4:], key=said.index) == [said[1], said[5]]


async def test_a_process_beside_the_first_leaves_pictures_to_it(studio: Studio) -> None:
    deeds = Deeds()
    await add(studio, b"heavy", kind=JobKind.PICTURES)
    await add(studio, b"light")
    first = worker_for(studio, {SAY: deeds.run, JobKind.PICTURES: deeds.run})
    assert await first.among(2, is_first=False).drain() == 1
    assert deeds.done == [b"light"]
    assert await first.drain() == 1
    assert deeds.done == [b"light", b"heavy"]


async def test_kinds_without_a_run_are_left_to_others(studio: Studio) -> None:
    await add(studio, b"x", kind=DELIVER)
    assert await worker_for(studio, {SAY: Deeds().run}).drain() == 0
    assert await counts(studio, DELIVER) == JobCounts(waiting=1)


async def test_a_bug_in_one_job_stops_no_other_and_is_tried_again(studio: Studio) -> None:
    deeds = Deeds(fails={b"bug": ZeroDivisionError("oops")})
    await add(studio, b"a", b"bug", b"b")
    await worker_for(studio, {SAY: deeds.run}).drain()
    assert sorted(deeds.done) == [b"a", b"b", b"bug"]
    assert await counts(studio) == JobCounts(waiting=1)
    assert 15_000 <= await due_in(studio) <= 32_000


@pytest.mark.parametrize(
    "problem",
    [GiveUp("held"), NotFound("gone"), Invalid("odd"), Refused("no")],
    ids=lambda one: type(one).__name__,
)
async def test_what_cannot_get_better_is_given_up_at_once_with_its_reason(
    studio: Studio, problem: Exception
) -> None:
    await add(studio, b"x")
    await worker_for(studio, {SAY: Deeds(fails={b"x": problem}).run}).drain()
    assert await counts(studio) == JobCounts(buried=1)
    async with studio.library.reading() as tx:
        [(job, reason)] = await tx.jobs.buried()
    assert (job.attempts, reason) == (1, str(problem))


@pytest.mark.parametrize(
    ("problem", "least", "most"),
    [
        (Later("busy"), 15_000, 32_000),
        (Later("busy", retry_after_seconds=600), 600_000, 600_000),
        (Later("busy", retry_after_seconds=10**9), DAY, DAY),
        (Later("busy", retry_after_seconds=-5), 15_000, 32_000),
        (Unavailable("The disk is full."), 15_000, 32_000),
    ],
)
async def test_what_may_get_better_is_tried_later(
    studio: Studio, problem: Exception, least: int, most: int
) -> None:
    await add(studio, b"x")
    await worker_for(studio, {SAY: Deeds(fails={b"x": problem}).run}).drain()
    assert await counts(studio) == JobCounts(waiting=1)
    assert least <= await due_in(studio) <= most


async def test_a_job_is_tried_sixteen_times_over_two_days_and_then_given_up(
    studio: Studio,
) -> None:
    deeds = Deeds(fails={b"x": Later("still away")})
    worker = worker_for(studio, {SAY: deeds.run})
    await add(studio, b"x")
    began = studio.clock.now()
    for _ in range(MAX_ATTEMPTS):
        assert await worker.drain() == 1
        if (await counts(studio)).waiting:
            studio.clock.move(await due_in(studio))
    assert await counts(studio) == JobCounts(buried=1)
    assert len(deeds.done) == MAX_ATTEMPTS
    assert DAY < studio.clock.now() - began < 4 * DAY
    assert await worker.drain() == 0


async def test_a_given_up_job_can_be_brought_back(studio: Studio) -> None:
    deeds = Deeds(fails={b"x": GiveUp("no")})
    worker = worker_for(studio, {SAY: deeds.run})
    await add(studio, b"x")
    await worker.drain()
    deeds.fails.clear()
    async with studio.library.transaction() as tx:
        [(job, _)] = await tx.jobs.buried()
        assert await tx.jobs.retry(job.id, studio.clock.now())
    assert await worker.drain() == 1
    assert await counts(studio) == JobCounts()


async def test_a_dead_process_jobs_come_back_when_their_lease_runs_out(studio: Studio) -> None:
    deeds = Deeds()
    worker = worker_for(studio, {SAY: deeds.run})
    await add(studio, b"x")
    async with studio.library.transaction() as tx:
        now = studio.clock.now()
        [job] = await tx.jobs.claim(now, lease_until=Millis(now + LEASE), limit=5, kinds=[SAY])
    assert job.attempts == 1
    assert await worker.drain() == 0
    studio.clock.move(LEASE)
    assert await worker.drain() == 1
    assert deeds.done == [b"x"]


async def test_two_workers_never_do_the_same_job(studio: Studio) -> None:
    deeds = Deeds()
    await add(studio, *(str(number).encode() for number in range(40)))
    workers = [worker_for(studio, {SAY: deeds.run}) for _ in range(3)]
    done = await asyncio.gather(*(worker.drain() for worker in workers))
    assert sum(done) == 40
    assert len(set(deeds.done)) == len(deeds.done) == 40


async def test_lanes_bound_how_many_run_at_once(studio: Studio) -> None:
    running = most = 0

    async def run(_payload: bytes) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await add(studio, *(str(number).encode() for number in range(9)))
    assert await worker_for(studio, {SAY: run}, lanes=2).drain() == 9
    assert most == 2


async def test_while_somebody_looks_at_pages_an_eighth_of_the_lanes_is_open(studio: Studio) -> None:
    running = most = 0
    courtesy = Courtesy(studio.clock)

    async def run(_payload: bytes) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    async def most_of(count: int) -> int:
        nonlocal most
        most = 0
        await add(studio, *(str(number).encode() for number in range(count)))
        assert await worker.drain() == count
        return most

    worker = replace(
        worker_for(studio, {SAY: run}, lanes=32), is_visited=lambda: courtesy.is_due, _tasks={}
    )
    courtesy.note()
    assert await most_of(9) == 4
    studio.clock.move(1_000)
    assert await most_of(40) == 32


@dataclass
class Guests:
    """How many wait at the inbox, as a test says."""

    waiting: int = 0

    def count(self) -> int:
        return self.waiting


@pytest.mark.parametrize(
    ("processes", "a_crowd"), [(1, 9), (2, 5), (3, 3), (64, 3)], ids=lambda value: f"{value}"
)
async def test_each_process_makes_room_for_its_share_of_a_crowd_until_that_is_gone(
    studio: Studio, processes: int, a_crowd: int
) -> None:
    running, most = 0, []

    async def run(_payload: bytes) -> None:
        nonlocal running
        running += 1
        most.append(running)
        await asyncio.sleep(0)
        running -= 1

    async def most_while(waiting: int) -> int:
        guests.waiting = waiting
        most.clear()
        await add(studio, *(str(number).encode() for number in range(40)))
        assert await worker.drain() == 40
        return max(most)

    guests = Guests()
    alone = replace(worker_for(studio, {SAY: run}, lanes=32), waiting_guests=guests.count)
    worker = alone.among(processes, is_first=False)
    assert await most_while(a_crowd - 1) == 32
    assert await most_while(a_crowd) == 2
    assert await most_while(0) == 2  # between two waves
    studio.clock.move(100)
    assert await most_while(0) == 32


async def test_a_slow_delivery_gives_its_lane_to_others_but_not_without_end(
    studio: Studio,
) -> None:
    may_end, running = asyncio.Event(), 0

    async def run(_payload: bytes) -> None:
        nonlocal running
        running += 1
        if running == 8:  # times as many as there are lanes
            may_end.set()
        await may_end.wait()
        running -= 1

    await add(studio, *(str(number).encode() for number in range(30)), kind=DELIVER)
    worker = replace(worker_for(studio, {DELIVER: run}, lanes=1), patience_seconds={DELIVER: 0.0})
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(may_end.wait(), 20)
    assert running <= 8
    worker.stop()
    await asyncio.wait_for(task, 20)


async def test_deliveries_claimed_ahead_begin_as_lanes_fall_free_and_are_given_back_at_a_stop(
    studio: Studio,
) -> None:
    may_end = {str(number).encode(): asyncio.Event() for number in range(5)}
    begun: asyncio.Queue[bytes] = asyncio.Queue()

    async def run(payload: bytes) -> None:
        begun.put_nowait(payload)
        await may_end[payload].wait()

    await add(studio, *may_end, kind=DELIVER)
    worker = replace(worker_for(studio, {DELIVER: run}, lanes=2), patience_seconds={})
    task = asyncio.create_task(worker.run())
    first = [await asyncio.wait_for(begun.get(), 20) for _ in range(2)]
    assert await counts(studio, DELIVER) == JobCounts(waiting=2, running=3)
    may_end[first[0]].set()
    assert await asyncio.wait_for(begun.get(), 20) == b"2"
    worker.stop()
    for one in may_end.values():
        one.set()
    await asyncio.wait_for(task, 20)
    left = 5 - 3 - begun.qsize()
    assert await counts(studio, DELIVER) == JobCounts(waiting=left)
    async with studio.library.reading() as tx:
        assert {job.attempts for job, _ in await tx.jobs.waiting(DELIVER)} <= {0}


async def test_while_somebody_looks_at_pages_no_delivery_is_claimed_ahead(studio: Studio) -> None:
    visit = [True]
    may_end, begun = asyncio.Event(), asyncio.Queue[bytes]()

    async def run(payload: bytes) -> None:
        begun.put_nowait(payload)
        await may_end.wait()

    await add(studio, *(str(number).encode() for number in range(20)), kind=DELIVER)
    lanes = worker_for(studio, {DELIVER: run}, lanes=16)
    worker = replace(lanes, patience_seconds={}, is_visited=lambda: visit[0])
    task = asyncio.create_task(worker.run())
    for _ in range(2):
        await asyncio.wait_for(begun.get(), 20)
    assert await counts(studio, DELIVER) == JobCounts(waiting=18, running=2)
    visit.clear()
    visit.append(False)
    for _ in range(14):  # lanes are free for these; four more are claimed ahead
        await asyncio.wait_for(begun.get(), 20)
    assert await counts(studio, DELIVER) == JobCounts(running=20)
    may_end.set()
    worker.stop()
    await asyncio.wait_for(task, 20)


async def test_what_waits_for_a_lane_is_done_before_a_drain_ends(studio: Studio) -> None:
    visitors: list[str] = []

    async def run(_payload: bytes) -> None:
        visitors.append("somebody")  # who comes to look once all is claimed

    await add(studio, *(str(number).encode() for number in range(12)), kind=DELIVER)
    lanes = worker_for(studio, {DELIVER: run}, lanes=8)
    worker = replace(lanes, patience_seconds={}, is_visited=lambda: bool(visitors))
    assert await worker.drain() == 12
    assert await counts(studio, DELIVER) == JobCounts()


async def test_what_is_too_early_is_no_attempt(studio: Studio) -> None:
    until = Millis(studio.clock.now() + MINUTE)
    await add(studio, b"x", kind=DELIVER)
    deeds = Deeds(fails={b"x": NotYet("paused", until)})
    worker = worker_for(studio, {DELIVER: deeds.run})
    for _ in range(MAX_ATTEMPTS + 2):
        await worker.drain()
        studio.clock.move(MINUTE)
        deeds.fails[b"x"] = NotYet("paused", Millis(studio.clock.now() + MINUTE))
    assert await counts(studio, DELIVER) == JobCounts(waiting=1)


async def test_jobs_left_behind_in_their_queue_are_brought_forward(studio: Studio) -> None:
    deeds = Deeds()
    worker = worker_for(studio, {DELIVER: deeds.run})
    await worker.drain()
    async with studio.library.transaction() as tx:
        for number in range(2):
            await tx.jobs.add(
                DELIVER,
                str(number).encode(),
                job_id=JobId(number + 1),
                run_at=studio.clock.now(),
                queue="far.example",
            )
        [head] = await tx.jobs.claim(studio.clock.now(), lease_until=Millis(2**60), limit=1)
        await tx.jobs.again(head.id, Millis(2**60), "as if its place had been lost")
    studio.clock.move(MINUTE)
    await worker.drain()
    assert deeds.done == [b"1"]


async def test_jobs_of_one_queue_run_one_after_another(studio: Studio) -> None:
    running = 0

    async def run(_payload: bytes) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1

    async with studio.library.transaction() as tx:
        for number in range(4):
            await tx.jobs.add(
                SAY,
                str(number).encode(),
                job_id=JobId(studio.clock.new_id()),
                run_at=studio.clock.now(),
                queue="far.example",
            )
    assert await worker_for(studio, {SAY: run}).drain() == 4
    assert await counts(studio) == JobCounts()


async def test_what_a_job_promises_is_drained_too(studio: Studio) -> None:
    deeds = Deeds()

    async def run(_payload: bytes) -> None:
        await add(studio, b"next", kind=FETCH)

    await add(studio, b"first")
    assert await worker_for(studio, {SAY: run, FETCH: deeds.run}).drain() == 2
    assert deeds.done == [b"next"]


async def test_a_stopped_worker_finishes_what_it_began_and_claims_no_more(studio: Studio) -> None:
    is_begun, may_end = asyncio.Event(), asyncio.Event()
    ended: list[bytes] = []

    async def run(payload: bytes) -> None:
        is_begun.set()
        await may_end.wait()
        ended.append(payload)

    worker = worker_for(studio, {SAY: run})
    await add(studio, b"begun")
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(is_begun.wait(), 20)
    worker.stop()
    await add(studio, b"never")
    may_end.set()
    await asyncio.wait_for(running, 20)
    assert ended == [b"begun"]
    assert await counts(studio) == JobCounts(waiting=1)


async def test_what_a_stopped_worker_does_not_finish_is_due_at_once_again(studio: Studio) -> None:
    is_begun = asyncio.Event()

    async def run(_payload: bytes) -> None:
        is_begun.set()
        await asyncio.Event().wait()

    await add(studio, b"long")
    worker = worker_for(studio, {SAY: run})
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(is_begun.wait(), 20)
    worker.stop()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(running, 0.2)  # longer than a stop gives
    deeds = Deeds()
    assert await worker_for(studio, {SAY: deeds.run}).drain() == 1
    assert deeds.done == [b"long"]


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
async def test_each_wait_is_longer_than_the_one_before(jitter: float) -> None:
    waits = [next_attempt(number, Millis(0), jitter=jitter) for number in range(1, MAX_ATTEMPTS)]
    known = [wait for wait in waits if wait is not None]
    assert len(known) == MAX_ATTEMPTS - 1
    assert known == sorted(known)
    assert next_attempt(MAX_ATTEMPTS, Millis(0), jitter=jitter) is None


@pytest.mark.parametrize(
    ("attempts", "jitter", "retry_after", "seconds"),
    [
        (1, 0.0, None, 16),
        (1, 1.0, None, 31.5),
        (5, 0.0, None, 640),
        (10, 0.0, None, 10_015),
        (15, 1.0, None, 75_967.5),
        (1, 0.0, 120, 120),
        (15, 0.0, 120, 50_640),
        (1, 0.0, 10**9, 86_400),
    ],
)
async def test_the_waits_are_these(
    attempts: int, jitter: float, retry_after: int | None, seconds: float
) -> None:
    at = next_attempt(attempts, Millis(MINUTE), jitter=jitter, retry_after_seconds=retry_after)
    assert at == MINUTE + int(seconds * 1_000)
