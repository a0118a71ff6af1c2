"""Small pictures to hang, drawn by Pillow."""

import io

from PIL import Image, ImageDraw

WIDE_STRIP = (1500, 400)


def drawing(size: tuple[int, int], seed: int) -> bytes:
    """Return a JPEG of stripes."""
    image = Image.new("RGB", size, ((seed * 53) % 200, (seed * 97) % 200, (seed * 31) % 200))
    pen = ImageDraw.Draw(image)
    for at in range(0, sum(size), 40):
        pen.line((at, 0, at - size[1], size[1]), fill=(240, 230, 210), width=5)
    body = io.BytesIO()
    image.save(body, "JPEG", quality=90)
    return body.getvalue()


def sheet(seed: int) -> bytes:
    """Return a drawing of the usual shape."""
    return drawing((600, 400), seed)


def heavy() -> bytes:
    """Return a PNG of over five megabytes, as scanners make them: noise does not compress."""
    noise = [Image.effect_noise((1400, 1300), 90) for _ in "RGB"]
    body = io.BytesIO()
    Image.merge("RGB", noise).save(body, "PNG", compress_level=1)
    return body.getvalue()
