"""One frozen value per page template about blocks, reports and moves.

Law: as in `views`.
"""

from dataclasses import dataclass

from server.model import Millis
from web.views import ActorView, FormView, LinkView, PagerView, PostView, TileView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class BlockedRow:
    """Somebody who is blocked."""

    actor: ActorView
    unblock_action: str
    since: Millis | None = None


@dataclass(frozen=True, slots=True)
class BlocksPage:
    """blocks.html: whom one blocks."""

    rows: tuple[BlockedRow, ...] = ()
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """report.html: tell the moderators. Sends `actor`, `about`, `text`, `is_forwarded`."""

    accused: ActorView
    actor_id: int
    about_id: int = 0  # a work or post; 0 = the account itself
    about: str = ""  # its title, or the first words
    server: str = ""  # the accused's, where reports may be sent on; "" = they are here
    form: FormView = _EMPTY_FORM
    cancel_url: str = "/"
    action: str = "/report"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report in the list."""

    url: str
    at: Millis
    accused: ActorView | None  # None: gone
    reporter: ActorView | None
    words: str = ""
    things: int = 0  # works and posts
    closed_by: str = ""


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """reports.html: for moderators."""

    rows: tuple[ReportRow, ...] = ()
    is_open: bool = True  # else all, closed ones too
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """case.html: one report, for moderators. Sends `note`."""

    row: ReportRow
    tiles: tuple[TileView, ...] = ()
    posts: tuple[PostView, ...] = ()
    missing: int = 0  # things that are not there any more, or never were
    is_forwarded: bool = False
    is_accused_here: bool = False
    note: str = ""
    closed_at: Millis | None = None
    form: FormView = _EMPTY_FORM
    close_action: str = ""  # "" = closed


@dataclass(frozen=True, slots=True)
class AliasRow:
    """An account that one had before."""

    address: str  # or its web address, where it is not known any more
    uri: str


@dataclass(frozen=True, slots=True)
class MovingPage:
    """moving.html: where one comes from, and where one goes.

    Sends `former` to `alias_action`, `uri` to `forget_action`, `target` and `password` to
    `move_action`.
    """

    address: str  # "@handle@domain"
    aliases: tuple[AliasRow, ...] = ()
    most_aliases: int = 10
    moved_to: LinkView | None = None
    again_from: Millis | None = None  # set: moved less than thirty days ago
    alias_form: FormView = _EMPTY_FORM
    move_form: FormView = _EMPTY_FORM
    alias_action: str = "/settings/moving/aliases"
    forget_action: str = "/settings/moving/aliases/remove"
    move_action: str = "/settings/moving"
    cancel_action: str = "/settings/moving/cancel"


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """leaving.html: the end of one's account. Sends `password`, or takes the end back."""

    address: str  # "@handle@domain"
    works: int = 0
    days: int = 14  # in which it can be taken back
    ends_at: Millis | None = None  # set: asked for
    form: FormView = _EMPTY_FORM
    action: str = "/settings/leaving"
    back_action: str = "/settings/leaving/back"
    logout_action: str = "/logout"
