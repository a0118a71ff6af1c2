"""Which machines came for which work, and who holds copies, on both engines."""

from dataclasses import replace

from server.comers import FILM, CloserLooks, Look, Price, WorkVisit, thing_asked
from server.media_tokens import Given
from server.model import ActorId, Millis, RenditionName, WorkId
from server.ports import Library
from server.shots import Shot, ShotId, Video
from server.videos import VideoType
from server.visitors import VisitorClass
from tests.contract.samples import NOW, add_artist, picture, work

BOT = WorkVisit(9, VisitorClass.AI_TRAINING, "GPTBot", 2, 300, 1, work_id=7)


async def a_work(library: Library, number: int = 7) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.works.add(work(number, pictures=(picture(70, number, media_key="a" * 40),)))


async def test_visits_add_up_whether_a_page_or_a_picture_was_asked_for(library: Library) -> None:
    await a_work(library)
    async with library.transaction() as tx:
        await tx.comers.add_visits([BOT, replace(BOT, work_id=0, media_key="a" * 40)])
        await tx.comers.add_visits([BOT])
        found = await tx.comers.visits_of_artist(ActorId(1), 9)
        assert [(one.work_id, one.requests, one.bytes, one.refused) for one in found] == [
            (7, 6, 900, 3)
        ]
        assert await tx.comers.visits_of_artist(ActorId(1), 10) == []
        assert await tx.comers.visits_of_artist(ActorId(2), 9) == []


async def test_a_picture_is_known_by_keys_that_it_had(library: Library) -> None:
    await a_work(library)
    async with library.transaction() as tx:
        await tx.works.put_picture(picture(70, 7, media_key="b" * 40))
        await tx.comers.add_visits([replace(BOT, work_id=0, media_key="a" * 40)])
        assert len(await tx.comers.visits_of_work(WorkId(7))) == 1


async def test_invented_works_and_pictures_leave_no_row(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.comers.add_visits([BOT, replace(BOT, work_id=0, media_key="c" * 40)])
        assert await tx.comers.visits_of_work(WorkId(7)) == []


async def test_addresses_given_to_a_server_are_told_apart_and_old_sums_go(library: Library) -> None:
    await a_work(library)
    async with library.transaction() as tx:
        await tx.neighbours.number({"peer.test": 40, "other.test": 41})
        given = replace(BOT, given=Given(40, WorkId(7)), requests=5)
        await tx.comers.add_visits([BOT, given, replace(given, given=Given(41, WorkId(8)))])
        await tx.comers.add_visits([replace(given, given=Given(42, WorkId(7)))])
        found = await tx.comers.visits_given(9)
        assert [(one.given_to, one.requests) for one in found] == [("peer.test", 5)]
        assert await tx.comers.sweep(9) == 0
        assert await tx.comers.sweep(10) == 2
        assert await tx.comers.visits_given(0) == []


async def test_of_other_servers_those_alone_are_kept_that_came_with_anothers_address(
    library: Library,
) -> None:
    await a_work(library)
    async with library.transaction() as tx:
        await tx.neighbours.number({"peer.test": 40, "other.test": 41})
        peer = replace(BOT, visitor=VisitorClass.PEER, crawler="peer.test")
        for number in (40, 41, 42):  # its own, another's, nobody's
            await tx.comers.add_visits([replace(peer, given=Given(number, WorkId(7)))])
        found = await tx.comers.visits_given(9)
        assert [(one.given_to, one.crawler) for one in found] == [("other.test", "peer.test")]
        assert len(await tx.comers.visits_of_work(WorkId(7))) == 1
        assert await tx.comers.visits_of_artist(ActorId(1), 9) == []


LOOK = Look(9, "a" * 40, RenditionName.LARGE, "t1", 2, 300)


async def test_closer_looks_add_up_by_token_whichever_key_a_picture_had(library: Library) -> None:
    await a_work(library)
    async with library.transaction() as tx:
        await tx.works.put_picture(picture(70, 7, media_key="b" * 40))
        invented = replace(LOOK, media_key="c" * 40)
        await tx.comers.add_looks([LOOK, replace(LOOK, media_key="b" * 40), invented])
        await tx.comers.add_looks([replace(LOOK, token="t2"), replace(LOOK, day=10)])
        found = await tx.comers.looks_of_work(WorkId(7))
        assert [(one.day, one.token, one.requests, one.bytes) for one in found] == [
            (10, "t1", 2, 300),
            (9, "t2", 2, 300),
            (9, "t1", 4, 600),
        ]
        assert await tx.comers.looks_of_artist(ActorId(1), 9) == [CloserLooks(WorkId(7), 3, 8)]
        assert await tx.comers.looks_of_artist(ActorId(2), 9) == []
        assert await tx.comers.sweep_looks(9) == 0
        assert await tx.comers.sweep_looks(10) == 2
        assert await tx.comers.looks_of_artist(ActorId(1), 9) == [CloserLooks(WorkId(7), 1, 2)]


async def test_a_look_at_a_video_is_counted_with_its_work(library: Library) -> None:
    await a_work(library)
    film = Video("d" * 40, VideoType.MP4, "e" * 64, 900, 1_280, 720)
    async with library.transaction() as tx:
        await tx.shots.put(Shot(ShotId(5), WorkId(7), ActorId(1), 0, "a.mp4", NOW, video=film))
        await tx.comers.add_looks([replace(LOOK, media_key="d" * 40, rendition=FILM)])
        (found,) = await tx.comers.looks_of_work(WorkId(7))
    assert (found.rendition, found.requests, found.bytes) == ("video", 2, 300)


async def test_a_sum_is_spent_once_until_it_is_swept(library: Library) -> None:
    async with library.transaction() as tx:
        assert await tx.proofs.spend("code", Millis(5))
        assert not await tx.proofs.spend("code", Millis(9))
        assert await tx.proofs.sweep(Millis(5)) == 0
        assert await tx.proofs.sweep(Millis(6)) == 1
        assert await tx.proofs.spend("code", Millis(5))


async def test_copies_are_listed_for_a_work_and_counted_for_an_artist(library: Library) -> None:
    await a_work(library)
    async with library.transaction() as tx:
        await tx.neighbours.note_copies(WorkId(7), ["a.test", "b.test"], NOW)
        found = await tx.comers.copies_of_work(WorkId(7))
        assert [(one.host, one.at, one.is_delivered) for one in found] == [
            ("a.test", NOW, True),
            ("b.test", NOW, True),
        ]
        holders = await tx.comers.holders(ActorId(1))
        assert [(one.host, one.works) for one in holders] == [("a.test", 1), ("b.test", 1)]


async def test_a_price_is_kept_changed_and_forgotten(library: Library) -> None:
    async with library.transaction() as tx:
        assert await tx.comers.price() is None
        for price in (Price(10_000, "EUR"), Price(90_000, "USD"), None):
            await tx.comers.set_price(price)
            assert await tx.comers.price() == price


def test_a_path_names_a_work_a_picture_or_nothing() -> None:
    key = "a" * 40
    assert thing_asked("/@ana/3765758949175853163-heron") == (3765758949175853163, "")
    assert thing_asked("/@ana/12") == thing_asked("/works/12/replies") == (12, "")
    assert thing_asked(f"/media/{key}/view.avif") == (0, key)
    for path in ("/", "/@ana", "/@ana/12x", "/works/" + "9" * 19, "/media/../x", "/@ana/series/1"):
        assert thing_asked(path) == (0, "")
