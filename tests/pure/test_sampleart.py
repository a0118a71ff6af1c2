import io
import re
from collections import Counter

import pytest
from PIL import Image, ImageCms, ImageStat

from server.errors import Invalid
from server.model import Visibility
from server.sampleart import SampleWork, paint, sample_artists, sample_works
from server.sampleart.easel import encode, ramp

WORKS = sample_works()
PICTURES = [(work, index) for work in WORKS for index in range(len(work.pictures))]
NAMES = [f"{work.title or 'untitled'}-{index}" for work, index in PICTURES]
QUICK = [work for work in WORKS if work.title in {"Weft for November", "Fennel, Running to Seed"}]
WITH_CHANCE = [
    work for work in WORKS if work.title in {"Swell", "Weather Diary, Five Weeks", "Last Tram"}
]


@pytest.mark.parametrize("index", [-1, 1])
def test_a_picture_that_a_work_does_not_have_is_refused_with_a_sentence(index: int) -> None:
    with pytest.raises(Invalid, match="has 1 pictures; choose"):
        paint(QUICK[0], index)


@pytest.mark.parametrize(("work", "index"), PICTURES, ids=NAMES)
def test_every_picture_is_a_large_colourful_srgb_jpeg(work: SampleWork, index: int) -> None:
    image = Image.open(io.BytesIO(paint(work, index)))
    image.load()
    assert image.format == "JPEG"
    assert image.mode == "RGB"
    assert 1400 <= max(image.size) <= 1700
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert max(ImageStat.Stat(image).stddev) > 8, "an empty canvas is no sample"


@pytest.mark.parametrize("work", QUICK + WITH_CHANCE, ids=lambda work: work.title)
def test_the_same_seed_paints_the_same_bytes(work: SampleWork) -> None:
    assert paint(work, 0) == paint(work, 0)


def test_another_seed_paints_another_picture() -> None:
    painter = WITH_CHANCE[0].pictures[0].painter
    assert encode(painter(1)) != encode(painter(2))


def test_the_embedded_profile_carries_no_clock() -> None:
    image = Image.open(io.BytesIO(encode(Image.new("RGB", (8, 8)))))
    assert image.info["icc_profile"][24:36] == bytes((7, 234, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))


def test_every_picture_has_its_own_written_description() -> None:
    alts = [alt for work in WORKS for alt in work.alts]
    assert all(len(work.alts) == len(work.pictures) for work in WORKS)
    assert len(set(alts)) == len(alts)
    assert all(80 <= len(alt) <= 420 for alt in alts)
    assert not [alt for alt in alts if alt.lower().startswith(("image of", "picture of"))]


def test_four_artists_in_two_studios_hang_six_works_each() -> None:
    artists = sample_artists()
    assert Counter(artist.studio for artist in artists) == {"studio-a": 2, "studio-b": 2}
    hung = Counter(work.artist_handle for work in WORKS)
    assert hung == {artist.handle: 6 for artist in artists}
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{1,29}", artist.handle) for artist in artists)
    assert all(artist.name and "invented" in artist.bio for artist in artists)


def test_the_gallery_shows_every_case_that_a_page_must_handle() -> None:
    assert Counter(work.visibility for work in WORKS) == {
        Visibility.PUBLIC: 22,
        Visibility.UNLISTED: 1,
        Visibility.FOLLOWERS: 1,
    }
    assert [bool(work.sensitive_reason) for work in WORKS if work.is_sensitive] == [True]
    assert sum(not work.title for work in WORKS) == 1
    assert sum(not work.title.isascii() for work in WORKS) == 2
    assert sorted(len(work.pictures) for work in WORKS)[-2:] == [2, 3]


def test_words_beside_the_pictures_are_short_and_complete() -> None:
    for work in WORKS:
        assert 2 <= len(work.tags) <= 4
        assert all(tag.isalnum() for tag in work.tags)
        assert 10 < len(work.caption) < 120
        assert work.medium
        assert re.fullmatch(r"20\d\d", work.year)


def test_pictures_come_in_at_least_five_shapes() -> None:
    sizes = {Image.open(io.BytesIO(paint(work, 0))).size for work in WORKS[:12]}
    assert len({round(width / height, 1) for width, height in sizes}) >= 5


@pytest.mark.parametrize(
    ("place", "colour"),
    [(-1, (0, 0, 0)), (0, (0, 0, 0)), (0.5, (255, 0, 0)), (1, (0, 0, 255)), (2, (0, 0, 255))],
)
def test_a_colour_ramp_stays_between_its_ends(place: float, colour: tuple[int, int, int]) -> None:
    assert ramp(("#000000", "#ff0000", "#0000ff"), place) == colour
