"""What a sample artist and a sample work are, and how a work's pictures come about."""

from collections.abc import Callable
from typing import TypeAlias

from PIL import Image

from server.errors import Invalid
from server.model import Visibility
from server.sampleart.easel import encode
from server.values import dataclass

Painter: TypeAlias = Callable[[int], Image.Image]


@dataclass(frozen=True, slots=True)
class SampleArtist:
    """An invented artist; `studio` is the demo instance they work on."""

    studio: str
    handle: str
    name: str
    bio: str


@dataclass(frozen=True, slots=True)
class Study:
    """One picture: who paints it, and from which seed."""

    painter: Painter
    seed: int = 7


@dataclass(frozen=True, slots=True)
class SampleWork:
    """One work as its artist would upload it; `alts` has one description for each picture."""

    artist_handle: str
    title: str  # "" is shown as Untitled
    pictures: tuple[Study, ...]
    alts: tuple[str, ...]
    caption: str
    tags: tuple[str, ...]
    medium: str
    year: str
    visibility: Visibility = Visibility.PUBLIC
    is_sensitive: bool = False
    sensitive_reason: str = ""


def paint(work: SampleWork, index: int) -> bytes:
    """Paint one picture of a work as a JPEG with an embedded sRGB profile.

    CPU-bound for up to half a second: call it from a worker thread. Raises `Invalid` where
    the work has no such picture.
    """
    if not 0 <= index < len(work.pictures):
        raise Invalid(
            f"This work has {len(work.pictures)} pictures; choose one from 0 upwards.", "index"
        )
    study = work.pictures[index]
    return encode(study.painter(study.seed))
