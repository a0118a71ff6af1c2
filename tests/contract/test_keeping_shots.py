"""How works were made comes back as it was kept, apart from their own pictures."""

from dataclasses import replace

from server.codecs import Coding
from server.comers import WorkVisit
from server.model import ActorId, PictureId, WorkId, WorkState
from server.ports import Library
from server.shots import Shot, ShotId, Video
from server.videos import VideoType
from server.visitors import VisitorClass
from tests.contract.samples import MAX, NOW, add_artist, picture, work

CODED = Coding("V_VP9", "A_OPUS", is_index_last=True)
VIDEO = Video("key", VideoType.WEBM, "f" * 64, 2**40, 640, 360, CODED)


def shot(number: int, **fields: object) -> Shot:
    known = {
        "id": ShotId(number),
        "work_id": WorkId(1),
        "artist_id": ActorId(1),
        "position": 0,
        "name": "täble.jpg",
        "added_at": NOW,
        "alt": "A täble",
        "caption": "Day <1>",
    }
    return Shot(**{**known, **fields})  # type: ignore[arg-type]  # as tests name them


async def hang(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1, "ana")
        await tx.works.add(replace(work(1), pictures=(picture(11, 1),)))
        await tx.works.add(replace(work(2), pictures=()))


async def test_shots_come_back_in_order_with_their_pictures(library: Library) -> None:
    await hang(library)
    film = shot(MAX, position=1, video=VIDEO)
    still = replace(shot(7), picture=picture(21, 1))
    async with library.transaction() as tx:
        assert await tx.shots.of_works([]) == {}
        assert await tx.shots.of_works([WorkId(1), WorkId(2)]) == {}
        await tx.shots.put(film)
        await tx.shots.put(shot(7))
        await tx.shots.put_picture(ShotId(7), picture(21, 1))
        assert await tx.shots.of_works([WorkId(1), WorkId(2)]) == {WorkId(1): (still, film)}
        moved = replace(still, position=2, alt="", caption="")
        await tx.shots.put(moved)
        assert await tx.shots.of_works([WorkId(1)]) == {WorkId(1): (film, moved)}
        anew = picture(21, 1, media_key="another")
        await tx.shots.put_picture(ShotId(7), anew)
        assert (await tx.shots.of_works([WorkId(1)]))[WorkId(1)][1].picture == anew
        known = await tx.works.by_id(WorkId(1))
        assert known is not None
        assert known.pictures == (picture(11, 1),)
        assert await tx.works.by_media_key("another") == (known, anew)
        assert await tx.works.by_media_key("media-21") == (known, anew)


async def test_videos_are_found_by_their_key_and_nothing_by_none(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.shots.put(shot(7))
        await tx.shots.put(shot(8, video=VIDEO))
        assert await tx.shots.by_video_key("key") == shot(8, video=VIDEO)
        assert await tx.shots.by_video_key("") is None
        assert await tx.shots.by_video_key("other") is None
        assert not await tx.shots.was_video("key")
        for number in (7, 8, 8):
            await tx.shots.remove(ShotId(number))
        assert await tx.shots.by_video_key("key") is None
        assert await tx.shots.was_video("key")
        assert not await tx.shots.was_video("")


async def test_bytes_are_added_up_over_what_was_not_withdrawn(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        assert await tx.shots.bytes_of(ActorId(1)) == 0
        await tx.shots.put(shot(7, video=VIDEO))
        await tx.shots.put_picture(ShotId(7), picture(21, 1))
        await tx.shots.put(shot(8, work_id=WorkId(2)))
        await tx.shots.put_picture(ShotId(8), picture(22, 2))
        assert await tx.shots.bytes_of(ActorId(1)) == 2**40 + 2 * 12_345
        assert await tx.shots.bytes_of(ActorId(2)) == 0
        await tx.works.update(work(1, state=WorkState.WITHDRAWN))
        assert await tx.shots.bytes_of(ActorId(1)) == 12_345


async def test_files_are_needed_until_nothing_names_them(library: Library) -> None:
    await hang(library)
    copies = [one.digest for one in picture(21, 1).renditions]
    wanted = [VIDEO.digest, picture(21, 1).original_digest, *copies]
    async with library.transaction() as tx:
        await tx.shots.put(shot(7, video=VIDEO))
        await tx.shots.put_picture(ShotId(7), picture(21, 1))
        assert await tx.works.digests_in_use(wanted) == set(wanted)
        assert set(wanted) <= set(await tx.works.digests())
        assert await tx.works.digests(after=VIDEO.digest) == []
        await tx.shots.remove(ShotId(7))
        await tx.shots.remove(ShotId(7))
        assert await tx.works.digests_in_use(wanted) == set()
        assert await tx.shots.of_works([WorkId(1)]) == {}


async def test_erased_works_take_them_along(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.shots.put(shot(7, video=VIDEO))
        await tx.shots.put_picture(ShotId(7), picture(21, 1))
        erased = await tx.departures.erase_works(ActorId(1))
        assert erased is not None
        assert {VIDEO.digest, picture(21, 1).original_digest} <= set(erased.digests)
        assert await tx.shots.of_works([WorkId(1)]) == {}
        assert await tx.works.digests() == []


async def test_they_are_no_pictures_to_compare_or_to_follow(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.shots.put(shot(7))
        await tx.shots.put_picture(ShotId(7), picture(21, 1))
        assert await tx.likenesses.unknown(after=PictureId(0)) == [(PictureId(11), WorkId(1))]
        found = (await tx.works.preparations([WorkId(1)]))[WorkId(1)]
        assert [step.picture_id for step in found.steps] == [PictureId(11)]


async def test_who_came_for_a_video_came_for_its_work(library: Library) -> None:
    await hang(library)
    came = WorkVisit(9, VisitorClass.DATASET, "x", requests=1, bytes=1, refused=0, media_key="key")
    async with library.transaction() as tx:
        await tx.shots.put(shot(7, video=VIDEO))
        await tx.comers.add_visits([came])
        (row,) = await tx.comers.visits_of_work(WorkId(1))
        assert row.requests == 1
