"""The pool of children: a file may kill its child, never the server."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.errors import Invalid, Unavailable
from server.pictures import PICTURE_TASK, Made, PictureTask, Refusal, pack_task, read_answer
from server.ports import Workers
from server.workers import Limits, ProcessWorkers, WorkerDied
from tests.imaging.corpus import FOLDER

HOSTILE = "tests.imaging.hostile_tasks:TASKS"
PATIENCE = 20.0  # seconds until a test gives up; none waits so long when all is well


@asynccontextmanager
async def pool(
    *, size: int = 1, tasks: str = HOSTILE, limits: Limits | None = None
) -> AsyncIterator[ProcessWorkers]:
    workers = ProcessWorkers(size=size, tasks=tasks, limits=limits)
    try:
        async with asyncio.timeout(PATIENCE):
            yield workers
    finally:
        await workers.close()


async def gone(pid: int) -> None:
    """Return once the process has ended."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(fd, ended.set)
    try:
        await asyncio.wait_for(ended.wait(), PATIENCE)
    finally:
        loop.remove_reader(fd)
        os.close(fd)


@pytest.mark.parametrize("task", ["crash", "exit", "eat-memory", "fail", "write-file"])
async def test_a_task_that_dies_or_fails_is_the_inputs_fault_and_the_next_one_runs(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where one of them tries to leave a file
    async with pool() as workers:
        with pytest.raises(WorkerDied, match="upload that"):
            await workers.run(task, b"")
        assert await workers.run("echo", b"next") == b"next"
    assert issubclass(WorkerDied, Invalid)


@pytest.mark.parametrize(
    ("task", "limits"),
    [
        ("spin", Limits(cpu_seconds=0, wall_seconds=60)),
        ("spin", Limits(cpu_seconds=60, wall_seconds=0.1)),
        ("wait-for-ever", Limits(wall_seconds=0.1)),
    ],
)
async def test_a_task_that_hangs_is_killed_and_its_child_replaced(
    task: str, limits: Limits
) -> None:
    async with pool(limits=limits) as workers:
        before = int(await workers.run("whoami", b""))
        with pytest.raises(WorkerDied):
            await workers.run(task, b"")
        await gone(before)
        assert int(await workers.run("whoami", b"")) != before


async def test_an_unknown_task_is_our_own_mistake() -> None:
    async with pool() as workers:
        with pytest.raises(LookupError, match="no task is called dance"):
            await workers.run("dance", b"")


async def test_a_pool_whose_tasks_cannot_be_loaded_is_unavailable() -> None:
    async with pool(tasks="tests.imaging.hostile_tasks:MISSING") as workers:
        with pytest.raises(Unavailable):
            await workers.run("echo", b"")


async def test_a_child_knows_no_secret_of_the_servers_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FIXATIF__MEDIA__SECRET_KEY", "sesame")
    async with pool() as workers:
        assert b"sesame" not in await workers.run("environment", b"")


async def test_what_a_library_prints_does_not_reach_the_answer() -> None:
    async with pool() as workers:
        assert await workers.run("chatter", b"answer") == b"answer"
        assert await workers.run("echo", b"next") == b"next"


async def test_a_task_tells_how_far_it_is_and_then_answers() -> None:
    told: list[tuple[int, int]] = []

    async def tell(done: int, of: int) -> None:
        told.append((done, of))

    async with pool() as workers:
        assert await workers.run("count", b"3", tell=tell) == b"done"
        assert told == [(1, 3), (2, 3), (3, 3)]
        assert await workers.run("count", b"3") == b"done"  # nobody listens
        assert await workers.run("echo", b"next") == b"next"


async def test_a_child_that_reports_without_end_is_ended() -> None:
    async with pool() as workers:
        with pytest.raises(WorkerDied):
            await workers.run("count", b"2000")
        assert await workers.run("echo", b"next") == b"next"


async def test_a_cancelled_task_leaves_no_answer_for_the_next_one() -> None:
    async with pool() as workers:
        assert await workers.run("echo", b"warm") == b"warm"
        slow = asyncio.create_task(workers.run("wait-for-ever", b""))
        queued = asyncio.create_task(workers.run("echo", b"queued"))
        also = asyncio.create_task(workers.run("echo", b"also"))
        await asyncio.sleep(0)  # the slow one has the child, the others wait
        slow.cancel()
        also.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert await queued == b"queued"
        assert await workers.run("echo", b"third") == b"third"


async def test_a_cancelled_large_task_leaves_its_pipe_to_nobody() -> None:
    large = bytes(8_000_000)
    async with pool() as workers:
        assert await workers.run("echo", b"warm") == b"warm"
        for turns in range(12):
            task = asyncio.create_task(workers.run("echo", large))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert await workers.run("echo", b"small") == b"small"


async def test_many_callers_are_all_served_in_their_order() -> None:
    served: list[int] = []

    async def one(number: int) -> None:
        assert await workers.run("echo", bytes([number])) == bytes([number])
        served.append(number)

    async with pool() as workers:
        await asyncio.gather(*(one(number) for number in range(20)))
        assert served == list(range(20))
        assert len(workers.pids) == 1


async def test_a_pool_of_two_works_on_two_things_at_once() -> None:
    async with pool(size=2) as workers:
        slow = asyncio.create_task(workers.run("wait-for-ever", b""))
        assert await workers.run("echo", b"meanwhile") == b"meanwhile"
        assert len(workers.pids) == 2
        slow.cancel()
        await asyncio.wait([slow])


async def test_children_start_at_the_first_task_and_leave_when_idle() -> None:
    async with pool(limits=Limits(idle_seconds=0.01)) as workers:
        assert not workers.pids
        pid = int(await workers.run("whoami", b""))
        await gone(pid)
        assert not workers.pids
        assert await workers.run("echo", b"again") == b"again"


async def test_a_child_is_replaced_after_its_share_of_tasks() -> None:
    async with pool(limits=Limits(tasks_per_child=2)) as workers:
        pids = [await workers.run("whoami", b"") for _ in range(4)]
        assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_an_idle_child_that_was_killed_is_not_used_again() -> None:
    async with pool() as workers:
        pid = int(await workers.run("whoami", b""))
        os.kill(pid, signal.SIGKILL)
        await gone(pid)
        assert await workers.run("echo", b"new") == b"new"


async def test_closing_ends_children_at_work_and_refuses_more() -> None:
    workers: Workers = ProcessWorkers(tasks=HOSTILE)
    pid = int(await workers.run("whoami", b""))
    slow = asyncio.create_task(workers.run("wait-for-ever", b""))
    await asyncio.sleep(0)
    await workers.close()
    with pytest.raises(Unavailable):
        await slow
    await gone(pid)
    with pytest.raises(Unavailable):
        await workers.run("echo", b"")


async def test_no_child_outlives_a_server_that_was_killed() -> None:
    server = subprocess.Popen(  # noqa: ASYNC220 - it prints one line and is killed
        [sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert server.stdout is not None
    with server, server.stdout as said:
        child = int(said.readline())
        server.kill()
        await gone(child)


async def test_a_picture_goes_through_a_real_child() -> None:
    async with pool(tasks="server.tasks:TASKS") as workers:
        for name, kind in (("formats/alpha.avif", Made), ("hostile/truncated.jpg", Refusal)):
            task = pack_task(PictureTask((FOLDER / name).read_bytes()))
            assert isinstance(read_answer(await workers.run(PICTURE_TASK, task)), kind)


_SERVER = f"""
import asyncio
from server.workers import ProcessWorkers

async def main():
    workers = ProcessWorkers(tasks={HOSTILE!r})
    print(int(await workers.run("whoami", b"")), flush=True)
    await workers.run("wait-for-ever", b"")

asyncio.run(main())
"""


async def test_nothing_in_a_child_can_open_a_connection() -> None:
    async with pool() as workers:
        assert await workers.run("connect", b"") == b""
