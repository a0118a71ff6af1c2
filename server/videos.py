"""What a video file is, by its own bytes, as they come: MP4 or WebM, and how large its picture is.

Law: pure; nothing is decoded, what is kept of a file is bounded, and every length is checked
against what really comes. A file is taken whole or not at all: whoever hides something behind a
video's end, or before its beginning, is refused. Sources: ISO/IEC 14496-12 (boxes), RFC 8794
(EBML), RFC 9559 (Matroska, of which WebM is a part).
"""

from collections.abc import Iterator
from dataclasses import field, replace
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

from server.codecs import Coding, boxes, code_of, coding_of, refusal_of
from server.errors import Invalid
from server.values import dataclass

HEAD_BYTES: Final = 12  # by which it is told what a file may be
_FTYP_MOST: Final = 1_024  # bytes; real ones have under a hundred
_INDEX_MOST: Final = 2_097_152  # of an index, the part that is looked at
_TRACKS_MOST: Final = 262_144
_LONG_HEADER: Final = 16
_TKHD_LENGTHS: Final = {0: 84, 1: 96}  # by the box's version; a picture's size ends it
_MOST_PARTS: Final = 20_000  # boxes of a file: a film in fragments of two seconds lasts five hours
_MOST_BEFORE: Final = 1_000  # elements before the first frames
_TOO_WIDE: Final = 16_384  # pixels a side; no screen and no encoder of a browser has more
_EBML: Final = 0x1A45DFA3
_DOC_TYPE: Final = 0x4282
_SEGMENT: Final = 0x18538067
_TRACKS: Final = 0x1654AE6B
_CLUSTER: Final = 0x1F43B675
_TRACK: Final = 0xAE
_VIDEO: Final = 0xE0
_PIXELS: Final = (0xB0, 0xBA)  # width, height
_TRACK_TYPE: Final = 0x83
_IS_PICTURE: Final = 1
_IS_SOUND: Final = 2
_CODEC: Final = 0x86
_MOST_TRACKS: Final = 64
_MOST_FIELDS: Final = 64  # of a track
_LATE: Final = 10_000_000  # bytes: of smaller files a player has the end at once
_UNKNOWN_LENGTH: Final = -1

_PICTURES: Final = frozenset(
    (
        *(b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"heim", b"heis", b"hevc"),
        *(b"hevx", b"hevm", b"hevs", b"crx ", b"jp2 "),
    )
)
_MP4: Final = frozenset(
    (
        *(b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9"),
        *(b"mp41", b"mp42", b"avc1", b"av01", b"M4V ", b"MSNV", b"dash"),
    )
)


class VideoType(StrEnum):
    """The kinds that browsers play; the value is the media type."""

    MP4 = "video/mp4"
    WEBM = "video/webm"


@dataclass(frozen=True, slots=True)
class Looks:
    """What a whole file was found to be. Sizes in pixels as shown, 0 where it does not say."""

    type: VideoType
    width: int
    height: int
    coding: Coding = field(default_factory=Coding)


class Watch(Protocol):
    """Looks at a file as it comes."""

    def see(self, chunk: bytes) -> None:
        """Look at the next bytes. Raise `Invalid` as soon as they cannot be a video's."""
        ...

    def end(self) -> Looks:
        """Say what it was. Raise `Invalid` where it is cut off or shows no picture."""
        ...


def watch_for(head: bytes, name: str) -> Watch | None:
    """Return what looks at a file that begins so, None for one that is no video.

    `name`: what its artist calls it.
    """
    if head[4:8] == b"ftyp" and head[8:12] not in _PICTURES:
        return _Boxes(name)
    if head[:4] == _EBML.to_bytes(4):
        return _Elements(name)
    return None


class _Boxes:
    """An MP4: boxes, each with its length; the file ends where its last box does."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = bytearray()  # of the box that begins
        self._left = 0  # bytes of the box that goes on
        self._is_last = False  # it goes on to the end of the file
        self._kept: bytearray | None = None  # what is kept of the box that goes on
        self._most = 0
        self._brands = bytearray()
        self._index = bytearray()
        self._is_index_last = False  # frames came before it
        self._seen = 0
        self._kinds: set[bytes] = set()
        self._parts = 0

    def see(self, chunk: bytes) -> None:
        self._seen += len(chunk)
        at = 0
        while at < len(chunk):
            if self._is_last:
                return
            if self._left:
                at += self._pass_over(chunk, at)
            else:
                self._head.append(chunk[at])
                at += 1
                self._begin()

    def end(self) -> Looks:
        if self._left or self._head or not self._kinds:
            raise _cut_off(self._name)
        if b"moov" not in self._kinds or not self._kinds & {b"mdat", b"moof"}:
            raise Invalid(f"{self._name} holds no video: export it again as MP4 or WebM.")
        index = bytes(self._index)
        sizes, coding = [*_track_sizes(index)], coding_of(index)
        is_all = len(index) < _INDEX_MOST
        if is_all and not (coding.video and any(width for width, _ in sizes)):
            raise _no_picture(self._name)
        size = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
        is_late = self._is_index_last and self._seen >= _LATE
        return Looks(
            VideoType.MP4, *size, _taken(replace(coding, is_index_last=is_late), self._name)
        )

    def _pass_over(self, chunk: bytes, at: int) -> int:
        taken = min(self._left, len(chunk) - at)
        if self._kept is not None:
            self._kept += chunk[at : at + min(taken, self._most - len(self._kept))]
        self._left -= taken
        if not self._left and self._kinds == {b"ftyp"}:
            self._judge_brands()
        return taken

    def _begin(self) -> None:
        head = self._head
        if len(head) < 8 or (head[:4] == b"\0\0\0\1" and len(head) < _LONG_HEADER):
            return
        kind, said = bytes(head[4:8]), int.from_bytes(head[:4])
        length = int.from_bytes(head[8:16]) if said == 1 else said
        is_first = not self._kinds
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _not_one(self._name)
        if is_first and (kind != b"ftyp" or not 16 <= length <= _FTYP_MOST):
            raise _not_one(self._name)
        self._is_last = said == 0 and kind == b"mdat"
        if not self._is_last and (length < len(head) or not _is_name(kind)):
            raise _not_one(self._name)
        self._left = 0 if self._is_last else length - len(head)
        self._kinds.add(kind)
        self._kept, self._most = None, 0
        if is_first:
            self._kept, self._most = self._brands, _FTYP_MOST
        elif kind == b"moov" and not self._index:
            self._kept, self._most = self._index, _INDEX_MOST
            self._is_index_last = b"mdat" in self._kinds
        head.clear()

    def _judge_brands(self) -> None:
        brands = bytes(self._brands)
        major = brands[:4]
        named = {major, *(brands[at : at + 4] for at in range(8, len(brands) - 3, 4))}
        if major == b"M4A " or not named & _MP4:
            noun = {b"qt  ": "a QuickTime film", b"M4A ": "a sound file"}.get(
                major, "a film of a kind that browsers do not play"
            )
            raise Invalid(f"{self._name} is {noun}: export it as MP4 or WebM and add that.")


class _Elements:
    """A WebM: elements inside elements, walked down to the first that holds frames."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = bytearray()  # what is looked at
        self._seen = 0
        self._look_at = 64  # so many bytes, and twice as many each time: drops cost nothing
        self._is_settled = False
        self._length = _UNKNOWN_LENGTH  # of the whole file, where it says so
        self._size: tuple[int, int] | None = None
        self._coding = Coding()

    def see(self, chunk: bytes) -> None:
        self._seen += len(chunk)
        if not self._is_settled:
            self._start += chunk[: _TRACKS_MOST - len(self._start)]
            if len(self._start) >= min(self._look_at, _TRACKS_MOST):
                self._look_at = 2 * len(self._start)
                self._settle()
        if self._length != _UNKNOWN_LENGTH and self._seen > self._length:
            raise _not_one(self._name)

    def end(self) -> Looks:
        if not self._is_settled:
            self._settle()
        if self._length not in {_UNKNOWN_LENGTH, self._seen} or not self._is_settled:
            raise _cut_off(self._name)
        if self._size is None or not self._coding.video:
            raise _no_picture(self._name)
        return Looks(VideoType.WEBM, *self._size, _taken(self._coding, self._name))

    def _settle(self) -> None:
        """Look once more at what is there, until it is clear what the file is."""
        data = bytes(self._start)
        is_all = len(data) >= _TRACKS_MOST
        try:
            self._walk(data)
        except _NotYet:
            self._is_settled = is_all
        else:
            self._is_settled = True

    def _walk(self, data: bytes) -> None:
        kind, start, end = _element(data, 0)
        if kind != _EBML or end == _UNKNOWN_LENGTH or end - start > _FTYP_MOST:
            raise _not_one(self._name)
        if end > len(data):
            raise _NotYet
        types = [data[a:b] for one, a, b in _inside(data, start, end) if one == _DOC_TYPE]
        if [one.rstrip(b"\0") for one in types] != [b"webm"]:
            raise Invalid(f"{self._name} is no WebM: export it as MP4 or WebM and add that.")
        kind, at, whole = _element(data, end)
        if kind != _SEGMENT:
            raise _not_one(self._name)
        self._length = whole
        for _ in range(_MOST_BEFORE):
            kind, start, end = _element(data, at)
            if kind == _CLUSTER:
                return
            if kind == 0 or end == _UNKNOWN_LENGTH:
                raise _not_one(self._name)
            if kind == _TRACKS:
                if end > len(data):
                    raise _NotYet
                self._size, self._coding = _largest(data, start, end), _coded(data, start, end)
                return
            at = end
        raise _not_one(self._name)


class _NotYet(Exception):
    """More bytes are needed to tell."""


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Return id, start and end of the element that begins there. Raise `_NotYet`."""
    if at >= len(data):
        raise _NotYet
    width = 9 - data[at].bit_length()
    if width > 4:
        return 0, at, at  # no id: whoever asked for one refuses it
    kind, at = int.from_bytes(data[at : at + width]), at + width
    if at >= len(data):
        raise _NotYet
    width = 9 - data[at].bit_length()
    if width > 8:
        return 0, at, at
    if at + width > len(data):
        raise _NotYet
    most = (1 << (7 * width)) - 1
    length = int.from_bytes(data[at : at + width]) & most
    start = at + width
    return kind, start, _UNKNOWN_LENGTH if length == most else start + length


def _inside(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give the elements of an element that is all here; a broken rest is left out."""
    while start < end:
        try:
            kind, begin, after = _element(data[:end], start)
        except _NotYet:
            return
        if kind == 0 or after == _UNKNOWN_LENGTH or not start < after <= end:
            return
        yield kind, begin, after
        start = after


def _coded(data: bytes, start: int, end: int) -> Coding:
    """Return how the first picture and the first sound are coded."""
    found: dict[int, str] = {}
    for track, a, b in islice(_inside(data, start, end), _MOST_TRACKS):
        if track == _TRACK:
            said = {one: data[c:d] for one, c, d in islice(_inside(data, a, b), _MOST_FIELDS)}
            kind = int.from_bytes(said.get(_TRACK_TYPE, b"")[:8])
            found.setdefault(kind, code_of(said.get(_CODEC, b"")))
    return Coding(found.get(_IS_PICTURE, ""), found.get(_IS_SOUND, ""))


def _taken(coding: Coding, name: str) -> Coding:
    """Return how a video is coded. Raise `Invalid` where no browser plays that."""
    problem = refusal_of(coding)
    if problem:
        raise Invalid(name + problem)
    return coding


def _largest(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    sizes = []
    for track, a, b in islice(_inside(data, start, end), _MOST_TRACKS):
        for part, c, d in _inside(data, a, b) if track == _TRACK else ():
            if part == _VIDEO:
                said = {one: int.from_bytes(data[e:f][:8]) for one, e, f in _inside(data, c, d)}
                sizes.append(_bounded(said.get(_PIXELS[0], 0), said.get(_PIXELS[1], 0)))
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _track_sizes(index: bytes) -> Iterator[tuple[int, int]]:
    """Give the sizes of the tracks that an MP4's index names; a sound's is nothing by nothing."""
    for kind, start, end in boxes(index, 0, len(index)):
        if kind == b"trak":
            for part, a, b in boxes(index, start, end):
                if part == b"tkhd":
                    yield _shown_size(index[a:b])


def _shown_size(header: bytes) -> tuple[int, int]:
    """Return width and height of a track as shown: phones turn it by its matrix."""
    length = _TKHD_LENGTHS.get(header[0]) if header else None
    if length is None or len(header) < length:
        return 0, 0
    width, height = (int.from_bytes(header[at : at + 2]) for at in (length - 8, length - 4))
    matrix = header[length - 44 : length - 8]
    is_turned = not any(matrix[:4]) and any(matrix[4:8])
    return _bounded(height, width) if is_turned else _bounded(width, height)


def _bounded(width: int, height: int) -> tuple[int, int]:
    is_likely = 0 < width <= _TOO_WIDE and 0 < height <= _TOO_WIDE
    return (width, height) if is_likely else (0, 0)


def _is_name(kind: bytes) -> bool:
    return all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in kind)


def _not_one(name: str) -> Invalid:
    return Invalid(
        f"{name} is no proper MP4 or WebM: something else stands in it. Export it again."
    )


def _cut_off(name: str) -> Invalid:
    return Invalid(f"{name} is cut off: export it again and add the whole file.")


def _no_picture(name: str) -> Invalid:
    return Invalid(f"{name} shows no picture: export it as MP4 or WebM with one and add that.")
