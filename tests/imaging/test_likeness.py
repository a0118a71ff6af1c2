"""PDQ: the bits of its reference, bit for bit, and what saving a picture anew does to them."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from server.errors import Invalid
from server.likeness import MAX_DISTANCE, MIN_QUALITY, distance, nearest
from server.pdq import answer, hashed, hashes_of
from server.pictures import LIKENESS_TASK, read_likeness
from server.sampleart import paint, sample_works
from server.workers import ProcessWorkers

IMAGES = Path(__file__).parents[1] / "fixtures" / "images"

# What Meta's own program (through pdqhash 0.2.8) says of each picture at 512 by 512 pixels.
VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "pdq.json").read_text())


@cache
def painting() -> Image.Image:
    """Return a picture of the demo, drawn in fine lines."""
    with Image.open(io.BytesIO(paint(sample_works()[2], 0))) as image:
        return image.convert("RGB").resize((640, 800))


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", VECTORS)
def test_hashes_are_those_of_the_reference_in_all_eight_attitudes(name: str) -> None:
    with Image.open(IMAGES / name) as image:
        found, quality = hashed(image.convert("RGB"))
    assert quality == VECTORS[name]["quality"]
    assert list(found) == VECTORS[name]["hashes"]


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "smaller": lambda image: image.resize((150, 100)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(3)),
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "saved": lambda image: Image.open(io.BytesIO(saved(image, quality=30))).convert("RGB"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_that_was_made_smaller_or_altered_a_little_is_the_same(change: str) -> None:
    original = hashes_of(painting())
    changed = hashes_of(CHANGES[change](painting()))
    assert nearest(changed, original[0]) <= MAX_DISTANCE


@pytest.mark.parametrize("turn", list(Image.Transpose))
def test_a_mirrored_or_turned_picture_is_the_same(turn: Image.Transpose) -> None:
    original = hashes_of(painting())
    turned = hashes_of(painting().transpose(turn))
    assert distance(turned[0], original[0]) > 2 * MAX_DISTANCE
    assert nearest(turned, original[0]) <= MAX_DISTANCE


def test_other_pictures_are_others() -> None:
    names = ["formats/mp24-6000x4000.jpg", "ai-negative/fractal-algorithmic.jpg"]
    ours, theirs = (VECTORS[name]["hashes"] for name in names)
    assert nearest(tuple(theirs), ours[0]) > 2 * MAX_DISTANCE


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (12, 90, 200)])
def test_a_flat_picture_is_like_nothing(colour: tuple[int, int, int]) -> None:
    image = Image.new("RGB", (800, 600), colour)
    assert hashed(image)[1] < MIN_QUALITY
    assert hashes_of(image) == ()


def test_a_soft_gradient_is_like_nothing() -> None:
    assert hashes_of(Image.linear_gradient("L").convert("RGB").resize((900, 900))) == ()


def test_a_transparent_picture_is_seen_on_white() -> None:
    image = painting().convert("RGBA")
    assert hashes_of(image) == hashes_of(painting())


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0" + b"\0" * 200])
def test_what_cannot_be_read_is_like_nothing(data: bytes) -> None:
    assert read_likeness(answer(data)).hashes == ()


def test_a_turned_file_is_compared_as_people_see_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = painting().transpose(Image.Transpose.ROTATE_90)
    found = read_likeness(answer(saved(stored, exif=exif, quality=90))).hashes
    assert distance(found[0], hashes_of(painting())[0]) <= MAX_DISTANCE


async def test_every_hostile_picture_ends_in_its_child() -> None:
    hostile = sorted((IMAGES / "hostile").iterdir())
    assert hostile
    pool = ProcessWorkers()
    try:
        for path in hostile:
            with suppress(Invalid):  # its child was ended
                read_likeness(await pool.run(LIKENESS_TASK, path.read_bytes()))
    finally:
        await pool.close()
