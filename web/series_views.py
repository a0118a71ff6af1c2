"""One frozen value per page template about series. Law: as in `views`."""

from server.values import dataclass
from web.views import ActorView, FollowButtonView, FormView, PagerView, PictureView, TileView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class SeriesPage:
    """series.html: the works of a series, whole and in order."""

    title: str
    artist: ActorView
    total: int
    summary: str = ""  # plain, linkified
    tiles: tuple[TileView, ...] = ()
    pager: PagerView | None = None
    actor_uri: str = ""  # what a visitor's own server is asked to follow; "" = only its artist
    address: str = ""  # of that actor, "@ana_birches@art.example"
    follow: FollowButtonView | None = None  # for viewers signed in here who are not the artist
    edit_url: str = ""  # for its artist


@dataclass(frozen=True, slots=True)
class SeriesRowView:
    """A series in the studio."""

    title: str
    edit_url: str
    note: str  # "9 works, followed by 3"
    url: str = ""  # its public page; "" while nobody else sees anything of it
    picture: PictureView | None = None


@dataclass(frozen=True, slots=True)
class SeriesListPage:
    """series_list.html: an artist's series."""

    rows: tuple[SeriesRowView, ...] = ()
    new_url: str = "/studio/series/new"


@dataclass(frozen=True, slots=True)
class SeriesNewPage:
    """series_new.html. Sends `title`, `summary`."""

    form: FormView = _EMPTY_FORM
    action: str = "/studio/series"


@dataclass(frozen=True, slots=True)
class SeriesWorkView:
    """A work in the order of a series, or one that may be added."""

    id: int
    title: str
    note: str = ""  # "Public", "Draft", …
    picture: PictureView | None = None


@dataclass(frozen=True, slots=True)
class SeriesEditPage:
    """series_edit.html: describe and arrange a series.

    Sends `title`, `summary`, `cover` (a work's id, or "" for the first), `position-ID` (from 1) and
    `then`: `save`, `up-ID`, `down-ID` or `out-ID`. The second form sends `name` to `open_action`.
    """

    title: str
    form: FormView
    action: str
    works: tuple[SeriesWorkView, ...]
    add_url: str
    delete_url: str
    page_url: str = ""  # "" while nobody else sees anything of it
    has_places: bool = True  # whether there are fields for places: forms have limits
    address: str = ""  # once it can be followed
    followers: int = 0
    open_action: str = ""
    open_form: FormView = _EMPTY_FORM
    handle_start: str = ""  # "ana_"
    domain: str = ""


@dataclass(frozen=True, slots=True)
class SeriesAddPage:
    """series_add.html: choose works to add. Sends `work`, an id each."""

    title: str
    action: str
    cancel_url: str
    works: tuple[SeriesWorkView, ...] = ()
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class SeriesDeletePage:
    """series_delete.html: asks before a series goes."""

    title: str
    action: str
    cancel_url: str
    works: int = 0
    address: str = ""
    followers: int = 0
