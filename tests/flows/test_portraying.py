"""Avatars and banners: refused, cut to shape without a word of the upload's, shown, taken off."""

import io
import time

import pytest
from PIL import Image

from federation.portraits import actor_of
from federation.translate import Voice
from server.bus import MemoryBus
from server.errors import Gone, Invalid, NotFound
from server.model import Artist, Millis
from server.portraits import PortraitKind
from server.portraying import Portraying
from server.promises import Deed
from server.storeroom import Storeroom
from server.sweeping import AGE
from tests.flows.artists import (  # noqa: F401 - fixtures
    IMAGES,
    NO_PICTURE,
    OTHER,
    SMALL,
    Studio,
    a_pool,
    a_studio,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

AVATAR, BANNER = PortraitKind.AVATAR, PortraitKind.BANNER


def portraying(studio: Studio) -> Portraying:
    workers = studio.making.pipeline.workers
    bus = MemoryBus()
    return Portraying(studio.library, studio.clock, bus, studio.media, workers, studio.addresses)


def striped() -> bytes:
    """Return a picture that is red at its left, blue at its right, and green between."""
    file, image = io.BytesIO(), Image.new("RGB", (900, 300), "lime")
    image.paste("red", (0, 0, 300, 300))
    image.paste("blue", (600, 0, 900, 300))
    image.save(file, "PNG")
    return file.getvalue()


async def changed(
    studio: Studio, artist: Artist, kind: PortraitKind, body: bytes, x: float = 0.0, alt: str = ""
) -> Artist:
    stored = await studio.media.put(body)
    return await portraying(studio).change(artist, kind, stored, focus=(x, 0.0), alt=alt)


async def shown(studio: Studio, artist: Artist, kind: PortraitKind) -> Image.Image:
    found = (await portraying(studio).of_artist(artist))[kind]
    with Image.open(io.BytesIO(await studio.media.read(found.digest))) as image:
        image.load()
        return image


def colour_of(image: Image.Image) -> str:
    middle = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(middle, tuple)
    return ("red", "lime", "blue")[middle.index(max(middle))]


async def document(studio: Studio, artist: Artist) -> dict[str, object]:
    async with studio.library.reading() as tx:
        now = await tx.artists.by_id(artist.id)
    assert now is not None
    voice = Voice(
        now, await studio.actor(artist), studio.house.usage_of(now), studio.house.now.policy
    )
    return dict(actor_of(voice, studio.addresses))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (NO_PICTURE, "is a text file"),
        (b"", "empty"),
        (SMALL[:200], "damaged|cut off|cannot be read"),
        ((IMAGES / "hostile" / "bomb-30000x30000.png").read_bytes(), "pixels"),
    ],
)
async def test_what_is_no_picture_is_refused_and_the_present_one_stays(
    studio: Studio, body: bytes, said: str
) -> None:
    ana = await changed(studio, await studio.artist("ana"), AVATAR, SMALL)
    await studio.said()
    with pytest.raises(Invalid, match=said) as refused:
        await changed(studio, ana, AVATAR, body)
    assert refused.value.field == "avatar"
    assert await studio.library.look(lambda tx: tx.artists.by_id(ana.id)) == ana
    assert await studio.deeds() == []


async def test_a_form_without_a_picture_or_with_endless_words_is_refused(studio: Studio) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match="choose one"):
        await portraying(studio).change(ana, BANNER, None)
    with pytest.raises(Invalid, match="too long"):
        await changed(studio, ana, BANNER, SMALL, alt="a" * 1_001)
    assert await portraying(studio).of_artist(ana) == {}


@pytest.mark.parametrize(("kind", "size"), [(AVATAR, (400, 400)), (BANNER, (1_500, 500))])
async def test_it_is_cut_to_its_shape_and_nothing_but_pixels_is_in_it(
    studio: Studio, kind: PortraitKind, size: tuple[int, int]
) -> None:
    private = (IMAGES / "private" / "everything.jpg").read_bytes()
    ana = await changed(studio, await studio.artist("ana"), kind, private)
    image = await shown(studio, ana, kind)
    assert (image.format, image.size) == ("JPEG", size)
    assert set(image.info) <= {
        *("jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"),
        *("dpi", "icc_profile"),
    }
    assert not image.getexif()


async def test_it_is_cut_around_its_focus_and_anew_without_another_upload(studio: Studio) -> None:
    ana = await changed(studio, await studio.artist("ana"), AVATAR, striped(), x=-1)
    assert colour_of(await shown(studio, ana, AVATAR)) == "red"
    before = await portraying(studio).of_artist(ana)
    moved = await portraying(studio).change(ana, AVATAR, None, focus=(1.0, 0.0))
    assert colour_of(await shown(studio, ana, AVATAR)) == "blue"
    assert moved.avatar not in {"", ana.avatar}
    with pytest.raises(NotFound):  # other servers must not keep the old one under its address
        await portraying(studio).shown(ana.avatar, AVATAR)
    now = await portraying(studio).of_artist(ana)
    assert now[AVATAR].original_digest == before[AVATAR].original_digest
    assert before[AVATAR].digest not in studio.files()


async def test_words_alone_change_no_address(studio: Studio) -> None:
    ana = await changed(studio, await studio.artist("ana"), BANNER, striped())
    same = await portraying(studio).change(ana, BANNER, None, alt=" Three stripes ")
    assert same == ana
    assert (await portraying(studio).of_artist(ana))[BANNER].alt == "Three stripes"


async def test_other_servers_are_told_and_find_both(studio: Studio) -> None:
    ana = await studio.artist("ana")
    assert {"icon", "image"}.isdisjoint(await document(studio, ana))
    await changed(studio, ana, AVATAR, SMALL)
    ana = await changed(studio, ana, BANNER, OTHER)
    assert await studio.deeds() == [Deed.PROFILE_CHANGED, Deed.PROFILE_CHANGED]
    told = await document(studio, ana)
    for name, key, kind in (("icon", ana.avatar, AVATAR), ("image", ana.banner, BANNER)):
        url = f"https://art.example/media/{key}/{kind}.jpg"
        assert told[name] == {"type": "Image", "mediaType": "image/jpeg", "url": url}
    assert (
        await studio.actor(ana)
    ).icon_url == f"https://art.example/media/{ana.avatar}/avatar.jpg"


async def test_taken_off_it_is_gone_with_its_files_and_others_are_told(studio: Studio) -> None:
    ana = await changed(studio, await studio.artist("ana"), AVATAR, SMALL)
    await studio.said()
    bare = await portraying(studio).remove(ana, AVATAR)
    assert (bare.avatar, (await studio.actor(ana)).icon_url) == ("", "")
    assert await studio.deeds() == [Deed.PROFILE_CHANGED]
    assert studio.files() == set()
    assert "icon" not in await document(studio, ana)
    assert await portraying(studio).remove(bare, AVATAR) == bare
    assert await studio.deeds() == []


async def test_files_that_a_work_needs_too_stay(studio: Studio) -> None:
    ana = await changed(studio, await studio.artist("ana"), AVATAR, SMALL)
    work = await studio.published(ana, SMALL)
    await portraying(studio).remove(ana, AVATAR)
    assert work.pictures[0].original_digest in studio.files()


async def test_no_sweep_takes_it_and_a_move_brings_it_along(studio: Studio) -> None:
    ana = await changed(studio, await studio.artist("ana"), AVATAR, SMALL)
    ana = await changed(studio, ana, BANNER, OTHER)
    kept = {d for one in (await portraying(studio).of_artist(ana)).values() for d in one.digests}
    assert studio.files() == kept
    room = Storeroom(studio.library, studio.media, _Later())
    assert await room.clean() == ()
    assert await room.verify() == (len(kept), ())


async def test_of_who_is_suspended_nothing_is_shown(studio: Studio) -> None:
    ana = await changed(studio, await studio.artist("ana"), AVATAR, SMALL)
    for key, kind in (("0" * 40, AVATAR), (ana.avatar, BANNER)):
        with pytest.raises(NotFound):
            await portraying(studio).shown(key, kind)
    await studio.accounts.suspend("ana")
    with pytest.raises(Gone):
        await portraying(studio).shown(ana.avatar, AVATAR)


async def test_what_moderators_said_meanwhile_is_kept(studio: Studio) -> None:
    ana = await studio.artist("ana")
    await studio.accounts.suspend("ana")  # while the upload came in
    await changed(studio, ana, AVATAR, SMALL)
    now = await studio.library.look(lambda tx: tx.artists.by_id(ana.id))
    assert now is not None
    assert now.suspended_at is not None


class _Later:
    """The system's clock, two days on: files on a disk are as old as their disk says."""

    def now(self) -> Millis:
        return Millis(int(time.time() * 1000) + 2 * AGE)

    def new_id(self) -> int:
        return 1
