"""What the corpus does not show: bounds, sizes, alpha, depth, noise."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from server import decoding
from server.colour import SRGB, lean_profile, read_colour, srgb_profile
from server.decoding import fitted
from server.imaging import FEDERATED_MAX_BYTES, federated_size, make
from server.model import ImageFormat, RenditionName
from server.pictures import (
    Made,
    PictureTask,
    Refusal,
    RefusalCode,
    pack_answer,
    pack_task,
    read_answer,
    read_task,
)
from server.policy import PRESETS
from tests.imaging.corpus import answer_to, find, made_of, mean_colour, rendition, shown


def _file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _made(data: bytes) -> Made:
    answer = make(data)
    assert isinstance(answer, Made), answer
    return answer


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png_header(width: int, height: int) -> bytes:
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", ihdr) + _chunk(b"IDAT", zlib.compress(b""))


@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        (b"", RefusalCode.EMPTY, "empty"),
        (b"%PDF-1.7\n", RefusalCode.UNSUPPORTED, "PDF"),
        (b"8BPS\x00\x01", RefusalCode.UNSUPPORTED, "Photoshop"),
        (b"PK\x03\x04rest", RefusalCode.UNSUPPORTED, "ZIP"),
        (b"\xff\x0arest", RefusalCode.UNSUPPORTED, "JPEG XL"),
        (b"BMrest", RefusalCode.UNSUPPORTED, "BMP"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", RefusalCode.UNSUPPORTED, "video"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42", RefusalCode.UNSUPPORTED, "video"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", RefusalCode.UNSUPPORTED, "HEIC"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif", RefusalCode.DAMAGED, "AVIF"),
        (b"\x1aE\xdf\xa3webm", RefusalCode.UNSUPPORTED, "video"),
        (b"<?xml version='1.0'?><!-- x --><svg/>", RefusalCode.UNSUPPORTED, "SVG"),
        (b"  <!DOCTYPE html>", RefusalCode.NOT_A_PICTURE, "web page"),
        (b"plain words", RefusalCode.NOT_A_PICTURE, "text"),
        (b"\x00\x01\x02\x03", RefusalCode.NOT_A_PICTURE, "no picture"),
        (b"\xff\xd8\xff", RefusalCode.DAMAGED, "JPEG"),
        (b"II*\x00", RefusalCode.DAMAGED, "TIFF"),
        (b"GIF89a", RefusalCode.DAMAGED, "GIF"),
        (b"RIFF\x00\x00\x00\x00WEBP", RefusalCode.DAMAGED, "WEBP"),
        (_png_header(0, 5), RefusalCode.NO_SIZE, "width"),
        (_png_header(20_000, 20_000), RefusalCode.TOO_MANY_PIXELS, "120 megapixels"),
        (_png_header(30_001, 1), RefusalCode.TOO_MANY_PIXELS, "30,000"),
        (_png_header(9, 9), RefusalCode.DAMAGED, "PNG"),
        (b"\xff\xd8\xff" + bytes(decoding.MAX_SOURCE_BYTES), RefusalCode.TOO_LARGE, "64 MiB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_usable_picture_is_named_and_refused(
    data: bytes, code: RefusalCode, word: str
) -> None:
    answer = make(data)
    assert isinstance(answer, Refusal)
    assert answer.code is code
    assert word in answer.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF"])
def test_every_format_cut_short_is_refused(kind: str) -> None:
    noise = random.Random(7).randbytes(90 * 60 * 3)  # noqa: S311 - a picture, no secret
    whole = _file(Image.frombytes("RGB", (90, 60), noise), kind)
    assert isinstance(make(whole), Made)
    for part in (0.3, 0.6, 0.9):
        assert isinstance(make(whole[: int(len(whole) * part)]), Refusal), part


def test_a_gif_of_too_many_frames_is_refused_before_it_is_decoded() -> None:
    frame = b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
    gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    answer = make(gif + frame * (decoding.MAX_FRAMES + 1) + b";")
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.TOO_MANY_FRAMES
    assert _made(gif + frame * 3 + b";").frames == 3


def test_a_raw_photo_is_not_taken_for_its_thumbnail() -> None:
    answer = make(_file(Image.new("RGB", (160, 120)), "TIFF", tiffinfo={254: 1}))
    assert isinstance(answer, Refusal)
    assert "raw" in answer.message


def test_floating_point_pixels_are_refused_with_a_way_out() -> None:
    answer = make(_file(Image.new("F", (4, 4)), "TIFF"))
    assert isinstance(answer, Refusal)
    assert "RGB" in answer.message


@pytest.mark.parametrize("name", ["bomb-ztxt", "bomb-itxt", "bomb-iccp", "icc-3mb-garbage"])
def test_text_and_profiles_that_inflate_are_left_out_and_never_inflated(name: str) -> None:
    made = made_of(f"hostile/{name}.png")
    assert made.icc_name == ""
    assert max(len(one.body) for one in made.renditions) < 100_000


def test_a_profile_of_another_colour_space_is_dropped() -> None:
    assert made_of("hostile/icc-wrong-space.jpg").icc_name == ""
    assert read_colour(srgb_profile(), "CMYK") == SRGB
    assert read_colour(srgb_profile()[:200], "RGB") == SRGB
    assert read_colour("text", "RGB") == SRGB


def test_only_tags_that_make_colours_stay_in_a_published_profile() -> None:
    original = srgb_profile()
    serial = b"text\x00\x00\x00\x00EDID serial 4711 "
    count = int.from_bytes(original[128:132]) + 1
    shifted = b"".join(
        struct.pack(">4sII", name, at + 12, length)
        for name, at, length in struct.iter_unpack(">4sII", original[132 : 132 + 12 * (count - 1)])
    )
    table = shifted + struct.pack(">4sII", b"meta", len(original) + 12, len(serial))
    body = original[132 + 12 * (count - 1) :] + serial
    size = (len(original) + 12 + len(serial)).to_bytes(4)
    spied = size + original[4:128] + count.to_bytes(4) + table + body
    lean = lean_profile(spied)
    assert b"4711" in spied
    assert b"4711" not in lean
    assert read_colour(lean, "RGB").name == "sRGB built-in"
    assert lean_profile(original + b"hidden") == original


@pytest.mark.parametrize(
    ("size", "tile", "federated"),
    [
        ((1, 1), (1, 1), (1, 1)),
        ((480, 100), (480, 100), (480, 100)),
        ((6000, 4000), (480, 320), (2880, 1920)),
        ((4000, 6000), (320, 480), (1920, 2880)),
        ((30_000, 10), (480, 1), (2880, 1)),
        ((10_000, 10_000), (480, 480), (2880, 2880)),
        ((2880, 2160), (480, 360), (2880, 2160)),
        ((3841, 2161), (480, 270), (2880, 1620)),
    ],
)
def test_sizes_keep_the_shape_and_the_limits(
    size: tuple[int, int], tile: tuple[int, int], federated: tuple[int, int]
) -> None:
    assert fitted(size, 480) == tile
    assert federated_size(size) == federated
    assert max(federated) <= PRESETS["standard-no-ai"].renditions.peer
    assert federated[0] * federated[1] <= 8_294_400


@pytest.mark.parametrize(
    ("side", "full_side", "larger"),
    [
        (40, 9999, {}),
        (1280, 9999, {}),
        (1281, 9999, {"large": 1281}),
        (2048, 9999, {"large": 2048}),
        (2100, 0, {"large": 2048}),
        (2100, 2099, {"large": 2048}),
        (2100, 2100, {"large": 2048, "full": 2100}),
    ],
)
def test_large_and_full_exist_only_where_they_have_more_pixels(
    side: int, full_side: int, larger: dict[str, int]
) -> None:
    answer = make(_file(Image.new("RGB", (side, 8), "teal")), full_side=full_side)
    assert isinstance(answer, Made)
    names = {"large", "full"}
    found = {one.name.value: one.width for one in answer.renditions if one.name.value in names}
    assert found == larger
    assert find(answer, RenditionName.TILE).width == min(side, 480)


def test_a_huge_full_is_a_plain_jpeg_because_avif_would_take_too_much_memory() -> None:
    answer = make(_file(Image.new("L", (4000, 2600), "teal"), "JPEG"), full_side=9999)
    assert isinstance(answer, Made)
    [full] = [one for one in answer.renditions if one.name is RenditionName.FULL]
    assert (full.format, full.width) == (ImageFormat.JPEG, 4000)
    assert "progressive" not in shown(full).info


def test_full_keeps_every_pixel_upright_and_its_profile() -> None:
    sideways = Image.new("RGB", (90, 2200), "white")
    sideways.paste("red", (0, 0, 90, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    answer = make(_file(sideways, "JPEG", exif=exif, icc_profile=srgb_profile()), full_side=9999)
    assert isinstance(answer, Made)
    full = find(answer, RenditionName.FULL)
    assert (full.width, full.height) == (2200, 90)
    assert mean_colour(shown(full), [0.95, 0.0, 0.05, 1.0])[1] < 20


@pytest.mark.parametrize(
    "name",
    ["alpha.png", "alpha-gradient.webp", "palette-trns.png", "grey-alpha.png", "alpha.avif"],
)
def test_transparency_stays_in_avif_and_lies_on_a_ground_in_jpeg(name: str) -> None:
    avif = shown(rendition(f"formats/{name}", RenditionName.VIEW, ImageFormat.AVIF))
    assert avif.mode == "RGBA"
    assert min(avif.getchannel("A").tobytes()) < 20
    assert shown(rendition(f"formats/{name}", RenditionName.VIEW)).mode == "RGB"


@pytest.mark.parametrize(("ink", "ground"), [("black", 255), ("white", 64)])
def test_the_ground_under_transparency_lets_the_drawing_be_seen(ink: str, ground: int) -> None:
    drawing = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    drawing.paste(ink, (0, 0, 50, 100))
    made = _made(_file(drawing))
    for which in (RenditionName.VIEW, RenditionName.FEDERATED):
        right = mean_colour(shown(find(made, which)), [0.6, 0.0, 0.4, 1.0])
        assert max(abs(value - ground) for value in right) <= 3


def test_alpha_that_only_hides_something_is_dropped() -> None:
    for name in ("ai/stealth-alpha-only.png", "ai-negative/noisy-alpha.png"):
        assert shown(rendition(name, RenditionName.VIEW, ImageFormat.AVIF)).mode == "RGB"


def test_sixteen_bits_are_scaled_and_not_cut_off() -> None:
    ramp = Image.frombytes(
        "I;16", (256, 1), b"".join((value * 257).to_bytes(2, "little") for value in range(256))
    )
    for kind in ("PNG", "TIFF"):
        made = _made(_file(ramp.resize((256, 16)), kind))
        image = shown(find(made, RenditionName.VIEW))
        for part in (0.1, 0.5, 0.9):
            found = mean_colour(image, [part, 0.0, 0.02, 1.0])
            assert abs(found[0] - 255 * (part + 0.01)) <= 4


def test_noise_is_encoded_and_the_federated_copy_brought_under_its_limit() -> None:
    noise = random.Random(1).randbytes(2100 * 2000 * 3)  # noqa: S311 - a picture, no secret
    made = _made(_file(Image.frombytes("RGB", (2100, 2000), noise), compress_level=1))
    federated = find(made, RenditionName.FEDERATED)
    assert (federated.width, federated.height) == (2100, 2000)
    assert len(federated.body) <= FEDERATED_MAX_BYTES


def test_the_same_upload_makes_the_same_bytes() -> None:
    data = _file(Image.linear_gradient("L"))
    assert pack_answer(make(data)) == pack_answer(make(data))


def test_task_and_answers_survive_the_pipe() -> None:
    task = PictureTask(b"\x00\xff", full_side=9999)
    assert read_task(pack_task(task)) == task
    for name in ("formats/tiny-1x1.png", "hostile/empty.png"):
        assert read_answer(pack_answer(answer_to(name))) == answer_to(name)


def test_the_card_shows_the_whole_picture_on_neutral_grey() -> None:
    card = shown(rendition("formats/webtoon-400x8000.png", RenditionName.CARD))
    assert card.size == (1200, 630)
    left = mean_colour(card, [0.0, 0.0, 0.2, 1.0])
    assert max(abs(value - 119) for value in left) <= 3
