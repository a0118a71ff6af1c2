"""What artists say beyond the house: it counts at once, everywhere, and can never loosen."""

from dataclasses import replace

import pytest

from server.bus import MemoryBus
from server.errors import Invalid
from server.house import House
from server.model import ContentUsage, Preference, Sizes
from server.protecting import Protecting
from server.protections import Audience, Overlay, best_for, is_open_to
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

NO, YES = Preference.NO, Preference.YES


def protecting(studio: Studio) -> Protecting:
    return Protecting(studio.library, studio.clock, MemoryBus(), studio.house)


@pytest.mark.parametrize(
    "overlay",
    [
        Overlay(ContentUsage(train_ai=YES)),
        Overlay(ContentUsage(search=YES)),
        Overlay(sizes=Sizes(visitor=100)),
        Overlay(sizes=Sizes(peer=0)),
        Overlay(sizes=Sizes(visitor=-800)),
        Overlay(sizes=Sizes(peer=70_000)),
    ],
)
async def test_what_would_loosen_or_show_nothing_is_refused(
    studio: Studio, overlay: Overlay
) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid):
        await protecting(studio).change(ana, overlay)


async def test_an_artists_word_counts_for_every_work_in_every_process(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    other = House(studio.library, studio.clock, "open")
    await other.open()
    overlay = Overlay(ContentUsage(search=NO), Sizes(visitor=800, peer=1280))
    changed = await protecting(studio).change(ana, overlay)
    assert studio.house.policy_for(work).renditions.visitor == 800
    await other.refresh()
    policy = other.policy_for(work)
    assert (policy.renditions.visitor, policy.renditions.person) == (800, 2048)
    assert policy.renditions.peer == 1280
    assert other.usage_of(changed, work).search is NO
    async with studio.library.reading() as tx:
        kept = await tx.artists.by_id(ana.id)
    assert kept == changed
    await protecting(studio).change(changed, Overlay())
    assert studio.house.policy_for(work) is studio.house.now.policy


async def test_a_works_word_goes_below_its_artists_and_never_above(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await protecting(studio).change(ana, Overlay(sizes=Sizes(visitor=800)))
    smaller = replace(work, sizes=Sizes(visitor=480, peer=800))
    larger = replace(work, sizes=Sizes(visitor=2048, peer=9_000))
    assert studio.house.policy_for(smaller).renditions.visitor == 480
    assert studio.house.policy_for(smaller).renditions.peer == 800
    assert studio.house.policy_for(larger).renditions.visitor == 800
    assert studio.house.policy_for(larger).renditions.peer == 2880
    async with studio.library.transaction() as tx:
        await tx.works.update(smaller)
    async with studio.library.reading() as tx:
        kept = await tx.works.by_id(work.id)
    assert kept is not None
    assert kept.sizes == smaller.sizes


async def test_smaller_copies_are_given_where_an_artist_wants_it(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = replace(await studio.hung(ana), sizes=Sizes(visitor=480, peer=480))
    policy = studio.house.policy_for(work)
    for picture in work.pictures:
        for audience in (Audience.VISITOR, Audience.PEER):
            best = best_for(audience, picture.renditions, policy)
            assert best is not None
            assert max(best.width, best.height) <= 480
            assert is_open_to(audience, best, policy)
