"""What nobody needs goes, what somebody needs stays, and what is new is left alone."""

import os
import time
from collections.abc import Awaitable

import pytest

from server.model import JobKind
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
    assert await studio.worker.drain() == 1
    assert await sweep_jobs(studio) == 1
    assert await studio.worker.drain() == 0
    studio.clock.move(DAY)
    assert await studio.worker.drain() == 1
    assert await sweep_jobs(studio) == 1
