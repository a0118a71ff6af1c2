"""PDQ, the perceptual hash: 256 bits that stay nearly the same when a picture is saved anew.

Law: runs in a child process. The steps and constants are those of PDQ's description (Facebook,
"The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019): luminance, two
box filters each way, 64 × 64 samples, a cosine transform to 16 × 16, one bit for each value above
the median. Both filters and the sampling are linear, so they are one small matrix here.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, starmap
from operator import mul
from typing import Final

from PIL import Image

from server.colour import read_colour, to_srgb
from server.decoding import Unusable, decode, fitted, open_picture, plain
from server.likeness import BITS, MIN_QUALITY, Hashes
from server.pictures import Likeness, pack_likeness

_SIDE: Final = 512  # larger pictures are made this size first, whatever their shape
_SAMPLES: Final = 64
_WAVES: Final = 16
_PASSES: Final = 2
_BEHIND: Final = 1  # of a filter that is four wide, half a sample's distance
_AHEAD: Final = 2
_GRADIENT_STEP: Final = 90  # the sum of steep edges that is worth one point of quality
_MAX_QUALITY: Final = 100
_WHITE: Final = 255

Matrix = Sequence[Sequence[float]]
Weights = tuple[tuple[int, tuple[float, ...]], ...]


def answer(data: bytes) -> bytes:
    """Do the "likeness" task: any picture's bytes in, its packed `Likeness` out.

    What cannot be read is like nothing.
    """
    try:
        opened = open_picture(data)
        size = fitted(opened.size, 2 * _SIDE)
        image = plain(decode(opened, size))
        colour = read_colour(opened.image.info.get("icc_profile"), image.mode)
        image = to_srgb(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2), colour)
        if opened.turn is not None:
            image = image.transpose(opened.turn)
        return pack_likeness(Likeness(hashes_of(image)))
    except (Unusable, MemoryError):
        return pack_likeness(Likeness())


def hashes_of(image: Image.Image) -> Hashes:
    """Return a picture's hash as it stands and in its seven other attitudes.

    Nothing where it is too flat to be told from others: a wash of one colour is like every other.
    """
    found, quality = hashed(image)
    return found if quality >= MIN_QUALITY else ()


def hashed(image: Image.Image) -> tuple[Hashes, int]:
    """Return the eight hashes of a picture and their quality, 0 … 100.

    As it stands, mirrored both ways, turned by half; then all that laid over the diagonal. Each is
    what the picture would have in that attitude: PDQ samples a little beside the middle, so
    changing the signs of its waves, as its authors propose, is some thirty bits off.
    """
    attitudes = _sampled(_luminance(image))
    waves = [_product(_product(_cosines(), one), _turned(_cosines())) for one in attitudes]
    waves += [_turned(one) for one in waves]
    return tuple(_bits(one) for one in waves), _quality(attitudes[0])


def _luminance(image: Image.Image) -> Image.Image:
    """Return the picture in grey, on white, `_SIDE` each way: a small copy gets the same bits."""
    if image.mode == "RGBA":
        paper = Image.new("RGB", image.size, (_WHITE, _WHITE, _WHITE))
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    if image.size != (_SIDE, _SIDE):
        image = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, reducing_gap=2)
    return image.convert("F")  # ITU-R 601-2 without rounding: calm pictures differ by less than it


def _sampled(grey: Image.Image) -> list[Matrix]:
    """Blur and take 64 × 64 samples, each a weighted sum of few neighbours, in four attitudes."""
    pixels = array("f", grey.tobytes())
    rows = [pixels[left : left + _SIDE] for left in range(0, _SIDE * _SIDE, _SIDE)]
    found: list[Matrix] = []
    for downwards in (_weights(), _mirrored(_weights())):
        lines = [_blurred(rows, top, down) for top, down in downwards]
        found += [
            [[_sum(line, left, weights) for left, weights in across] for line in lines]
            for across in (_weights(), _mirrored(_weights()))
        ]
    return found


def _blurred(rows: Sequence[Sequence[float]], top: int, down: Sequence[float]) -> list[float]:
    columns = zip(*rows[top : top + len(down)], strict=True)
    return [sum(map(mul, column, down)) for column in columns]


def _sum(line: Sequence[float], first: int, weights: Sequence[float]) -> float:
    return math.fsum(map(mul, line[first : first + len(weights)], weights))


def _mirrored(weights: Weights) -> Weights:
    """Return the samples of the mirrored picture, taken from the picture as it stands."""
    return tuple((_SIDE - first - len(each), each[::-1]) for first, each in weights)


@lru_cache(maxsize=1)
def _weights() -> Weights:
    """Return for each sample along one side where its neighbours begin, and what each counts."""
    found = []
    for index in range(_SAMPLES):
        counts = {int((index + 0.5) * _SIDE / _SAMPLES): 1.0}
        for _ in range(_PASSES):
            counts = _spread(counts)
        first, last = min(counts), max(counts)
        found.append((first, tuple(counts.get(at, 0.0) for at in range(first, last + 1))))
    return tuple(found)


def _spread(counts: Mapping[int, float]) -> dict[int, float]:
    """Follow one box filter back: what each value was the mean of, cut off at the edges."""
    spread: dict[int, float] = {}
    for at, count in counts.items():
        inside = range(max(0, at - _BEHIND), min(_SIDE, at + _AHEAD + 1))
        for one in inside:
            spread[one] = spread.get(one, 0.0) + count / len(inside)
    return spread


def _quality(samples: Matrix) -> int:
    """Return how much there is to see: few edges make hashes that mean nothing."""
    across = [_steps(row, row[1:]) for row in samples]
    down = [_steps(row, below) for row, below in pairwise(samples)]
    return min(_MAX_QUALITY, (sum(across) + sum(down)) // _GRADIENT_STEP)


def _steps(ones: Sequence[float], others: Sequence[float]) -> int:
    return sum(int(abs(a - b) * 100 / _WHITE) for a, b in zip(ones, others, strict=False))


@lru_cache(maxsize=1)
def _cosines() -> Matrix:
    scale = math.sqrt(2 / _SAMPLES)
    step = math.pi / (2 * _SAMPLES)
    return [
        [scale * math.cos(step * wave * (2 * at + 1)) for at in range(_SAMPLES)]
        for wave in range(1, _WAVES + 1)  # the first is left out: it is the mean
    ]


def _product(left: Matrix, right: Matrix) -> Matrix:
    columns = _turned(right)
    return [[sum(map(mul, row, column)) for column in columns] for row in left]


def _turned(matrix: Matrix) -> Matrix:
    return list(zip(*matrix, strict=True))


def _bits(waves: Matrix) -> str:
    values = [value for row in waves for value in row]
    median = sorted(values)[BITS // 2 - 1]
    bits = sum(starmap(lambda at, value: (value > median) << at, enumerate(values)))
    return f"{bits:064x}"
