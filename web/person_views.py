"""What the page of somebody elsewhere shows. Law: as in `views`."""

from server.values import dataclass
from web.views import (
    ActorView,
    DealingsView,
    FollowButtonView,
    LinkView,
    PagerView,
    PictureView,
    PostView,
)


@dataclass(frozen=True, slots=True)
class ShelfWorkView:
    """One work of a series, small, with a way to it."""

    url: str
    title: str  # what it is called, or what it shows
    picture: PictureView | None = None  # None: it is sensitive, or has none


@dataclass(frozen=True, slots=True)
class ShelfView:
    """A series on another server."""

    name: str  # "" = without one
    page: LinkView  # where it stands: "far.example"
    total: int
    summary_html: str = ""  # sanitised
    cover: PictureView | None = None
    works: tuple[ShelfWorkView, ...] = ()  # those kept here, in order
    follow: FollowButtonView | None = None  # where it has an actor of its own


@dataclass(frozen=True, slots=True)
class PersonPage:
    """person.html: somebody elsewhere, for somebody signed in here."""

    actor: ActorView
    page: LinkView  # theirs, on their own server
    summary_html: str = ""
    counts: tuple[str, ...] = ()  # "41 posts", by their server's word
    moved_to: LinkView | None = None  # where they are now
    follow: FollowButtonView | None = None
    dealings: DealingsView | None = None
    is_blocked: bool = False
    is_asked: bool = False  # their server was asked just now: more may come in a moment
    pinned: tuple[PostView, ...] = ()
    posts: tuple[PostView, ...] = ()
    shelves: tuple[ShelfView, ...] = ()
    pager: PagerView | None = None
    is_first: bool = True  # the first page of posts


@dataclass(frozen=True, slots=True)
class NobodyPage:
    """nobody.html: whom somebody looked up was not found."""

    query: str
    problem: str = ""
