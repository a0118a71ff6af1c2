"""From hostile bytes to upright pixels, within bounds: sniff, read the header, decode.

Law: nothing is decoded before the header's sizes and frame counts are within limits, and
a file that ends early is refused, never shown half grey. Raises `Unusable` alone.
"""

import io
import struct
import zlib
from typing import Final

from PIL import AvifImagePlugin, Image

from server.pictures import MAX_PIXELS, Refusal, RefusalCode
from server.sniffing import (
    Kind,
    count_frames,
    declared_size,
    holds_all_rows,
    plain_png,
    sniff,
)
from server.values import dataclass

Size = tuple[int, int]  # width, height in pixels

MAX_SOURCE_BYTES: Final = 67_108_864  # 64 MiB: scans and 16-bit files of 24 megapixels fit
MAX_SIDE: Final = 30_000  # WebP ends at 16,383, JPEG at 65,535; scrolls are long
MAX_FRAMES: Final = 1_000  # a minute at 16 frames a second

_VISUALLY_OPAQUE: Final = 250  # nobody sees 2 %; what hides in alpha's low bits must go

_READ_AS: Final = {"1": "L", "P": "RGB", "RGBX": "RGB", "YCbCr": "RGB", "La": "LA", "RGBa": "RGBA"}
_DEEP_GREY: Final = frozenset(("I;16", "I;16L", "I;16B", "I;16N"))
_DEEP_VALUES: Final = 65_536
_READABLE: Final = frozenset(("L", "LA", "RGB", "RGBA", "CMYK"))
_TURNS: Final = {  # EXIF 3.0, 4.6.5.1.3: how to undo each value of Orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION_TAG: Final = 0x0112
_NEW_SUBFILE_TYPE: Final = 254  # TIFF 6.0: bit 0 = a reduced copy of another page
_DNG_VERSION: Final = 50_706

# Everything that Pillow raises on purpose or by accident for bytes that are not what they say.
UNREADABLE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    AssertionError,
    struct.error,
    zlib.error,
)


class Unusable(Exception):
    """The upload cannot be used; ends the work wherever it stands."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True)
class Opened:
    """A header that was read, within bounds; no pixel is decoded yet."""

    image: Image.Image
    kind: Kind
    size: Size  # as stored
    frames: int
    turn: Image.Transpose | None
    source: bytes = b""  # the upload itself

    @property
    def displayed(self) -> Size:
        """Return the size that people see."""
        return self.turned(self.size)

    def again(self) -> Image.Image:
        """Return the same upload opened anew, with all its frames. Raise `Unusable`."""
        source, is_png = self.source, self.kind is Kind.PNG
        whole = plain_png(source, with_frames=True) if is_png else source
        return _read_header(whole, self.kind)

    def turned(self, size: Size) -> Size:
        """Swap width and height where displaying turns the picture by a quarter."""
        is_quarter = self.turn in {_TURNS[value] for value in (5, 6, 7, 8)}
        return (size[1], size[0]) if is_quarter else size


def fitted(size: Size, side: int) -> Size:
    """Return the size with its longest side at most `side`; never larger, never 0."""
    return scaled(size, side / max(size))


def scaled(size: Size, factor: float) -> Size:
    """Return the size made smaller by a factor; never larger, never 0."""
    if factor >= 1:
        return size
    return max(1, int(size[0] * factor + 0.5)), max(1, int(size[1] * factor + 0.5))


def open_picture(source: bytes) -> Opened:
    """Read a header within all bounds. Raise `Unusable`."""
    kind = sniff(source)
    if isinstance(kind, Refusal):
        raise Unusable(kind)
    if len(source) > MAX_SOURCE_BYTES:
        raise _unusable(
            RefusalCode.TOO_LARGE,
            f"This file has more than {MAX_SOURCE_BYTES >> 20} MiB; "
            "save it smaller, or as JPEG, and upload that.",
        )
    frames = count_frames(kind, source, at_most=MAX_FRAMES)
    _check_frames(frames)
    _check_size(declared_size(kind, source))
    image = _read_header(plain_png(source) if kind is Kind.PNG else source, kind)
    _check_size(image.size)
    if kind is Kind.AVIF:
        frames = getattr(image, "n_frames", 1)
        _check_frames(frames)
    if kind is Kind.TIFF:
        _check_is_no_raw(image)
    # Pillow turns a TIFF itself as it decodes it, and says its size as turned.
    turn = None if kind is Kind.TIFF else _TURNS.get(_orientation(image))
    return Opened(image, kind, image.size, frames, turn, source)


def _read_header(source: bytes, kind: Kind) -> Image.Image:
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # Pillow's only way to say it; one core a child
    name = kind.value.removeprefix("image/").upper()
    try:
        return Image.open(io.BytesIO(source), formats=(name,))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UNREADABLE as error:
        raise _damaged(kind) from error


def _check_frames(frames: int) -> None:
    if frames > MAX_FRAMES:
        raise _unusable(
            RefusalCode.TOO_MANY_FRAMES,
            f"This animation has more than {MAX_FRAMES:,} frames; "
            "upload a shorter one, or one of its frames.",
        )


def _check_size(size: Size) -> None:
    if min(size) < 1:
        raise _unusable(
            RefusalCode.NO_SIZE,
            "This picture has no width or no height; export it again and upload the new file.",
        )
    if max(size) > MAX_SIDE or size[0] * size[1] > MAX_PIXELS:
        raise _too_many_pixels()


def _check_is_no_raw(image: Image.Image) -> None:
    """Refuse camera files that are TIFF outside: their first page is only a thumbnail."""
    tags = getattr(image, "tag_v2", {})
    try:
        is_raw = _DNG_VERSION in tags or bool(int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1)
    except UNREADABLE as error:
        raise _damaged(Kind.TIFF) from error
    if is_raw:
        raise _unusable(
            RefusalCode.UNSUPPORTED,
            "This file is a camera's raw photo; develop it, export it as JPEG or PNG "
            "and upload that.",
        )


def _orientation(image: Image.Image) -> int:
    """Read EXIF's Orientation; broken EXIF turns nothing."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except UNREADABLE:
        return 1
    return value if isinstance(value, int) else 1


def decode(opened: Opened, largest: Size) -> Image.Image:
    """Return L, LA, RGB, RGBA or CMYK, 8 bits a channel, in stored direction.

    A JPEG may come out smaller than stored, never smaller than `largest`. Raise `Unusable`.
    """
    image = opened.image
    try:
        image.draft(None, largest)
        image.load()
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UNREADABLE as error:
        raise _damaged(opened.kind) from error
    if max(image.size) > MAX_SIDE or image.size[0] * image.size[1] > MAX_PIXELS:
        raise _too_many_pixels()  # a GIF's frame may exceed its canvas
    if opened.kind is Kind.PNG and _ends_in_nothing(image) and not holds_all_rows(opened.source):
        raise _damaged(opened.kind)
    try:
        return plain(image)
    except UNREADABLE as error:  # a palette that is not there
        raise _damaged(opened.kind) from error


def plain(image: Image.Image) -> Image.Image:
    """Return L, LA, RGB, RGBA or CMYK with 8 bits a channel; 16 bits are scaled, not clipped."""
    if image.mode in _DEEP_GREY:
        return _shallow_grey(image)
    if image.mode not in {"LA", "RGBA"} and image.has_transparency_data:
        return image.convert("RGBA")
    mode = _READ_AS.get(image.mode, image.mode)
    if mode not in _READABLE:
        raise _unusable(
            RefusalCode.UNSUPPORTED,
            f"This picture's colours are stored as {image.mode}, which cannot be read here; "
            "convert it to RGB with 8 or 16 bits a channel and upload that.",
        )
    return image if image.mode == mode else image.convert(mode)


def _shallow_grey(image: Image.Image) -> Image.Image:
    """Return 16-bit grey as L, or as LA where one value of it means nothing (PNG 3, 11.3.1.1)."""
    deep = image.convert("I")  # Pillow before 12 cut I;16 off at 255 when asked for L
    grey = deep.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    clear = image.info.get("transparency")
    if not isinstance(clear, int) or not 0 <= clear < _DEEP_VALUES:
        return grey
    opacity = [255] * _DEEP_VALUES
    opacity[clear] = 0
    return Image.merge("LA", (grey, deep.point(opacity, "L")))


def _ends_in_nothing(image: Image.Image) -> bool:
    """Say whether the last row is all zeros: what Pillow leaves of rows that never came."""
    last = image.crop((0, image.height - 1, image.width, image.height))
    return last.getbbox(alpha_only=False) is None


def opaque_if_it_looks_so(image: Image.Image) -> Image.Image:
    """Return a picture without its alpha where nobody would see the difference."""
    if image.mode not in {"LA", "RGBA"}:
        return image
    lowest = image.getchannel("A").getextrema()[0]
    is_opaque = isinstance(lowest, (int, float)) and lowest >= _VISUALLY_OPAQUE
    return image.convert(image.mode.removesuffix("A")) if is_opaque else image


def _unusable(code: RefusalCode, message: str) -> Unusable:
    return Unusable(Refusal(code, message))


def _damaged(kind: Kind) -> Unusable:
    name = kind.value.removeprefix("image/").upper()
    return _unusable(
        RefusalCode.DAMAGED,
        f"This {name} file is incomplete or damaged; export it again and upload the new file.",
    )


def _too_many_pixels() -> Unusable:
    return _unusable(
        RefusalCode.TOO_MANY_PIXELS,
        f"This picture has more than {MAX_PIXELS // 1_000_000} megapixels "
        f"or a side above {MAX_SIDE:,} pixels; make it smaller and upload that.",
    )
