"""Puts a watermark on a copy: light letters with a dark edge, seen on light and dark grounds."""

import io
from contextlib import suppress
from functools import lru_cache
from typing import Final

import msgspec
from PIL import Image, ImageDraw, ImageFont

from server.decoding import UNREADABLE
from server.model import ImageFormat, RenditionName
from server.pictures import Made, MadeRendition, Refusal, RefusalCode, pack_answer
from server.watermarks import Stamp, WatermarkStyle

LOGO_SIDE: Final = 1_000  # pixels that are kept of a logo; its alpha says where it is seen
_LOGO_PIXELS: Final = 25_000_000
_CORNER_SHARE: Final = 0.28  # of the picture's width that a text takes at most
_LETTER_SHARE: Final = 0.032  # of the longest side, height of letters in a corner
_TILE_SHARE: Final = 0.22
_MARGIN_SHARE: Final = 0.02
_CORNER_STRENGTH: Final = 0.72
_TILED_STRENGTH: Final = 0.26
_SLANT: Final = 30  # degrees
_LEAST_LETTER: Final = 10  # pixels
# The first that is there; Pillow's own has little more than the letters of English.
_LETTERINGS: Final = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",  # Debian's fonts-dejavu-core
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
)
_SAMPLE: Final = (800, 500)
_LACKS: Final = (
    "The lettering of this server has no {missing}. Use other letters or a logo, or ask whoever "
    "runs it to install the fonts “DejaVu” (fonts-dejavu-core)."
)
_NO_LETTER: Final = "\uffff"  # drawn as what the lettering lacks

Layers = tuple[Image.Image, Image.Image]  # masks of what is light and of what is dark


def stamped(image: Image.Image, stamp: Stamp) -> Image.Image:
    """Return the picture with the watermark on it; modes L, RGB and RGBA."""
    light, dark = _layers(image.size, stamp)
    marked = image.copy()
    if image.mode == "RGBA":  # nothing is put on what is transparent
        seen = image.getchannel("A")
        light, dark = (_both(layer, seen) for layer in (light, dark))
    marked.paste("black", (0, 0), dark)
    marked.paste("white", (0, 0), light)
    return marked


def read_logo(source: bytes) -> bytes | Refusal:
    """Return a logo as a small clean PNG, or why it cannot be one."""
    try:
        with Image.open(io.BytesIO(source), formats=["PNG", "WEBP", "GIF"]) as opened:
            if opened.width * opened.height > _LOGO_PIXELS:
                return _refused("This logo is too large: 25 megapixels at most.")
            logo = opened.convert("RGBA")
    except UNREADABLE:
        return _refused("A logo is a PNG or WebP, best with a transparent ground.")
    box = logo.getchannel("A").getbbox()
    if box is None:
        return _refused("This logo is transparent all over: nothing of it would be seen.")
    logo = logo.crop(box)
    logo.thumbnail((LOGO_SIDE, LOGO_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    logo.info = {}
    logo.save(out, "PNG", optimize=True)
    return out.getvalue()


def sample(data: bytes) -> bytes:
    """Do the "watermark" task: a packed `Stamp` in, a packed `Answer` with one JPEG out.

    The logo comes as it was uploaded; the answer's other copy is the one to keep.
    """
    stamp = msgspec.msgpack.decode(data, type=Stamp)
    missing = missing_letter(stamp.watermark.text)
    if missing:
        return pack_answer(_refused(_LACKS.format(missing=missing)))
    copies: list[MadeRendition] = []
    if stamp.logo:
        logo = read_logo(stamp.logo)
        if isinstance(logo, Refusal):
            return pack_answer(logo)
        copies.append(MadeRendition(RenditionName.ORIGINAL, ImageFormat.JPEG, 0, 0, logo))
        stamp = msgspec.structs.replace(stamp, logo=logo)
    ground = Image.linear_gradient("L").rotate(90).resize(_SAMPLE)
    out = io.BytesIO()
    stamped(Image.merge("RGB", (ground, ground, ground)), stamp).save(out, "JPEG", quality=85)
    copies.insert(
        0, MadeRendition(RenditionName.PREVIEW, ImageFormat.JPEG, *_SAMPLE, out.getvalue())
    )
    return pack_answer(Made("image/jpeg", *_SAMPLE, 1, "", "", "", tuple(copies)))


def _refused(words: str) -> Refusal:
    return Refusal(RefusalCode.NOT_A_PICTURE, words)


def _layers(size: tuple[int, int], stamp: Stamp) -> Layers:
    is_tiled = stamp.watermark.style is WatermarkStyle.TILED
    strength = _TILED_STRENGTH if is_tiled else _CORNER_STRENGTH
    one = (
        _logo(size, stamp.logo)
        if stamp.logo
        else _letters(size, stamp.watermark.text, is_tiled=is_tiled)
    )
    placed = _tiled(size, one) if is_tiled else _in_corner(size, one)
    light, dark = placed
    return light.point(lambda v: int(v * strength)), dark.point(lambda v: int(v * strength * 0.6))


def _letters(size: tuple[int, int], text: str, *, is_tiled: bool) -> Layers:
    wanted = max(_LEAST_LETTER, int(max(size) * _LETTER_SHARE))
    font = _font(wanted)
    width = font.getlength(text)
    most = size[0] * (_TILE_SHARE * 1.6 if is_tiled else _CORNER_SHARE * 2)
    if width > most:
        font = _font(max(_LEAST_LETTER, int(wanted * most / width)))
    edge = max(1, round(font.size / 16))
    box = font.getbbox(text, stroke_width=edge)
    area = (int(box[2] - box[0]) + 2, int(box[3] - box[1]) + 2)
    at = (1 - box[0], 1 - box[1])
    light, dark = Image.new("L", area), Image.new("L", area)
    ImageDraw.Draw(light).text(at, text, fill=255, font=font)
    ImageDraw.Draw(dark).text(at, text, fill=255, font=font, stroke_width=edge, stroke_fill=255)
    return light, dark


def _logo(size: tuple[int, int], logo: bytes) -> Layers:
    """Split a logo into its light and its dark parts, both seen as far as it is opaque."""
    with Image.open(io.BytesIO(logo), formats=["PNG"]) as opened:
        image = opened.convert("RGBA")
    side = max(8, int(max(size) * _TILE_SHARE / 1.4))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    alpha, brightness = image.getchannel("A"), image.convert("L")
    light = _both(alpha, brightness)
    return light, _both(alpha, brightness.point(lambda v: 255 - v))


def _in_corner(size: tuple[int, int], one: Layers) -> Layers:
    margin = max(2, int(max(size) * _MARGIN_SHARE))
    width, height = one[0].size
    at = (max(0, size[0] - width - margin), max(0, size[1] - height - margin))
    return _placed(size, one, [at])


def _tiled(size: tuple[int, int], one: Layers) -> Layers:
    light, dark = (layer.rotate(_SLANT, Image.Resampling.BICUBIC, expand=True) for layer in one)
    width, height = light.size
    across, down = int(width * 1.15) + 8, int(height * 1.25) + 8
    spots = [
        (x - (across // 2 if row % 2 else 0), y)
        for row, y in enumerate(range(-down // 2, size[1], down))
        for x in range(-across // 3, size[0] + across // 2, across)
    ]
    return _placed(size, (light, dark), spots)


def _placed(size: tuple[int, int], one: Layers, spots: list[tuple[int, int]]) -> Layers:
    light, dark = Image.new("L", size), Image.new("L", size)
    for spot in spots:
        light.paste(one[0], spot, one[0])
        dark.paste(one[1], spot, one[1])
    return light, dark


def _both(first: Image.Image, second: Image.Image) -> Image.Image:
    """Return a mask that lets pass what both do."""
    blank = Image.new("L", first.size)
    return Image.composite(first, blank, second)


@lru_cache(maxsize=16)
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    for path in _LETTERINGS:
        with suppress(OSError):
            return ImageFont.truetype(path, pixels)
    font = ImageFont.load_default(pixels)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("This Pillow was built without FreeType; install it from its wheel.")
    return font


def missing_letter(text: str) -> str:
    """Return the first letter of a text that the lettering lacks, "" where it has all."""
    font = _font(32)
    missing = bytes(font.getmask(_NO_LETTER))
    return next((c for c in text if not c.isspace() and bytes(font.getmask(c)) == missing), "")
