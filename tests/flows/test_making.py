"""How pictures are made: what cannot be, what changes meanwhile, and what ends in the middle."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from server.drafts import (
    Draft,
    PictureEdit,
)
from server.errors import Unavailable
from server.inscription import Inscription
from server.model import (
    ImageFormat,
    JobKind,
    Millis,
    NotificationKind,
    PictureState,
    RenditionName,
    WorkState,
)
from server.pipeline import Pipeline
from server.promises import Deed, PicturesPromise
from server.recipes import Recipe
from server.worker import LEASE
from server.workers import ProcessWorkers
from tests.flows.artists import (  # noqa: F401 - fixtures
    NO_PICTURE,
    OTHER,
    SMALL,
    Studio,
    a_pool,
    a_studio,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTHING = Inscription()


@contextmanager
def files_of_at_most(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond `most` bytes: the kernel then refuses to write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def chunks_of(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


async def test_what_is_no_picture_fails_with_a_reason_and_the_artist_is_told(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, NO_PICTURE)
    assert work.state is WorkState.FAILED
    assert work.problem.startswith("picture-0.jpg: ")
    assert work.pictures[0].state is PictureState.REFUSED
    assert work.pictures[0].problem in work.problem
    assert work.hung_at is None
    assert await studio.told(ana) == [NotificationKind.WORK_FAILED]
    assert await studio.deeds() == []


async def test_several_pictures_hang_in_their_order_with_all_renditions(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, OTHER, title="Two hares")
    assert work.state is WorkState.HUNG
    assert [one.position for one in work.pictures] == [0, 1]
    assert len({one.media_key for one in work.pictures}) == 2
    for picture in work.pictures:
        made = {(one.name, one.format) for one in picture.renditions}
        assert (RenditionName.TILE, ImageFormat.JPEG) in made
        assert (RenditionName.FEDERATED, ImageFormat.JPEG) in made
        assert RenditionName.ORIGINAL not in {one.name for one in picture.renditions}
        for rendition in picture.renditions:
            assert await studio.media.size(rendition.digest) == rendition.bytes
    assert await studio.deeds() == [Deed.WORK_HUNG]


async def test_the_original_is_kept_untouched(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL)
    assert await studio.media.read(work.pictures[0].original_digest) == SMALL


async def test_making_pictures_twice_changes_nothing(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL, OTHER)
    await studio.making.make(PicturesPromise(work.id))
    assert await studio.work(work.id) == work


async def test_two_workers_at_one_work_hang_it_once(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    await asyncio.gather(*(studio.making.make(PicturesPromise(work.id)) for _ in range(3)))
    hung = await studio.work(work.id)
    assert hung.state is WorkState.HUNG
    keys = {one.media_key for one in hung.pictures}
    await studio.making.make(PicturesPromise(work.id))
    assert {one.media_key for one in (await studio.work(work.id)).pictures} == keys
    assert (await studio.deeds()).count(Deed.WORK_HUNG) == 1


async def test_a_picture_that_is_taken_out_while_it_is_made_stays_out(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL, OTHER)
    first, second = work.pictures
    made = await Pipeline(studio.media, studio.making.pipeline.workers).make(first, Recipe(NOTHING))
    await studio.publishing.edit(ana, work.id, Draft(), [PictureEdit(second.id, "Kept")])
    await studio.making._keep_made(made, first)
    await studio.worker.drain()
    hung = await studio.work(work.id)
    assert [one.id for one in hung.pictures] == [second.id]
    assert (hung.state, hung.pictures[0].alt) == (WorkState.HUNG, "Kept")


async def test_a_work_withdrawn_while_its_pictures_are_made_stays_withdrawn(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    making = asyncio.create_task(studio.making.make(PicturesPromise(work.id)))
    await asyncio.sleep(0)
    await studio.publishing.withdraw(ana, work.id)
    await making
    assert (await studio.work(work.id)).state is WorkState.WITHDRAWN
    assert await studio.deeds() == []


async def test_an_upload_survives_the_death_of_the_process_that_works_on_it(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    async with studio.library.transaction() as tx:  # a process claims the job, and dies
        now = studio.clock.now()
        [_] = await tx.jobs.claim(now, lease_until=Millis(now + LEASE), limit=1)
    studio.clock.move(LEASE - 1)
    assert await studio.worker.drain() == 0
    assert (await studio.work(work.id)).state is WorkState.PROCESSING
    studio.clock.move(2)
    assert await studio.worker.drain() == 1
    assert (await studio.work(work.id)).state is WorkState.HUNG
    async with studio.library.reading() as tx:
        assert JobKind.PICTURES not in await tx.jobs.counts()


async def test_a_full_disk_refuses_an_upload_in_a_plain_sentence_and_keeps_nothing(
    studio: Studio,
) -> None:
    before = studio.files()
    with files_of_at_most(2_000_000), pytest.raises(Unavailable) as refused:
        await studio.media.receive(chunks_of(b"x" * 3_000_000), max_bytes=9_000_000)
    assert refused.value.message.endswith(".")
    assert "Errno" not in refused.value.message
    assert studio.files() == before


async def test_pictures_that_found_no_space_are_made_once_there_is_some(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    await studio.making.pipeline.make(work.pictures[0], Recipe(NOTHING))  # the child starts now
    for name in studio.files() - {work.pictures[0].original_digest}:
        await studio.media.delete(name)
    kept = studio.files()
    with files_of_at_most(100), pytest.raises(Unavailable):
        await studio.making.make(PicturesPromise(work.id))
    assert studio.files() == kept
    assert (await studio.work(work.id)).state is WorkState.PROCESSING
    await studio.worker.drain()
    assert (await studio.work(work.id)).state is WorkState.HUNG


async def test_words_typed_while_pictures_are_made_stay(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    made = await studio.making.pipeline.make(work.pictures[0], Recipe(NOTHING))
    await studio.publishing.edit(
        ana, work.id, Draft(title="Later"), [PictureEdit(work.pictures[0].id, "Typed", 0.5, 0.5)]
    )
    await studio.making._keep_made(replace(made, alt="stale"), work.pictures[0])
    kept = (await studio.work(work.id)).pictures[0]
    assert (kept.alt, kept.focal_x, kept.state) == ("Typed", 0.5, PictureState.READY)


async def test_a_stopped_pool_makes_a_picture_wait_and_not_fail(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    pool = ProcessWorkers()
    await pool.close()
    stopped = replace(studio.making, pipeline=Pipeline(studio.media, pool))
    with pytest.raises(Unavailable):
        await stopped.make(PicturesPromise(work.id))
    assert (await studio.work(work.id)).pictures[0].state is PictureState.WAITING
