"""Avatars and banners of artists: their shapes, and what the child is asked for them. Pure."""

from enum import StrEnum
from typing import Final

import msgspec

from server.model import ActorId, Millis
from server.pictures import Refusal
from server.recipes import Focus
from server.values import dataclass

PORTRAIT_TASK: Final = "portrait"  # its name in `server.tasks`
WHOLE_SIDE: Final = 800  # of the uncut copy that an artist sees while choosing the focus


class PortraitKind(StrEnum):
    """What stands for an artist."""

    AVATAR = "avatar"
    BANNER = "banner"


SHAPES: Final = {  # pixels; as large as other servers keep them
    PortraitKind.AVATAR: (400, 400),
    PortraitKind.BANNER: (1_500, 500),
}


@dataclass(frozen=True, slots=True)
class Portrait:
    """One of them. The digests are keys in the MediaStore."""

    media_key: str  # random, new for each version; in its address
    artist_id: ActorId
    kind: PortraitKind
    digest: str  # what others see: a JPEG of the kind's shape
    whole_digest: str  # the same uncut and small, for its artist
    original_digest: str  # the untouched upload, so that it can be cut anew
    whole_width: int
    whole_height: int
    focal_x: float  # -1 left … 1 right
    focal_y: float  # -1 bottom … 1 top
    alt: str  # for who cannot see it; "" = it only decorates
    made_at: Millis

    @property
    def digests(self) -> tuple[str, ...]:
        """All files of it."""
        return (self.digest, self.whole_digest, self.original_digest)


class PortraitTask(msgspec.Struct, frozen=True):
    """One upload, exactly as it came, and around what it is cut."""

    source: bytes
    kind: PortraitKind
    focus: Focus = (0.0, 0.0)


class Portrayed(msgspec.Struct, frozen=True, tag="portrayed"):
    """Two JPEGs: cut to shape, and whole."""

    cut: bytes
    whole: bytes
    whole_width: int
    whole_height: int


def pack_portrait_task(task: PortraitTask) -> bytes:
    """Return what `Workers.run(PORTRAIT_TASK, …)` takes."""
    return msgspec.msgpack.encode(task)


def read_portrait_task(data: bytes) -> PortraitTask:
    """Undo `pack_portrait_task`. Raise `msgspec.DecodeError` for anything else."""
    return msgspec.msgpack.decode(data, type=PortraitTask)


def pack_portrayed(answer: Portrayed | Refusal) -> bytes:
    """Return what the portrait task gives back."""
    return msgspec.msgpack.encode(answer)


def read_portrayed(data: bytes) -> Portrayed | Refusal:
    """Undo `pack_portrayed`. Raise `msgspec.DecodeError` for anything else."""
    return msgspec.msgpack.decode(data, type=Portrayed | Refusal)
