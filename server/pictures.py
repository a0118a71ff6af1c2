"""What the picture task is asked and what it answers: bytes in, bytes out.

Law: no pixels here. The server packs a `PictureTask` and reads an `Answer` without ever
loading an image library; `server.imaging` does the opposite inside a child process.
Everything crosses as msgpack, so that pictures travel as bytes and not as base64.
"""

from enum import StrEnum
from typing import Final

import msgspec

from server.camera import NOTHING, Camera
from server.credentials import Reading
from server.inscription import Inscription
from server.model import ImageFormat, RenditionName
from server.recipes import Focus
from server.watermarks import Stamp
from server.written import NOTHING_WRITTEN, Written

PICTURE_TASK: Final = "picture"  # its name in `server.tasks`
MAX_PIXELS: Final = 120_000_000  # the largest medium format cameras; 480 MB once decoded
FULL_MAX_PIXELS: Final = 50_000_000  # what a child can hold decoded and encode once more
LIKENESS_TASK: Final = "likeness"  # what a picture looks like, in bits that can be compared
WATERMARK_TASK: Final = "watermark"  # a watermark on a plain ground, to be looked at
SAMPLE_TASK: Final = "sample"  # one small JPEG of an upload, to look at and throw away


class PictureTask(msgspec.Struct, frozen=True):
    """One upload, exactly as it came."""

    source: bytes
    full_side: int = 0  # also make `full`, all pixels, where the longest side is at most this
    inscription: Inscription | None = None  # what every copy says; None = nothing
    reading: Reading | None = None  # what the upload's Content Credentials say
    card_focus: Focus | None = None  # the link card is cut around it; None: it shows the whole
    stamp: Stamp | None = None  # a watermark
    is_shot: bool = False  # copies for our own pages only


class MadeRendition(msgspec.Struct, frozen=True):
    """One finished copy; sizes in pixels, as displayed."""

    name: RenditionName
    format: ImageFormat
    width: int
    height: int
    body: bytes


class Made(msgspec.Struct, frozen=True, tag="made"):
    """A picture that can be hung. Sizes are the upload's own, as displayed."""

    media_type: str  # what the upload's bytes are, whatever its name says
    width: int
    height: int
    frames: int  # of an animation; the renditions show its first
    placeholder: str  # data URI of an 8-pixel WebP
    blurhash: str
    icc_name: str  # the embedded profile that was honoured; "" = taken as sRGB
    renditions: tuple[MadeRendition, ...]
    declared_by: str = ""  # the tool that the file says it was made by; "" = it declares no AI
    declared_where: str = ""  # the mark that says so
    camera: Camera = NOTHING  # how it was taken, where the copies say so
    data_mining: str = ""  # PLUS's key in every copy: the stricter of what work and upload say
    written: Written = NOTHING_WRITTEN  # what stands in every copy
    likeness: tuple[str, ...] = ()  # eight hashes (`server.likeness`); none = too flat to tell


class Likeness(msgspec.Struct, frozen=True):
    """What a picture looks like, where it can be told."""

    hashes: tuple[str, ...] = ()


class RefusalCode(StrEnum):
    """Why an upload cannot be used."""

    EMPTY = "empty"
    NOT_A_PICTURE = "not-a-picture"
    UNSUPPORTED = "unsupported"  # a picture, but of a kind that we do not read
    TOO_LARGE = "too-large"  # bytes
    TOO_MANY_PIXELS = "too-many-pixels"
    TOO_MANY_FRAMES = "too-many-frames"
    NO_SIZE = "no-size"
    DAMAGED = "damaged"


class Refusal(msgspec.Struct, frozen=True, tag="refused"):
    """Why not, and one sentence for the artist that says what to do."""

    code: RefusalCode
    message: str


Answer = Made | Refusal


def pack_task(task: PictureTask) -> bytes:
    """Return what `Workers.run(PICTURE_TASK, …)` takes."""
    return msgspec.msgpack.encode(task)


def read_task(data: bytes) -> PictureTask:
    """Undo `pack_task`. Raise `msgspec.DecodeError` for anything else."""
    return msgspec.msgpack.decode(data, type=PictureTask)


def pack_answer(answer: Answer) -> bytes:
    """Return what the picture task gives back."""
    return msgspec.msgpack.encode(answer)


def read_answer(data: bytes) -> Answer:
    """Undo `pack_answer`. Raise `msgspec.DecodeError` for anything else."""
    return msgspec.msgpack.decode(data, type=Made | Refusal)


def pack_likeness(found: Likeness) -> bytes:
    """Return what the likeness task gives back."""
    return msgspec.msgpack.encode(found)


def read_likeness(data: bytes) -> Likeness:
    """Undo `pack_likeness`. Raise `msgspec.DecodeError` for anything else."""
    return msgspec.msgpack.decode(data, type=Likeness)
