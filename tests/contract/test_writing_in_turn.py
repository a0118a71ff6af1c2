"""Several processes write to one database: each gets its turn, and no job is claimed twice."""

import asyncio
import fcntl
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from server.errors import Unavailable
from server.model import JobId, JobKind, Millis
from server.ports import Library, Transaction
from storage.library import open_library
from storage.sqlite_turn import Turn
from tests.cli.program import environment

PROCESSES = 4
ROUNDS = 60
# Each adds jobs one by one, while it claims whosever there are; says which it claimed.
WRITER = """
import asyncio
import sys

from server.model import JobId, JobKind
from storage.library import open_library

url, number, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

async def write():
    library = open_library(url)
    for at in range(rounds):
        made = JobId(number * 1_000 + at)
        async with library.transaction() as tx:
            await tx.jobs.add(JobKind.SAY, b"", job_id=made, run_at=0)
        claimed = await library.join(
            lambda tx: tx.jobs.claim(1, lease_until=1_000, limit=2, kinds=[JobKind.SAY])
        )
        print(*(job.id for job in claimed))
    await library.close()

asyncio.run(write())
"""


def folder_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///")).parent


@contextmanager
def a_door(folder: Path) -> Iterator[int]:
    """Open the lock that processes of their own would open."""
    door = os.open(folder, os.O_RDONLY)
    try:
        yield door
    finally:
        os.close(door)


def is_taken(door: int) -> bool:
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(door, fcntl.LOCK_UN)
    return False


def until_taken(door: int) -> None:
    while not is_taken(door):
        os.sched_yield()


def add(number: int) -> Callable[[Transaction], Awaitable[None]]:
    async def deed(tx: Transaction) -> None:
        await tx.jobs.add(JobKind.SAY, b"", job_id=JobId(number), run_at=Millis(0))

    return deed


async def program(text: str, *words: str) -> asyncio.subprocess.Process:
    """Start a Python program in a process of its own."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", text, *words),
        env=environment(),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )


async def numbers(library: Library) -> set[int]:
    async with library.reading() as tx:
        return {job.id for job, _ in await tx.jobs.waiting()}


async def test_processes_that_write_at_once_claim_each_job_once_and_meet_no_lock(
    database_url: str,
) -> None:
    writers = [
        await program(WRITER, database_url, str(number), str(ROUNDS))
        for number in range(1, PROCESSES + 1)
    ]
    said = [await writer.communicate() for writer in writers]
    assert [error for _, error in said] == [b""] * PROCESSES
    claimed = Counter(int(word) for told, _ in said for word in told.split())
    library = open_library(database_url)
    left = await numbers(library)
    await library.close()
    made = {n * 1_000 + at for n in range(1, PROCESSES + 1) for at in range(ROUNDS)}
    assert set(claimed.values()) == {1}
    assert claimed.keys() | left == made
    assert not claimed.keys() & left


async def test_who_waited_writes_before_who_has_just_written(sqlite_url: str) -> None:
    one, other = open_library(sqlite_url), open_library(sqlite_url)
    with a_door(folder_of(sqlite_url)) as door:
        async with one.transaction() as tx:
            await add(1)(tx)
            waiting = asyncio.create_task(other.join(add(2)))
            await asyncio.to_thread(until_taken, door)  # by the other, who is next
        async with one.transaction() as tx:
            assert await tx.jobs.by_id(JobId(2)) is not None
            await add(3)(tx)
    await waiting
    assert await numbers(one) == {1, 2, 3}
    await one.close()
    await other.close()


async def test_who_died_in_the_door_keeps_nobody_out(sqlite_url: str) -> None:
    standing = (
        "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); "
        "print('in', flush=True); sys.stdin.read()"
    )
    library = open_library(sqlite_url)
    process = await program(standing, str(folder_of(sqlite_url)))
    assert process.stdout is not None
    assert await process.stdout.readline() == b"in\n"
    writing = asyncio.create_task(library.join(add(1)))
    await asyncio.sleep(0)
    process.kill()
    await process.communicate()
    await writing
    assert await numbers(library) == {1}
    await library.close()


def test_who_never_leaves_the_door_only_makes_others_wait(tmp_path: Path) -> None:
    begun: list[bool] = []
    with a_door(tmp_path) as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        with closing(Turn(str(tmp_path), 0.0)) as turn:
            turn.take(lambda: begun.append(True))
    assert begun == [True]


def test_a_lock_that_does_not_come_free_is_told_and_the_door_left(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as holder,
        closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as late,
        closing(Turn(str(tmp_path), 0.0)) as turn,
        a_door(tmp_path) as door,
    ):
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            turn.take(lambda: late.execute("BEGIN IMMEDIATE"))
        assert not is_taken(door)
        holder.execute("ROLLBACK")
        turn.take(lambda: late.execute("BEGIN IMMEDIATE"))
        assert late.in_transaction


def test_where_folders_know_no_locks_writing_goes_on(tmp_path: Path) -> None:
    begun: list[bool] = []
    with closing(Turn(str(tmp_path / "not there"), 0.0)) as turn:
        turn.take(lambda: begun.append(True))
    assert begun == [True]


async def test_a_database_that_stays_locked_is_told_in_a_sentence(sqlite_url: str) -> None:
    library = open_library(sqlite_url)
    await library.join(add(1))
    with closing(
        sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    ) as it:
        it.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="busy"):
            await library.join(add(2))
    await library.join(add(3))
    assert await numbers(library) == {1, 3}
    await library.close()
