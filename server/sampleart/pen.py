"""Drawings as from a pen plotter: streamlines, interference, star charts, umbels, pendulums.

Each painter takes a seed and gives a picture; see `easel` for the law.
"""

import itertools
import math
import random
from collections.abc import Iterator

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
    dice,
    finer,
    gradient,
    grain,
    mix,
    noise,
    paper,
    ramp,
    rest,
    rgb,
)

Line = tuple[list[Point], Rgb, float]  # points in px, ink, width in px

_INDIGO, _VERMILION = rgb("#20305c"), rgb("#d9482b")


def streamlines(seed: int) -> Image.Image:
    """Draw evenly spaced ink lines that follow a wind; those that cross the sun turn red."""
    return _plot(dice(seed), _wind(seed), LANDSCAPE, (0.0, 0.0, 1.0))


def streamlines_detail(seed: int) -> Image.Image:
    """Draw the sun's edge of the same sheet, three times larger."""
    return _plot(dice(seed), _wind(seed), PORTRAIT, (900.0, 130.0, 3.0))


def _wind(seed: int) -> list[Line]:
    rng = dice(seed)
    width, height = LANDSCAPE
    field = noise(rng, (width // 8, height // 8), (62, 46), 2).tobytes()
    taken = bytearray((width // 5 + 1) * (height // 5 + 1))
    lines: list[Line] = []
    for _ in range(2600):
        start = (rng.uniform(60, width - 60), rng.uniform(60, height - 60))
        points = _follow(start, field, taken)
        if len(points) > 7:
            _occupy(points, taken)
            lines.extend(_split_at_sun(points, rng.choice((1.1, 1.1, 1.5, 2.1))))
    return lines


def _follow(start: Point, field: bytes, taken: bytearray) -> list[Point]:
    width, height = LANDSCAPE
    columns, cells = width // 8, width // 5 + 1
    x, y = start
    points = []
    for _ in range(90):
        inside = 55 < x < width - 55 and 55 < y < height - 55
        if not inside or taken[int(y / 5) * cells + int(x / 5)]:
            break
        points.append((x, y))
        angle = field[min(int(y / 8), height // 8 - 1) * columns + int(x / 8)] / 255 * 4.6 - 1.9
        x, y = x + 6 * math.cos(angle), y + 6 * math.sin(angle)
    return points


def _occupy(points: list[Point], taken: bytearray) -> None:
    cells = LANDSCAPE[0] // 5 + 1
    for x, y in points:
        taken[int(y / 5) * cells + int(x / 5)] = 1


def _split_at_sun(points: list[Point], width: float) -> Iterator[Line]:
    run: list[Point] = []
    was_red = False
    for point in points:
        is_red = math.hypot(point[0] - 1085, point[1] - 400) < 235
        if run and is_red != was_red:
            yield run, _VERMILION if was_red else _INDIGO, width
            run = run[-1:]
        run.append(point)
        was_red = is_red
    yield run, _VERMILION if was_red else _INDIGO, width


def _plot(
    rng: random.Random, lines: list[Line], size: Size, window: tuple[float, float, float]
) -> Image.Image:
    left, top, zoom = window
    sheet = Image.new("RGB", finer(size), "white")
    draw = ImageDraw.Draw(sheet)
    for points, colour, width in lines:
        placed = [((x - left) * zoom * 2, (y - top) * zoom * 2) for x, y in points]
        draw.line(placed, colour, round(width * zoom * 2), joint="curve")
        if zoom > 1:
            _round_ends(draw, placed, colour, width * zoom)
    return ImageChops.multiply(paper(rng, size, "#f6efe0"), rest(sheet))


def _round_ends(draw: ImageDraw.ImageDraw, points: list[Point], colour: Rgb, radius: float) -> None:
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)


def interference(seed: int) -> Image.Image:
    """Lay rings over rings until they shimmer; a disc in the middle is reversed."""
    rng = dice(seed)
    side = SQUARE[0] * 2
    one = _rings(side, (side * 0.44, side * 0.47))
    other = _rings(side, (side * 0.56, side * 0.53))
    disc = Image.new("L", (side, side), 0)
    inset = side * 0.27
    ImageDraw.Draw(disc).ellipse((inset, inset, side - inset, side - inset), 255)
    plate = rest(ImageChops.difference(ImageChops.difference(one, other), disc))
    base = paper(rng, SQUARE, "#f7f4ec")
    base.paste(rgb("#131316"), mask=plate)
    inner = ImageChops.multiply(rest(disc), ImageChops.invert(plate))
    base.paste(rgb("#ff5b2e"), mask=inner)
    return _framed(base, 56, rgb("#f7f4ec"))


def _rings(side: int, centre: Point) -> Image.Image:
    plate = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(plate)
    for radius in range(16, side, 36):
        x, y = centre
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=255, width=18)
    return plate


def _framed(image: Image.Image, margin: int, colour: Rgb) -> Image.Image:
    width, height = image.size
    edge = Image.new("L", image.size, 255)
    ImageDraw.Draw(edge).rectangle((margin, margin, width - margin, height - margin), 0)
    image.paste(colour, mask=edge)
    return image


def constellations(seed: int) -> Image.Image:
    """Chart invented constellations over a milky band, with a chart-maker's circles."""
    rng = dice(seed)
    width, height = PORTRAIT
    sky = gradient(PORTRAIT, ("#0b1230", "#152352", "#2b3468", "#5a4a76"))
    band = noise(rng, (560, 560), (150, 60), 5).rotate(32, Image.Resampling.BICUBIC)
    band = band.crop((120, 80, 440, 480))
    milk = Image.new("L", (320, 400), 0)
    ImageDraw.Draw(milk).line((-20, 330, 340, 60), 150, 88)
    milk = ImageChops.multiply(milk.filter(ImageFilter.GaussianBlur(32)), band).resize(PORTRAIT)
    sky.paste(rgb("#b9b6e8"), mask=milk)
    glow, drawn = Image.new("L", PORTRAIT, 0), Image.new("L", finer(PORTRAIT), 0)
    pen = ImageDraw.Draw(drawn)
    _graticule(pen, (width * 1.04, height * 1.3))
    _field_stars(rng, pen)
    for column, row in ((0.27, 0.2), (0.7, 0.27), (0.36, 0.5), (0.74, 0.6), (0.3, 0.8)):
        stars = _asterism(rng, (width * column, height * row))
        _draw_asterism(pen, ImageDraw.Draw(glow), stars)
    glow = glow.filter(ImageFilter.GaussianBlur(9))
    sky.paste(rgb("#ffd9a0"), mask=glow)
    sky.paste(rgb("#fff6e2"), mask=rest(drawn))
    return grain(sky, rng, 6)


def _graticule(pen: ImageDraw.ImageDraw, centre: Point) -> None:
    x, y = centre[0] * 2, centre[1] * 2
    for step, radius in enumerate(range(1000, 4400, 420)):
        pen.ellipse(
            (x - radius, y - radius, x + radius, y + radius), outline=95 - step * 4, width=2
        )
    for degree in range(180, 272, 2):
        along = (math.cos(math.radians(degree)), math.sin(math.radians(degree)))
        reach = (1000, 4400) if degree % 15 == 0 else (3060, 3100 + (degree % 10 == 0) * 30)
        ends = [(x + along[0] * r, y + along[1] * r) for r in reach]
        pen.line(ends, 80, 2)


def _field_stars(rng: random.Random, pen: ImageDraw.ImageDraw) -> None:
    width, height = finer(PORTRAIT)
    for _ in range(1500):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        radius = 0.8 + rng.paretovariate(2.4) * 0.6
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), rng.randint(90, 255))


def _asterism(rng: random.Random, centre: Point) -> list[Point]:
    stars: list[Point] = []
    while len(stars) < 7:
        star = (centre[0] + rng.gauss(0, 125), centre[1] + rng.gauss(0, 95))
        if all(math.dist(star, other) > 78 for other in stars):
            stars.append(star)
    return stars


def _draw_asterism(pen: ImageDraw.ImageDraw, glow: ImageDraw.ImageDraw, stars: list[Point]) -> None:
    for one, other in _nearest_tree(stars):
        length = math.dist(one, other)
        trim = 15 / length  # lines stop short of their stars, as on printed charts
        ends = [
            ((a[0] + (b[0] - a[0]) * trim) * 2, (a[1] + (b[1] - a[1]) * trim) * 2)
            for a, b in ((one, other), (other, one))
        ]
        pen.line(ends, 190, 3)
    for index, (x, y) in enumerate(stars):
        radius = (5.2, 3.4, 4.2, 2.8)[index % 4]
        pen.ellipse([v * 2 + s * radius * 2 for s in (-1, 1) for v in (x, y)], 255)
        glow.ellipse([v + s * radius * 3.2 for s in (-1, 1) for v in (x, y)], 165)


def _nearest_tree(stars: list[Point]) -> Iterator[tuple[Point, Point]]:
    reached, waiting = stars[:1], stars[1:]
    while waiting:
        pairs = [(math.dist(a, b), a, b) for a in reached for b in waiting]
        _, one, other = min(pairs)
        yield one, other
        reached.append(other)
        waiting.remove(other)


def umbels(seed: int) -> Image.Image:
    """Draw fennel in seed: two tall stems, umbels of umbels, and leaves grown by rewriting."""
    rng = dice(seed)
    drawn = Image.new("RGB", finer(TALL), "white")
    pen = ImageDraw.Draw(drawn)
    for foot, tip, radius in (
        ((395, 1530), (520, 330), 215),
        ((385, 1530), (215, 560), 150),
        ((405, 1530), (640, 800), 105),
    ):
        _leafy_stem(rng, pen, (foot, tip))
        _umbel(rng, pen, tip, (radius, -math.pi / 2 + (tip[0] - foot[0]) / 900, 2))
    return ImageChops.multiply(paper(rng, TALL, "#f1ecd9"), rest(drawn))


def _bend(foot: Point, tip: Point, place: float) -> Point:
    sway = math.sin(place * math.pi) * (tip[0] - foot[0]) * -0.28
    x = foot[0] + (tip[0] - foot[0]) * place + sway
    return x, foot[1] + (tip[1] - foot[1]) * place


def _leafy_stem(rng: random.Random, pen: ImageDraw.ImageDraw, stem: tuple[Point, Point]) -> None:
    points = [_bend(*stem, step / 60) for step in range(61)]
    for index, (one, other) in enumerate(itertools.pairwise(points)):
        ends = [(x * 2, y * 2) for x, y in (one, other)]
        pen.line(ends, rgb("#42552f"), round(17 - index * 0.18))
    for index, place in enumerate((0.12, 0.3, 0.47, 0.63)):
        side = 1 if index % 2 else -1
        heading = -math.pi / 2 + side * rng.uniform(0.65, 0.95)
        _leaf(rng, pen, _bend(*stem, place), (heading, 20 - index * 2.6))


def _rewrite(axiom: str, rules: dict[str, str], times: int) -> str:
    for _ in range(times):
        axiom = "".join(rules.get(sign, sign) for sign in axiom)
    return axiom


def _leaf(
    rng: random.Random, pen: ImageDraw.ImageDraw, foot: Point, growth: tuple[float, float]
) -> None:
    heading, step = growth
    (x, y), kept = foot, []
    for sign in _rewrite("X", {"X": "F[+X][-X]FX", "F": "FF"}, 4):
        if sign == "F":
            end = (x + math.cos(heading) * step / 2, y + math.sin(heading) * step / 2)
            pen.line((x * 2, y * 2, end[0] * 2, end[1] * 2), rgb("#6f8a4a"), 4)
            (x, y), heading = end, heading + rng.gauss(0.004, 0.02)
        elif sign == "[":
            kept.append((x, y, heading))
        elif sign == "]":
            x, y, heading = kept.pop()
        else:
            heading += {"+": 0.42, "-": -0.42}.get(sign, 0.0) * rng.uniform(0.75, 1.25)


def _umbel(
    rng: random.Random, pen: ImageDraw.ImageDraw, at: Point, growth: tuple[float, float, int]
) -> None:
    radius, heading, levels = growth
    rays = 21 if levels == 2 else 13
    for ray in range(rays):
        angle = heading + (ray / (rays - 1) - 0.5) * (2.5 if levels == 2 else 2.9)
        reach = radius * rng.uniform(0.84, 1.0)
        end = (at[0] + math.cos(angle) * reach, at[1] + math.sin(angle) * reach * 0.92)
        colour = ramp(("#42552f", "#8a8434", "#c99a2e"), (2.6 - levels) / 2 + rng.uniform(0, 0.2))
        pen.line((at[0] * 2, at[1] * 2, end[0] * 2, end[1] * 2), colour, levels * 2)
        if levels > 1:
            _umbel(rng, pen, end, (radius * 0.25, angle, levels - 1))
        else:
            size = rng.uniform(4, 8)
            seed = [v * 2 + s * size for s in (-1, 1) for v in end]
            pen.ellipse(seed, mix(rgb("#d8a12c"), rgb("#8f4a1e"), rng.random()))


def pendulums(seed: int) -> Image.Image:
    """Let a damped harmonograph run, in four inks of light on dark green."""
    rng = dice(seed)
    sheet = gradient(SQUARE, ("#0d211f", "#12302b", "#0c1b1d"))
    turns = (2.003, 3.001, 2.0, 2.994)
    phases = [rng.uniform(0, math.tau) for _ in turns]
    for index, colour in enumerate(("#f3c969", "#ef8a62", "#e9e2d0", "#6fc7b7")):
        shifted = [phase + index * 0.17 * (-1) ** n for n, phase in enumerate(phases)]
        trace = rest(_trace(turns, shifted))
        light = Image.composite(
            Image.new("RGB", SQUARE, rgb(colour)), Image.new("RGB", SQUARE), trace
        )
        sheet = ImageChops.screen(sheet, light)
    return grain(sheet, rng, 5)


def _trace(turns: tuple[float, ...], phases: list[float]) -> Image.Image:
    side = SQUARE[0] * 2
    plate = Image.new("L", (side, side), 0)
    points = []
    for step in range(5200):
        time = step * 0.03
        fall = math.exp(-0.011 * time) * side * 0.225
        a, b, c, d = (math.sin(t * time + p) for t, p in zip(turns, phases, strict=True))
        points.append((side / 2 + fall * (a + b), side / 2 + fall * (c + d)))
    ImageDraw.Draw(plate).line(points, 200, 3)
    return plate


def ridgelines(seed: int) -> Image.Image:
    """Stack section lines through a mountain pass, each hiding what lies behind it."""
    rng = dice(seed)
    width, height = finer(PANORAMA)
    relief = noise(rng, (420, 64), (46, 13), 4).tobytes()
    sheet = Image.new("RGB", (width, height), rgb("#10142b"))
    pen = ImageDraw.Draw(sheet)
    for row in range(64):
        foot = height * (0.46 + 0.5 * row / 63)
        points = [
            (x / 419 * width, foot - _swell(relief[row * 420 + x], x / 419) * height * 0.42)
            for x in range(420)
        ]
        pen.polygon([*points, (width, height), (0, height)], rgb("#10142b"))
        pen.line(points, ramp(("#3f5f9a", "#8fa9d8", "#f2d3a5", "#f08a5d"), row / 63), 4)
    return grain(_framed(rest(sheet), 34, rgb("#10142b")), rng, 5)


def _swell(tone: int, place: float) -> float:
    """Raise the middle thirds and leave the ends of the sheet nearly flat."""
    shoulders = math.exp(-(((place - 0.33) / 0.14) ** 2)) + math.exp(
        -(((place - 0.68) / 0.17) ** 2)
    )
    return math.pow(tone / 255, 1.9) * (0.1 + 0.9 * min(1.0, shoulders))
