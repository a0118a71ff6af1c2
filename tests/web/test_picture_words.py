"""Before a work hangs its artist reads what is stored, what it says, and who can fetch what."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest

from server.credentials import Credentials
from server.model import PictureState, Work, WorkId
from server.watermarks import Watermark
from tests.imaging.corpus import FOLDER
from tests.imaging.test_animations import film
from tests.imaging.test_inscribing import photograph
from tests.security.gallery import Browser, Gallery, a_gallery  # noqa: F401 - fixture
from web.copies import written_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def drafted(gallery: Gallery, browser: Browser, body: bytes, **fields: str) -> Work:
    answer = await browser.upload(body, title="Hare", then="draft", **fields)
    work_id = WorkId(int(answer.location.partition("?")[0].rpartition("/")[2]))
    await gallery.studio.worker.drain()
    return await gallery.studio.work(work_id)


async def words_on(browser: Browser, work: Work) -> str:
    """Return what stands on a draft's page, without its tags."""
    page = (await browser.get(f"/studio/works/{work.id}")).text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def fixture(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", ["private/script-in-artist.jpg", "hostile/php-exif.jpg"])
async def test_words_of_a_file_are_shown_and_never_obeyed(gallery: Gallery, name: str) -> None:
    ana = await gallery.member()
    work = await drafted(gallery, ana, fixture(name))
    page = (await ana.get(f"/studio/works/{work.id}")).text
    for bad in ("<script>alert", "<img src=x", "<?php", "onerror=alert(100)>"):
        assert bad not in page
    if "script" in name:
        assert "&lt;img src=x onerror=alert(100)&gt;" in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_what_is_no_picture_is_never_served_as_what_it_is(gallery: Gallery) -> None:
    ana = await gallery.member()
    work = await drafted(gallery, ana, fixture("hostile/note-named.png"))
    [picture] = work.pictures
    assert (picture.state, picture.renditions) == (PictureState.REFUSED, ())
    for path in (f"/media/{picture.original_digest}/view.jpg", f"/media/{picture.id}/view.jpg"):
        assert (await gallery.stranger().get(path)).status == 404
    own = await ana.get(f"/studio/works/{work.id}/pictures/{picture.id}/original")
    if own.status == 200:
        assert own.headers["Content-Type"] == "application/octet-stream"
        assert own.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("private/exif-gps-serial.jpg", True),
        ("private/xmp-gps-serial.jpg", True),
        ("private/iptc-location.jpg", True),
        ("private/png-exif-xmp.png", True),
        ("private/webp-exif-xmp.webp", True),
        ("private/avif-exif.avif", True),
        ("private/tiff-exif.tif", True),
        ("private/exif-thumbnail-uncropped.jpg", False),
        ("formats/progressive.jpg", False),
    ],
)
async def test_a_place_in_the_file_is_told_of_and_that_no_copy_has_it(
    gallery: Gallery, name: str, *, is_told: bool
) -> None:
    ana = await gallery.member()
    said = await words_on(ana, await drafted(gallery, ana, fixture(name)))
    assert ("That place was found, and it is in none of the copies." in said) is is_told
    assert "48.2" not in said.partition("Written inside every copy")[2][:400]


async def test_what_will_stand_inside_the_copies_is_said_in_words(gallery: Gallery) -> None:
    ana = await gallery.member()
    own = await words_on(ana, await drafted(gallery, ana, fixture("private/everything.jpg")))
    assert "By Mira Okonjo-Lind" in own
    assert "Rights © 2026 Mira Okonjo-Lind, all rights reserved" in own
    assert "Machines may not train AI on it" in own
    assert "How it was made made by a person, with digital tools" in own
    assert "Names and rights that stand in your file stay as you wrote them there." in own
    ours = await words_on(ana, await drafted(gallery, ana, photograph("JPEG"), licence="cc-by"))
    assert "By Ana" in ours
    assert "Licence CC BY 4.0" in ours
    assert "stay as you wrote them there" not in ours
    assert "Camera" not in ours.partition("Written inside every copy")[2][:300]


async def test_camera_fields_are_among_them_where_they_are_ticked(gallery: Gallery) -> None:
    ana = await gallery.member()
    work = await drafted(gallery, ana, photograph("JPEG"), shows_camera="1")
    said = await words_on(ana, work)
    assert "Camera Examplecam EC-1, EC 35mm, 35 mm, f/2.8, 1/250 s, ISO 400" in said


async def test_signed_copies_are_said_to_be(gallery: Gallery) -> None:
    [picture] = gallery.works["public"].pictures
    assert "Content Credentials" not in {row.what for row in written_of(picture)}
    for has_parent in (False, True):
        kept = Credentials(is_signed=True, has_parent=has_parent)
        said = {row.what: row.words for row in written_of(replace(picture, credentials=kept))}
        assert ("your file's own" in said["Content Credentials"]) is has_parent


async def test_who_can_fetch_what_is_said_before_anybody_can(gallery: Gallery) -> None:
    ana = await gallery.member()
    work = await drafted(gallery, ana, fixture("formats/panorama-8000x400.jpg"))
    said = await words_on(ana, work)
    for row in (
        "Visitors without an account 1,280 × 64",
        "Link previews for everybody 1,200 × 630",
    ):
        assert row in said
    assert re.search(r"People signed in here [\d,]+ × \d+ Other servers", said)
    for one in work.pictures[0].renditions:
        path = f"/media/{work.pictures[0].media_key}/{one.name}.{one.format}"
        assert (await gallery.stranger().get(quote(path))).status == 404


async def test_who_uploads_reads_no_word_about_disks_while_nothing_can_be_stored(
    gallery: Gallery,
) -> None:
    ana, folder = await gallery.member(), gallery.studio.folder
    aside = folder.with_name("aside")
    folder.rename(aside)
    folder.write_text("a file where the folder should be")
    try:
        answer = await ana.upload(photograph("JPEG"), title="Kept words", caption="And these")
    finally:
        folder.unlink()
        aside.rename(folder)
    said = unescape(answer.text)
    assert answer.status == 503
    assert "Files cannot be stored here at the moment, so nothing of this was changed" in said
    assert "Kept words" in said
    assert "And these" in said
    assert "media folder" not in said
    again = await ana.upload(photograph("JPEG"), title="Kept words")
    assert again.status == 303


async def test_copies_that_move_are_said_to_carry_no_watermark(gallery: Gallery) -> None:
    ana = await gallery.member()
    moving = film("GIF", duration=100)
    note = "It moves: its moving copies carry no watermark."
    assert note not in await words_on(ana, await drafted(gallery, ana, moving))
    answer = await ana.get("/settings/watermark")
    assert answer.status == 200
    artist = await gallery.studio.library.look(lambda tx: tx.artists.by_handle("ana"))
    assert artist is not None
    await gallery.instance.flows.marking.change(artist, Watermark("© Ana"), b"")
    try:
        marked = await drafted(gallery, ana, moving, bears_watermark="1")
        assert note in await words_on(ana, marked)
        assert "Copies that move carry none." in (await ana.get("/studio/upload")).text
        still = await drafted(gallery, ana, photograph("JPEG"), bears_watermark="1")
        assert note not in await words_on(ana, still)
    finally:
        await gallery.instance.flows.marking.change(artist, Watermark(), b"")
