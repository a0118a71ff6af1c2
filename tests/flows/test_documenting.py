"""How a work was made, as its artist shows it: refusals first; added, ordered, made, taken out."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest
from PIL import Image

from server.bus import MemoryBus
from server.documenting import Documenting, ShotEdit, ShotsWish
from server.errors import Gone, Invalid, NotFound
from server.model import (
    Artist,
    ImageFormat,
    PictureState,
    RenditionName,
    Visibility,
    Work,
    WorkState,
)
from server.promises import ReinscribePromise, ShotsPromise
from server.reinscribing import Reinscribing
from server.shot_files import Received, ShotFiles
from server.shots import FIELD, MAX_SHOTS, Shot
from server.storeroom import Storeroom
from server.watermarks import Watermark
from storage.disk import DiskStore
from tests.films import mp4, webm
from tests.flows.artists import IMAGES, NO_PICTURE, OTHER, SMALL, Studio, a_pool, a_studio

__all__ = ["a_pool", "a_studio"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKED = (IMAGES / "ai" / "a1111-parameters.png").read_bytes()
PRIVATE = (IMAGES / "private" / "everything.jpg").read_bytes()
MOST = 2_000_000


def documenting(studio: Studio, most: int = MOST) -> Documenting:
    making = studio.making
    return Documenting(
        *(studio.library, studio.clock, MemoryBus(), studio.media, studio.house),
        *(making.pipeline, making, most),
    )


def files(
    studio: Studio, *, picture: int = 600_000, video: int = 50_000, most: int = MOST
) -> ShotFiles:
    return ShotFiles(studio.library, studio.media, picture, video, most)


async def pieces(body: bytes, *, size: int = 5_000) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


async def came(
    studio: Studio, body: bytes, name: str = "table.jpg", field: str = FIELD
) -> Received:
    return await files(studio).receive(pieces(body), name, room=MOST, field=field)


async def added(studio: Studio, ana: Artist, work: Work, *bodies: bytes) -> tuple[Shot, ...]:
    """Add files to what a work shows, after those that are there."""
    wish = ShotsWish(added=tuple([await came(studio, one) for one in bodies]))
    return await documenting(studio).change(ana, work.id, wish)


async def made(studio: Studio, work: Work) -> tuple[Shot, ...]:
    await documenting(studio).make(msgspec.json.encode(ShotsPromise(work.id)))
    return await documenting(studio).of_work(work.id)


def edits(*shots: Shot) -> ShotsWish:
    """Return a form that shows these and changes nothing."""
    each = tuple(ShotEdit(one.id, one.alt, one.caption) for one in shots)
    return ShotsWish(frozenset(one.id for one in shots), each)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (NO_PICTURE, "a text file"),
        (b"MZ\x90\0" + bytes(900), "no picture that we can read"),
        (b"<!doctype html><script>1</script>", "a web page"),
        (b"<!--ftypisom--><script>1</script>" + mp4(), "something else stands in it"),
        (mp4(end=b"<script>1</script>"), "cut off"),
        (mp4(brand=b"qt  ", compatible=b"qt  "), "a QuickTime film"),
        (webm()[:-9], "cut off"),
        (b"\xff\xd8\xff" + bytes(700_000), "larger than 0 MiB"),
        (mp4() + mp4()[24:] * 9, "larger than 0 MiB"),
    ],
)
async def test_what_cannot_be_shown_is_refused_as_it_comes_and_nothing_stays(
    studio: Studio, body: bytes, said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refusal:
        await came(studio, body)
    assert refusal.value.field == FIELD
    assert studio.files() == set()


async def test_a_video_is_not_read_further_than_it_takes_to_refuse_it(studio: Studio) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        yield b"\0\0\0\x14ftypqt  " + bytes(4) + b"qt  "
        while True:
            asked += 1
            yield bytes(5_000)

    with pytest.raises(Invalid):
        await files(studio).receive(endless(), "film", room=MOST)
    assert asked < 5
    assert studio.files() == set()


async def test_videos_are_refused_where_a_picture_is_asked_or_none_are_taken(
    studio: Studio,
) -> None:
    with pytest.raises(Invalid, match="is a video: choose a picture") as refusal:
        await came(studio, mp4(), field="poster-7")
    assert refusal.value.field == "poster-7"
    with pytest.raises(Invalid, match="none are taken here"):
        await files(studio, video=0).receive(pieces(mp4()), "film.mp4", room=MOST)


async def test_others_and_withdrawn_works_take_nothing(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    work = await studio.hung(ana)
    with pytest.raises(NotFound):
        await added(studio, bea, work, SMALL)
    (shot,) = await added(studio, ana, work, mp4())
    hers = await studio.hung(bea)
    with pytest.raises(Invalid, match="taken out meanwhile"):
        await documenting(studio).change(bea, hers.id, edits(shot))
    await documenting(studio).change(bea, hers.id, ShotsWish(frozenset({shot.id})))
    assert await documenting(studio).of_work(work.id) == (shot,)
    await studio.publishing.withdraw(ana, work.id)
    with pytest.raises(NotFound):
        await added(studio, ana, work, SMALL)
    assert shot.video is not None
    with pytest.raises(Gone):
        await documenting(studio).video(shot.video.media_key, None)


async def test_twenty_are_enough_and_nothing_of_a_refused_form_is_kept(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await added(studio, ana, work, *[webm(64 + number) for number in range(MAX_SHOTS - 1)])
    with pytest.raises(Invalid, match="at most 20") as refusal:
        await added(studio, ana, work, SMALL, OTHER)
    assert refusal.value.field == FIELD
    assert len(await added(studio, ana, work, SMALL)) == MAX_SHOTS


async def test_all_files_of_one_artist_have_a_limit_that_two_windows_share(studio: Studio) -> None:
    ana = await studio.artist("ana")
    one, other = await studio.hung(ana), await studio.hung(ana)
    most = int(2.5 * len(mp4()))
    with pytest.raises(Invalid, match="together"):
        await files(studio, most=most).receive(pieces(mp4()), "a.mp4", room=100)
    flow = documenting(studio, most)
    coming = [ShotsWish(added=(await came(studio, mp4()),)) for _ in range(4)]
    results = await asyncio.gather(
        *(
            flow.change(ana, work.id, wish)
            for work, wish in zip((one, other) * 2, coming, strict=True)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Invalid) for one in results) == 2
    assert await files(studio, most=most).room(ana) == most - 2 * len(mp4())
    shots = await flow.of_work(one.id)
    worded = await flow.change(ana, one.id, edits(*shots))  # words take nothing
    await flow.change(ana, one.id, ShotsWish(frozenset(shot.id for shot in worded)))
    assert await files(studio, most=most).room(ana) >= most - len(mp4()) * 2 + len(mp4())
    await studio.publishing.withdraw(ana, other.id)
    assert await files(studio, most=most).room(ana) == most


async def test_too_long_words_are_refused_beside_their_field(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    (shot,) = await added(studio, ana, work, mp4())
    for edit, field in (
        (ShotEdit(shot.id, alt="x" * 1_001), f"alt-{shot.id}"),
        (ShotEdit(shot.id, caption="x" * 501), f"caption-{shot.id}"),
    ):
        with pytest.raises(Invalid) as refusal:
            await documenting(studio).change(ana, work.id, ShotsWish(frozenset({shot.id}), (edit,)))
        assert refusal.value.field == field
    assert await documenting(studio).of_work(work.id) == (shot,)


async def test_taken_out_in_one_window_and_edited_in_another_nothing_comes_back(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    first, second = await added(studio, ana, work, mp4(), webm())
    (third,) = (await added(studio, ana, work, webm(320)))[2:]
    await documenting(studio).change(
        ana, work.id, replace(edits(first, second), edits=edits(second).edits)
    )
    with pytest.raises(Invalid, match="in another window"):
        await documenting(studio).change(ana, work.id, edits(first, second))
    left = await documenting(studio).change(  # both take the same one out, and one is not shown
        ana, work.id, replace(edits(first, second), edits=edits(second).edits)
    )
    assert [one.id for one in left] == [second.id, third.id]


async def test_pictures_are_made_for_our_pages_alone_and_say_what_is_reserved(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    (shot,) = await added(studio, ana, work, PRIVATE)
    assert shot.picture is not None
    assert shot.picture.state is PictureState.WAITING
    (shot,) = await made(studio, work)
    picture = shot.picture
    assert picture is not None
    assert picture.state is PictureState.READY, picture.problem
    names = {one.name for one in picture.renditions}
    assert {RenditionName.TILE, RenditionName.PREVIEW, RenditionName.VIEW} <= names
    assert not names & {RenditionName.FEDERATED, RenditionName.CARD, RenditionName.FULL}
    for one in picture.renditions:
        body = await studio.media.read(one.digest)
        assert b"DMI-PROHIBITED" in body
        assert b"Canon" not in body
    found = await studio.viewing.rendition(
        picture.media_key, RenditionName.VIEW, ImageFormat.JPEG, None
    )
    assert found[0].id == work.id
    with pytest.raises(NotFound):
        await studio.viewing.rendition(
            picture.media_key, RenditionName.FEDERATED, ImageFormat.JPEG, None
        )
    assert (await studio.work(work.id)).pictures == work.pictures


async def test_an_animation_moves_and_has_no_copy_for_other_servers(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    frames = [Image.new("RGB", (90, 60), (shade, 90, 40)) for shade in range(0, 250, 50)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    await added(studio, ana, work, file.getvalue())
    (shot,) = await made(studio, work)
    assert shot.picture is not None
    kinds = {(one.name, one.format) for one in shot.picture.renditions}
    assert any(image_format is ImageFormat.WEBP for _, image_format in kinds)
    assert all(image_format is not ImageFormat.GIF for _, image_format in kinds)


async def test_what_is_broken_or_declares_a_machine_is_not_shown_and_the_work_hangs_on(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await added(studio, ana, work, SMALL[:900], MARKED)
    broken, marked = await made(studio, work)
    assert broken.picture is not None
    assert marked.picture is not None
    assert broken.picture.state is marked.picture.state is PictureState.REFUSED
    assert "incomplete or damaged" in broken.picture.problem
    assert "declares" in marked.picture.problem
    assert marked.picture.renditions == ()
    assert (await studio.work(work.id)).state is WorkState.HUNG
    hers = await studio.hung(ana, ai_label="assisted")
    await added(studio, ana, hers, MARKED)
    (shot,) = await made(studio, hers)
    assert shot.picture is not None
    assert shot.picture.state is PictureState.READY
    assert shot.picture.declared_by


async def test_a_video_is_passed_on_byte_by_byte(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    work = await studio.hung(ana, Visibility.DRAFT)
    (shot,) = await added(studio, ana, work, mp4())
    video = shot.video
    assert video is not None
    assert (video.type, video.width, video.height, video.bytes) == (
        *("video/mp4", 1_280, 720, len(mp4())),
    )
    assert await studio.media.read(video.digest) == mp4()
    assert shot.picture is None
    flow = documenting(studio)
    assert (await flow.video(video.media_key, ana.id))[2] == video
    for stranger in (None, bea.id):
        with pytest.raises(NotFound):
            await flow.video(video.media_key, stranger)
    for key in ("", "0" * 40):
        with pytest.raises(NotFound):
            await flow.video(key, ana.id)
    async with studio.library.transaction() as tx:
        await tx.works.update(replace(work, visibility=Visibility.PUBLIC))
    assert (await flow.video(video.media_key, None))[0].id == work.id


async def test_a_picture_stands_for_a_video_until_it_is_taken_off(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    (shot,) = await added(studio, ana, work, mp4())
    flow, shown = documenting(studio), frozenset({shot.id})
    poster = await came(studio, SMALL, field="poster-1")
    await flow.change(ana, work.id, ShotsWish(shown, (ShotEdit(shot.id, poster=poster),)))
    (shot,) = await made(studio, work)
    assert shot.video is not None
    assert shot.picture is not None
    assert shot.picture.state is PictureState.READY
    assert shot.bytes == len(mp4()) + len(SMALL)
    other = await came(studio, OTHER, field="poster-1")
    (shot,) = await flow.change(ana, work.id, ShotsWish(shown, (ShotEdit(shot.id, poster=other),)))
    assert shot.picture is not None
    assert shot.picture.state is PictureState.WAITING
    edit = ShotEdit(shot.id, drops_poster=True)
    (shot,) = await flow.change(ana, work.id, ShotsWish(shown, (edit,)))
    assert shot.picture is None
    assert await studio.media.read(shot.video.digest) == mp4()


async def test_order_and_words_are_kept(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    one, two, three = await added(studio, ana, work, mp4(), webm(), SMALL)
    wish = ShotsWish(
        frozenset({one.id, two.id, three.id}),
        (ShotEdit(three.id, " A table ", " First "), ShotEdit(one.id), ShotEdit(two.id)),
        (await came(studio, webm(99)),),
    )
    kept = await documenting(studio).change(ana, work.id, wish)
    assert [shot.id for shot in kept][:3] == [three.id, one.id, two.id]
    assert (kept[0].alt, kept[0].caption) == ("A table", "First")
    assert kept[3].video is not None
    assert kept[3].video.width == 99


async def test_files_go_with_what_is_taken_out_but_those_that_others_need_stay(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work, other = await studio.hung(ana), await studio.hung(ana)
    before = studio.files()
    shots = await added(studio, ana, work, mp4(), PRIVATE)
    await made(studio, work)
    assert len(studio.files()) > len(before) + 2
    await added(studio, ana, other, mp4())
    await documenting(studio).change(ana, work.id, ShotsWish(frozenset(one.id for one in shots)))
    left = studio.files() - before
    assert len(left) == 1
    assert await studio.media.read(left.pop()) == mp4()


async def test_a_picture_that_is_taken_out_while_it_is_made_leaves_nothing(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    before = studio.files()
    (shot,) = await added(studio, ana, work, PRIVATE)
    making = asyncio.create_task(made(studio, work))
    await documenting(studio).change(ana, work.id, ShotsWish(frozenset({shot.id})))
    assert await making == ()
    assert studio.files() == before


async def test_files_are_needed_moved_verified_and_swept_with_their_work(
    studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await added(studio, ana, work, mp4(), SMALL + b" ")
    await made(studio, work)
    room = Storeroom(studio.library, studio.media, studio.clock)
    assert (await room.usage()).spare == 0
    count, faults = await room.verify()
    assert (count, faults) == (len(studio.files()), ())
    elsewhere = DiskStore(tmp_path_factory.mktemp("other"))
    assert (await room.move(elsewhere)).copied == count
    await studio.publishing.withdraw(ana, work.id)
    assert (await room.usage()).needed == 0


async def test_copies_are_made_anew_when_what_they_say_changes(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.published(ana, SMALL)
    await added(studio, ana, work, SMALL)
    (before,) = await made(studio, work)
    async with studio.library.transaction() as tx:
        await tx.artists.update(replace(ana, watermark=Watermark(text="© Ana")))
    look = Reinscribing(studio.library, studio.clock, MemoryBus(), studio.making)
    await look.look_through(msgspec.json.encode(ReinscribePromise()))
    await studio.worker.drain()
    (after,) = await made(studio, work)
    assert before.picture is not None
    assert after.picture is not None
    assert before.picture.media_key != after.picture.media_key
    with pytest.raises(Gone):
        await studio.viewing.rendition(
            before.picture.media_key, RenditionName.VIEW, ImageFormat.JPEG, None
        )
    assert (await made(studio, work)) == (after,)
