"""Small pictures to hang, drawn by Pillow."""

import io
import struct
import zlib

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


def heavy(seed: int) -> bytes:
    """Return a PNG of over five megabytes, most of it in a chunk that only its program reads.

    (Five megabytes of pixels would take half a minute to prepare.)
    """
    image = Image.open(io.BytesIO(sheet(seed)))
    body = io.BytesIO()
    image.save(body, "PNG")
    whole = body.getvalue()
    ending = len(whole) - 12  # IEND: length, name, checksum
    return whole[:ending] + _chunk(b"scAn", bytes(5_300_000)) + whole[ending:]


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
