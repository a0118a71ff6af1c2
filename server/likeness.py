"""Which pictures are the same one: hashes compared, and how they are looked up. Pure.

A hash is PDQ's (`server.pdq`), as 64 hexadecimal digits. Two pictures are taken for the same where
at most 31 of 256 bits differ, the distance that its authors recommend: saved anew, made smaller or
written over stays below 20; unrelated pictures are above 90. A picture is compared in all eight
attitudes, so that mirroring or turning it hides nothing.

To find one among many thousands, a hash is cut into sixteen bands of sixteen bits: where at most
31 bits differ, at least one band differs in one bit at most. So a hash is found by asking an
index for its bands, each as it is and with one bit changed.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, NewType

from server.model import ActorId, Millis, PictureId, TargetId, WorkId
from server.values import dataclass

Hashes = tuple[str, ...]  # of one picture in its eight attitudes, the upright one first
ResemblanceId = NewType("ResemblanceId", int)

BITS: Final = 256
MAX_DISTANCE: Final = 31
MIN_QUALITY: Final = 50  # below it PDQ's authors say to discard a hash
_BANDS: Final = 16
_BAND_BITS: Final = 16
_MASK: Final = (1 << _BAND_BITS) - 1


class Verdict(StrEnum):
    """What an artist said of a picture like theirs."""

    OPEN = "open"
    FINE = "fine"  # this one
    TRUSTED = "trusted"  # it is theirs, or may be there; nothing more is said of that account
    REPORTED = "reported"


@dataclass(frozen=True, slots=True)
class KeptHashes:
    """The hashes of a picture of a work here."""

    picture_id: PictureId
    work_id: WorkId
    artist_id: ActorId
    position: int
    hashes: Hashes


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A picture of an artist here that somebody else shows too."""

    id: ResemblanceId
    artist_id: ActorId  # who is told
    picture_id: PictureId
    work_id: WorkId
    other_id: ActorId
    target_id: TargetId  # the other one's work or post
    position: int  # of the picture in it
    distance: int
    at: Millis
    verdict: Verdict = Verdict.OPEN


def distance(one: str, other: str) -> int:
    """Return how many bits differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def nearest(sought: Hashes, upright: str) -> int:
    """Return the least distance of a picture's eight hashes to another's upright one."""
    other = int(upright, 16)
    return min((one ^ other).bit_count() for one in _numbers(sought))


@lru_cache(maxsize=8)
def _numbers(hashes: Hashes) -> tuple[int, ...]:
    """Read eight hashes once where thousands are compared with them."""
    return tuple(int(one, 16) for one in hashes)


def bands(upright: str) -> list[int]:
    """Return what a hash is kept under: its bands, each with its place."""
    return [place << _BAND_BITS | value for place, value in _cut(upright)]


def probes(sought: Sequence[str]) -> list[int]:
    """Return every band under which a hash near one of `sought` is kept."""
    return sorted(
        {
            place << _BAND_BITS | near
            for one in set(sought)
            for place, value in _cut(one)
            for near in (value, *(value ^ 1 << bit for bit in range(_BAND_BITS)))
        }
    )


def _cut(one: str) -> Iterator[tuple[int, int]]:
    number = int(one, 16)
    for place in range(_BANDS):
        yield place, number >> place * _BAND_BITS & _MASK
