"""Where metadata stands in each kind of file: found by bounded walks, nothing decoded. Pure.

Law: every length comes from a stranger; a walk ends where the file does, and what is packed is
unpacked to a bound. Sources: ISO/IEC 10918-1 B.1, PNG 3rd edition 11.3, the WebP container
specification, C2PA 2.2 A.3, XMP part 3, IPTC IIM 4.2.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import field
from typing import Final

from server.sniffing import Kind
from server.values import dataclass
from server.xmp import MAX_PACKET

_XMP_HEAD: Final = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP_HEAD: Final = b"http://ns.adobe.com/xmp/extension/\0"
_GUID: Final = 32  # bytes of its MD5 as hex; then length and offset
_EXIF_HEAD: Final = b"Exif\0\0"
_PHOTOSHOP_HEAD: Final = b"Photoshop 3.0\0"
_IPTC_RESOURCE: Final = 0x0404
_XMP_KEYWORD: Final = "XML:com.adobe.xmp"
_RAW_PROFILES: Final = ("Raw profile type ", 17)  # ImageMagick's hexadecimal copies
_MAX_TEXTS: Final = 100
_MAX_TEXT_BYTES: Final = MAX_PACKET
_MAX_SEGMENTS: Final = 10_000
_C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_GIF_XMP: Final = b"\x21\xff\x0bXMP DataXMP"


@dataclass(slots=True)
class Blocks:
    """What was found, still as bytes. `texts`: PNG's, by keyword."""

    xmp: list[bytes] = field(default_factory=list)
    exif: bytes = b""  # a TIFF structure
    iptc: bytes = b""  # IIM datasets
    texts: dict[str, str] = field(default_factory=dict)
    c2pa: bytes = b""  # JUMBF


def read_blocks(kind: Kind, source: bytes) -> Blocks:
    """Find what a file carries beside its pixels. AVIF's and TIFF's items are their decoder's."""
    blocks = Blocks()
    match kind:
        case Kind.JPEG:
            _read_jpeg(source, blocks)
        case Kind.PNG:
            _read_png(source, blocks)
        case Kind.WEBP:
            _read_webp(source, blocks)
        case Kind.GIF:
            _read_gif(source, blocks)
        case Kind.AVIF:
            _read_boxes(source, blocks)
        case Kind.TIFF:
            pass
    return blocks


def _read_jpeg(source: bytes, blocks: Blocks) -> None:
    more: dict[bytes, list[tuple[int, bytes]]] = {}
    for marker, body in _segments(source):
        if marker == 0xE1 and body.startswith(_XMP_HEAD):
            blocks.xmp.append(body[len(_XMP_HEAD) :])
        elif marker == 0xE1 and body.startswith(_MORE_XMP_HEAD):
            rest = body[len(_MORE_XMP_HEAD) :]
            if len(rest) > _GUID + 8:
                offset = int.from_bytes(rest[_GUID + 4 : _GUID + 8])
                more.setdefault(rest[:_GUID], []).append((offset, rest[_GUID + 8 :]))
        elif marker == 0xE1 and body.startswith(_EXIF_HEAD) and not blocks.exif:
            blocks.exif = body[len(_EXIF_HEAD) :]
        elif marker == 0xED and body.startswith(_PHOTOSHOP_HEAD) and not blocks.iptc:
            blocks.iptc = _iptc_in(body[len(_PHOTOSHOP_HEAD) :])
        elif marker == 0xEB and body.startswith(b"JP"):
            blocks.c2pa += body
    for parts in more.values():
        blocks.xmp.append(b"".join(part for _, part in sorted(parts)))


def _segments(source: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, body) of each segment before the first scan."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if at + 4 > len(source) or source[at] != 0xFF:
            return
        marker = source[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in {0xDA, 0xD9}:
            return
        length = int.from_bytes(source[at + 2 : at + 4])
        yield marker, source[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)


def _iptc_in(resources: bytes) -> bytes:
    """Return the IIM datasets among Photoshop's image resources."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        number, name_length = struct.unpack_from(">HB", resources, at + 4)
        start = at + 6 + (name_length + 2) // 2 * 2
        length = int.from_bytes(resources[start : start + 4])
        if number == _IPTC_RESOURCE:
            return resources[start + 4 : start + 4 + length]
        at = start + 4 + (length + 1) // 2 * 2
    return b""


def _read_png(source: bytes, blocks: Blocks) -> None:
    at = 8
    while at + 8 <= len(source):
        length, name = struct.unpack_from(">I4s", source, at)
        body = source[at + 8 : at + 8 + length]
        if name in {b"tEXt", b"zTXt", b"iTXt"} and len(blocks.texts) < _MAX_TEXTS:
            keyword, text = _png_text(name, body)
            blocks.texts.setdefault(keyword, text)
        elif name == b"eXIf" and not blocks.exif:
            blocks.exif = body
        elif name == b"caBX":
            blocks.c2pa += body
        at += 12 + length
    _read_texts(blocks)


def _read_texts(blocks: Blocks) -> None:
    """Take packets out of a PNG's texts."""
    packet = blocks.texts.pop(_XMP_KEYWORD, "")
    if packet:
        blocks.xmp.append(packet.encode())
    head, start = _RAW_PROFILES
    for keyword in [one for one in blocks.texts if one.startswith(head)]:
        raw = _unhexed(blocks.texts.pop(keyword))
        match keyword[start:]:
            case "xmp":
                blocks.xmp.append(raw)
            case "exif" | "APP1":
                blocks.exif = blocks.exif or raw.removeprefix(_EXIF_HEAD)
            case "iptc" | "8bim":
                blocks.iptc = blocks.iptc or _iptc_in(raw) or raw


def _png_text(name: bytes, body: bytes) -> tuple[str, str]:
    keyword, _, rest = body.partition(b"\0")
    if name == b"tEXt":
        text = rest[:_MAX_TEXT_BYTES].decode("latin-1")
    elif name == b"zTXt":
        text = _inflated(rest[1:]).decode("latin-1")
    else:
        is_packed = rest[:1] == b"\1"
        said = rest[2:].split(b"\0", 2)  # language, translated keyword, text
        packed = said[2] if len(said) == 3 else b""
        text = (_inflated(packed) if is_packed else packed[:_MAX_TEXT_BYTES]).decode(
            "utf-8", "replace"
        )
    return keyword[:79].decode("latin-1"), text


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _MAX_TEXT_BYTES)
    except zlib.error:
        return b""


def _unhexed(text: str) -> bytes:
    """Undo ImageMagick's form: a name, a length, lines of hexadecimal."""
    lines = text.strip().split("\n", 2)
    try:
        return bytes.fromhex("".join(lines[2].split())) if len(lines) == 3 else b""
    except ValueError:
        return b""


def _read_webp(source: bytes, blocks: Blocks) -> None:
    at = 12
    while at + 8 <= len(source):
        name, length = struct.unpack_from("<4sI", source, at)
        body = source[at + 8 : at + 8 + length]
        if name == b"EXIF" and not blocks.exif:
            blocks.exif = body.removeprefix(_EXIF_HEAD)
        elif name == b"XMP ":
            blocks.xmp.append(body)
        elif name == b"C2PA":
            blocks.c2pa += body
        at += 8 + length + length % 2


def _read_gif(source: bytes, blocks: Blocks) -> None:
    at = source.find(_GIF_XMP)
    if at < 0:
        return
    start = at + len(_GIF_XMP)
    end = source.find(b"\1\xff\xfe", start, start + MAX_PACKET)
    if end > 0:
        blocks.xmp.append(source[start:end])


def _read_boxes(source: bytes, blocks: Blocks) -> None:
    """Find C2PA's box among the outermost of an ISO base media file."""
    at = 0
    while at + 8 <= len(source):
        length, name = struct.unpack_from(">I4s", source, at)
        if length == 1 and at + 16 <= len(source):
            length = int.from_bytes(source[at + 8 : at + 16])
        if name == b"uuid" and source[at + 8 : at + 24] == _C2PA_UUID:
            blocks.c2pa += source[at + 24 : at + length]
        if length < 8:
            return
        at += length
