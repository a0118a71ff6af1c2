"""One frozen value for the page of two pictures that are alike. Law: as in `views`."""

from server.values import dataclass
from web.views import ActorView, FormView, PictureView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class LikenessPage:
    """likeness.html: an artist's picture beside another. Sends `text`, `is_forwarded`."""

    mine: PictureView
    mine_title: str
    mine_url: str
    other: ActorView
    theirs: PictureView | None  # None: gone, or not shown to the artist any more
    theirs_url: str  # "" = gone
    is_trusted: bool = False
    is_fine: bool = False
    is_reported: bool = False
    server: str = ""  # the other's, where it is another one
    action: str = ""
    form: FormView = _EMPTY_FORM
