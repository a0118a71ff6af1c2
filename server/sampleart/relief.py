"""Prints cut by hand: woodcut, linocut and cut paper.

Each painter takes a seed and gives a picture; see `easel` for the law.
"""

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from server.sampleart.easel import (
    FINE,
    LANDSCAPE,
    PANORAMA,
    PORTRAIT,
    SQUARE,
    TALL,
    Point,
    Rgb,
    Size,
    contrast,
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
    rest,
    rgb,
    ridge,
)

_BAND = 1506  # from one cut line to the next, in 128ths of a grey level


def moonrise(seed: int) -> Image.Image:
    """Print a moon over hills where every tone is the grain of the plank."""
    rng = dice(seed)
    width, height = finer(PORTRAIT)
    dark = _grain_lines(rng, (300, 92), fade(PORTRAIT, (0.86, 0.76, 0.55, 0.34, 0.3)))
    moon = rest(_disc((width, height), (width * 0.63, height * 0.27), width * 0.165))
    sheet = paper(rng, PORTRAIT, "#f6ecd4")
    sheet = ink(sheet, rgb("#b9d3cf"), fade(PORTRAIT, (1, 0.8, 0.1, 0)))
    sheet = ink(sheet, rgb("#1d3346"), dark)
    sheet.paste(rgb("#f6efdc"), mask=moon)
    sheet = ink(sheet, rgb("#f5b642"), moon)
    for index, foot in enumerate((0.62, 0.72, 0.83)):
        hill = _hill(rng, (width, height), foot, 0.11)
        weight = Image.new("L", (PORTRAIT[0], 800), (95, 130, 170)[index])
        cut = Image.new("L", PORTRAIT, 0)
        cut.paste(_grain_lines(rng, (330, 60 + index * 30), weight), (0, 800))
        hill = rest(hill)
        sheet.paste(rgb(("#dfc79a", "#dc8a54", "#a5483a")[index]), mask=hill)
        sheet = ink(sheet, rgb("#16212e"), ImageChops.multiply(hill, cut))
    return _bordered(rng, sheet, 64)


def _grain_lines(rng: random.Random, cell: tuple[float, float], weight: Image.Image) -> Image.Image:
    """Cut contour lines of a noise; `weight` (dark = thin) says how wide the ink stands."""
    size = weight.size
    small = (size[0] // 8, size[1] // 8)
    # 8 bits would show as steps between the lines, so the field is widened before banding.
    cloud = noise(rng, small, (cell[0] / 8, cell[1] / 8), 3).convert("F")
    wide = cloud.point(lambda tone: tone * 128 + 8192).resize(size, Image.Resampling.BICUBIC)
    band = [round(abs(level / _BAND * 2 - 1) * 255) for level in range(_BAND)]
    bands = (band * (65536 // _BAND + 1))[:65536]
    waves = wide.convert("I").point(bands, "L")
    return contrast(weight, waves, 5)


def _disc(size: Size, centre: Point, radius: float) -> Image.Image:
    mask = Image.new("L", size, 0)
    x, y = centre
    ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    return mask


def _hill(rng: random.Random, size: Size, foot: float, swing: float) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(_skyline(rng, size, (foot, swing, 0.4)), 255)
    return mask


def _skyline(rng: random.Random, size: Size, shape: tuple[float, float, float]) -> list[Point]:
    """Outline land from a skyline down; `shape` is foot, swing (of the height), roughness."""
    width, height = size
    foot, swing, roughness = shape
    heights = ridge(rng, 8, roughness)
    step = width / (len(heights) - 1)
    points = [(i * step, (foot - h * swing) * height) for i, h in enumerate(heights)]
    return [*points, (width, height), (0, height)]


def _bordered(rng: random.Random, image: Image.Image, margin: int) -> Image.Image:
    """Leave the sheet's edge unprinted, a little ragged as from a hand-inked block."""
    width, height = image.size
    block = Image.new("L", image.size, 0)
    ImageDraw.Draw(block).rectangle((margin, margin, width - margin, height - margin), 255)
    rag = noise(rng, image.size, (26, 26), 2).point([tone // 2 + 64 for tone in range(256)])
    block = contrast(block.filter(ImageFilter.GaussianBlur(3)), rag, 6)
    return Image.composite(image, paper(rng, image.size, "#f5efe1"), block)


def cut_paper(seed: int) -> Image.Image:
    """Layer coloured papers into hills, each with its own shadow; pines on two of them."""
    rng = dice(seed)
    sheet = gradient(LANDSCAPE, ("#f7d9b5", "#f9e3c4", "#fbeed8"))
    for radius, colour in ((330, "#f8cf9f"), (235, "#f5b585"), (140, "#ef8a62")):
        _paste_paper(rng, sheet, _disc(finer(LANDSCAPE), (2060, 760), radius * 2), colour)
    colours = ("#e7b7a0", "#cf8f88", "#9c6a7d", "#64567a", "#3b4669", "#23344f", "#142536")
    for index, colour in enumerate(colours):
        outline = _skyline(rng, finer(LANDSCAPE), (0.47 + index * 0.076, 0.2 - index * 0.018, 0.47))
        mask = Image.new("L", finer(LANDSCAPE), 0)
        draw = ImageDraw.Draw(mask)
        draw.polygon(outline, 255)
        if index in {3, 5, 6}:
            _pines(rng, draw, outline[:-2], 34 + index * 14)
        _paste_paper(rng, sheet, mask, colour)
    return grain(sheet, rng, 7)


def _paste_paper(rng: random.Random, sheet: Image.Image, fine: Image.Image, colour: str) -> None:
    box = _around(fine)
    mask = rest(fine.crop((box[0] * FINE, box[1] * FINE, box[2] * FINE, box[3] * FINE)))
    part = sheet.crop(box)
    blurred = mask.reduce(4).filter(ImageFilter.GaussianBlur(3.2)).point(_share(0.46))
    shadow = blurred.resize(mask.size, Image.Resampling.BILINEAR)
    part.paste((40, 22, 44), mask=ImageChops.offset(shadow, 0, -7))
    part.paste(jitter(rng, rgb(colour), 0.02), mask=mask)
    lit = ImageChops.subtract(mask, ImageChops.offset(mask, 0, 3))
    lit.paste(0, (0, 0, lit.width, 4))
    part.paste((255, 250, 240), mask=lit.point(_share(0.25)))
    sheet.paste(part, box)


def _around(fine: Image.Image) -> tuple[int, int, int, int]:
    """Find what a paper and its shadow cover, in px of the finished sheet."""
    left, top, right, foot = fine.getbbox() or (0, 0, *fine.size)
    width, height, reach = fine.width // FINE, fine.height // FINE, 48
    return (
        max(0, left // FINE - reach),
        max(0, top // FINE - reach),
        min(width, right // FINE + reach),
        min(height, foot // FINE + reach),
    )


def _share(part: float) -> list[int]:
    return [round(tone * part) for tone in range(256)]


def _pines(rng: random.Random, draw: ImageDraw.ImageDraw, line: list[Point], size: float) -> None:
    for place in sorted(rng.sample(range(4, len(line) - 4), 26)):
        x, y = line[place]
        tall = size * rng.uniform(0.8, 2.1)
        for tier in range(4):
            top = y - tall + tier * tall * 0.22
            half = tall * (0.1 + tier * 0.055)
            draw.polygon(
                ((x, top), (x - half, top + tall * 0.36), (x + half, top + tall * 0.36)), 255
            )
        draw.rectangle((x - tall * 0.035, y - tall * 0.2, x + tall * 0.035, y + 12), 255)


def swell(seed: int) -> Image.Image:
    """Cut a night sea from blue lino: wave lines that thicken where the moon lies on them."""
    rng = dice(seed)
    width, height = finer(PANORAMA)
    cut = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(cut)
    horizon, moon = height * 0.34, (width * 0.7, height * 0.2)
    for row in range(44):
        depth = (row / 43) ** 1.55
        _wave(rng, draw, (width, horizon + 10 + depth * height * 0.7), (depth, moon[0]))
    for row in range(30):
        _sky_cut(rng, draw, (width, horizon * (row + 0.6) / 30), moon)
    sheet = paper(rng, PANORAMA, "#f4eddb")
    disc = _disc((width, height), moon, height * 0.105)
    sheet = ink(sheet, rgb("#f6c667"), rest(disc))
    plate = ImageChops.invert(ImageChops.lighter(cut, disc))
    return _bordered(rng, ink(sheet, rgb("#173a5e"), rest(plate)), 36)


def _wave(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    line: tuple[float, float],
    light: tuple[float, float],
) -> None:
    (width, y), (depth, moon) = line, light
    phases = [rng.uniform(0, math.tau) for _ in range(4)]
    upper, lower = [], []
    for x in range(-20, round(width) + 20, 14):
        far = 1.15 - depth * 0.8
        beat = [math.sin(x * far / (47 * 2.1**n) + p) for n, p in enumerate(phases)]
        lift = (beat[0] * 0.3 + beat[1] * 0.6 + beat[2]) * (3 + depth * 26)
        glint = math.exp(-(((x - moon) / (150 + depth * 520)) ** 2))
        thick = (0.6 + depth * 7) * max(0.0, beat[2] * 0.6 + beat[0] * 0.5 + 0.12 + glint * 1.3)
        upper.append((x, y - lift - thick))
        lower.append((x, y - lift + thick * 0.55))
    draw.polygon([*upper, *reversed(lower)], 255)


def _sky_cut(
    rng: random.Random, draw: ImageDraw.ImageDraw, line: tuple[float, float], moon: Point
) -> None:
    width, y = line
    x = rng.uniform(-200, 0)
    while x < width:
        long = rng.uniform(60, 300)
        near = math.exp(-((math.hypot(x + long / 2 - moon[0], (y - moon[1]) * 2) / 620) ** 2))
        thick = 0.4 + 4.2 * near
        draw.polygon(
            ((x, y), (x + long / 2, y - thick), (x + long, y), (x + long / 2, y + thick)), 255
        )
        x += long + rng.uniform(10, 60) * (2.2 - near)


def birches(seed: int) -> Image.Image:
    """Print birch trunks, three rows deep, against a winter sunset."""
    rng = dice(seed)
    sheet = gradient(
        TALL,
        ("#2f5d73", "#6d9199", "#c9b58f", "#efb073", "#e98f66", "#d9b3ab", "#d5e0e4", "#f1f4f2"),
    )
    width, height = finer(TALL)
    drawn = sheet.resize((width, height), Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(drawn)
    for depth, (count, girth) in enumerate(((11, 30), (6, 72), (4, 150))):
        bark = mix(rgb("#c9a98f"), rgb("#f6f2e8"), depth / 2)
        mark = mix(rgb("#8d7a78"), rgb("#1c2028"), depth / 2)
        for index in range(count):
            x = width * (0.07 + 0.86 * (index + rng.uniform(0.1, 0.9)) / count)
            _birch(
                rng,
                draw,
                (x, girth * rng.uniform(0.75, 1.1), height * (0.74 + depth * 0.1)),
                (bark, mark),
            )
    return _bordered(rng, grain(rest(drawn), rng, 7), 44)


def _birch(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    trunk: tuple[float, float, float],
    inks: tuple[Rgb, Rgb],
) -> None:
    x, girth, foot = trunk
    bark, mark = inks
    lean = rng.uniform(-0.05, 0.05)
    left = [(x + lean * y, float(y)) for y in range(0, int(foot), 40)]
    flare = girth * 0.25
    outline = [(a - girth / 2, b) for a, b in left] + [(left[-1][0] - girth / 2 - flare, foot)]
    outline += [(left[-1][0] + girth / 2 + flare, foot)]
    outline += [(a + girth / 2 * (0.9 + 0.1 * b / foot), b) for a, b in reversed(left)]
    _branches(rng, draw, left, (girth, mark))
    draw.polygon(outline, bark)
    for a, b in left:
        shadow = girth * rng.uniform(0.1, 0.2)
        draw.polygon(
            (
                (a + girth / 2 - shadow, b),
                (a + girth / 2, b - 6),
                (a + girth / 2, min(b + 46, foot)),
            ),
            mark,
        )
    for _ in range(int(foot / 52)):
        _bark_mark(rng, draw, rng.choice(left), (girth, mark))


def _bark_mark(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    at: Point,
    look: tuple[float, Rgb],
) -> None:
    girth, mark = look
    side = rng.choice((-1, 1))
    x, y = at[0] + side * girth / 2, at[1] + rng.uniform(-18, 18)
    reach = -side * girth * rng.choice((0.22, 0.35, 0.5, 0.8))
    thick = girth * rng.uniform(0.03, 0.11)
    draw.polygon(
        (
            (x, y - thick),
            (x + reach, y - thick * 0.2),
            (x + reach * 0.9, y + thick * 0.5),
            (x, y + thick),
        ),
        mark,
    )


def _branches(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    spine: list[Point],
    look: tuple[float, Rgb],
) -> None:
    girth, mark = look
    for _ in range(4):
        x, y = spine[rng.randrange(2, max(3, len(spine) // 2))]
        side = rng.choice((-1, 1))
        thick = girth * 0.16
        for _ in range(9):
            end = (x + side * rng.uniform(0.2, 0.7) * girth, y - rng.uniform(0.3, 0.7) * girth)
            draw.line((x, y, *end), mark, max(2, round(thick)))
            (x, y), thick = end, thick * 0.8


def seed_heads(seed: int) -> Image.Image:
    """Cut three dandelion clocks from dark lino, some of their seeds already leaving."""
    rng = dice(seed)
    side = SQUARE[0] * 2
    cut = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(cut)
    heads = ((1130, 1120, 640), (2130, 1660, 420), (560, 2010, 330))
    _gouges(rng, draw, side, heads)
    for x, y, radius in heads:
        _stalk(draw, (1400 + (x - 1400) * 0.35, side), (x, y), radius)
        _clock(rng, draw, (x, y), radius)
    for _ in range(9):
        away = rng.uniform(1600, 2750)
        _parachute(draw, (away, rng.uniform(160, 1150)), (rng.uniform(-0.9, -0.2), 120))
    sheet = ink(paper(rng, SQUARE, "#f6eedb"), rgb("#f3c463"), fade(SQUARE, (0, 0.1, 0.55, 0.9)))
    plate = ImageChops.invert(rest(cut))
    return _bordered(rng, ink(sheet, rgb("#1f3a36"), plate), 60)


def _gouges(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    side: int,
    heads: tuple[tuple[float, float, float], ...],
) -> None:
    for _ in range(1500):
        x, y = rng.uniform(0, side), rng.uniform(0, side)
        near = min(heads, key=lambda head: math.dist((x, y), head[:2]) - head[2])
        away = math.dist((x, y), near[:2]) - near[2]
        if away < 50:
            continue
        angle = math.atan2(y - near[1], x - near[0]) + math.pi / 2 + rng.gauss(0, 0.12)
        reach, thick = rng.uniform(16, 46), max(1.5, 7 - away / 130)
        ends = (math.cos(angle) * reach, math.sin(angle) * reach)
        side_step = (-math.sin(angle) * thick, math.cos(angle) * thick)
        draw.polygon(
            (
                (x - ends[0], y - ends[1]),
                (x + side_step[0], y + side_step[1]),
                (x + ends[0], y + ends[1]),
            ),
            255,
        )


def _stalk(draw: ImageDraw.ImageDraw, foot: Point, tip: Point, radius: float) -> None:
    points = []
    for step in range(41):
        place = step / 40
        x = foot[0] + (tip[0] - foot[0]) * math.sin(place * math.pi / 2)
        points.append((x, foot[1] + (tip[1] - foot[1]) * place))
    draw.line(points, 0, round(radius * 0.12))
    draw.line(points, 255, round(radius * 0.05))


def _clock(rng: random.Random, draw: ImageDraw.ImageDraw, at: Point, radius: float) -> None:
    x, y = at
    core = radius * 0.13
    for ring, count in ((1.0, 44), (0.8, 34), (0.58, 24)):
        for index in range(count):
            angle = (index + ring * 7) / count * math.tau + rng.gauss(0, 0.02)
            reach = radius * ring * rng.uniform(0.95, 1.02)
            end = (x + math.cos(angle) * reach, y + math.sin(angle) * reach)
            draw.line((x, y, *end), 255, 4)
            _parachute(draw, end, (angle, radius * 0.16))
    draw.ellipse((x - core, y - core, x + core, y + core), 0, outline=255, width=8)
    for index in range(30):
        angle, reach = index * 2.4, core * 0.8 * math.sqrt(index / 30)
        dot = (x + math.cos(angle) * reach, y + math.sin(angle) * reach)
        draw.ellipse((dot[0] - 7, dot[1] - 7, dot[0] + 7, dot[1] + 7), 255)


def _parachute(draw: ImageDraw.ImageDraw, at: Point, growth: tuple[float, float]) -> None:
    heading, size = growth
    back = (at[0] - math.cos(heading) * size, at[1] - math.sin(heading) * size)
    draw.line((*at, *back), 255, 4)
    for hair in range(9):
        angle = heading + (hair - 4) * 0.27
        end = (at[0] + math.cos(angle) * size * 0.7, at[1] + math.sin(angle) * size * 0.7)
        draw.line((*at, *end), 255, 3)
        draw.ellipse((end[0] - 4, end[1] - 4, end[0] + 4, end[1] + 4), 255)
