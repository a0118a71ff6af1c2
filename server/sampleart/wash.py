"""Wet paint: mist, watercolour, ink wash, and one sea in thick strokes.

Each painter takes a seed and gives a picture; see `easel` for the law.
"""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from server.sampleart.easel import (
    LANDSCAPE,
    PANORAMA,
    PORTRAIT,
    SQUARE,
    TALL,
    Point,
    Rgb,
    Size,
    colourise,
    dice,
    fade,
    finer,
    gradient,
    grain,
    ink,
    jitter,
    mix,
    noise,
    paper,
    ramp,
    rest,
    rgb,
    ridge,
)


def misty_mountains(seed: int) -> Image.Image:
    """Wash seven ridges one before the other, each sinking into the mist of the next."""
    rng = dice(seed)
    sheet = gradient(LANDSCAPE, ("#e9c9b4", "#f3dcc6", "#e8e0d6", "#cfd6da"))
    sun = Image.new("L", LANDSCAPE, 0)
    ImageDraw.Draw(sun).ellipse((1040, 190, 1180, 330), 215)
    sheet.paste(rgb("#fff4e0"), mask=sun.filter(ImageFilter.GaussianBlur(46)))
    sheet.paste(rgb("#fff8ec"), mask=sun.filter(ImageFilter.GaussianBlur(1)))
    for index in range(7):
        near = index / 6
        colour = ramp(("#c3bfc9", "#93a3b8", "#5f7d93", "#34586a", "#173443"), near)
        shape = (0.42 + 0.078 * index, 0.36 - 0.1 * near)
        mask = _mountain(rng, LANDSCAPE, shape)
        sheet.paste(colour, mask=_sinking(rng, mask, shape[0] - shape[1] * 0.5))
    return grain(sheet, rng, 6)


def _mountain(rng: random.Random, size: Size, shape: tuple[float, float]) -> Image.Image:
    width, height = finer(size)
    foot, swing = shape
    heights = ridge(rng, 9, 0.53)
    step = width / (len(heights) - 1)
    points = [(i * step, height * (foot - h * swing * 0.55)) for i, h in enumerate(heights)]
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).polygon([*points, (width, height), (0, height)], 255)
    return rest(mask)


def _sinking(rng: random.Random, mask: Image.Image, top: float) -> Image.Image:
    """Thin a shape out below `top` (share of the height), unevenly."""
    width, height = mask.size
    tones = [
        1.0 if y < top else max(0.12, 1 - (y - top) / 0.36) for y in (n / 63 for n in range(64))
    ]
    drift = noise(rng, (width // 8, height // 8), (40, 12), 3).resize(mask.size)
    veil = Image.blend(fade(mask.size, tones), drift, 0.16)
    return ImageChops.multiply(mask, veil)


def pines_in_fog(seed: int) -> Image.Image:
    """Brush a hillside of pines in ink, row before row, with a red seal in the corner."""
    rng = dice(seed)
    sheet = paper(rng, TALL, "#efece3")
    sheet = ink(sheet, rgb("#b9c4c6"), fade(TALL, (0.15, 0.5, 0.25, 0.6)))
    for index in range(6):
        near = index / 5
        mask = Image.new("L", finer(TALL), 0)
        draw = ImageDraw.Draw(mask)
        for _ in range(15 - index * 2):
            x = rng.uniform(-40, 1640)
            foot = 1050 + index * 400 + 150 * math.sin(x / 500 + index * 1.7)
            _pine(rng, draw, (x, foot), (240 + 620 * near**1.2) * rng.uniform(0.6, 1.15))
        soft = rest(mask).filter(ImageFilter.GaussianBlur(2.2 - 2 * near))
        top = 0.2 + 0.12 * index
        colour = mix(rgb("#aab6b8"), rgb("#1b2a30"), near**0.8)
        sheet = ink(sheet, colour, _sinking(rng, soft, top))
        mist = noise(rng, (100, 200), (70, 22), 3).resize(TALL).point(_soft_step(120, 120, 0.42))
        sheet.paste(rgb("#eeece6"), mask=mist if index < 5 else mist.point(_soft_step(90, 60, 0.1)))
    sheet.paste(rgb("#eeece6"), mask=fade(TALL, (0, 0, 0, 0, 0, 0, 0, 0.05, 0.35, 0.8)))
    return _sealed(sheet)


def _pine(rng: random.Random, draw: ImageDraw.ImageDraw, foot: Point, tall: float) -> None:
    x, y = foot
    draw.polygon(((x, y - tall), (x - tall * 0.014, y), (x + tall * 0.014, y)), 255)
    place = 0.05
    while place < 0.94:
        level = y - tall * (1 - place)
        for side in (-1, 1):
            reach = tall * 0.2 * place**0.85 * rng.uniform(0.55, 1.1)
            drop = reach * rng.uniform(0.25, 0.5)
            tip = (x + side * reach, level + drop)
            belly = (x + side * reach * 0.4, level + drop * 1.25 + tall * 0.012)
            draw.polygon(((x, level - tall * 0.012), tip, belly, (x, level + tall * 0.03)), 255)
        place += rng.uniform(0.022, 0.04)


def _soft_step(edge: float, width: float, most: float) -> list[int]:
    """Make a table that rises from 0 at `edge` to `most` (0 … 1) over `width` levels."""
    places = [min(max((tone - edge) / width, 0.0), 1.0) for tone in range(256)]
    return [round(255 * most * p * p * (3 - 2 * p)) for p in places]


def _sealed(sheet: Image.Image) -> Image.Image:
    seal = Image.new("L", (2 * 58, 2 * 58), 0)
    draw = ImageDraw.Draw(seal)
    draw.rounded_rectangle((2, 2, 113, 113), 14, 235)
    draw.line((18, 88, 46, 34, 66, 72, 78, 54, 98, 88), 0, 9, joint="curve")
    draw.ellipse((74, 22, 92, 40), 0)
    sheet.paste(rgb("#b8382b"), (sheet.width - 128, 92), seal.reduce(2))
    return sheet


def breathing(seed: int) -> Image.Image:
    """Let round washes run into each other on wet paper, in rows of three."""
    rng = dice(seed)
    sheet = paper(rng, SQUARE, "#f8f4ea")
    inks = (
        "#e8a33d",
        "#d9604c",
        "#b23a66",
        "#4f7fa8",
        "#2e5e7e",
        "#63a38d",
        "#e7b9a4",
        "#7b5a94",
        "#cfae3a",
    )
    for index, colour in enumerate(inks):
        x = 720 + (index % 3 - 1) * 345 + rng.uniform(-22, 22)
        y = 720 + (index // 3 - 1) * 345 + rng.uniform(-22, 22)
        for radius, strength in ((rng.uniform(225, 262), 0.62), (rng.uniform(90, 150), 0.4)):
            spot = (x + rng.uniform(-30, 30), y + rng.uniform(-30, 30), radius)
            _wash_disc(rng, sheet, spot, (rgb(colour), strength))
    for _ in range(70):
        radius = min(14.0, rng.paretovariate(1.6) * 1.6)
        x, y = rng.gauss(720, 360), rng.gauss(720, 360)
        _drop(sheet, (x, y, radius), rgb(rng.choice(inks)))
    return sheet


def _wash_disc(
    rng: random.Random,
    sheet: Image.Image,
    spot: tuple[float, float, float],
    pigment: tuple[Rgb, float],
) -> None:
    """Lay one round wash: a wandering edge where pigment gathers, a lighter, cloudy inside."""
    x, y, radius = spot
    side = round(radius * 3.3)
    small = side // 2
    # Pillow's radial gradient reaches white in the corners; ours must end at the sides.
    cone = [max(0, round(255 - tone * 2**0.5)) for tone in range(256)]
    hill = Image.radial_gradient("L").resize((small, small)).point(cone)
    field = Image.blend(hill, noise(rng, (small, small), (small / 3.2, small / 3.2), 5), 0.2)
    field = field.resize((side, side), Image.Resampling.BICUBIC)
    colour, strength = pigment
    bloom = noise(rng, (small, small), (small / 2, small / 2), 4).resize((side, side))
    density = Image.blend(field.point(_edge_dark(96, strength)), bloom, 0.22)
    density = ImageChops.multiply(density, field.point(_soft_step(94, 7, 1)))
    left, top = round(x - side / 2), round(y - side / 2)
    box = (left, top, left + side, top + side)
    sheet.paste(ink(sheet.crop(box), colour, density), box)


def _edge_dark(edge: int, strength: float) -> list[int]:
    """Make a table of pigment: most just inside the edge, then falling to `strength`."""
    return [
        0 if tone < edge else round(255 * (strength + 0.3 * math.exp(-(tone - edge) / 9)))
        for tone in range(256)
    ]


def _drop(sheet: Image.Image, spot: tuple[float, float, float], colour: Rgb) -> None:
    x, y, radius = spot
    side = round(radius * 8)
    dot = Image.new("L", (side, side), 0)
    ImageDraw.Draw(dot).ellipse((side * 0.25, side * 0.25, side * 0.75, side * 0.75), 150)
    dot = dot.reduce(2)
    box = (round(x), round(y), round(x) + dot.width, round(y) + dot.height)
    sheet.paste(ink(sheet.crop(box), colour, dot), box)


def low_tide(seed: int) -> Image.Image:
    """Build sky, sea and wet sand from four thousand loaded strokes."""
    rng = dice(seed)
    width, height = finer(PANORAMA)
    sheet = gradient((width, height), _TIDE)
    draw = ImageDraw.Draw(sheet)
    for row in range(170):
        y = height * (row + rng.uniform(-0.5, 1.5)) / 170
        place = y / height
        x = rng.uniform(-400, 0)
        while x < width:
            long = rng.uniform(0.5, 1.6) * (230 - 110 * math.exp(-(((place - 0.46) / 0.12) ** 2)))
            _stroke(rng, draw, (x, y, long), _tide_colour(rng, x / width, place))
            x += long * rng.uniform(0.8, 1.25)
    return grain(rest(sheet), rng, 5)


_TIDE = (
    "#6d93ad",
    "#a9c0c6",
    "#f0d3ae",
    "#f5c48d",
    "#4c7f92",
    "#2c6078",
    "#5e8d91",
    "#c9b391",
    "#a88a6c",
)


def _tide_colour(rng: random.Random, along: float, place: float) -> Rgb:
    base = ramp(_TIDE, place + rng.gauss(0, 0.018 if place < 0.4 else 0.03))
    beam = math.exp(-(((along - 0.31) / (0.05 + abs(place - 0.4) * 0.2)) ** 2))
    reach = math.exp(-(((place - 0.42) / 0.3) ** 2))
    if rng.random() < beam * reach * 0.75:
        base = mix(base, rgb("#ffe6b5"), rng.uniform(0.4, 0.9))
    if 0.5 < place < 0.8 and rng.random() < 0.07:
        base = mix(base, rgb("#f3f1e6"), 0.7)
    return jitter(rng, base, 0.07)


def _stroke(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    stroke: tuple[float, float, float],
    colour: Rgb,
) -> None:
    """Drag a brush of a few bristles, each with a little more or less paint."""
    x, y, long = stroke
    sag = rng.gauss(0, 7)
    for bristle in range(5):
        level = y + (bristle - 2) * 6
        start, end = x + rng.uniform(0, 26), x + long - rng.uniform(0, 40)
        points = ((start, level), ((start + end) / 2, level + sag), (end, level + sag * 0.3))
        draw.line(points, jitter(rng, colour, 0.045), 8)


def poppies(seed: int) -> Image.Image:
    """Let red poppies run on a damp meadow."""
    rng = dice(seed)
    cloud = noise(rng, (320, 400), (150, 130), 5).resize(PORTRAIT, Image.Resampling.BICUBIC)
    ground = paper(rng, PORTRAIT, "#faf6ec")
    meadow = colourise(cloud, ("#7f9f6a", "#b9c98e", "#dfe3bf", "#f3efdc"))
    sky = colourise(cloud, ("#a9c3d3", "#d3e0e3", "#f4efe4", "#fbf6ea"))
    tint = Image.composite(meadow, sky, fade(PORTRAIT, (0, 0, 0.25, 0.9, 1)))
    sheet = ImageChops.multiply(ground, tint)
    blooms = sorted(_poppy_places(rng), key=lambda bloom: bloom[1])
    sheet = _grasses(rng, sheet, blooms)
    for x, y, radius in blooms:
        _poppy(rng, sheet, (x, y, radius))
    return sheet


def _poppy_places(rng: random.Random) -> list[tuple[float, float, float]]:
    places: list[tuple[float, float, float]] = []
    while len(places) < 17:
        y = rng.uniform(380, 1230)
        radius = 34 + (y - 380) / 850 * 88
        spot = (rng.uniform(130, 1150), y, radius * rng.uniform(0.85, 1.15))
        if all(math.dist(spot[:2], p[:2]) > (spot[2] + p[2]) * 0.98 for p in places):
            places.append(spot)
    return places


def _grasses(
    rng: random.Random, sheet: Image.Image, blooms: Sequence[tuple[float, float, float]]
) -> Image.Image:
    blades = Image.new("L", finer(PORTRAIT), 0)
    draw = ImageDraw.Draw(blades)
    for _ in range(420):
        x, y = rng.uniform(-60, 2620), rng.uniform(1700, 3300)
        reach, lean = rng.uniform(140, 560), rng.gauss(40, 110)
        _blade(draw, ((x, y), (x + lean, y - reach)), (rng.randint(50, 150), rng.uniform(3, 9)))
    for x, y, radius in blooms:
        foot = (x * 2 + rng.gauss(0, 120), y * 2 + 700 + radius * 4)
        _blade(draw, (foot, (x * 2, y * 2)), (205, 6))
    return ink(sheet, rgb("#3f6a3c"), rest(blades))


def _blade(draw: ImageDraw.ImageDraw, line: tuple[Point, Point], look: tuple[int, float]) -> None:
    (x0, y0), (x1, y1) = line
    tone, thick = look
    points = []
    for step in range(13):
        place = step / 12
        points.append((x0 + (x1 - x0) * place**1.8, y0 + (y1 - y0) * place))
    draw.line(points, tone, round(thick), joint="curve")


def _poppy(rng: random.Random, sheet: Image.Image, spot: tuple[float, float, float]) -> None:
    x, y, radius = spot
    red = rng.choice((rgb("#e2402b"), rgb("#d7332f"), rgb("#ec6a3c")))
    for petal in range(4):
        angle = petal * math.pi / 2 + rng.uniform(-0.3, 0.3)
        at = (
            x + math.cos(angle) * radius * 0.42,
            y + math.sin(angle) * radius * 0.3,
            radius * 0.86,
        )
        _wash_disc(rng, sheet, at, (red, 0.5))
    _wash_disc(rng, sheet, (x, y + radius * 0.05, radius * 0.3), (rgb("#2c1a2b"), 0.85))
    for _ in range(16):
        angle, reach = rng.uniform(0, math.tau), radius * rng.uniform(0.24, 0.4)
        dot = (x + math.cos(angle) * reach - 4, y + math.sin(angle) * reach - 4, 2.2)
        _drop(sheet, dot, rgb("#2c1a2b"))


def weather_diary(seed: int) -> Image.Image:
    """Paint thirty-five small skies, one a day, between strips of masking tape."""
    rng = dice(seed)
    sheet = paper(rng, LANDSCAPE, "#f8f5ec")
    for day in range(35):
        column, row = day % 7, day // 7
        box = (88 + column * 206, 74 + row * 186)
        sky = _small_sky(rng, (188, 164))
        tape = Image.new("L", (376, 328), 0)
        points = [
            (rng.uniform(0, 7) + x * 362, rng.uniform(0, 7) + y * 314)
            for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
        ImageDraw.Draw(tape).polygon(points, 255)
        sheet.paste(
            ImageChops.multiply(sheet.crop((*box, box[0] + 188, box[1] + 164)), sky),
            box,
            tape.reduce(2),
        )
    return sheet


_WEATHERS: tuple[tuple[str, ...], ...] = (
    ("#4f86b8", "#9cc3dc", "#e4ecec", "#f3e3c8"),
    ("#2d4a6b", "#6a7fa0", "#d99a86", "#f2c79a"),
    ("#8b98a6", "#b4bdc4", "#d7d9d7", "#e7e3da"),
    ("#3f4e63", "#66788a", "#93a2a8", "#c8c9be"),
    ("#1c2748", "#32406d", "#6d6590", "#c08a94"),
    ("#7fb0cc", "#bcd9e0", "#f6efdc", "#f8d9a4"),
    ("#e0795a", "#f0a46c", "#f6cf8f", "#f9e7bf"),
)


def _small_sky(rng: random.Random, size: Size) -> Image.Image:
    sky = gradient(size, rng.choice(_WEATHERS))
    cloud = noise(rng, size, rng.choice(((90, 30), (60, 45), (150, 18))), 5)
    cover = rng.choice((110, 130, 150, 190))
    sky.paste(rgb("#fbf8f1"), mask=cloud.point(_soft_step(cover, 70, 0.85)))
    under = ImageChops.offset(cloud, 0, 9).point(_soft_step(cover + 22, 80, 0.45))
    sky = ink(sky, rgb("#7d8798"), under)
    if rng.random() < 0.35:
        _little_sun(rng, sky)
    land = Image.new("L", finer(size), 0)
    heights = ridge(rng, 5, 0.45)
    foot = size[1] * 2 * 0.88
    points = [(i / 32 * size[0] * 2, foot - h * 34) for i, h in enumerate(heights)]
    ImageDraw.Draw(land).polygon([*points, (size[0] * 2, 999), (0, 999)], 225)
    return ink(sky, rgb(rng.choice(("#4a5a4c", "#37485a", "#6f6a4f"))), rest(land))


def _little_sun(rng: random.Random, sky: Image.Image) -> None:
    disc = Image.new("L", sky.size, 0)
    x, y = rng.uniform(40, 148), rng.uniform(30, 90)
    ImageDraw.Draw(disc).ellipse((x - 13, y - 13, x + 13, y + 13), 255)
    sky.paste(rgb("#fff1c4"), mask=disc.filter(ImageFilter.GaussianBlur(7)))
    sky.paste(rgb("#fffaf0"), mask=disc.filter(ImageFilter.GaussianBlur(1)))
