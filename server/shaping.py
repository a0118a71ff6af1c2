"""Sizes and shapes of pictures: shrunk, cut around a focus, laid on a ground.

Law: runs in a child process, on pixels that `server.decoding` let in.
"""

from typing import Final

from PIL import Image, ImageStat

from server.decoding import Size, scaled
from server.recipes import Focus

Rgb = tuple[int, int, int]

_GAP: Final = 3.0  # Pillow's reducing_gap: at 3 nobody can tell it from plain Lanczos
_NEUTRAL: Final = (119, 119, 119)  # L* 50, the neutral surround of viewing booths
_LIGHT: Final = 200  # mean of the visible pixels above which white paper would hide them
_PAPER: Final = (255, 255, 255)
_SLATE: Final = (64, 64, 64)


def resized(image: Image.Image, size: Size) -> Image.Image:
    """Return the picture in exactly this size."""
    if image.size == size:
        return image
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)


def on_neutral(flat: Image.Image, size: Size) -> Image.Image:
    """Return the whole picture in the middle of a neutral ground."""
    factor = min(size[0] / flat.width, size[1] / flat.height)
    inside = resized(flat, scaled(flat.size, factor))
    card = Image.new("RGB", size, _NEUTRAL)
    card.paste(inside, ((card.width - inside.width) // 2, (card.height - inside.height) // 2))
    return card


def around(flat: Image.Image, size: Size, focus: Focus) -> Image.Image:
    """Return what is around the focus, cut to this size; a smaller picture is enlarged."""
    factor = max(size[0] / flat.width, size[1] / flat.height)
    middle = ((focus[0] + 1) / 2, (1 - focus[1]) / 2)
    box: list[float] = []
    for share, wanted, whole in zip(middle, size, flat.size, strict=True):
        part = min(wanted / factor, whole)
        box.append(min(max(0.0, share * whole - part / 2), whole - part))
        box.append(box[-1] + part)
    left, right, top, bottom = box
    return flat.convert("RGB").resize(
        size, Image.Resampling.LANCZOS, box=(left, top, right, bottom), reducing_gap=_GAP
    )


def flat_on(image: Image.Image, ground: Rgb) -> Image.Image:
    """Lay a picture with transparency on its ground, for formats that have none."""
    if image.mode != "RGBA":
        return image
    flat = Image.new("RGB", image.size, ground)
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def ground_for(image: Image.Image) -> Rgb:
    """Choose white paper, or slate where white would hide what is drawn."""
    if image.mode != "RGBA":
        return _PAPER
    alpha = image.getchannel("A")
    mask = alpha.point(lambda value: 255 if value > 127 else 0)
    visible = ImageStat.Stat(image.convert("L"), mask)
    is_light = visible.count[0] > 0 and visible.mean[0] > _LIGHT
    return _SLATE if is_light else _PAPER
