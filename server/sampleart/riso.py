"""A still life for a three-drum riso press, and two of its drums alone.

Each painter takes a seed and gives a picture; see `easel` for the law.
"""

import itertools
import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw

from server.sampleart.easel import (
    PORTRAIT,
    Point,
    Size,
    contrast,
    dice,
    fade,
    finer,
    ink,
    noise,
    paper,
    rest,
    rgb,
)

_PINK, _BLUE, _YELLOW = rgb("#ff5f7e"), rgb("#2f62c9"), rgb("#ffd23f")


def riso(seed: int) -> Image.Image:
    """Print a still life from three drums — yellow, pink, blue — slightly out of register."""
    sheet = paper(dice(seed), PORTRAIT, "#f7f2e6")
    for plate, colour, (x, y) in (
        (_yellow_plate(seed), _YELLOW, (5, -4)),
        (_pink_plate(seed), _PINK, (-4, 3)),
        (_blue_plate(seed), _BLUE, (0, 0)),
    ):
        sheet = ink(sheet, colour, ImageChops.offset(plate, x, y))
    return sheet


def riso_pink(seed: int) -> Image.Image:
    """Print the pink drum alone."""
    return ink(paper(dice(seed), PORTRAIT, "#f7f2e6"), _PINK, _pink_plate(seed))


def riso_blue(seed: int) -> Image.Image:
    """Print the blue drum alone."""
    return ink(paper(dice(seed), PORTRAIT, "#f7f2e6"), _BLUE, _blue_plate(seed))


def _yellow_plate(seed: int) -> Image.Image:
    plate = Image.new("L", finer(PORTRAIT), 0)
    draw = ImageDraw.Draw(plate)
    draw.ellipse((1180, 300, 2220, 1340), 255)
    draw.rectangle((180, 2300, 2380, 3020), 150)
    for x, y, size in _fruit():
        draw.ellipse((x - size, y - size * 0.92, x + size, y + size * 0.92), 255)
    for stem in _stems(seed)[1::2]:
        _leaf_pair(draw, stem, 235)
    return _printed(dice(seed + 1), rest(plate), 12)


def _pink_plate(seed: int) -> Image.Image:
    plate = Image.new("L", finer(PORTRAIT), 0)
    back = fade(finer(PORTRAIT), (0.05, 0.2, 0.42, 0.5, 0.1))
    window = Image.new("L", plate.size, 0)
    ImageDraw.Draw(window).rectangle((180, 180, 2380, 2300), 255)
    plate.paste(back, mask=window)
    draw = ImageDraw.Draw(plate)
    draw.ellipse((1180, 300, 2220, 1340), 70)
    draw.polygon(_vase(), 255)
    for index, (_, tip) in enumerate(_stems(seed)):
        if index % 2 == 0:
            _blossom(draw, tip, 150 - index * 8, 255)
    x, y, size = _fruit()[1]
    draw.ellipse((x - size, y - size * 0.92, x + size, y + size * 0.92), 120)
    return _printed(dice(seed + 2), rest(plate), 72)


def _blue_plate(seed: int) -> Image.Image:
    plate = Image.new("L", finer(PORTRAIT), 0)
    draw = ImageDraw.Draw(plate)
    draw.polygon(((640, 2560), (1500, 2560), (2380, 2860), (2380, 3020), (1180, 3020)), 110)
    for x, y, size in _fruit():
        draw.chord((x - size, y - size * 0.92, x + size, y + size * 0.92), 20, 165, 120)
    for index, stem in enumerate(_stems(seed)):
        draw.line((*stem[0], *stem[1]), 255, 16)
        if index % 2:
            _leaf_pair(draw, stem, 200)
        else:
            x, y = stem[1]
            draw.ellipse((x - 44, y - 44, x + 44, y + 44), 255)
    vase = _vase()
    draw.polygon([(x if x > 1080 else 1080 + (1080 - x) * 0.12, y) for x, y in vase], 130)
    for band, half in ((2085, 250), (2135, 285), (2345, 300), (2395, 268)):
        draw.line((1080 - half, band, 1080 + half, band), 255, 18)
    return _printed(dice(seed + 3), rest(plate), 45)


def _fruit() -> tuple[tuple[float, float, float], ...]:
    return ((1700, 2440, 190), (2030, 2500, 165), (480, 2520, 175))


def _vase() -> list[Point]:
    profile = ((0, 165), (0.14, 118), (0.58, 350), (1, 190))
    right = []
    for (start, half), (stop, other) in itertools.pairwise(profile):
        for step in range(12):
            ease = (1 - math.cos(step / 12 * math.pi)) / 2
            place = start + (stop - start) * step / 12
            right.append((1080 + half + (other - half) * ease, 1760 + place * 800))
    return right + [(2160 - x, y) for x, y in reversed(right)]


def _stems(seed: int) -> list[tuple[Point, Point]]:
    rng = dice(seed)
    tips = (
        (460, 980),
        (700, 620),
        (1010, 420),
        (1330, 760),
        (1620, 1010),
        (1000, 1080),
        (640, 1340),
    )
    return [
        ((1080 + (x - 1080) * 0.06, 1790), (x + rng.uniform(-50, 50), y + rng.uniform(-50, 50)))
        for x, y in tips
    ]


def _blossom(draw: ImageDraw.ImageDraw, at: Point, radius: float, tone: int) -> None:
    for petal in range(7):
        angle = petal / 7 * math.tau
        x, y = at[0] + math.cos(angle) * radius * 0.72, at[1] + math.sin(angle) * radius * 0.72
        half = radius * 0.48
        draw.ellipse((x - half, y - half, x + half, y + half), tone)


def _leaf_pair(draw: ImageDraw.ImageDraw, stem: tuple[Point, Point], tone: int) -> None:
    (x0, y0), (x1, y1) = stem
    along = math.atan2(y1 - y0, x1 - x0)
    for place in (0.45, 0.62, 0.78, 0.93):
        foot = (x0 + (x1 - x0) * place, y0 + (y1 - y0) * place)
        for side in (-1, 1):
            draw.polygon(_lens(foot, along + side * 0.75, 310 - place * 130), tone)


def _lens(foot: Point, angle: float, length: float) -> list[Point]:
    """Outline a pointed leaf."""
    upper, lower = [], []
    for step in range(17):
        place = step / 16
        half = math.sin(place * math.pi) ** 0.9 * length * 0.2
        x = foot[0] + math.cos(angle) * length * place
        y = foot[1] + math.sin(angle) * length * place
        across = (-math.sin(angle) * half, math.cos(angle) * half)
        upper.append((x + across[0], y + across[1]))
        lower.append((x - across[0], y - across[1]))
    return upper + lower[::-1]


def _printed(rng: random.Random, tone: Image.Image, degrees: float) -> Image.Image:
    """Screen a grey plate into halftone dots, then thin the ink unevenly as a drum does."""
    dots = contrast(tone, _screen(tone.size, degrees), 5)
    worn = noise(rng, (tone.width // 4, tone.height // 4), (70, 40), 3).resize(tone.size)
    speck = Image.frombytes("L", tone.size, rng.randbytes(tone.width * tone.height))
    ink_film = Image.blend(worn, speck, 0.35).point([205 + tone // 5 for tone in range(256)])
    return ImageChops.multiply(dots, ink_film)


def _screen(size: Size, degrees: float) -> Image.Image:
    """Make a dot screen with a pitch of 10 px at an angle; white stays, black prints first."""
    turn = math.radians(degrees)
    period = 10.0
    cell: Sequence[int] = [
        round(127 * (2 - math.cos(x / 16 * math.tau) - math.cos(y / 16 * math.tau)) / 2) + 4
        for y in range(16)
        for x in range(16)
    ]
    dot = Image.new("L", (16, 16))
    dot.putdata(cell)
    tile = Image.new("L", (256, 256))
    for column in range(16):
        for row in range(16):
            tile.paste(dot, (column * 16, row * 16))
    side = math.ceil(math.hypot(*size) / period / 16) * 160
    plate = Image.new("L", (side, side))
    patch = tile.resize((160, 160), Image.Resampling.BICUBIC)
    for x in range(0, side, 160):
        for y in range(0, side, 160):
            plate.paste(patch, (x, y))
    centre = side / 2
    cos, sin = math.cos(turn), math.sin(turn)
    across, down = size[0] / 2, size[1] / 2
    matrix = (
        cos,
        sin,
        centre - cos * across - sin * down,
        -sin,
        cos,
        centre + sin * across - cos * down,
    )
    return plate.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
