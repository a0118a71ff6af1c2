"""What a file is, by its own bytes: never by its name or by what a browser claimed.

Law: pure; nothing is decoded, every walk is bounded by the length of the file.
Sources: RFC 2083 and the PNG 3rd edition (APNG), GIF89a, the WebP container
specification, ISO/IEC 14496-12 (`ftyp` brands).
"""

import struct
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from server.pictures import Refusal, RefusalCode

_TAKEN: Final = "PNG, JPEG, WebP or AVIF"
HEAD_BYTES: Final = 4096  # where a text file shows what it is, past a prologue and comments
_MAX_BRANDS: Final = 32  # of an `ftyp` box; real files have under ten


class Kind(StrEnum):
    """The kinds that we read; the value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    AVIF = "image/avif"
    GIF = "image/gif"
    TIFF = "image/tiff"


_SIGNATURES: Final = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
)

_FOREIGN: Final = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive or a painting program's document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"BM", "a BMP picture"),
    (b"gimp xcf", "a GIMP document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"OggS", "a sound or video file"),
    (b"ID3", "a sound file"),
)

# What makes a PNG's pixels and colours. The rest is text, times and an animation's later frames.
_PNG_CHUNKS: Final = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"IDAT", b"IEND")
)
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type (PNG 3, 11.2.1)
_ADAM7: Final = (  # first column and row of each pass, and its steps (PNG 3, 8.1)
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_INFLATED_AT_ONCE: Final = 65_536  # bytes
_PNG_FRAMES: Final = frozenset((b"acTL", b"fcTL", b"fdAT"))
_MAX_PNG_PROFILE: Final = 1_000_000  # inflated; Pillow refuses the whole file above 1 MiB

_HEIC_BRANDS: Final = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
)
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))
_STILL_BRANDS: Final = frozenset((b"mif1", b"msf1"))


def sniff(data: bytes) -> Kind | Refusal:
    """Say what the bytes are, or why they cannot be used."""
    if not data:
        return Refusal(
            RefusalCode.EMPTY, "This file is empty; choose the picture again and upload it."
        )
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF":
        return Kind.WEBP if data[8:12] == b"WEBP" else _export("a sound or video file")
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    for signature, noun in _FOREIGN:
        if data.startswith(signature):
            return _export(noun)
    return _text_or_unknown(data[:HEAD_BYTES])


def count_frames(kind: Kind, data: bytes, *, at_most: int) -> int:
    """Count an animation's frames without decoding any; stop at `at_most` + 1.

    A still counts as one. AVIF sequences are counted by their decoder, and the pages of a
    TIFF are no frames.
    """
    match kind:
        case Kind.PNG:
            return _apng_frames(data)
        case Kind.GIF:
            return _gif_frames(data, at_most)
        case Kind.WEBP:
            return _webp_frames(data, at_most)
        case Kind.JPEG | Kind.AVIF | Kind.TIFF:
            return 1


def declared_size(kind: Kind, data: bytes) -> tuple[int, int]:
    """Return width and height where PNG and GIF say them; (1, 1) for other kinds."""
    if kind is Kind.PNG and len(data) >= 24:
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if kind is Kind.GIF and len(data) >= 10:
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return 1, 1


def plain_png(data: bytes, *, with_frames: bool = False) -> bytes:
    """Return a PNG without text, times, profiles that inflate too far and later frames, if unasked.

    What is not there cannot be inflated by a decoder. A broken rest is left for it to refuse.
    """
    view, at = memoryview(data), 8
    kept = [view[:at]]
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        is_wanted = name in _PNG_CHUNKS or (with_frames and name in _PNG_FRAMES)
        if is_wanted and not (name == b"iCCP" and _inflates_too_far(data[at + 8 : end])):
            kept.append(view[at:end])
        at = end
    return b"".join(kept)


def holds_all_rows(data: bytes) -> bool:
    """Say whether a PNG's pixels are all there; counted as they inflate, none is kept.

    A stream that ends early, but properly, is no error to decoders: they leave the rest black.
    """
    width, height, depth, colour, _, _, is_interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    bits = depth * _PNG_CHANNELS.get(colour, 1)
    passes = _ADAM7 if is_interlaced else ((0, 0, 1, 1),)
    missing = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        missing += rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0
    return _inflates_to(missing, data)


def _inflates_to(wanted: int, data: bytes) -> bool:
    inflater = zlib.decompressobj()
    try:
        for part in _png_pixels(data):
            left = part
            while left and wanted > 0:
                wanted -= len(inflater.decompress(left, _INFLATED_AT_ONCE))
                left = inflater.unconsumed_tail
    except zlib.error:
        return False
    return wanted <= 0


def _png_pixels(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"IDAT":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length


def _inflates_too_far(profile: bytes) -> bool:
    """Try an iCCP chunk's body: a name of at most 79 bytes, two more, then zlib."""
    start = profile.find(b"\0", 0, 80) + 2
    try:
        inflated = zlib.decompressobj().decompress(profile[start:], _MAX_PNG_PROFILE + 1)
    except zlib.error:
        return True
    return len(inflated) > _MAX_PNG_PROFILE


def _export(noun: str) -> Refusal:
    return Refusal(
        RefusalCode.UNSUPPORTED,
        f"This file is {noun}; export it as {_TAKEN} and upload that.",
    )


def _by_brand(data: bytes) -> Kind | Refusal:
    """Read an ISO base media file's brands; HEIC and AVIF share the `mif1` brand."""
    end = min(int.from_bytes(data[:4]), len(data), 16 + 4 * _MAX_BRANDS)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return Kind.AVIF
    if brands & (_HEIC_BRANDS | _STILL_BRANDS):
        return _export("a HEIC photo, which most browsers cannot show")
    return _export("a video")


def _text_or_unknown(head: bytes) -> Refusal:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return _export("an SVG drawing")
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        noun = "a web page"
    elif b"\x00" not in head:
        noun = "a text file"
    else:
        noun = "no picture that we can read"
    return Refusal(
        RefusalCode.NOT_A_PICTURE,
        f"This file is {noun}; choose a picture ({_TAKEN}) and upload that.",
    )


def _apng_frames(data: bytes) -> int:
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        if name == b"acTL" and at + 12 <= len(data):
            return max(1, int.from_bytes(data[at + 8 : at + 12]))
        if name == b"IDAT":  # acTL must stand before it
            return 1
        at += 12 + length
    return 1


def _webp_frames(data: bytes, at_most: int) -> int:
    at, frames = 12, 0
    while at + 8 <= len(data) and frames <= at_most:
        name, length = struct.unpack_from("<4sI", data, at)
        frames += name == b"ANMF"
        at += 8 + length + length % 2
    return max(1, frames)


def _gif_frames(data: bytes, at_most: int) -> int:
    at, frames = 13 + _colour_table(data[10:11]), 0
    while at < len(data) and frames <= at_most:
        block = data[at]
        if block == 0x2C:  # image descriptor, colour table, code size, data
            frames += 1
            at = _past_sub_blocks(data, at + 11 + _colour_table(data[at + 9 : at + 10]))
        elif block == 0x21:  # extension
            at = _past_sub_blocks(data, at + 2)
        else:
            break
    return max(1, frames)


def _colour_table(flags: bytes) -> int:
    """Return the length in bytes of the colour table that a GIF flag byte announces."""
    value = int.from_bytes(flags)
    return 3 * 2 ** ((value & 7) + 1) if value & 0x80 else 0


def _past_sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
