"""ICC profiles: which one to believe, what to embed, how to get to sRGB.

Law: a profile is hostile until Little CMS has built a transform from it and its colour
space is that of the pixels; any other is ignored and the picture read as sRGB. Conversion
is relative colorimetric with black point compensation: what is in gamut stays as it is.
Source: ICC.1:2022 (header 7.2, tag table 7.3, profile ID 7.2.18).
"""

import io
import struct
from typing import Final

from PIL import Image, ImageCms

from server.values import dataclass

# A display profile has 0.5 to 20 KB, a printer's hundreds; a tile has 15 KB and must not be
# mostly profile. Pictures with a larger one are converted to sRGB instead.
_MAX_EMBEDDED_BYTES: Final = 65_536
_MAX_READ_BYTES: Final = 4_194_304  # the largest press profiles have about 3 MB
_MAX_NAME: Final = 100
_HEADER: Final = 128
_MAX_TAGS: Final = 100  # real profiles have under 40
_FIXED_DATE: Final = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # equal pictures, equal bytes
_SAME_WITHIN: Final = 1  # 8-bit steps that rounding alone may make

# Only these decide what colours look like. Others are dropped from what we publish:
# calibration tools write the monitor's serial number into `meta`, charts into `targ`.
_COLOUR_TAGS: Final = frozenset(
    b"desc cprt wtpt bkpt chad rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC lumi chrm cicp "
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 gamt".split()
)

_SPACE_OF: Final = {"RGB": "RGB", "RGBA": "RGB", "CMYK": "CMYK", "L": "GRAY", "LA": "GRAY"}
_PROFILE_ERRORS: Final = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


@dataclass(frozen=True)
class Colour:
    """How a picture's numbers mean colours. `source` None: they are sRGB already."""

    name: str = ""  # the profile's own description; "" = none, or none that holds
    source: ImageCms.ImageCmsProfile | None = None
    embed: bytes = b""  # what page renditions carry; b"" = they are in sRGB


SRGB: Final = Colour()


def read_colour(icc: object, mode: str) -> Colour:
    """Return the meaning of pixels of `mode` (L, LA, RGB, RGBA, CMYK) with this profile."""
    if not isinstance(icc, bytes) or not _HEADER < len(icc) <= _MAX_READ_BYTES:
        return SRGB
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if profile.profile.xcolor_space.strip() != _SPACE_OF[mode]:
            return SRGB
        is_srgb = _looks_like_srgb(profile, mode)
    except _PROFILE_ERRORS:
        return SRGB
    lean = lean_profile(icc)
    is_embeddable = mode in {"RGB", "RGBA"} and len(lean) <= _MAX_EMBEDDED_BYTES
    return Colour(
        name=_name(profile),
        source=None if is_srgb else profile,
        embed=lean if is_embeddable else b"",
    )


def to_page(image: Image.Image, colour: Colour) -> Image.Image:
    """Return RGB or RGBA as page renditions keep it: its own gamut, or sRGB without `embed`."""
    if image.mode in {"RGB", "RGBA"} and colour.embed:
        return image
    return to_srgb(image, colour)


def to_srgb(image: Image.Image, colour: Colour) -> Image.Image:
    """Return RGB or RGBA in sRGB. CMYK without a profile is read as plain inverse RGB."""
    has_alpha = image.mode in {"LA", "RGBA"}
    if colour.source is None:
        return image.convert("RGBA" if has_alpha else "RGB")
    if not has_alpha:
        return _convert(image, colour.source)
    converted = _convert(image.convert(image.mode[:-1]), colour.source)
    converted.putalpha(image.getchannel("A"))
    return converted


def srgb_profile() -> bytes:
    """Return Little CMS's sRGB profile with a fixed date, so that equal pictures stay equal."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return made[:24] + _FIXED_DATE + made[36:84] + bytes(16) + made[100:]


def lean_profile(icc: bytes) -> bytes:
    """Return the profile with the tags alone that make colours; itself where it has no other.

    Expects bytes that Little CMS accepted. Equal tag data stays shared.
    """
    count = int.from_bytes(icc[_HEADER : _HEADER + 4])
    table = icc[_HEADER + 4 : _HEADER + 4 + 12 * min(count, _MAX_TAGS)]
    tags = list(struct.iter_unpack(">4sII", table[: len(table) // 12 * 12]))
    kept = [tag for tag in tags if tag[0] in _COLOUR_TAGS]
    if len(kept) == count:
        return icc[: int.from_bytes(icc[:4])]  # nothing may hide behind its end
    return _assemble(icc, kept)


def _assemble(icc: bytes, tags: list[tuple[bytes, int, int]]) -> bytes:
    at = _HEADER + 4 + 12 * len(tags)
    places: dict[tuple[int, int], int] = {}
    table, body = bytearray(len(tags).to_bytes(4)), bytearray()
    for name, start, length in tags:
        if (start, length) not in places:
            places[start, length] = at + len(body)
            data = icc[start : start + length]
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, places[start, length], length)
    header = (at + len(body)).to_bytes(4) + icc[4:84] + bytes(16) + icc[100:_HEADER]
    return bytes(header + table + body)


def _convert(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image,
        source,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None  # noqa: S101 - None is its answer to inPlace alone
    return converted


def _looks_like_srgb(profile: ImageCms.ImageCmsProfile, mode: str) -> bool:
    """Try the profile on a few colours: no name can be believed, and a broken one raises."""
    probe = _probe().convert(mode.removesuffix("A"))
    shown = _convert(probe, profile)
    if probe.mode != "RGB":
        return False
    pairs = zip(probe.tobytes(), shown.tobytes(), strict=True)
    return max(abs(a - b) for a, b in pairs) <= _SAME_WITHIN


def _probe() -> Image.Image:
    """Return 125 colours on an even grid."""
    steps = (0, 48, 112, 184, 255)
    grid = bytes(v for r in steps for g in steps for b in steps for v in (r, g, b))
    return Image.frombytes("RGB", (125, 1), grid)


def _name(profile: ImageCms.ImageCmsProfile) -> str:
    text = profile.profile.profile_description or ""
    return "".join(c for c in text if c.isprintable()).strip()[:_MAX_NAME]
