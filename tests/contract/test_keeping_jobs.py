"""The queue, on both engines."""

import asyncio

import pytest

from server.errors import Conflict
from server.model import JobId, JobKind, Millis
from server.ports import Library
from server.repositories.jobs import JobCounts, Jobs

NOW = Millis(1_000_000)
LATER = Millis(NOW + 60_000)


async def _add(
    jobs: Jobs,
    number: int,
    *,
    run_at: int = NOW,
    queue: str = "",
    priority: int = 5,
    kind: JobKind = JobKind.SAY,
) -> None:
    await jobs.add(
        kind,
        b'{"id":1}',
        job_id=JobId(number),
        run_at=Millis(run_at),
        queue=queue,
        priority=priority,
    )


async def _claimed(
    library: Library, *, now: int = NOW, limit: int = 10, kinds: tuple[JobKind, ...] = ()
) -> list[int]:
    async with library.transaction() as tx:
        jobs = await tx.jobs.claim(
            Millis(now), lease_until=Millis(now + 60_000), limit=limit, kinds=kinds
        )
    return [job.id for job in jobs]


async def test_one_id_is_one_job(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1)
    with pytest.raises(Conflict):
        async with library.transaction() as tx:
            await _add(tx.jobs, 1)


async def test_a_job_for_later_is_not_claimed_now(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, run_at=LATER)
        assert await tx.jobs.next_run_at() == LATER
        assert await tx.jobs.oldest_due(NOW) is None
    assert await _claimed(library) == []
    assert await _claimed(library, now=LATER) == [1]


async def test_a_claimed_job_is_not_claimed_twice(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1)
    assert await _claimed(library) == [1]
    assert await _claimed(library) == []


async def test_a_promise_that_is_rolled_back_was_never_made(library: Library) -> None:
    async def promise_and_fail() -> None:
        async with library.transaction() as tx:
            await _add(tx.jobs, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await promise_and_fail()
    assert await _claimed(library) == []


async def test_a_buried_job_is_left_alone_until_somebody_retries_it(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1)
        await _add(tx.jobs, 2)
    await _claimed(library)
    async with library.transaction() as tx:
        await tx.jobs.bury(JobId(1), "gone for good" + "!" * 600)
        await tx.jobs.bury(JobId(2), "too")
        [(newest, _), (job, reason)] = await tx.jobs.buried()
        assert (newest.id, job.id, len(reason)) == (2, 1, 500)
        assert [job.id for job, _ in await tx.jobs.buried(limit=1)] == [2]
    assert await _claimed(library, now=LATER + 1_000_000) == []
    async with library.transaction() as tx:
        assert await tx.jobs.retry(JobId(1), NOW)
        assert not await tx.jobs.retry(JobId(99), NOW)
    assert await _claimed(library) == [1]
    async with library.transaction() as tx:
        assert not await tx.jobs.retry(JobId(1), NOW)  # it is running


async def test_a_lease_that_runs_out_is_claimed_again_and_counts_as_a_try(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1)
    assert await _claimed(library) == [1]
    assert await _claimed(library, now=NOW + 59_999) == []
    async with library.transaction() as tx:
        [job] = await tx.jobs.claim(Millis(NOW + 60_000), lease_until=Millis(NOW + 90_000), limit=1)
    assert (job.attempts, job.kind, job.payload, job.run_at) == (2, JobKind.SAY, b'{"id":1}', NOW)


async def test_low_numbers_go_first_then_what_waited_longest(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, priority=5, run_at=NOW)
        await _add(tx.jobs, 2, priority=5, run_at=NOW - 5)
        await _add(tx.jobs, 3, priority=1, run_at=NOW, kind=JobKind.PICTURES)
        await _add(tx.jobs, 4, priority=9, run_at=NOW - 9)
        await _add(tx.jobs, 5, priority=5, run_at=NOW - 5)
        assert await tx.jobs.oldest_due(NOW) == NOW - 9
    assert await _claimed(library, limit=3) == [3, 2, 5]
    assert await _claimed(library, limit=3) == [1, 4]


async def test_a_kind_is_due_when_a_job_of_it_is_or_its_lease_ran_out(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, kind=JobKind.SAY)
        await _add(tx.jobs, 2, kind=JobKind.DELIVER, run_at=LATER, priority=1)
        assert await tx.jobs.due_kinds(NOW) == {JobKind.SAY}
        await _add(tx.jobs, 3, kind=JobKind.DELIVER, priority=8)
        assert await tx.jobs.due_kinds(NOW) == {JobKind.SAY, JobKind.DELIVER}
    assert await _claimed(library) == [1, 3]
    async with library.reading() as tx:
        assert await tx.jobs.due_kinds(NOW) == set()
        assert await tx.jobs.due_kinds(Millis(NOW + 60_000)) >= {JobKind.SAY, JobKind.DELIVER}


async def test_a_worker_may_ask_for_some_kinds_only(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, kind=JobKind.SAY)
        await _add(tx.jobs, 2, kind=JobKind.DELIVER)
        await _add(tx.jobs, 3, kind=JobKind.PICTURES)
    assert await _claimed(library, kinds=(JobKind.DELIVER, JobKind.PICTURES)) == [2, 3]
    assert await _claimed(library) == [1]


async def test_one_queue_runs_one_job_at_a_time_and_holds_up_no_other(library: Library) -> None:
    async with library.transaction() as tx:
        for number in range(1, 41):
            await _add(tx.jobs, number, queue="slow.example")
        await _add(tx.jobs, 41, queue="quick.example")
        await _add(tx.jobs, 42)
        await _add(tx.jobs, 43)
    assert await _claimed(library, limit=3) == [1, 41, 42]
    assert await _claimed(library, limit=3) == [43]
    async with library.transaction() as tx:
        await tx.jobs.done(JobId(1))
    assert await _claimed(library, limit=3) == [2]
    async with library.transaction() as tx:
        await tx.jobs.again(JobId(2), LATER, "no answer")
    assert await _claimed(library, limit=3) == [3]


async def test_two_claimers_never_get_the_same_job(library: Library) -> None:
    async with library.transaction() as tx:
        for number in range(1, 61):
            await _add(tx.jobs, number)

    async def claim_until_none() -> list[int]:
        claimed: list[int] = []
        while found := await _claimed(library, limit=3):
            claimed += found
        return claimed

    claimed = await asyncio.gather(*(claim_until_none() for _ in range(4)))
    assert sorted(number for numbers in claimed for number in numbers) == list(range(1, 61))


async def test_counts_tell_what_stands_where(library: Library) -> None:
    async with library.transaction() as tx:
        for number in range(1, 5):
            await _add(tx.jobs, number)
        await _add(tx.jobs, 5, kind=JobKind.FETCH)
    await _claimed(library, limit=2, kinds=(JobKind.SAY,))
    async with library.transaction() as tx:
        await tx.jobs.bury(JobId(1), "no")
        assert await tx.jobs.counts() == {
            JobKind.SAY: JobCounts(waiting=2, running=1, buried=1),
            JobKind.FETCH: JobCounts(waiting=1),
        }
