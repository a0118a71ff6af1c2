"""What is written into every copy of a picture: whose it is, and what machines may do with it.

Law: a fresh packet of a few named facts. Of the upload's own words its creator, rights, credit
and source stay; where upload and work differ on machines, the stricter wins. No position, serial
number, prompt or history can pass, since nothing is copied whole. Camera and settings stay where
the artist wants it.
"""

import re
from fractions import Fraction
from typing import Final

from PIL import Image, TiffImagePlugin

from server.camera import NOTHING, Camera, tags_of
from server.embedded import Embedded
from server.inscription import Inscription
from server.provenance import Declaration
from server.values import dataclass
from server.written import NOTHING_WRITTEN, Written
from server.xmp import CC, DC, IPTC_EXT, PHOTOSHOP, PLUS, RIGHTS, write_packet

_PLUS_VALUES: Final = "http://ns.useplus.org/ldf/vocab/"
_SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_KEY: Final = re.compile(r"[A-Za-z]{1,60}")
_UNSPECIFIED: Final = "DMI-UNSPECIFIED"
_PROHIBITED: Final = "DMI-PROHIBITED"
# From open to closed. What refers to terms elsewhere cannot be followed here, hence closed.
_STRICTNESS: Final = (
    "DMI-ALLOWED",
    _UNSPECIFIED,
    "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    _PROHIBITED,
)
# What says more about machines goes before what says less; all others are the artist's word.
_MADE_BY_AI: Final = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
)
_ARTIST: Final = 0x013B
_COPYRIGHT: Final = 0x8298
_EXIF_IFD: Final = 0x8769


@dataclass(frozen=True, slots=True)
class Marks:
    """Bytes for a file of any kind. b"" = nothing to say."""

    xmp: bytes = b""
    exif: bytes = b""
    written: Written = NOTHING_WRITTEN


def marks_for(
    inscription: Inscription | None, found: Embedded, said: Declaration | None = None
) -> Marks:
    """Return what a copy of an upload that says `found` of itself must carry.

    `said`: a declaration in whatever form; in the copies it stands in the standard one.
    """
    if inscription is None:
        return Marks(written=Written(held_place=found.holds_place))
    creators = found.creators or tuple(filter(None, (inscription.creator,)))
    rights = found.rights or inscription.rights
    heard = found.reading.data_mining if found.reading else ""
    mining = _stricter(_last(inscription.data_mining), found.data_mining, heard)
    declared = _MADE_BY_AI[said.is_composite] if said else ""
    of_file = ("", "") if inscription.sets_aside_mark else (found.source_type, declared)
    source = _source(_last(inscription.source_type), *of_file)
    xmp = write_packet(
        {
            (PHOTOSHOP, "Credit"): found.credit,
            (RIGHTS, "Marked"): "False" if inscription.is_free else "True" if rights else "",
            (RIGHTS, "WebStatement"): inscription.licence_url or inscription.statement_url,
            (PLUS, "DataMining"): f"{_PLUS_VALUES}{mining}" if mining else "",
            (IPTC_EXT, "DigitalSourceType"): f"{_SOURCE_TYPES}{source}" if source else "",
        },
        lists={(DC, "creator"): creators},
        translated={(DC, "rights"): rights, (RIGHTS, "UsageTerms"): inscription.terms},
        links={(CC, "license"): inscription.licence_url},
        licensor_url=inscription.work_url,
    )
    camera = found.camera if inscription.with_camera else NOTHING
    exif = _exif(found.artist or "; ".join(creators), found.notice or rights, camera)
    said_inside = Written(
        creators=creators,
        rights=rights,
        credit=found.credit,
        licence_url=inscription.licence_url,
        data_mining=mining,
        source_type=source,
        is_of_file=bool(found.creators or found.rights or found.credit),
        held_place=found.holds_place,
    )
    return Marks(xmp, exif, said_inside)


def _exif(artist: str, copyright_notice: str, camera: Camera) -> bytes:
    exif = Image.Exif()
    main, taken = tags_of(camera)
    for tag, text in ((_ARTIST, artist), (_COPYRIGHT, copyright_notice), *main.items()):
        if text:
            exif[tag] = str(text).encode()  # EXIF means ASCII; every reader takes UTF-8
    if taken:
        exif[_EXIF_IFD] = {tag: _written(value) for tag, value in taken.items()}
    return exif.tobytes() if len(exif) else b""


def _written(value: object) -> object:
    if isinstance(value, Fraction):
        return TiffImagePlugin.IFDRational(value.numerator, value.denominator)
    return value


def _stricter(*keys: str) -> str:
    """Return the strictest of some of PLUS's keys."""
    known = [key if key in _STRICTNESS else _PROHIBITED for key in keys if key]
    return max(known, key=_STRICTNESS.index, default="")


def _source(ours: str, theirs: str, declared: str) -> str:
    for kind in _MADE_BY_AI:
        if kind in {ours, theirs, declared}:
            return kind
    return ours or (theirs if _KEY.fullmatch(theirs) else "")


def _last(address: str) -> str:
    return address.rpartition("/")[2]
