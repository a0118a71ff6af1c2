"""One frozen value per part of a page that shows how a work was made."""

from dataclasses import field

from server.model import Millis
from server.values import dataclass
from web.views import FormView, PictureView


@dataclass(frozen=True, slots=True)
class VideoView:
    """A video. With neither address this visitor gets its poster alone."""

    type: str  # its media type
    width: int  # of its frame on the page: nothing moves once it loads
    height: int
    url: str = ""
    closer_url: str = ""  # leads to it whoever gives the proof that opens larger pictures
    asks_work: bool = False  # that proof is a solved sum
    poster_url: str = ""  # "" = nothing stands for it
    size: str = ""  # "12.3 MB"


@dataclass(frozen=True, slots=True)
class ShotView:
    """One piece of how a work was made: `picture` or `video`."""

    alt: str = ""
    caption: str = ""
    picture: PictureView | None = None
    video: VideoView | None = None
    declares: str = ""  # what its own file says of a machine


@dataclass(frozen=True, slots=True)
class CaseShotView:
    """One of them in a case, for moderators and its artist; "" is an address of nothing."""

    title: str  # of the work
    added_at: Millis
    still_url: str = ""
    video_url: str = ""
    alt: str = ""
    caption: str = ""
    problem: str = ""  # why visitors do not see it
    declares: str = ""  # what its own file says made it


@dataclass(frozen=True, slots=True)
class ShotEditView:
    """One of them on the edit page.

    Its fields are `alt-{id}`, `caption-{id}`, `position-{id}` (from 1), `remove-{id}`, and for a
    video the file `poster-{id}` and `no-poster-{id}`; `shot` says that the form showed it.
    """

    id: int
    name: str  # of its file
    size: str
    is_video: bool = False
    picture: PictureView | None = None  # None while it is prepared, or where nothing stands for it
    is_waiting: bool = False
    problem: str = ""  # why it is not shown
    has_poster: bool = False
    open_url: str = ""  # the video itself
    remark: str = ""  # why not everybody can play it, and what to do


@dataclass(frozen=True, slots=True)
class ShotsForm:
    """The part of edit.html in which files are added (`shots`), ordered, described, taken out."""

    action: str = ""  # "" = there is no such part
    shots: tuple[ShotEditView, ...] = ()
    form: FormView = field(default_factory=FormView)
    accept: str = ""
    picture_accept: str = ""
    most: int = 0  # shots of one work
    most_picture: str = ""
    most_video: str = ""  # "" = videos are not taken here
    room: str = ""  # how much more there may be
    max_caption: int = 500
