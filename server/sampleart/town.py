"""A river quarter at night, a town of steps, a folded harbour and a tiled wall.

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
    TALL,
    Point,
    Rgb,
    Size,
    dice,
    fade,
    finer,
    gradient,
    grain,
    ink,
    jitter,
    mix,
    ramp,
    rest,
    rgb,
    shade,
)

Box = tuple[float, float, float, float]


def last_tram(seed: int) -> Image.Image:
    """Light the windows of a river quarter at night and let the water double them."""
    rng = dice(seed)
    width, height = LANDSCAPE
    bank = 770
    town = gradient((width, bank), ("#0c1433", "#1c2656", "#4a3a72", "#a1567a", "#e58a6e"))
    _moon_and_stars(rng, town)
    for row in range(4):
        _houses(rng, town, row)
    _lamps(town)
    sheet = Image.new("RGB", LANDSCAPE)
    sheet.paste(town)
    sheet.paste(_reflection(rng, town, height - bank), (0, bank))
    ImageDraw.Draw(sheet).rectangle((0, bank - 5, width, bank + 4), rgb("#080b18"))
    return grain(sheet, rng, 6)


def _moon_and_stars(rng: random.Random, town: Image.Image) -> None:
    draw = ImageDraw.Draw(town)
    for _ in range(160):
        x, y = rng.uniform(0, town.width), 380 * rng.random() ** 1.6
        draw.point((x, y), mix(rgb("#1c2656"), rgb("#fff3d6"), rng.uniform(0.3, 1)))
    halo = Image.new("L", (400, 400), 0)
    ImageDraw.Draw(halo).ellipse((150, 150, 250, 250), 255)
    town.paste(rgb("#e9c9b8"), (1080, -20), halo.filter(ImageFilter.GaussianBlur(42)))
    town.paste(rgb("#fff0d2"), (1080, -20), halo.filter(ImageFilter.GaussianBlur(1)))


def _houses(rng: random.Random, town: Image.Image, row: int) -> None:
    draw = ImageDraw.Draw(town)
    colour = ramp(("#8f5479", "#4e3a6b", "#262750", "#0f1430"), row / 3)
    x = rng.uniform(-60, 0)
    while x < town.width:
        wide = rng.uniform(60, 120) * (0.8 + row * 0.22)
        tall = rng.triangular(120, 520, 240) * (1.12 - row * 0.2)
        top = town.height - 40 - tall
        wall = jitter(rng, colour, 0.1)
        draw.rectangle((x, top, x + wide, town.height), wall)
        _roof(rng, draw, (x, top, wide), wall)
        if row:
            _windows(rng, draw, (x, top, x + wide, town.height), row)
        x += wide + rng.choice((0.0, 0.0, 6.0, 18.0))


def _roof(
    rng: random.Random, draw: ImageDraw.ImageDraw, house: tuple[float, float, float], wall: Rgb
) -> None:
    x, top, wide = house
    kind = rng.randrange(5)
    if kind == 0:
        draw.polygon(((x, top), (x + wide / 2, top - wide * 0.42), (x + wide, top)), wall)
    elif kind == 1:
        draw.rectangle((x + wide * 0.2, top - 26, x + wide * 0.6, top), wall)
        draw.line((x + wide * 0.4, top - 26, x + wide * 0.4, top - 84), wall, 2)
    elif kind == 2:
        draw.rectangle((x + wide * 0.62, top - 22, x + wide * 0.76, top), wall)
    elif kind == 3:
        draw.polygon(((x, top), (x, top - wide * 0.3), (x + wide, top)), wall)


def _windows(rng: random.Random, draw: ImageDraw.ImageDraw, wall: Box, row: int) -> None:
    left, top, right, foot = wall
    pane = 5 + row * 2.2
    step_x, step_y = pane * 2.1, pane * 2.7
    habit = rng.uniform(0.12, 0.6)  # some houses stay up later
    columns = int((right - left - pane) / step_x)
    if columns < 1:
        return
    margin = (right - left - (columns - 1) * step_x - pane) / 2
    y = top + pane * 1.6
    while y < foot - 60:
        for column in range(columns):
            x = left + margin + column * step_x
            glass = (x, y, x + pane, y + pane * 1.5)
            if rng.random() < habit:
                light = ramp(("#ffb347", "#ffd98a", "#fff0c9", "#bfe0e6"), rng.random() ** 1.4)
                draw.rectangle(glass, shade(light, rng.uniform(0.7, 1)))
                if rng.random() < 0.3:
                    draw.rectangle((x, y, x + pane, y + pane * 0.6), rgb("#a5622f"))
            else:
                draw.rectangle(glass, mix(rgb("#0d1230"), rgb("#3c4374"), rng.random() * 0.6))
        y += step_y


def _lamps(town: Image.Image) -> None:
    glow = Image.new("L", town.size, 0)
    lamps, draw = ImageDraw.Draw(glow), ImageDraw.Draw(town)
    foot = town.height
    for x in range(90, town.width, 178):
        draw.line((x, foot, x, foot - 62), rgb("#05070f"), 4)
        lamps.ellipse((x - 17, foot - 84, x + 17, foot - 50), 255)
    town.paste(rgb("#ffc873"), mask=glow.filter(ImageFilter.GaussianBlur(17)))
    for x in range(90, town.width, 178):
        draw.ellipse((x - 7, foot - 74, x + 7, foot - 60), rgb("#fff2d0"))
    _tram(draw, (930, foot))


def _tram(draw: ImageDraw.ImageDraw, at: Point) -> None:
    x, foot = at
    draw.line((0, foot - 98, 1600, foot - 98), rgb("#05070f"), 2)
    draw.line((x + 120, foot - 54, x + 150, foot - 98), rgb("#05070f"), 3)
    draw.rounded_rectangle((x, foot - 56, x + 300, foot - 4), 9, rgb("#b8322f"))
    draw.rectangle((x, foot - 24, x + 300, foot - 19), rgb("#f2e3c4"))
    for window in range(8):
        left = x + 10 + window * 36
        draw.rounded_rectangle((left, foot - 49, left + 29, foot - 28), 3, rgb("#ffe3a0"))


def _reflection(rng: random.Random, town: Image.Image, depth: int) -> Image.Image:
    """Mirror the bank, torn sideways row by row, darker and bluer toward us."""
    mirror = town.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, town.width, depth * 2))
    mirror = mirror.resize((town.width, depth)).filter(ImageFilter.BoxBlur((0, 3)))
    water = Image.new("RGB", mirror.size)
    for y in range(0, depth, 2):
        near = y / depth
        shift = math.sin(y * (0.5 - near * 0.32)) * (2 + 11 * near) + rng.gauss(0, 1 + 3 * near)
        strip = mirror.crop((0, y, town.width, y + 2))
        water.paste(ImageChops.offset(strip, round(shift), 0), (0, y))
    return ink(water, rgb("#5f7fb0"), fade(water.size, (0.25, 0.6, 0.95)))


def truchet(seed: int) -> Image.Image:
    """Turn one tile of three arcs at random until the lines find long ways round."""
    rng = dice(seed)
    sheet = Image.new("RGB", finer(PORTRAIT), rgb("#f4ead5"))
    tile, margin = 240, 80
    for column in range(10):
        for row in range(13):
            heat = column / 22 + row / 22 + rng.gauss(0, 0.05)
            colour = ramp(("#1f4e5f", "#2f8f83", "#e9b44c", "#e4572e", "#8f2d56"), heat)
            piece = _arc_tile(tile, colour)
            piece = piece.rotate(90 * rng.randrange(2))
            sheet.paste(piece, (margin + column * tile, margin // 2 + row * tile))
    return grain(_trimmed(rest(sheet), 40, rgb("#f4ead5")), rng, 7)


def _arc_tile(side: int, colour: Rgb) -> Image.Image:
    tile = Image.new("RGB", (side, side), rgb("#f4ead5"))
    draw = ImageDraw.Draw(tile)
    for x, y in ((0, 0), (side, side)):
        for index, place in enumerate((0.78, 0.5, 0.22)):
            reach = side * (place + 0.075)
            tone = shade(colour, (0.8, 1.0, 1.22)[index])
            box = (x - reach, y - reach, x + reach, y + reach)
            inner = side * (place - 0.075)
            draw.ellipse(box, tone)
            draw.ellipse((x - inner, y - inner, x + inner, y + inner), rgb("#f4ead5"))
    return tile


def _trimmed(image: Image.Image, margin: int, colour: Rgb) -> Image.Image:
    sheet = Image.new("RGB", image.size, colour)
    inner = (margin, margin, image.width - margin, image.height - margin)
    sheet.paste(image.crop(inner), inner)
    return sheet


def stairwell(seed: int) -> Image.Image:
    """Stack isometric blocks into a town of steps, lit from the left."""
    rng = dice(seed)
    sheet = gradient(finer(TALL), ("#f6d8bd", "#f3b79a", "#d98a8a", "#8f6a8f", "#4c4a76"))
    draw = ImageDraw.Draw(sheet)
    edge = 100.0
    for row in range(56):
        for column in range(-1, 10):
            x = column * edge * 1.74 + (row % 2) * edge * 0.87
            foot = 620 + row * edge * 0.5
            rise = edge * rng.choice((0.5, 1, 1.5, 2.2, 3, 3.9)) * (1.15 if row < 8 else 1)
            heat = row / 56 * 0.75 + rng.uniform(0, 0.25)
            colour = ramp(("#f9e0bd", "#f2a97e", "#dc6b5c", "#8f4a6b", "#3d3f73"), heat)
            _block(rng, draw, (x, foot, rise), colour)
    return grain(rest(sheet), rng, 6)


def _block(
    rng: random.Random,
    draw: ImageDraw.ImageDraw,
    block: tuple[float, float, float],
    colour: Rgb,
) -> None:
    x, foot, rise = block
    across, down = 87.0, 50.0
    top = foot - rise
    left = ((x - across, top), (x, top + down), (x, foot + 700), (x - across, foot + 650))
    right = ((x + across, top), (x, top + down), (x, foot + 700), (x + across, foot + 650))
    lid = ((x, top - down), (x + across, top), (x, top + down), (x - across, top))
    draw.polygon(left, colour)
    draw.polygon(right, mix(shade(colour, 0.62), rgb("#2b2450"), 0.3))
    draw.polygon(lid, mix(colour, rgb("#fff6e0"), 0.5))
    if rise > 180 and rng.random() < 0.6:
        _doorway(draw, (x - across * 0.5, top + down * 0.5 + 46), colour)


def _doorway(draw: ImageDraw.ImageDraw, at: Point, colour: Rgb) -> None:
    x, y = at
    dark = mix(shade(colour, 0.4), rgb("#241a44"), 0.5)
    slope = 50 / 87
    arch = []
    for step in range(13):
        angle = math.pi + step / 12 * math.pi
        across = math.cos(angle) * 19
        arch.append((x + across, y + across * slope + math.sin(angle) * 26))
    draw.polygon([*arch, (x + 19, y + 19 * slope + 74), (x - 19, y - 19 * slope + 74)], dark)


def folded_harbour(seed: int) -> Image.Image:
    """Fold sky, headlands and water out of some two thousand flat triangles."""
    rng = dice(seed)
    width, height = finer(PANORAMA)
    scene = _harbour_scene(rng)
    sheet = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(sheet)
    for triangle in _triangles(rng, (width, height), 62):
        x = sum(p[0] for p in triangle) / 3 / width * (scene.width - 1)
        y = sum(p[1] for p in triangle) / 3 / height * (scene.height - 1)
        place = (min(max(round(x), 0), scene.width - 1), min(max(round(y), 0), scene.height - 1))
        colour = scene.getpixel(place)
        if isinstance(colour, tuple):
            draw.polygon(triangle, jitter(rng, (colour[0], colour[1], colour[2]), 0.085))
    return grain(rest(sheet), rng, 5)


def _harbour_scene(rng: random.Random) -> Image.Image:
    """Sketch what the triangles will be coloured from, small and blurred."""
    above = ("#26366b", "#6a5a95", "#d9798a", "#f7b27a", "#fbd79b")
    scene = gradient((420, 140), (*above, "#d98f7f", "#6f6291", "#31467d", "#1c2c57"))
    draw = ImageDraw.Draw(scene)
    draw.ellipse((262, 50, 298, 86), rgb("#fff1c9"))
    for index, (foot, colour) in enumerate(((73, "#8f6a93"), (74, "#5a4c80"), (76, "#2c2f5c"))):
        points = []
        for x in range(0, 421, 6):
            lift = abs(math.sin(x / (47 - index * 9) + index * 2)) * rng.uniform(6, 12)
            points.append((x, foot - lift * (1.6 + (280 - x) / 170 if x < 200 else 0.55)))
        draw.polygon([*points, (420, foot + 2), (0, foot + 2)], rgb(colour))
    for y in range(80, 138, 3):
        half = 5 + (y - 78) * 0.4 + rng.uniform(-3, 6)
        draw.line((280 - half, y, 280 + half, y), rgb("#ffd9a0"), 2)
    return scene


def _triangles(rng: random.Random, size: Size, step: float) -> Iterator[tuple[Point, Point, Point]]:
    columns, rows = math.ceil(size[0] / step) + 3, math.ceil(size[1] / step) + 3
    grid = [
        [_grid_point(rng, (c - 1 + (r % 2) / 2, r - 1), step) for c in range(columns)]
        for r in range(rows)
    ]
    for row, (upper, lower) in enumerate(itertools.pairwise(grid)):
        for c in range(columns - 1):
            if row % 2:
                yield upper[c], upper[c + 1], lower[c + 1]
                yield upper[c], lower[c], lower[c + 1]
            else:
                yield upper[c], upper[c + 1], lower[c]
                yield upper[c + 1], lower[c], lower[c + 1]


def _grid_point(rng: random.Random, place: Point, step: float) -> Point:
    return (place[0] + rng.uniform(-0.3, 0.3)) * step, (place[1] + rng.uniform(-0.3, 0.3)) * step
