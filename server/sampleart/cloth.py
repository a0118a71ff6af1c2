"""Cloth: a pieced quilt and a woven blanket, lit so that the threads show.

Each painter takes a seed and gives a picture; see `easel` for the law.
"""

import math
import random

from PIL import Image, ImageChops, ImageDraw

from server.sampleart.easel import (
    LANDSCAPE,
    SQUARE,
    Point,
    dice,
    grain,
    jitter,
    mix,
    noise,
    ramp,
    rest,
    rgb,
)


def quilt(seed: int) -> Image.Image:
    """Piece a quilt of eight-pointed stars and flying geese, and stitch it by hand."""
    rng = dice(seed)
    side, block = SQUARE[0] * 2, 640
    sheet = Image.new("RGB", (side, side), rgb("#2b3a55"))
    draw = ImageDraw.Draw(sheet)
    start = (side - 4 * block) / 2
    _border(rng, draw, side, start)
    for column in range(4):
        for row in range(4):
            at = (start + column * block, start + row * block)
            (_star if (column + row) % 2 == 0 else _geese)(rng, draw, at, block)
    for row in range(1, 36):
        _stitch(draw, ((0, row * 80), (side, row * 80)))
    return _cloth(rng, rest(sheet))


_FABRICS = ("#c8553d", "#e3a857", "#7a9e9f", "#3f5e78", "#a23b4a", "#d98c6a", "#5b7553")


def _border(rng: random.Random, draw: ImageDraw.ImageDraw, side: int, width: float) -> None:
    step, far = side / 18, side - width
    for index in range(18):
        place = index * step
        for box in (
            (place, 0.0, place + step, width),
            (place, far, place + step, float(side)),
            (0.0, place, width, place + step),
            (far, place, float(side), place + step),
        ):
            colour = rgb("#e9dcc3") if index % 2 else rgb(rng.choice(_FABRICS))
            draw.rectangle(box, jitter(rng, colour, 0.05))


def _star(rng: random.Random, draw: ImageDraw.ImageDraw, at: Point, block: float) -> None:
    x, y = at
    unit = block / 4
    one, other = rng.sample(_FABRICS, 2)
    draw.rectangle((x, y, x + block, y + block), jitter(rng, rgb("#efe4cd"), 0.03))
    for turn in range(4):
        for colour, shape in (
            (one, ((1, 1), (1, 0), (2, 1))),
            (one, ((2, 1), (3, 0), (3, 1))),
            (other, ((1, 1), (2, 1), (2, 2))),
            (one, ((2, 1), (3, 1), (2, 2))),
            ("#d9c39b", ((0, 0), (1, 0), (0, 1))),
        ):
            points = [_turned(px, py, turn) for px, py in shape]
            placed = [(x + px * unit, y + py * unit) for px, py in points]
            draw.polygon(placed, jitter(rng, rgb(colour), 0.06))


def _turned(x: float, y: float, quarters: int) -> Point:
    """Turn a point of a 4 × 4 block about its middle."""
    for _ in range(quarters):
        x, y = 4 - y, x
    return x, y


def _geese(rng: random.Random, draw: ImageDraw.ImageDraw, at: Point, block: float) -> None:
    x, y = at
    draw.rectangle((x, y, x + block, y + block), jitter(rng, rgb("#2f4560"), 0.06))
    unit = block / 4
    for turn in range(4):
        colour = rgb(rng.choice(_FABRICS))
        for step in range(2):
            shape = ((step, 0), (step + 1, 1), (step, 2)) if step == 0 else ((1, 0), (2, 1), (1, 2))
            placed = [
                (x + px * unit, y + py * unit) for px, py in (_turned(*p, turn) for p in shape)
            ]
            draw.polygon(placed, jitter(rng, mix(colour, rgb("#efe4cd"), step * 0.35), 0.05))
    middle = block / 2
    inset = unit * 0.55
    corners = ((0, -inset), (inset, 0), (0, inset), (-inset, 0))
    draw.polygon([(x + middle + a, y + middle + b) for a, b in corners], rgb("#efe4cd"))


def _stitch(draw: ImageDraw.ImageDraw, line: tuple[Point, Point]) -> None:
    (x0, y), (x1, _) = line
    for x in range(int(x0), int(x1), 34):
        rise = 26 * math.sin(x / 102)
        after = 26 * math.sin((x + 18) / 102)
        draw.line((x, y + rise + 3, x + 18, y + after + 3), (60, 45, 40), 4)
        draw.line((x, y + rise, x + 18, y + after), rgb("#fbf3e0"), 4)


def _cloth(rng: random.Random, sheet: Image.Image) -> Image.Image:
    """Press a soft, wrinkled weave into a picture."""
    small = (sheet.width // 4, sheet.height // 4)
    wrinkle = noise(rng, small, (44, 44), 3).resize(sheet.size, Image.Resampling.BICUBIC)
    soft = wrinkle.point([206 + tone // 5 for tone in range(256)])
    return grain(ImageChops.multiply(sheet, Image.merge("RGB", (soft, soft, soft))), rng, 11)


def weft(seed: int) -> Image.Image:
    """Weave a twill of diamonds: dyed warp one way, madder and gold the other."""
    rng = dice(seed)
    columns, rows, thread = 200, 134, 8
    over = Image.new("L", (columns, rows))
    over.putdata([255 * _is_over(x, y) for y in range(rows) for x in range(columns)])
    size = (columns * thread, rows * thread)
    warp = _threads(rng, columns, ("#1f3b57", "#2f6f7e", "#d9c9a3", "#c6643c", "#6d2f45"))
    wefts = _threads(rng, rows, ("#e8d5a8", "#e0a03f", "#c14f3a", "#7c2f46", "#27324f"))
    upright = _lit(warp.resize(size, Image.Resampling.NEAREST), thread)
    turned = _lit(wefts.resize((size[1], size[0]), Image.Resampling.NEAREST), thread)
    lying = turned.transpose(Image.Transpose.ROTATE_270)
    cloth = Image.composite(upright, lying, over.resize(size, Image.Resampling.NEAREST))
    return _cloth(rng, cloth.crop((0, 0, *LANDSCAPE)))


def _is_over(x: int, y: int) -> bool:
    """Say whether the warp lies on top: twills that turn into nested diamonds."""
    fold_x, fold_y = abs(x % 50 - 25), abs(y % 44 - 22)
    band = (fold_x + fold_y) // 2 if (x // 50 + y // 44) % 2 else abs(fold_x - fold_y) // 2
    return (x + y * 3 if band % 4 == 0 else fold_x + fold_y) % 4 < 2


def _threads(rng: random.Random, count: int, stops: tuple[str, ...]) -> Image.Image:
    strip = Image.new("RGB", (count, 1))
    colours = []
    for index in range(count):
        place = 0.5 - 0.5 * math.cos(index / count * math.tau * 1.5)
        colours.append(jitter(rng, ramp(stops, place + rng.gauss(0, 0.05)), 0.1))
    strip.putdata(colours)
    return strip


def _lit(threads: Image.Image, thread: int) -> Image.Image:
    """Round upright threads by light."""
    profile = [
        round(255 * (0.5 + 0.5 * math.sin((x + 0.5) / thread * math.pi))) for x in range(thread)
    ]
    strip = Image.new("L", (threads.width, 1))
    strip.putdata([profile[x % thread] for x in range(threads.width)])
    light = strip.resize(threads.size)
    return ImageChops.multiply(threads, Image.merge("RGB", (light, light, light)))
