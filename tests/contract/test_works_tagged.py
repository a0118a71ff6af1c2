"""What a tag's page and a list of artists ask for, on both engines."""

from dataclasses import replace

from server.model import ActorId, Millis, Visibility, WorkId, WorkState
from server.ports import Library
from tests.contract.samples import NOW, add_artist, picture, work


async def test_a_tag_lists_only_what_hangs_in_public(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2, suspended_at=NOW)
        for stored in (
            work(10, visibility=Visibility.UNLISTED),
            work(11, visibility=Visibility.FOLLOWERS),
            work(12, visibility=Visibility.DRAFT),
            work(13, state=WorkState.WITHDRAWN),
            work(14, artist_id=2),
            work(15, tags=("sea",)),
        ):
            await tx.works.add(stored)
        assert await tx.works.tagged("hare") == []
        assert [found.id for found in await tx.works.tagged("sea")] == [15]


async def test_a_tag_is_found_in_every_letter_case_and_script(library: Library) -> None:
    stored = work(10, tags=("Öl", "ÖL", "moiré", "海"), pictures=(picture(30, 10),))
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(stored)
        for tag in ("öl", "ÖL", "Moiré", "海"):
            assert await tx.works.tagged(tag) == [stored]
        assert await tx.works.tagged("") == []
        assert await tx.works.tagged("%") == []


async def test_a_change_of_tags_and_of_hanging_shows_at_once(library: Library) -> None:
    early, late = work(10, hung_at=Millis(50)), work(11, hung_at=Millis(60))
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(early)
        await tx.works.add(late)
        assert [found.id for found in await tx.works.tagged("hare")] == [11, 10]
        await tx.works.update(replace(early, hung_at=Millis(70), tags=("hare", "moon")))
        assert [found.id for found in await tx.works.tagged("hare")] == [10, 11]
        await tx.works.update(replace(late, tags=()))
        assert [found.id for found in await tx.works.tagged("hare")] == [10]
        assert [found.id for found in await tx.works.tagged("moon")] == [10]


async def test_pages_of_a_tag_miss_and_repeat_nothing(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        for number in range(10, 17):
            await tx.works.add(work(number, hung_at=Millis(50)))  # all at once: the id decides
        seen: list[WorkId] = []
        while page := await tx.works.tagged("hare", before=seen[-1] if seen else None, limit=3):
            seen += [found.id for found in page]
    assert seen == list(range(16, 9, -1))


async def test_the_latest_works_of_each_artist_come_newest_first(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        for number in range(10, 16):
            await tx.works.add(work(number, hung_at=Millis(number)))
        await tx.works.add(work(20, artist_id=2, hung_at=Millis(1)))
        await tx.works.add(work(21, artist_id=2, visibility=Visibility.UNLISTED))
        found = await tx.works.latest([ActorId(1), ActorId(2), ActorId(3)], each=4)
        nobody = await tx.works.latest([])
    assert nobody == []
    assert [one.id for one in found if one.artist_id == 1] == [15, 14, 13, 12]
    assert [one.id for one in found if one.artist_id == 2] == [20]
