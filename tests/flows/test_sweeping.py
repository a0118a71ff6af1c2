"""What nobody needs goes, what somebody needs stays, and what is new is left alone."""

import os
import time
from collections.abc import Awaitable

import pytest

from server.dealings import Undelivered
from server.model import ActivityId, JobId, JobKind, Millis, StoredActivity, TargetId
from server.ports import StoredFile
from tests.flows.artists import (  # noqa: F401 - fixtures
    DAY,
    SMALL,
    Studio,
    a_pool,
    a_studio,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def age(studio: Studio, digest: str, millis: int) -> None:
    """Make a file as if it had been stored so long before the clock's now."""
    [path] = [path for path in studio.folder.rglob("*") if path.name == digest]
    at = (studio.clock.now() - millis) / 1_000
    os.utime(path, (at, at))


async def stored(studio: Studio, body: bytes, *, old: bool) -> str:
    file: Awaitable[StoredFile] = studio.media.put(body)
    digest = (await file).digest
    age(studio, digest, 2 * DAY if old else DAY - 1_000)
    return digest


async def sweep_jobs(studio: Studio) -> int:
    async with studio.library.reading() as tx:
        counts = (await tx.jobs.counts()).get(JobKind.SWEEP)
    return counts.waiting if counts else 0


async def test_a_young_file_without_a_row_is_left_alone(studio: Studio) -> None:
    young = await stored(studio, b"its row is on the way", old=False)
    await studio.sweeping.sweep(b"{}")
    assert young in studio.files()


async def test_an_old_file_without_a_row_goes(studio: Studio) -> None:
    orphan = await stored(studio, b"nobody's", old=True)
    await studio.sweeping.sweep(b"{}")
    assert orphan not in studio.files()


async def test_originals_and_renditions_of_works_stay_however_old(studio: Studio) -> None:
    ana = await studio.artist("ana")
    await studio.published(ana, SMALL)
    before = studio.files()
    for digest in before:
        age(studio, digest, 900 * DAY)
    await studio.sweeping.sweep(b"{}")
    assert studio.files() == before


async def test_an_orphan_that_is_uploaded_anew_is_young_again(studio: Studio) -> None:
    digest = await stored(studio, SMALL, old=True)
    studio.clock.at = int(time.time() * 1_000)  # files' own times are the machine's
    await studio.media.put(SMALL)
    await studio.sweeping.sweep(b"{}")
    assert digest in studio.files()


async def test_what_a_withdrawn_work_left_goes(studio: Studio) -> None:
    ana = await studio.artist("ana")
    kept, taken_down = await studio.hung(ana), await studio.hung(ana)
    for digest in studio.files():
        age(studio, digest, 2 * DAY)
    await studio.publishing.withdraw(ana, taken_down.id)
    await studio.sweeping.sweep(b"{}")
    assert taken_down.pictures[0].original_digest not in studio.files()
    assert kept.pictures[0].original_digest in studio.files()
    assert kept.pictures[0].renditions[0].digest in studio.files()  # both works had this one


async def test_many_orphans_go_in_one_sweep(studio: Studio) -> None:
    for number in range(230):
        await stored(studio, str(number).encode(), old=True)
    await studio.sweeping.sweep(b"{}")
    assert studio.files() == set()


async def test_a_sweep_promises_the_next_and_never_two(studio: Studio) -> None:
    await studio.sweeping.schedule()
    await studio.sweeping.schedule()
    assert await sweep_jobs(studio) == 1
    assert await studio.worker.drain() == 2  # with the look at outdated copies that it promises
    assert await sweep_jobs(studio) == 1
    assert await studio.worker.drain() == 0
    studio.clock.move(DAY)
    assert await studio.worker.drain() == 2
    assert await sweep_jobs(studio) == 1


async def test_what_was_said_and_given_up_long_ago_goes_and_what_is_newer_stays(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    kept: list[tuple[ActivityId, JobId]] = []
    for is_outgoing in (True, False):
        activity = ActivityId(studio.clock.new_id())
        job = JobId(studio.clock.new_id())
        kept.append((activity, job))
        stored = StoredActivity(
            id=activity,
            uri=f"https://far.example/{activity}",
            type="Create",
            actor_uri="https://far.example/a",
            object_uri="",
            is_outgoing=is_outgoing,
            dedupe=f"{activity}",
            body=b"{}",
            received_at=studio.clock.now(),
        )
        async with studio.library.transaction() as tx:
            await tx.activities.keep(stored)
            await tx.jobs.add(JobKind.DELIVER, b"{}", job_id=job, run_at=studio.clock.now())
            await tx.jobs.bury(job, "no")
            missed = Undelivered(activity, ana.id, TargetId(5), "far.example", "no", Millis(1))
            await tx.peers.add_undelivered(missed)

    async def left() -> tuple[int, int]:
        async with studio.library.reading() as tx:
            found = [await tx.activities.by_id(one) for one, _ in kept]
            return len([one for one in found if one]), len(await tx.jobs.buried())

    studio.clock.move(30 * DAY - 1_000)
    await studio.sweeping.sweep(b"{}")
    assert await left() == (2, 2)
    studio.clock.move(2_000)
    await studio.sweeping.sweep(b"{}")
    assert await left() == (1, 0)
    studio.clock.move(60 * DAY)
    await studio.sweeping.sweep(b"{}")
    assert await left() == (0, 0)
    async with studio.library.reading() as tx:
        assert await tx.peers.undelivered([TargetId(5)]) == {}
