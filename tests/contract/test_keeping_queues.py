"""Jobs that wait behind others of their queue, and what moves whole queues, on both engines."""

from typing import Any

from server.model import Job, JobId, JobKind, Millis
from server.ports import Library
from server.repositories.jobs import Jobs
from storage.engines import open_engine

NOW = Millis(1_000_000)
LATER = Millis(NOW + 60_000)
HOST, OTHER = "slow.example", "quick.example"


async def _add(
    jobs: Jobs, *numbers: int, run_at: int = NOW, queue: str = HOST, priority: int = 6
) -> None:
    for number in numbers:
        await jobs.add(
            JobKind.DELIVER,
            b"{}",
            job_id=JobId(number),
            run_at=Millis(run_at),
            queue=queue,
            priority=priority,
        )


async def _claimed(library: Library, *, now: int = NOW, limit: int = 10) -> list[int]:
    async with library.transaction() as tx:
        until = Millis(now + 60_000)
        jobs = await tx.jobs.claim(Millis(now), lease_until=until, limit=limit)
    return [job.id for job in jobs]


async def _do(library: Library, name: str, *args: Any, **more: Any) -> Any:
    async with library.transaction() as tx:
        return await getattr(tx.jobs, name)(*args, **more)


def _ids(listed: list[tuple[Job, str]]) -> list[int]:
    return [job.id for job, _ in listed]


async def test_nothing_overtakes_in_its_queue(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, 3)
        assert _ids(await tx.jobs.waiting()) == [1]
        assert (await tx.jobs.counts())[JobKind.DELIVER].waiting == 3
    for number in (1, 2, 3):
        assert await _claimed(library) == [number]
        assert await _claimed(library) == []
        await _do(library, "done", JobId(number))


async def test_what_is_urgent_goes_before_those_that_wait(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, 3)
        await _add(tx.jobs, 4, priority=1)
    assert await _claimed(library) == [4]
    async with library.transaction() as tx:
        await _add(tx.jobs, 5, priority=1)
        await tx.jobs.done(JobId(4))
    assert await _claimed(library) == [5]
    await _do(library, "done", JobId(5))
    assert await _claimed(library) == [1]


async def test_a_job_for_later_holds_up_nobody_who_is_due(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, run_at=LATER)
        await _add(tx.jobs, 2)
    assert await _claimed(library) == [2]
    await _do(library, "done", JobId(2))
    assert await _claimed(library, now=LATER) == [1]


async def test_who_is_put_off_lets_the_next_go_on_but_not_into_a_pause(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, 3)
    await _claimed(library)
    await _do(library, "again", JobId(1), LATER, "no answer", others_at=Millis(NOW + 30_000))
    assert await _claimed(library, now=NOW + 29_999) == []
    assert await _claimed(library, now=NOW + 30_000) == [2]  # one goes first
    assert await _claimed(library, now=NOW + 30_000) == []


async def test_who_was_not_tried_gets_the_attempt_back(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1)
    await _claimed(library)
    await _do(library, "again", JobId(1), LATER, "paused", is_tried=False)
    [(job, reason)] = await _do(library, "waiting")
    assert (job.attempts, reason, job.run_at) == (0, "paused", LATER)


async def test_a_given_up_job_lets_the_next_go_on(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2)
    await _claimed(library)
    assert await _do(library, "bury", JobId(1), "no")
    assert not await _do(library, "bury", JobId(99), "no")
    assert await _claimed(library) == [2]


async def test_many_finish_at_once(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2)
        await _add(tx.jobs, 3, 4, queue=OTHER)
        await _add(tx.jobs, 5, queue="")
    assert await _claimed(library) == [1, 3, 5]
    async with library.transaction() as tx:
        await tx.jobs.done(JobId(1), JobId(3), JobId(5), JobId(77))
    assert await _claimed(library) == [2, 4]


async def test_a_crashed_process_queue_goes_on_with_the_same_job(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2)
    assert await _claimed(library) == [1]
    assert await _claimed(library, now=LATER) == [1]
    await _do(library, "done", JobId(1))
    assert await _claimed(library, now=LATER) == [2]


async def test_haste_ends_the_wait_of_these_queues_alone(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, run_at=LATER)
        await _add(tx.jobs, 2, run_at=LATER, queue=OTHER)
        await _add(tx.jobs, 3, run_at=LATER, queue="")
        assert await tx.jobs.hasten([HOST, ""], NOW) == 1
    assert await _claimed(library) == [1]


async def test_what_came_while_a_server_was_paused_waits_no_longer_once_it_is_back(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, run_at=LATER)  # the second stands behind the first
        assert await tx.jobs.hasten([HOST], NOW) == 2
    assert await _claimed(library) == [1]
    await _do(library, "done", JobId(1))
    assert await _claimed(library) == [2]


async def test_all_of_a_queue_is_retried_one_by_one(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, 3)
        await _add(tx.jobs, 4, queue=OTHER)
    for number in (1, 2):
        await _claimed(library)
        await _do(library, "bury", JobId(number), "no")
    assert await _do(library, "retry_all", [HOST], NOW) == 2
    await _do(library, "done", JobId(4))
    for number in (1, 2, 3):
        [claimed] = await _claimed(library)
        async with library.transaction() as tx:
            [(job, _)] = await tx.jobs.running()
            await tx.jobs.done(JobId(claimed))
        assert job.attempts == 1
        assert claimed in {1, 2, 3}, number


async def test_a_retried_job_has_all_its_attempts_again(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1)
    await _claimed(library)
    await _do(library, "bury", JobId(1), "no")
    assert await _do(library, "retry", JobId(1), NOW)
    [(job, _)] = await _do(library, "waiting")
    assert job.attempts == 0


async def test_a_queue_without_a_head_is_mended(library: Library, database_url: str) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, 3)
        await _add(tx.jobs, 4, 5, queue=OTHER)
    engine = open_engine(database_url)
    try:
        async with engine.writing() as connection:  # as when its head ends while 2 is added
            await connection.execute("DELETE FROM jobs WHERE id = 1")
    finally:
        await engine.close()
    async with library.transaction() as tx:
        await _add(tx.jobs, 6)  # overtakes nobody
    assert await _claimed(library) == [4]
    assert await _do(library, "mend") == 1
    assert await _do(library, "mend") == 0
    assert await _claimed(library) == [2]


async def test_old_buried_jobs_are_swept_and_no_others(library: Library) -> None:
    async with library.transaction() as tx:
        await _add(tx.jobs, 1, 2, 3, 4, queue="")
        for number in (1, 2, 4):
            await tx.jobs.bury(JobId(number), "no")
        assert await tx.jobs.sweep(JobId(4), limit=1) == 1
        assert await tx.jobs.sweep(JobId(4), limit=9) == 1
        assert _ids(await tx.jobs.buried()) == [4]
        assert _ids(await tx.jobs.waiting()) == [3]
