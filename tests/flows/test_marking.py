"""Watermarks: refused, kept, seen on copies, taken off; and link cards cut around the focus."""

import io

import pytest
from PIL import Image, ImageChops

from server.bus import MemoryBus
from server.drafts import Draft
from server.errors import Invalid, NotFound
from server.marking import Marking
from server.model import Artist, CardShape, ImageFormat, Picture, RenditionName, Work
from server.watermarks import Watermark, WatermarkReach, WatermarkStyle
from tests.flows.artists import MINUTE, Studio, a_pool, a_studio, edits_of  # noqa: F401

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = WatermarkReach.ALL


def plain(side: int = 1_400, colour: str = "teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(file, "PNG")
    return file.getvalue()


def logo() -> bytes:
    file, image = io.BytesIO(), Image.new("RGBA", (400, 200))
    image.paste((255, 255, 255, 255), (100, 50, 300, 150))
    image.save(file, "PNG")
    return file.getvalue()


def marking(studio: Studio) -> Marking:
    workers = studio.making.pipeline.workers
    return Marking(studio.library, studio.clock, MemoryBus(), studio.media, workers)


async def pixels(studio: Studio, picture: Picture, name: RenditionName) -> Image.Image:
    found = next(
        one for one in picture.renditions if (one.name, one.format) == (name, ImageFormat.JPEG)
    )
    image = Image.open(io.BytesIO(await studio.media.read(found.digest)))
    image.load()
    return image


async def is_marked(studio: Studio, work: Work, name: RenditionName) -> bool:
    """Say whether a copy of a plain picture is plain no more."""
    image = (await pixels(studio, work.pictures[0], name)).convert("L")
    low, high = image.getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    return high - low > 40


async def marked(studio: Studio, work: Work) -> set[RenditionName]:
    names = {one.name for one in work.pictures[0].renditions} - {RenditionName.CARD}
    return {name for name in names if await is_marked(studio, work, name)}


async def chosen(studio: Studio, artist: Artist, watermark: Watermark, logo: bytes = b"") -> Artist:
    changed = await marking(studio).change(artist, watermark, logo)
    studio.clock.move(MINUTE)
    await studio.worker.drain()
    return changed


@pytest.mark.parametrize(
    ("text", "logo", "said"),
    [
        ("A" * 61, b"", "at most 60 letters"),
        ("Ana\u202eanA", b"", "cannot be seen"),
        ("字\U0001f9a9", b"", "The lettering of this server has no"),
        ("", b"no picture", "A logo is a PNG or WebP"),
        ("", plain()[:300], "A logo is a PNG or WebP"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_and_nothing_changes(
    studio: Studio, text: str, logo: bytes, said: str
) -> None:
    ana = await studio.artist("ana")
    with pytest.raises(Invalid, match=said):
        await marking(studio).change(ana, Watermark(text), logo)
    with pytest.raises(NotFound):
        await marking(studio).sample(ana)
    assert await studio.library.look(lambda tx: tx.artists.by_id(ana.id)) == ana


async def test_a_watermark_comes_onto_the_chosen_copies_and_goes_again(studio: Studio) -> None:
    ana = await studio.artist("ana")
    was = await studio.published(ana, plain())
    assert await marked(studio, was) == set()
    await chosen(studio, ana, Watermark("© Ana"))
    shared = await studio.work(was.id)
    assert await marked(studio, shared) == {RenditionName.PREVIEW, RenditionName.FEDERATED}
    assert shared.pictures[0].media_key != was.pictures[0].media_key
    await chosen(studio, ana, Watermark("© Ana", style=WatermarkStyle.TILED, reach=ALL))
    everywhere = await studio.work(was.id)
    names = {one.name for one in everywhere.pictures[0].renditions}
    assert await marked(studio, everywhere) == names - {RenditionName.TILE, RenditionName.CARD}
    await chosen(studio, ana, Watermark())
    assert await marked(studio, await studio.work(was.id)) == set()


async def test_a_work_can_do_without(studio: Studio) -> None:
    ana = await chosen(studio, await studio.artist("ana"), Watermark("© Ana", reach=ALL))
    work = await studio.published(ana, plain(), title="Sea", bears_watermark=False)
    assert await marked(studio, work) == set()
    await studio.publishing.edit(ana, work.id, Draft(title="Sea"), edits_of(work))
    await studio.worker.drain()
    assert RenditionName.VIEW in await marked(studio, await studio.work(work.id))


async def test_a_logo_is_made_small_and_clean_and_never_swept(studio: Studio) -> None:
    ana = await chosen(studio, await studio.artist("ana"), Watermark(reach=ALL), logo())
    assert ana.watermark is not None
    with Image.open(io.BytesIO(await studio.media.read(ana.watermark.logo))) as kept:
        assert (kept.format, kept.size) == ("PNG", (200, 100))
    work = await studio.published(ana, plain())
    assert await is_marked(studio, work, RenditionName.VIEW)
    jpeg = await marking(studio).sample(ana)
    assert jpeg.startswith(b"\xff\xd8")
    used = await studio.library.look(
        lambda tx: tx.works.digests_in_use([ana.watermark.logo])  # type: ignore[union-attr]
    )
    assert used == {ana.watermark.logo}
    assert ana.watermark.logo in await studio.library.look(lambda tx: tx.works.digests())


async def test_a_link_card_shows_the_whole_or_what_is_around_the_focus(studio: Studio) -> None:
    ana = await studio.artist("ana")
    file, image = io.BytesIO(), Image.new("RGB", (600, 1_800), "white")
    image.paste("red", (0, 1_500, 600, 1_800))
    image.save(file, "PNG")
    work = await studio.published(ana, file.getvalue(), title="Tower")
    whole = await pixels(studio, work.pictures[0], RenditionName.CARD)
    assert whole.size == (1_200, 630)
    corner = whole.getpixel((5, 5))
    assert isinstance(corner, tuple)
    assert max(corner) < 140  # the neutral ground
    (edit,) = edits_of(work)
    low = [type(edit)(**{**_fields(edit), "focal_x": 0.0, "focal_y": -1.0})]
    await studio.publishing.edit(ana, work.id, Draft(title="Tower", card=CardShape.FOCUS), low)
    await studio.worker.drain()
    cut = await pixels(studio, (await studio.work(work.id)).pictures[0], RenditionName.CARD)
    assert cut.size == (1_200, 630)
    red = Image.new("RGB", cut.size, "red")
    low_part = (0, 400, 1_200, 630)
    difference = ImageChops.difference(cut.crop(low_part), red.crop(low_part))
    assert max(high for _, high in difference.getextrema()) < 20  # type: ignore[misc,str-unpack]


def _fields(edit: object) -> dict[str, object]:
    return {name: getattr(edit, name) for name in edit.__dataclass_fields__}  # type: ignore[attr-defined]
