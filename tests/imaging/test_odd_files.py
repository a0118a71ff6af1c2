"""Files of our own making that are right but odd, or wrong in ways that decoders forgive."""

import io
import itertools
import struct
import zlib
from collections.abc import Iterable

import pytest
from PIL import Image, ImageOps

from server.imaging import make
from server.model import ImageFormat, RenditionName
from server.pictures import Made, Refusal, RefusalCode
from tests.imaging.corpus import ENTRIES, find, mean_colour, opened, shown
from tests.imaging.test_animations import on_white

SIDE = 64
LEFT, RIGHT = [0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 0.5, 1.0]
WHITE = [255.0, 255.0, 255.0]
P3, GREY = (
    opened(ENTRIES[f"colour/{name}.jpg"]).info["icc_profile"]
    for name in ("display-p3", "grey-profile")
)


def png(
    depth: int,
    colour: int,
    rows: Iterable[bytes],
    *chunks: tuple[bytes, bytes],
    interlace: int = 0,
) -> bytes:
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, depth, colour, 0, 0, interlace)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def halves(left: bytes, right: bytes) -> list[bytes]:
    return [left * (SIDE // 2) + right * (SIDE // 2)] * SIDE


def file(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def flat(mode: str, colour: int | tuple[int, ...]) -> Image.Image:
    return Image.new(mode, (100, 80), colour)


def made(source: bytes) -> Made:
    answer = make(source)
    assert isinstance(answer, Made), answer
    return answer


def two(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


SHALLOW = {  # what others see of the left half and of the right one
    "grey of 16 bits, one value clear": (
        png(16, 0, halves(two(1000), two(40_000)), (b"tRNS", two(1000))),
        (WHITE, [155.6] * 3),
    ),
    "RGB of 8 bits, one colour clear": (
        png(8, 2, halves(bytes([9, 9, 9]), bytes([200, 30, 30])), (b"tRNS", two(9, 9, 9))),
        (WHITE, [200, 30, 30]),
    ),
    "grey of 8 bits, one value clear": (
        png(8, 0, halves(b"\x09", b"\xc8"), (b"tRNS", two(9))),
        (WHITE, [200] * 3),
    ),
    "grey and alpha of 16 bits": (
        png(16, 4, halves(two(40_000, 65_535), two(40_000, 0))),
        ([155.6] * 3, WHITE),
    ),
    "RGBA of 16 bits": (
        png(16, 6, halves(two(40_000, 10_000, 60_000, 65_535), two(0, 0, 0, 0))),
        ([155.6, 38.9, 233.5], WHITE),
    ),
    "a palette of one bit, the first colour clear": (
        png(
            1,
            3,
            [b"\0\0\0\0\xff\xff\xff\xff"] * SIDE,
            (b"PLTE", b"\xff\0\0\0\0\xff"),
            (b"tRNS", b"\0"),
        ),
        (WHITE, [0, 0, 255]),
    ),
    "an index beyond the palette": (
        png(2, 3, [b"\xff" * 16] * SIDE, (b"PLTE", b"\xff\0\0\0\0\xff")),
        ([0] * 3, [0] * 3),
    ),
    "grey of 4 bits": (png(4, 0, [b"\x88" * 32] * SIDE), ([136] * 3, [136] * 3)),
    "black to its last row": (png(8, 2, halves(b"\0\0\0", b"\0\0\0")), ([0] * 3, [0] * 3)),
    "something behind its end": (
        png(8, 2, halves(b"\x09\x63\xc7", b"\x09\x63\xc7")) + b"PK\3\4 more" * 50,
        ([9, 99, 199], [9, 99, 199]),
    ),
    "CMYK without a marker": (file(flat("CMYK", (170, 40, 20, 0)), "JPEG"), ([85, 215, 235],) * 2),
    "CMYK in a TIFF": (file(flat("CMYK", (170, 40, 20, 0)), "TIFF"), ([85, 215, 235],) * 2),
    "a fax": (
        file(Image.new("1", (200, 100), 1), "TIFF", compression="group4"),
        (WHITE, WHITE),
    ),
    "a TIFF with JPEG inside": (
        file(flat("RGB", (200, 80, 60)), "TIFF", compression="jpeg"),
        ([200, 80, 60],) * 2,
    ),
    "two pictures of one camera in a file": (
        file(
            flat("RGB", (200, 80, 60)), "MPO", save_all=True, append_images=[flat("RGB", (9, 9, 9))]
        ),
        ([200, 80, 60],) * 2,
    ),
    "grey with a profile for RGB": (
        file(flat("L", 128), "JPEG", icc_profile=P3),
        ([128] * 3, [128] * 3),
    ),
    "RGB with a profile for grey": (
        file(flat("RGB", (200, 80, 60)), "JPEG", icc_profile=GREY),
        ([200, 80, 60],) * 2,
    ),
    "a profile cut behind its header": (
        file(flat("RGB", (200, 80, 60)), "JPEG", icc_profile=P3[:128] + bytes(200)),
        ([200, 80, 60],) * 2,
    ),
    "half clear in a wide gamut": (
        file(flat("RGBA", (230, 197, 173, 255)), "PNG", icc_profile=P3),
        ([237, 195, 170],) * 2,
    ),
    "a line one pixel high": (file(Image.new("L", (29_999, 1), 128), "PNG"), ([128] * 3,) * 2),
    "as wide as a WebP can be": (file(Image.new("L", (16_383, 3), 128), "WEBP"), ([128] * 3,) * 2),
}


@pytest.mark.parametrize(("source", "colours"), SHALLOW.values(), ids=SHALLOW)
def test_odd_files_come_out_right(source: bytes, colours: tuple[list[float], list[float]]) -> None:
    copy = shown(find(made(source), RenditionName.FEDERATED))
    for part, wanted in zip((LEFT, RIGHT), colours, strict=True):
        found = mean_colour(copy, part)
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= 6, found


BROKEN = {
    "no pixels": png(8, 2, []),
    "half of the rows, properly ended": png(8, 2, halves(b"\xc8\x1e\x1e", b"\0\0\1")[: SIDE // 2]),
    "half of an interlaced one": png(8, 0, halves(b"\xc8", b"\x09")[: SIDE // 2], interlace=1),
    "no palette": png(8, 3, halves(b"\0", b"\1")),
    "a wrong checksum": bytearray(png(8, 2, halves(b"\xc8\x1e\x1e", b"\0\0\1"))),
    "a JPEG without its end": file(Image.effect_noise((300, 200), 80), "JPEG")[:-2],
}
BROKEN["a wrong checksum"][30] ^= 1  # type: ignore[index]  # of IHDR


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_what_is_half_there_is_refused_and_never_filled_up(source: bytes) -> None:
    answer = make(bytes(source))
    assert isinstance(answer, Refusal), "half a picture was taken for a whole one"
    assert answer.code is RefusalCode.DAMAGED


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("value", range(10))
def test_every_kind_is_turned_upright_once_however_it_was_held(kind: str, value: int) -> None:
    held = Image.new("RGB", (90, 60))
    held.paste((255, 0, 0), (0, 0, 30, 20))
    held.paste((0, 255, 0), (60, 0, 90, 20))
    exif = Image.Exif()
    exif[0x0112] = value
    said = {"tiffinfo": {0x0112: value}} if kind == "TIFF" else {"exif": exif.tobytes()}
    wanted = held.copy()
    wanted.getexif()[0x0112] = value
    ImageOps.exif_transpose(wanted, in_place=True)
    copy = shown(find(made(file(held, kind, **said)), RenditionName.VIEW))
    assert copy.size == wanted.size
    pairs = zip(copy.resize((9, 9)).tobytes(), wanted.resize((9, 9)).tobytes(), strict=True)
    assert max(abs(a - b) for a, b in pairs) < 40


def _frames() -> list[Image.Image]:
    found = []
    for number in range(5):
        frame = Image.new("RGBA", (80, 60), (0, 0, 0, 0))
        frame.paste((200, 30, 30, 255), (number * 10, 10, number * 10 + 10, 30))
        found.append(frame)
    return found


@pytest.mark.parametrize(
    ("kind", "disposal"),
    [*itertools.product(["GIF"], range(4)), *itertools.product(["PNG"], range(3))],
)
def test_frames_are_laid_upon_each_other_as_the_file_says(kind: str, disposal: int) -> None:
    first, *others = _frames()
    source = file(first, kind, save_all=True, append_images=others, disposal=disposal, duration=90)
    wanted = Image.open(io.BytesIO(source))
    moving = [one for one in made(source).renditions if one.format in {"webp", "gif"}]
    assert moving
    for copy in map(shown, moving):
        for number in range(5):
            wanted.seek(number)
            copy.seek(number)
            pair = [on_white(image).resize((8, 8)).tobytes() for image in (wanted, copy)]
            assert max(abs(a - b) for a, b in zip(*pair, strict=True)) < 10, number


def test_what_an_animation_shows_to_old_viewers_is_no_frame_of_it() -> None:
    still = Image.new("RGBA", (80, 60), (0, 255, 0, 255))
    source = file(still, "PNG", save_all=True, default_image=True, append_images=_frames())
    copy = find(made(source), RenditionName.VIEW, ImageFormat.WEBP)
    moving = shown(copy)
    assert made(source).frames == moving.n_frames == 5  # type: ignore[attr-defined]
    moving.seek(0)
    assert mean_colour(on_white(moving), [0.5, 0.5, 0.5, 0.5]) == WHITE
