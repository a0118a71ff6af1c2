"""What a file says of itself: who made it, whose it is, how it came to be.

Law: everything here is a claim of whoever saved the file. Of each fact the most exact place that
has it is believed: XMP, then IPTC, then EXIF, then a PNG's texts (Metadata Working Group, 2010).
"""

import struct
from contextlib import suppress
from typing import Final

from PIL import Image

from server.blocks import Blocks, read_blocks
from server.camera import MAKE, MODEL, NOTHING, SETTINGS, Camera, read_camera
from server.credentials import Reading
from server.decoding import UNREADABLE, Opened
from server.sniffing import Kind
from server.values import dataclass
from server.xmp import DC, EXIF, IPTC_CORE, IPTC_EXT, PHOTOSHOP, PLUS, Properties, read_properties

_ARTIST: Final = 0x013B
_COPYRIGHT: Final = 0x8298
_DESCRIPTION: Final = 0x010E
_SOFTWARE: Final = 0x0131
_USER_COMMENT: Final = 0x9286
_EXIF_IFD: Final = 0x8769
_GPS_IFD: Final = 0x8825
_GPS_PLACE: Final = frozenset(range(1, 5)) | {27, 28}  # latitude, longitude, how and where
_IPTC_PLACE: Final = ((2, 90), (2, 92), (2, 95), (2, 100), (2, 101))  # city to country
_XMP_PLACE: Final = (
    *((EXIF, "GPSLatitude"), (EXIF, "GPSLongitude")),
    *((PHOTOSHOP, "City"), (PHOTOSHOP, "State"), (PHOTOSHOP, "Country")),
    *((IPTC_CORE, "Location"), (IPTC_EXT, "City"), (IPTC_EXT, "Sublocation")),
)
_TIFF_XMP: Final = 700
_TIFF_IPTC: Final = 33_723
_TIFF_C2PA: Final = 0xCD41
_BY_LINE: Final = (2, 80)
_CREDIT: Final = (2, 110)
_NOTICE: Final = (2, 116)
_MAX_DATASETS: Final = 1_000
_MAX_WORDS: Final = 500  # characters of a name or notice
_MAX_CREATORS: Final = 10


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file's own words. "" and () where it says nothing."""

    creators: tuple[str, ...] = ()
    rights: str = ""
    credit: str = ""
    data_mining: str = ""  # PLUS's key, such as DMI-PROHIBITED
    source_type: str = ""  # IPTC's key, such as digitalCreation
    properties: Properties | None = None  # all of XMP
    texts: tuple[tuple[str, str], ...] = ()  # PNG's
    user_comment: str = ""
    artist: str = ""  # EXIF's own, which may differ from `creators`
    notice: str = ""  # EXIF's copyright
    software: str = ""
    make: str = ""
    model: str = ""
    description: str = ""
    camera: Camera = NOTHING
    holds_place: bool = False  # coordinates, or names of places
    c2pa: bytes = b""
    reading: Reading | None = None  # of the same, by C2PA's own reader


def read_embedded(opened: Opened, source: bytes) -> Embedded:
    """Return what an opened upload says of itself. Nothing in it makes this fail."""
    blocks = read_blocks(opened.kind, source)
    _ask_decoder(opened, blocks)
    exif = _exif(blocks.exif, opened)
    iptc = _datasets(blocks.iptc)
    properties: dict[tuple[str, str], tuple[str, ...]] = {}
    for packet in blocks.xmp:
        for name, values in read_properties(packet).items():
            properties[name] = properties.get(name, ()) + values
    texts = blocks.texts
    return Embedded(
        creators=_first_words(
            properties.get((DC, "creator")),
            iptc.get(_BY_LINE),
            exif.get(_ARTIST),
            texts.get("Author"),
        )[:_MAX_CREATORS],
        rights=_one(
            properties.get((DC, "rights")),
            iptc.get(_NOTICE),
            exif.get(_COPYRIGHT),
            texts.get("Copyright"),
        ),
        credit=_one(properties.get((PHOTOSHOP, "Credit")), iptc.get(_CREDIT)),
        data_mining=_key(properties.get((PLUS, "DataMining"))),
        source_type=_key(properties.get((IPTC_EXT, "DigitalSourceType"))),
        properties=properties,
        texts=tuple(texts.items()),
        user_comment=_comment(exif.get(_USER_COMMENT)),
        artist=_text(exif.get(_ARTIST)),
        notice=_text(exif.get(_COPYRIGHT)),
        software=_text(exif.get(_SOFTWARE)) or texts.get("Software", ""),
        make=_text(exif.get(MAKE)),
        model=_text(exif.get(MODEL)),
        description=_text(exif.get(_DESCRIPTION)) or texts.get("Description", ""),
        camera=read_camera(exif, exif),
        holds_place=bool(exif.get(_GPS_IFD))
        or any(iptc.get(name) for name in _IPTC_PLACE)
        or any(properties.get(name) for name in _XMP_PLACE),
        c2pa=blocks.c2pa,
    )


def _ask_decoder(opened: Opened, blocks: Blocks) -> None:
    """Take from the decoder what AVIF and TIFF keep in tables of their own."""
    info = opened.image.info
    if opened.kind is Kind.AVIF:
        blocks.xmp += [packet] if isinstance(packet := info.get("xmp"), bytes) else []
        exif = info.get("exif")
        blocks.exif = exif.removeprefix(b"Exif\0\0") if isinstance(exif, bytes) else b""
    if opened.kind is Kind.TIFF:
        tags = getattr(opened.image, "tag_v2", {})
        blocks.xmp += [packet] if isinstance(packet := _tag(tags, _TIFF_XMP), bytes) else []
        blocks.iptc = found if isinstance(found := _tag(tags, _TIFF_IPTC), bytes) else b""
        blocks.c2pa = found if isinstance(found := _tag(tags, _TIFF_C2PA), bytes) else b""


def _tag(tags: object, number: int) -> object:
    try:
        return tags.get(number)  # type: ignore[attr-defined]  # a lazy table that decodes when asked
    except UNREADABLE:
        return None


def _exif(data: bytes, opened: Opened) -> dict[int, object]:
    """Return the tags that we look at; broken EXIF has none."""
    exif = Image.Exif()
    try:
        if opened.kind is Kind.TIFF:
            exif = opened.image.getexif()
        elif data:
            exif.load(data)
        found: dict[int, object] = {
            number: exif.get(number)
            for number in (_ARTIST, _COPYRIGHT, _DESCRIPTION, MAKE, MODEL, _SOFTWARE)
        }
        taken = exif.get_ifd(_EXIF_IFD)
        found |= {number: taken.get(number) for number in (_USER_COMMENT, *SETTINGS)}
        found[_GPS_IFD] = bool(_GPS_PLACE & set(exif.get_ifd(_GPS_IFD)))
    except UNREADABLE:
        return {}
    return found


def _datasets(iim: bytes) -> dict[tuple[int, int], list[str]]:
    """Return IIM's texts by (record, number); UTF-8 where it holds, else Latin-1."""
    found: dict[tuple[int, int], list[str]] = {}
    at = 0
    for _ in range(_MAX_DATASETS):
        if iim[at : at + 1] != b"\x1c" or at + 5 > len(iim):
            break
        record, number, length = struct.unpack_from(">BBH", iim, at + 1)
        if length & 0x8000:  # an extended length: only of large binary values
            break
        found.setdefault((record, number), []).append(_decoded(iim[at + 5 : at + 5 + length]))
        at += 5 + length
    return found


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _comment(value: object) -> str:
    """Return UserComment's text: eight bytes name its code (EXIF 3.0, 4.6.6.4.5)."""
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else ""
    code, body = value[:8], value[8:]
    if code.startswith(b"UNICODE"):
        # A1111 and most others write big-endian whatever the file's order is
        is_little = body[1:2] == b"\0" and body[:1] != b"\0"
        return body.decode("utf-16-le" if is_little else "utf-16-be", "replace")
    if code.startswith((b"ASCII", bytes(8))):
        return body.decode("utf-8", "replace")
    return value.decode("utf-8", "replace")


def _first_words(*places: object) -> tuple[str, ...]:
    """Return the texts of the first place that has any."""
    for place in places:
        values = place if isinstance(place, (tuple, list)) else [place]
        words = tuple(text for value in values if (text := _text(value)))
        if words:
            return tuple(dict.fromkeys(words))
    return ()


def _one(*places: object) -> str:
    return next(iter(_first_words(*places)), "")


def _text(value: object) -> str:
    """Return one clean line. EXIF's ASCII is UTF-8 in practice; Pillow reads it as Latin-1."""
    if isinstance(value, bytes):
        value = _decoded(value)
    if not isinstance(value, str):
        return ""
    with suppress(UnicodeError):  # else it was right as it is
        value = value.encode("latin-1").decode()
    line = "".join(c if c.isprintable() else " " for c in value.replace("\0", ""))
    return " ".join(line.split())[:_MAX_WORDS]


def _key(values: tuple[str, ...] | None) -> str:
    """Return the last part of a vocabulary's address."""
    said = values[0].strip() if values else ""
    return said.rstrip("/").rpartition("/")[2][:100]
