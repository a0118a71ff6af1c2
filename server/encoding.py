"""How finished pixels become bytes: AVIF, JPEG, and the few that stand for a picture meanwhile.

Law: runs in a child process. What is written besides pixels is handed in (`Marks`, a profile), and
one encoder at a time is at work, in one thread: a child's memory is counted for that.
"""

import base64
import io
from typing import Final

import blurhash
from PIL import Image, ImageFile

from server.colour import srgb_profile
from server.decoding import Size, fitted
from server.inscribing import Marks
from server.shaping import resized

_AVIF_QUALITY: Final = 63
_AVIF_SPEED: Final = 8  # 6 costs three times the CPU for 6 % fewer bytes
_JPEG_QUALITIES: Final = (86, 78, 68, 55, 40, 25)  # one after the other until it fits
# Above this `full` alone comes, as a plain JPEG: AVIF needs 40 bytes a pixel to encode and a
# progressive JPEG 14, more than a child has.
_HUGE_PIXELS: Final = 10_000_000
_JPEG_BUFFER: Final = 65_536  # Pillow's own least
_PLACEHOLDER_SIDE: Final = 8
_PLACEHOLDER_QUALITY: Final = 5
_BLURHASH_SIDE: Final = 32
_BLURHASH_COMPONENTS: Final = 5  # Mastodon ignores hashes of more than 5 × 5


def is_huge(size: Size) -> bool:
    """Say whether a copy of this size comes as a plain JPEG alone."""
    return size[0] * size[1] > _HUGE_PIXELS


def avif(image: Image.Image, marks: Marks, *, profile: bytes) -> bytes:
    """Encode at 4:4:4; without a profile AVIF's own colour box says sRGB."""
    out = io.BytesIO()
    image.save(
        out,
        "AVIF",
        quality=_AVIF_QUALITY,
        speed=_AVIF_SPEED,
        subsampling="4:4:4",
        icc_profile=profile,
        xmp=marks.xmp,
        exif=marks.exif,
        max_threads=1,
    )
    return out.getvalue()


def jpeg(
    image: Image.Image,
    marks: Marks,
    *,
    profile: bytes = b"",
    quality: int = _JPEG_QUALITIES[0],
) -> bytes:
    """Encode at 4:4:4, always with a profile: some browsers take bare numbers for the screen's."""
    out = io.BytesIO()
    pixels, is_plain = image.width * image.height, is_huge(image.size)
    # Pillow gives a progressive file one buffer of a byte a pixel; noise needs three and fails.
    ImageFile.MAXBLOCK = _JPEG_BUFFER if is_plain else max(_JPEG_BUFFER, 4 * pixels)
    image.save(
        out,
        "JPEG",
        quality=quality,
        subsampling="4:4:4",
        progressive=not is_plain,
        optimize=not is_plain,
        icc_profile=profile or srgb_profile(),
        xmp=marks.xmp,
        exif=marks.exif,
    )
    return out.getvalue()


def jpeg_within(flat: Image.Image, marks: Marks, most_bytes: int) -> bytes:
    """Encode as well as these bytes allow; at the lowest quality where nothing does."""
    body = b""
    for quality in _JPEG_QUALITIES:
        body = jpeg(flat, marks, quality=quality)
        if len(body) <= most_bytes:
            break
    return body


def placeholder(image: Image.Image) -> str:
    """Return a data URI of about a hundred characters that a page shows while it loads."""
    out = io.BytesIO()
    tiny = resized(image, fitted(image.size, _PLACEHOLDER_SIDE))
    tiny.save(out, "WEBP", quality=_PLACEHOLDER_QUALITY, method=6, exif=b"", icc_profile=b"")
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def blurhash_of(flat: Image.Image) -> str:
    """Return the hash that other servers blur with; 32 pixels are enough for it."""
    small = resized(flat, fitted(flat.size, _BLURHASH_SIDE))
    longest = max(small.size)
    across, down = (max(1, round(_BLURHASH_COMPONENTS * side / longest)) for side in small.size)
    raw, step = small.tobytes(), 3 * small.width
    rows = [
        [raw[at : at + 3] for at in range(row, row + step, 3)] for row in range(0, len(raw), step)
    ]
    encoded: str = blurhash.encode(rows, across, down)
    return encoded
