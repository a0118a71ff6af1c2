"""Series and their works in order, on both engines."""

from dataclasses import replace

import pytest

from server.errors import Conflict
from server.model import (
    ActorId,
    ActorKind,
    Follow,
    FollowState,
    Millis,
    Series,
    SeriesId,
    TargetId,
    Visibility,
    WorkId,
    WorkState,
)
from server.ports import Library, Transaction
from server.repositories.works import SeriesShown
from tests.contract.samples import NOW, add_artist, artist, key, local_actor, work

OPEN = (Visibility.PUBLIC,)
TO_FOLLOWERS = (Visibility.PUBLIC, Visibility.FOLLOWERS)
BIRCHES = SeriesId(90)


def series(number: int = 90, artist_id: int = 1, **fields: object) -> Series:
    values: dict[str, object] = {
        "id": SeriesId(number),
        "artist_id": ActorId(artist_id),
        "slug": f"birches-{number}",
        "title": "Birken 🌳",
        "summary": "with\nlines",
        "cover_id": None,
        "actor_id": None,
        "created_at": NOW,
        "updated_at": NOW,
        **fields,
    }
    return Series(**values)  # type: ignore[arg-type]  # a builder for tests


async def three_works(tx: Transaction) -> None:
    await add_artist(tx, 1)
    for number, visibility in ((10, "public"), (11, "followers"), (12, "public")):
        await tx.works.add(work(number, visibility=Visibility(visibility)))
    await tx.series.put(series())


def ids(*numbers: int) -> list[WorkId]:
    return [WorkId(number) for number in numbers]


async def test_no_artist_has_two_series_at_one_address(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        await tx.series.put(series(90, slug="birches"))
        await tx.series.put(series(91, 2, slug="birches"))
    with pytest.raises(Conflict) as refused:
        async with library.transaction() as tx:
            await tx.series.put(series(92, slug="birches"))
    assert refused.value.field == "title"


async def test_nobody_takes_the_handle_of_a_series_that_can_be_followed(library: Library) -> None:
    speaker = replace(local_actor(8, "ana_birches"), kind=ActorKind.GROUP, gone_at=NOW)
    renamed = replace(speaker, uri="https://here.example/series/90")
    async with library.transaction() as tx:
        await tx.actors.put(renamed)
    with pytest.raises(Conflict) as refused:
        async with library.transaction() as tx:
            await tx.artists.add(
                artist(3, "Ana_Birches"), local_actor(3, "Ana_Birches"), "hash", key(3)
            )
    assert refused.value.field == "handle"
    with pytest.raises(Conflict):  # a second series' actor neither, whoever forgot to ask
        async with library.transaction() as tx:
            await tx.actors.put(
                replace(renamed, id=ActorId(9), uri="https://here.example/series/91", key_id="k")
            )


async def test_a_series_is_kept_as_it_was_put(library: Library) -> None:
    async with library.transaction() as tx:
        await three_works(tx)
        await tx.actors.put(replace(local_actor(8, "ana_birches"), kind=ActorKind.GROUP))
        changed = series(
            title="Buchen",
            slug="beeches",
            summary="",
            cover_id=WorkId(11),
            actor_id=ActorId(8),
            updated_at=Millis(NOW + 5),
        )
        await tx.series.put(changed)
        assert await tx.series.by_id(BIRCHES) == changed
        assert await tx.series.hold(BIRCHES) == changed
        assert await tx.series.by_slug(ActorId(1), "beeches") == changed
        assert await tx.series.by_slug(ActorId(2), "beeches") is None
        assert await tx.series.by_actor(ActorId(8)) == changed
        assert await tx.series.of_artist(ActorId(1)) == [changed]
        assert await tx.series.by_actor(ActorId(1)) is None


async def test_works_keep_the_order_that_they_were_given(library: Library) -> None:
    async with library.transaction() as tx:
        await three_works(tx)
        await tx.series.arrange(BIRCHES, ids(12, 10, 11), NOW)
        assert await tx.series.works(BIRCHES) == ids(12, 10, 11)
        await tx.series.arrange(BIRCHES, ids(11, 12), Millis(NOW + 9))
        assert await tx.series.works(BIRCHES) == ids(11, 12)
        assert await tx.series.added_at(BIRCHES, WorkId(12)) == NOW  # moved, not added anew
        assert await tx.series.added_at(BIRCHES, WorkId(10)) is None
        await tx.series.append(BIRCHES, WorkId(10), Millis(NOW + 3))
        await tx.series.append(BIRCHES, WorkId(11), Millis(NOW + 4))
        assert await tx.series.works(BIRCHES) == ids(11, 12, 10)
        await tx.series.drop(BIRCHES, WorkId(12))
        assert await tx.series.works(BIRCHES) == ids(11, 10)
        assert [one.id for one in await tx.series.of_work(WorkId(10))] == [BIRCHES]
        assert await tx.series.of_works(ids(10, 12)) == {WorkId(10): [series()]}


async def test_only_what_hangs_for_somebody_is_counted_and_listed(library: Library) -> None:
    async with library.transaction() as tx:
        await three_works(tx)
        await tx.works.add(work(13, state=WorkState.WITHDRAWN))
        await tx.works.add(work(14, state=WorkState.PROCESSING, hung_at=None))
        await tx.series.arrange(BIRCHES, ids(11, 13, 12, 14, 10), NOW)
        await tx.series.append(BIRCHES, WorkId(12), Millis(NOW + 7))
        await tx.series.put(series(91, title="Empty"))
        assert await tx.series.visible(BIRCHES, OPEN) == ids(12, 10)
        assert await tx.series.visible(BIRCHES, TO_FOLLOWERS) == ids(11, 12, 10)
        assert await tx.series.entries(BIRCHES, OPEN) == [(12, NOW + 7), (10, NOW)]
        empty = SeriesShown(series(91, title="Empty"), 0, None)
        assert await tx.series.shown(ActorId(1), OPEN) == [
            SeriesShown(series(), 2, WorkId(12)),
            empty,
        ]
        hidden = series(cover_id=WorkId(11))  # a cover for followers is no cover for strangers
        await tx.series.put(hidden)
        assert (await tx.series.shown(ActorId(1), OPEN))[0].cover_id == 12
        assert (await tx.series.shown(ActorId(1), TO_FOLLOWERS))[0].cover_id == 11


async def test_who_follows_a_series_here_finds_its_works_in_their_feed_once(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await three_works(tx)
        await add_artist(tx, 2)
        for number in (90, 91):
            speaker = replace(
                local_actor(number, f"birches{number}"),
                uri=f"https://here.example/series/{number}",
                kind=ActorKind.GROUP,
            )
            await tx.actors.put(speaker)
            await tx.series.put(series(number, actor_id=ActorId(number)))
            await tx.series.arrange(SeriesId(number), ids(10, 11), NOW)
            await tx.relations.put_follow(
                Follow(ActorId(2), ActorId(number), FollowState.ACCEPTED, "", NOW)
            )
        assert [item.work_id for item in (await tx.feeds.stretch(ActorId(2))).items] == [10]
        assert (await tx.feeds.stretch(ActorId(2), before=TargetId(10))).items == ()
        await tx.relations.put_follow(Follow(ActorId(2), ActorId(1), FollowState.ACCEPTED, "", NOW))
        assert [item.work_id for item in (await tx.feeds.stretch(ActorId(2))).items] == [12, 11, 10]


async def test_a_removed_series_leaves_its_works(library: Library) -> None:
    async with library.transaction() as tx:
        await three_works(tx)
        await tx.series.arrange(BIRCHES, ids(10, 11), NOW)
        await tx.series.remove(BIRCHES)
        assert await tx.series.by_id(BIRCHES) is None
        assert await tx.series.of_work(WorkId(10)) == []
        assert await tx.works.by_id(WorkId(10)) is not None
