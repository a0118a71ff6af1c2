"""Copies say what the house and their artist say now: the outdated are found and made anew."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from server.bus import MemoryBus
from server.changes import KINDS, NewPolicy
from server.model import ContentUsage, JobKind, Picture, Preference, RenditionName, Sizes
from server.policy import STANDARD_NO_AI, Policy, RenditionLimits
from server.policy_text import write_policy
from server.promises import Deed, ReinscribePromise, promise
from server.protecting import Protecting
from server.protections import Overlay
from server.reinscribing import Reinscribing
from tests.flows.artists import MINUTE, OTHER, SMALL, Studio, a_pool, a_studio  # noqa: F401

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO_SEARCH = ContentUsage(train_ai=Preference.NO, ai_use=Preference.NO, search=Preference.NO)


def wide_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2_100, 8), "teal").save(file, "PNG")
    return file.getvalue()


async def decide(studio: Studio, policy: Policy) -> None:
    """Put a policy in force as an admin does, and let everything follow."""
    change = NewPolicy(write_policy(policy))
    async with studio.library.transaction() as tx:
        await KINDS[NewPolicy].write(tx, studio.clock, None, change, "why")
    await studio.house.refresh()
    await follow_through(studio)


async def follow_through(studio: Studio) -> None:
    for _ in range(3):
        studio.clock.move(MINUTE)
        await studio.worker.drain()


async def view_of(studio: Studio, picture: Picture) -> bytes:
    found = next(one for one in picture.renditions if one.name is RenditionName.VIEW)
    return await studio.media.read(found.digest)


async def test_a_new_word_of_the_house_is_written_into_every_copy(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    before = [await studio.published(ana, SMALL, OTHER), await studio.published(bea, SMALL)]
    await studio.deeds()
    await decide(studio, replace(STANDARD_NO_AI, content_usage=NO_SEARCH))
    for was in before:
        now = await studio.work(was.id)
        for old, new in zip(was.pictures, now.pictures, strict=True):
            assert new.media_key != old.media_key
            assert b"DMI-PROHIBITED</" in (await view_of(studio, new)).replace(b'"', b"</")
            found = await studio.viewing.library.look(
                lambda tx, key=old.media_key: tx.works.by_media_key(key)  # type: ignore[misc]
            )
            assert found is not None  # who has the former address gets the new copies
    assert Deed.WORK_EDITED not in await studio.deeds()


async def test_what_changes_nothing_in_the_copies_makes_none_anew(studio: Studio) -> None:
    was = await studio.published(await studio.artist("ana"), SMALL)
    await decide(studio, replace(STANDARD_NO_AI, renditions=RenditionLimits(800, 1_280, 1_280)))
    assert (await studio.work(was.id)).pictures == was.pictures


async def test_where_people_may_have_every_pixel_the_copy_is_made_once(studio: Studio) -> None:
    was = await studio.published(await studio.artist("ana"), wide_picture())
    assert RenditionName.FULL not in {one.name for one in was.pictures[0].renditions}
    await decide(studio, replace(STANDARD_NO_AI, renditions=RenditionLimits(1_280, 4_096, 2_880)))
    now = await studio.work(was.id)
    assert RenditionName.FULL in {one.name for one in now.pictures[0].renditions}
    async with studio.library.transaction() as tx:
        await promise(tx, studio.clock, ReinscribePromise())
    await follow_through(studio)
    assert await studio.work(was.id) == now


async def test_an_artists_word_reaches_the_oldest_work_a_few_at_a_time(studio: Studio) -> None:
    ana = await studio.artist("ana")
    works = [await studio.hung(ana) for _ in range(53)]
    protecting = Protecting(studio.library, studio.clock, MemoryBus(), studio.house)
    await protecting.change(ana, Overlay(ContentUsage(search=Preference.NO), Sizes()))
    reinscribing = Reinscribing(studio.library, studio.clock, MemoryBus(), studio.making)
    waiting = []
    for _ in range(3):  # the last finds that there is no more
        studio.clock.move(5 * MINUTE)
        async with studio.library.transaction() as tx:
            (job,) = await tx.jobs.claim(
                studio.clock.now(),
                lease_until=studio.clock.now(),
                limit=1,
                kinds=[JobKind.REINSCRIBE],
            )
            await tx.jobs.done(job.id)
        await reinscribing.look_through(job.payload)
        counts = await studio.library.look(lambda tx: tx.jobs.counts())
        waiting.append(counts[JobKind.PICTURES].waiting)
    assert waiting == [50, 53, 53]
    assert len(works) == 53
