"""What every painter of the sample gallery shares: canvas sizes, colour, noise, paper, encoding.

Law: one seed, one picture, down to the byte. So all chance comes from `dice`, and nothing
here reads a clock or uses Pillow's own noise, which draws from C's unseeded generator.
"""

import io
import itertools
import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageCms, ImageColor, ImageOps

Rgb = tuple[int, int, int]
Size = tuple[int, int]
Point = tuple[float, float]
Stops = Sequence[str]

LANDSCAPE: Size = (1600, 1067)
PORTRAIT: Size = (1280, 1600)
SQUARE: Size = (1440, 1440)
PANORAMA: Size = (1680, 560)
TALL: Size = (800, 1600)

# Drawn at twice the size and averaged down: Pillow's draw has no smooth edges of its own.
FINE = 2

_ICC_DATE = slice(24, 36)  # dateTimeNumber in the profile header, ICC.1:2022 §7.2.8
_ICC_2026 = bytes((0x07, 0xEA, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))
_JPEG_QUALITY = 92  # fine ink lines show mosquitoes below it


def dice(seed: int) -> random.Random:
    """Return the one source of chance for a picture."""
    return random.Random(seed)  # noqa: S311 - chance for art, repeatable on purpose


def finer(size: Size) -> Size:
    """Return the size to draw at before `rest` brings it back."""
    return size[0] * FINE, size[1] * FINE


def rest(image: Image.Image) -> Image.Image:
    """Average a canvas of `finer` size back to its real size."""
    return image.reduce(FINE)


def rgb(colour: str) -> Rgb:
    """Read `#rrggbb`."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Blend two colours; `share` 0 gives the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def ramp(stops: Stops, place: float) -> Rgb:
    """Read a colour off evenly spaced stops; `place` is clamped to 0 … 1."""
    along = min(max(place, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(along), len(stops) - 2)
    return mix(rgb(stops[index]), rgb(stops[index + 1]), along - index)


def shade(colour: Rgb, factor: float) -> Rgb:
    """Darken (below 1) or lighten (above 1) a colour."""
    red, green, blue = (min(255, max(0, round(part * factor))) for part in colour)
    return red, green, blue


def jitter(rng: random.Random, colour: Rgb, amount: float) -> Rgb:
    """Vary a colour's lightness by up to ± `amount` (0 … 1)."""
    return shade(colour, 1 + rng.uniform(-amount, amount))


def gradient(size: Size, stops: Stops) -> Image.Image:
    """Paint stops from top to bottom."""
    strip = Image.new("RGB", (1, 256))
    strip.putdata([ramp(stops, y / 255) for y in range(256)])
    return strip.resize(size, Image.Resampling.BILINEAR)


def fade(size: Size, tones: Sequence[float]) -> Image.Image:
    """Make a grey mask that runs through tones (0 … 1) from top to bottom."""
    strip = Image.new("L", (1, len(tones)))
    strip.putdata([round(tone * 255) for tone in tones])
    return strip.resize(size, Image.Resampling.BILINEAR)


def noise(
    rng: random.Random, size: Size, cell: tuple[float, float], octaves: int = 4
) -> Image.Image:
    """Make cloudy grey from 0 to 255; `cell` is the largest feature's width and height in px."""
    cloud = _octave(rng, size, cell)
    weight = total = 1.0
    for octave in range(1, octaves):
        weight /= 2
        total += weight
        layer = _octave(rng, size, (cell[0] / 2**octave, cell[1] / 2**octave))
        cloud = Image.blend(cloud, layer, weight / total)
    return ImageOps.autocontrast(cloud)


def _octave(rng: random.Random, size: Size, cell: tuple[float, float]) -> Image.Image:
    columns, rows = (max(2, math.ceil(s / c) + 1) for s, c in zip(size, cell, strict=True))
    grid = Image.frombytes("L", (columns, rows), rng.randbytes(columns * rows))
    box = (0, 0, min(columns, size[0] / cell[0] + 0.5), min(rows, size[1] / cell[1] + 0.5))
    return grid.resize(size, Image.Resampling.BICUBIC, box=box)


def colourise(grey: Image.Image, stops: Stops) -> Image.Image:
    """Map black to the first stop and white to the last."""
    table = [ramp(stops, tone / 255) for tone in range(256)]
    channels = [grey.point([colour[band] for colour in table]) for band in range(3)]
    return Image.merge("RGB", channels)


def grain(image: Image.Image, rng: random.Random, strength: int) -> Image.Image:
    """Add paper tooth: fine noise of ± `strength` levels, a little softer than a pixel."""
    speck = Image.frombytes("L", image.size, rng.randbytes(image.width * image.height))
    tooth = speck.point([128 + round((tone - 127.5) / 127.5 * strength) for tone in range(256)])
    return ImageChops.add(image, Image.merge("RGB", (tooth, tooth, tooth)), 1, -128)


def paper(rng: random.Random, size: Size, colour: str) -> Image.Image:
    """Make a sheet: one colour, faintly uneven, with tooth."""
    cloud = noise(rng, (size[0] // 4, size[1] // 4), (90, 90), 3).resize(size)
    base = rgb(colour)
    stops = ["#{:02x}{:02x}{:02x}".format(*shade(base, factor)) for factor in (0.965, 1.01)]
    return grain(colourise(cloud, stops), rng, 5)


def ink(base: Image.Image, colour: Rgb, mask: Image.Image) -> Image.Image:
    """Print a transparent ink: what lies beneath shows through, as on a press."""
    printed = ImageChops.multiply(base, Image.new("RGB", base.size, colour))
    return Image.composite(printed, base, mask)


def contrast(grey: Image.Image, threshold: Image.Image, hardness: float) -> Image.Image:
    """Cut `grey` where it passes `threshold`, with an edge of 255/`hardness` levels."""
    return ImageChops.subtract(grey, threshold, 1 / hardness, 128)


def ridge(rng: random.Random, depth: int, roughness: float) -> list[float]:
    """Make a skyline of 2**depth + 1 heights around 0 by midpoint displacement."""
    heights = [rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5)]
    swing = 1.0
    for _ in range(depth):
        middles = [
            (a + b) / 2 + rng.uniform(-swing, swing) / 2 for a, b in itertools.pairwise(heights)
        ]
        heights = [h for pair in zip(heights, middles, strict=False) for h in pair] + heights[-1:]
        swing *= roughness
    return heights


def encode(image: Image.Image) -> bytes:
    """Write a JPEG with full colour resolution and an embedded sRGB profile."""
    sheet = io.BytesIO()
    image.convert("RGB").save(
        sheet, "JPEG", quality=_JPEG_QUALITY, subsampling=0, icc_profile=_srgb_profile()
    )
    return sheet.getvalue()


def _srgb_profile() -> bytes:
    # LittleCMS stamps the current time into the header: bytes would differ each second.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_ICC_DATE] = _ICC_2026
    return bytes(profile)
