"""How a work was made, shown by its artist: process shots and time-lapses. Pure.

A *shot* is a picture, a moving one too, or a video. Pictures are made into copies as a work's own
pictures are; a video is passed on as it came, and a picture stands for it until it is played.
"""

from dataclasses import field
from typing import Final, NewType

from server.codecs import Coding
from server.errors import Invalid
from server.model import ActorId, Millis, Picture, WorkId
from server.values import dataclass
from server.videos import VideoType

ShotId = NewType("ShotId", int)

MAX_SHOTS: Final = 20  # of one work
MAX_CAPTION: Final = 500  # characters
FIELD: Final = "shots"  # of the form in which files are chosen


@dataclass(frozen=True, slots=True)
class Video:
    """A film as its artist made it. `digest` is its key in the MediaStore."""

    media_key: str  # random, in its address
    type: VideoType
    digest: str
    bytes: int
    width: int  # as shown, in pixels; 0 where the file does not say
    height: int
    coding: Coding = field(default_factory=Coding)


@dataclass(frozen=True, slots=True)
class Shot:
    """One piece of how a work was made."""

    id: ShotId
    work_id: WorkId
    artist_id: ActorId
    position: int  # from 0
    name: str  # of the file as uploaded, for its artist
    added_at: Millis
    alt: str = ""  # for who cannot see it
    caption: str = ""
    video: Video | None = None
    picture: Picture | None = None  # the shot itself; of a video, what stands for it, where given

    @property
    def bytes(self) -> int:
        """What its artist's files take."""
        return (self.video.bytes if self.video else 0) + (
            self.picture.original_bytes if self.picture else 0
        )


def refuse_too_many(count: int) -> None:
    """Raise `Invalid` for more shots than one work may have."""
    if count > MAX_SHOTS:
        raise Invalid(
            f"A work has at most {MAX_SHOTS} pictures and videos of how it was made: "
            "take some out first, or choose fewer.",
            FIELD,
        )
