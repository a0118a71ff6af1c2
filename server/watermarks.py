"""Watermarks that artists put on the copies of their pictures. Pure."""

from enum import StrEnum
from typing import Final

import msgspec

from server.errors import Invalid

MAX_LETTERS: Final = 60
_BARE: Final = frozenset({"tile"})  # too small to bear one
_SHARED: Final = frozenset({"preview", "federated"})


class WatermarkStyle(StrEnum):
    """Where it stands."""

    CORNER = "corner"
    TILED = "tiled"


class WatermarkReach(StrEnum):
    """Which copies bear it."""

    SHARED = "shared"  # those for other servers, and the small one
    ALL = "all"  # all but the tile


class Watermark(msgspec.Struct, frozen=True, omit_defaults=True):
    """A text or a logo. `logo`: MediaStore key of a PNG, "" for a text."""

    text: str = ""
    logo: str = ""
    style: WatermarkStyle = WatermarkStyle.CORNER
    reach: WatermarkReach = WatermarkReach.SHARED

    def is_on(self, name: str) -> bool:
        """Say whether the rendition of that name bears it."""
        return name in _SHARED if self.reach is WatermarkReach.SHARED else name not in _BARE


class Stamp(msgspec.Struct, frozen=True):
    """A watermark on its way to the child, with the bytes of its logo."""

    watermark: Watermark
    logo: bytes = b""


def checked_watermark(watermark: Watermark) -> Watermark | None:
    """Return a watermark with a tidy text, None where it is empty. Raise `Invalid`."""
    text = " ".join(watermark.text.split())
    if len(text) > MAX_LETTERS:
        raise Invalid(f"A watermark has at most {MAX_LETTERS} letters: shorten it.", "text")
    if not text.isprintable():
        raise Invalid("A watermark is plain text: take out what cannot be seen.", "text")
    if not text and not watermark.logo:
        return None
    return msgspec.structs.replace(watermark, text="" if watermark.logo else text)
