"""Works, pictures and renditions, on both engines."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from server.errors import Conflict
from server.model import (
    ActorId,
    Millis,
    PictureId,
    PictureState,
    RenditionName,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.permits import InteractionPolicy, Permit
from server.ports import Library
from server.repositories.works import Owner
from tests.contract.samples import MAX, NOW, add_artist, picture, rendition, work

EVERYONE = (Visibility.PUBLIC,)
FOLLOWERS = (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS)


def ids(works: list[Work]) -> list[int]:
    return [found.id for found in works]


async def all_pages(
    page_before: Callable[[WorkId | None], Coroutine[Any, Any, list[Work]]],
) -> list[int]:
    seen: list[int] = []
    while page := await page_before(WorkId(seen[-1]) if seen else None):
        seen += ids(page)
    return seen


async def test_a_work_of_nobody_is_refused(library: Library) -> None:
    with pytest.raises(Conflict):
        async with library.transaction() as tx:
            await tx.works.add(work(10, artist_id=99))


async def test_a_work_comes_back_as_stored_with_its_pictures_in_order(library: Library) -> None:
    stored = work(
        10, pictures=(picture(31, 10), picture(30, 10, position=1, renditions=(), media_key=""))
    )
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(stored)
    async with library.reading() as tx:
        assert await tx.works.by_id(WorkId(10)) == stored
        assert await tx.works.by_id(WorkId(11)) is None
        assert await tx.works.bare(WorkId(10)) == replace(stored, pictures=())
        assert await tx.works.bare(WorkId(11)) is None
        assert await tx.works.owned(WorkId(10)) == (
            replace(stored, pictures=()),
            Owner(InteractionPolicy(), is_suspended=False),
        )
        assert await tx.works.owned(WorkId(11)) is None
        assert await tx.works.many([WorkId(10), WorkId(11)]) == {10: stored}
        assert await tx.works.by_media_key("media-31") == (stored, stored.pictures[0])
        assert await tx.works.by_media_key("") is None
        assert await tx.works.by_media_key("media-30") is None


async def test_a_work_comes_with_what_decisions_ask_of_its_artist(library: Library) -> None:
    permits = InteractionPolicy(like=Permit.FOLLOWERS)
    async with library.transaction() as tx:
        await add_artist(tx, 1, interaction=permits)
        await tx.works.add(work(10))
        await tx.actors.restrain(ActorId(1), silenced_at=None, suspended_at=NOW)
    async with library.reading() as tx:
        found = await tx.works.owned(WorkId(10))
    assert found is not None
    assert found[1] == Owner(permits, is_suspended=True)


async def test_every_field_of_a_work_but_its_pictures_can_change(library: Library) -> None:
    changed = work(
        10,
        state=WorkState.WITHDRAWN,
        title="",
        slug="",
        caption="",
        tags=(),
        medium="",
        year="",
        is_sensitive=False,
        sensitive_reason="",
        visibility=Visibility.DRAFT,
        is_quiet=True,
        hung_at=None,
        edited_at=NOW,
        withdrawn_at=NOW,
        problem="p",
        language="",
    )
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(work(10, pictures=(picture(30, 10),)))
        await tx.works.update(changed)
        assert await tx.works.by_id(WorkId(10)) == replace(changed, pictures=(picture(30, 10),))


async def test_a_picture_is_replaced_with_all_its_renditions(library: Library) -> None:
    ready = picture(30, 10, renditions=(rendition(RenditionName.FULL, "f" * 64),))
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(work(10))
        await tx.works.put_picture(picture(30, 10, state=PictureState.WAITING))
        await tx.works.put_picture(ready)
        await tx.works.put_picture(picture(31, 10, position=1))
        found = await tx.works.by_id(WorkId(10))
        assert found is not None
        assert found.pictures == (ready, picture(31, 10, position=1))
        await tx.works.remove_picture(PictureId(30))
        await tx.works.remove_picture(PictureId(30))
        found = await tx.works.by_id(WorkId(10))
        assert found is not None
        assert found.pictures == (picture(31, 10, position=1),)


async def test_strangers_lists_hold_hung_works_they_may_see_newest_first(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        for stored in (
            work(10, hung_at=Millis(30)),
            work(11, hung_at=Millis(10)),
            work(12, hung_at=Millis(20), visibility=Visibility.UNLISTED),
            work(13, hung_at=Millis(20), visibility=Visibility.FOLLOWERS),
            work(14, hung_at=None, visibility=Visibility.DRAFT),
            work(15, state=WorkState.PROCESSING),
            work(16, state=WorkState.FAILED),
            work(17, state=WorkState.WITHDRAWN),
            work(18, artist_id=2, hung_at=Millis(40)),
        ):
            await tx.works.add(stored)
        mira = ActorId(1)
        assert ids(await tx.works.of_artist(mira, EVERYONE)) == [10, 11]
        assert ids(await tx.works.of_artist(mira, FOLLOWERS)) == [10, 13, 12, 11]
        assert ids(await tx.works.of_artist(mira, (Visibility.DRAFT,))) == [14]
        assert ids(await tx.works.of_artist(mira, ())) == []
        assert ids(await tx.works.in_studio(mira)) == [16, 15, 14, 13, 12, 11, 10]
        assert ids(await tx.works.of_all()) == [18, 16, 15, 14, 13, 12, 11, 10]
        assert ids(await tx.works.of_all(before=WorkId(13), limit=2)) == [12, 11]
        assert ids(await tx.works.newest()) == [18, 10, 11]
        assert await tx.works.count(mira, FOLLOWERS) == 4
        assert await tx.works.count_all() == 4
        assert await tx.works.count_active(Millis(40)) == 2
        assert await tx.works.count_active(Millis(NOW + 18)) == 0


async def test_works_of_the_suspended_are_not_among_the_newest(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2, suspended_at=NOW)
        await tx.works.add(work(10))
        await tx.works.add(work(11, artist_id=2))
        assert ids(await tx.works.newest()) == [10]


async def test_pages_of_works_lose_and_repeat_none(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        for number in range(10, 31):
            at = Millis(NOW + number % 4)  # many were hung in the same millisecond
            await tx.works.add(work(number, hung_at=at, pictures=(picture(number, number),)))
    expected = sorted(range(10, 31), key=lambda number: (number % 4, number), reverse=True)
    async with library.reading() as tx:
        works = tx.works
        assert await all_pages(lambda at: works.newest(before=at, limit=2)) == expected
        assert (
            await all_pages(lambda at: works.of_artist(ActorId(1), EVERYONE, before=at, limit=4))
            == expected
        )
        assert await all_pages(lambda at: works.in_studio(ActorId(1), before=at, limit=4)) == list(
            range(30, 9, -1)
        )


async def test_neighbours_are_the_next_newer_and_older_that_one_may_see(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        works = [work(number, hung_at=Millis(50)) for number in (10, 11, 13)]
        for stored in (*works, work(12, visibility=Visibility.UNLISTED, hung_at=Millis(50))):
            await tx.works.add(stored)
        assert await tx.works.neighbours(works[0], EVERYONE) == (works[1], None)
        assert await tx.works.neighbours(works[1], EVERYONE) == (works[2], works[0])
        assert await tx.works.neighbours(works[2], EVERYONE) == (None, works[1])


async def test_digests_of_originals_and_renditions_are_in_use(library: Library) -> None:
    original, view, unused = f"{30:064x}", f"{1030:064x}", "e" * 64
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(work(10, pictures=(picture(30, 10),)))
        assert await tx.works.digests_in_use([original, view, unused]) == {original, view}
        assert await tx.works.digests_in_use([]) == set()


async def test_numbers_and_text_at_their_limits_come_back(library: Library) -> None:
    extreme = work(
        MAX, created_at=Millis(MAX), hung_at=Millis(MAX - 1), title="'; DROP TABLE works; --"
    )
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(extreme)
        assert await tx.works.by_id(WorkId(MAX)) == extreme
