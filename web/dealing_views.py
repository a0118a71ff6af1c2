"""One frozen value per page template about blocks, reports and moves.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.shot_views import CaseShotView
from web.views import (
    ActorView,
    FormView,
    LinkView,
    OptionView,
    PagerView,
    PostView,
    TileView,
)

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
    may_be_unlabelled: bool = False  # a work of this server without a label
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
    is_notice: bool = False  # a legal one
    assigned_to: str = ""  # handle
    has_answer: bool = False  # whom it is about has written
    outcome: str = ""  # in words


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """reports.html: for moderators. `show` is "open", "mine" or "all"."""

    rows: tuple[ReportRow, ...] = ()
    show: str = "open"
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class ThingRow:
    """A work or post that a case is about. `id` is what its buttons send."""

    id: int
    label: str
    url: str
    is_hidden: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class CaseNoteRow:
    """What a moderator wrote or did; `author` "" = it happened by itself."""

    author: str
    words: str
    at: Millis
    is_deed: bool = False


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A legal notice beside its words."""

    kind: str
    name: str
    email: str
    standing: str
    source: str
    signature: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """case.html: one report, for moderators.

    Sends `words` to `note_action`, and `outcome`, `reason` and `note` to `close_action`; an action
    is "" where it makes no sense now.
    """

    row: ReportRow
    action: str  # of the case: its buttons' addresses begin with it
    tiles: tuple[TileView, ...] = ()
    posts: tuple[PostView, ...] = ()
    things: tuple[ThingRow, ...] = ()  # the same, with what can be done about each
    missing: int = 0  # things that are not there any more, or never were
    is_forwarded: bool = False
    is_accused_here: bool = False
    accused_url: str = ""  # of their page for moderators
    server_url: str = ""  # of the page about their server
    notice: NoticeView | None = None
    notes: tuple[CaseNoteRow, ...] = ()
    earlier: tuple[ReportRow, ...] = ()
    answer: str = ""
    answered_at: Millis | None = None
    reason: str = ""
    note: str = ""
    closed_at: Millis | None = None
    is_mine: bool = False
    may_forward: bool = False
    outcomes: tuple[OptionView, ...] = ()  # also of a closed one, for what was written meanwhile
    seen: int = 0  # the last note or deed on the page
    about_machines: str = ""  # what such a case is, "" for all others
    evidence: tuple[str, ...] = ()  # addresses of pictures that the artist showed
    shots: tuple[CaseShotView, ...] = ()  # how the works were made, where the artist points there
    appeal: str = ""
    appealed_at: Millis | None = None
    judged_by: str = ""
    form: FormView = _EMPTY_FORM
    note_form: FormView = _EMPTY_FORM


@dataclass(frozen=True, slots=True)
class ConcernPage:
    """concern.html: a case, for whom it is about or who reported. Sends `words` to `action`."""

    at: Millis
    is_accused: bool
    outcome: str = ""  # in words; "" = undecided
    reason: str = ""
    closed_at: Millis | None = None
    words: str = ""  # of a notice, or one's own report
    claimant: str = ""  # who gave a notice
    things: tuple[ThingRow, ...] = ()
    answer: str = ""
    action: str = ""  # "" = no answer can be given any more
    form: FormView = _EMPTY_FORM
    about_machines: str = ""  # what is said of how a work was made; then pictures can be sent
    evidence: tuple[str, ...] = ()  # addresses of pictures that the artist showed
    shots: tuple[CaseShotView, ...] = ()  # how the works were made
    points_to_shots: bool = False  # moderators see them
    appeal: str = ""
    appeal_action: str = ""  # "" = nothing to appeal against
    label_action: str = ""  # "" = no label is asked for. Sends `label`
    labels: tuple[OptionView, ...] = ()
    accept: str = ""  # media types of pictures
    most_pictures: int = 0


@dataclass(frozen=True, slots=True)
class ContestPage:
    """contest.html: the mark in a file is wrong. Sends `words` and `pictures` to `action`."""

    title: str
    problem: str
    action: str
    back: str
    form: FormView = _EMPTY_FORM
    accept: str = ""
    most_pictures: int = 0
    shots: int = 0  # how many stand with the work that show how it was made
    process_url: str = ""  # where they are added


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
