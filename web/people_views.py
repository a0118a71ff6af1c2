"""One frozen value per page template about how people come and are dealt with.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.dealing_views import ReportRow
from web.views import ActorView, FormView, OptionView, PagerView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class InviteRow:
    """One invitation in a list. `state` is "open", "used up", "expired" or "revoked"."""

    role: str
    note: str
    state: str
    uses_left: int
    expires_at: Millis
    maker: str = ""  # handle; "" = at the command line, or oneself
    guests: tuple[ActorView, ...] = ()
    revoke_action: str = ""


@dataclass(frozen=True, slots=True)
class InvitesPage:
    """invites.html: invitations, and a form for a new one.

    Sends `role`, `uses`, `days` and `note`; of an artist's own only `days` and `note`.
    """

    rows: tuple[InviteRow, ...] = ()
    pager: PagerView | None = None
    form: FormView = _EMPTY_FORM
    roles: tuple[OptionView, ...] = ()  # () = an artist's own: one person each
    left: int | None = None  # how many more one may make; None: nobody counts
    link: str = ""  # of the one just made: shown once
    is_closed: bool = False  # by the settings: nobody can join
    is_all: bool = False  # everybody's, for those in charge
    most_days: int = 365
    action: str = "/settings/invites"


@dataclass(frozen=True, slots=True)
class InvitePage:
    """invite.html: somebody was invited. Sends `handle`, `name`, `password`."""

    role: str
    action: str
    form: FormView = _EMPTY_FORM


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody in a list."""

    actor: ActorView
    url: str
    role: str = ""  # of accounts here
    is_silenced: bool = False
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """people.html: accounts here, actors elsewhere, or those who are restrained.

    `show` is "here", "elsewhere" or "restrained"; a search sends `q` and `show`.
    """

    rows: tuple[MemberRow, ...] = ()
    show: str = "here"
    query: str = ""
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class MemberPage:
    """member.html: somebody, and what may be done.

    Sends `reason` to `silence_action` and `suspend_action`, `role` and `password` to
    `role_action`, `end_password` to `end_action`, `count` to `invites_action`; an action is ""
    where the reader may not.
    """

    actor: ActorView
    is_here: bool
    role: str = ""
    joined_at: Millis | None = None
    works: int = 0
    followers: int = 0
    note: str = ""  # of the invitation by which they came
    inviter: ActorView | None = None
    silenced_at: Millis | None = None
    suspended_at: Millis | None = None
    cases: tuple[ReportRow, ...] = ()  # earlier ones about them
    server_url: str = ""  # of the page about their server
    roles: tuple[OptionView, ...] = ()
    silence_action: str = ""
    suspend_action: str = ""
    role_action: str = ""
    invites_action: str = ""
    end_action: str = ""
    ends_at: Millis | None = None  # set: it is to be erased then
    form: FormView = _EMPTY_FORM
    role_form: FormView = _EMPTY_FORM
    invites_form: FormView = _EMPTY_FORM
    end_form: FormView = _EMPTY_FORM


@dataclass(frozen=True, slots=True)
class TakedownPage:
    """takedown.html: a legal notice by anybody.

    Sends `kind name email standing addresses source words is_true signature`; `website` is a trap
    that people do not see.
    """

    kinds: tuple[OptionView, ...]
    form: FormView = _EMPTY_FORM
    hides: bool = True
    contact: str = ""
    action: str = "/takedown"


@dataclass(frozen=True, slots=True)
class TakedownStatusPage:
    """takedown_status.html: how a notice stands, for who gave it."""

    at: Millis
    addresses: tuple[str, ...]
    hidden: int = 0
    link: str = ""  # set right after sending: the private link, shown to be kept
    outcome: str = ""  # in words; "" = undecided
    reason: str = ""
    closed_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """apply.html: asking to come in.

    Sends `name words links email pictures`; `website` and `opened` are traps for programs.
    `closed` says why nobody may ask now.
    """

    form: FormView = _EMPTY_FORM
    closed: str = ""
    most_pictures: int = 4
    accept: str = ""
    opened: Millis = Millis(0)
    action: str = "/apply"


@dataclass(frozen=True, slots=True)
class ApplyStatusPage:
    """apply_status.html: how an application stands. `state` is "waiting" and so on."""

    at: Millis
    state: str
    reply: str = ""
    link: str = ""  # set right after sending: the private link, to be kept
    invite_url: str = ""  # the way in, where it is open
    invite_state: str = ""  # of an accepted one


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One application in the queue. Sends `reply`."""

    name: str
    words: str
    links: tuple[str, ...]
    email: str
    at: Millis
    pictures: tuple[str, ...]  # addresses
    accept_action: str
    decline_action: str


@dataclass(frozen=True, slots=True)
class ApplicationsPage:
    """applications.html: who asks to come in, for moderators."""

    rows: tuple[ApplicationRow, ...] = ()
    pager: PagerView | None = None
    link: str = ""  # of somebody just accepted: to pass on
    name: str = ""  # theirs
    form: FormView = _EMPTY_FORM


@dataclass(frozen=True, slots=True)
class PartView:
    """One section of a text of the house."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class HouseTextPage:
    """house_text.html: rules, privacy, terms or imprint. `version` 0: nothing was written yet."""

    title: str
    parts: tuple[PartView, ...]
    path: str
    version: int = 0
    since: Millis | None = None
    is_old: bool = False
    versions: tuple[tuple[int, Millis], ...] = ()
    fill_url: str = ""  # for those who can fill in what is missing


@dataclass(frozen=True, slots=True)
class TransparencyPage:
    """transparency.html: what moderators decided within a year. Rows: (kind, outcome, number).

    `heads`: of the ledger of signals as they were published: (day, entries, hash).
    """

    rows: tuple[tuple[str, str, int], ...] = ()
    heads: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TextsPage:
    """texts.html: the questions that those pages are made of, and how they would read.

    Sends `operator address country contact age rules privacy terms`, `then` = `preview` or `save`.
    """

    form: FormView = _EMPTY_FORM
    version: int = 0
    since: Millis | None = None
    author: str = ""
    previews: tuple[HouseTextPage, ...] = ()
    action: str = "/admin/texts"


@dataclass(frozen=True, slots=True)
class ClosingPage:
    """closing.html: the end of this instance, for who has an account. Sends `target`."""

    address: str  # "@handle@domain"
    ends_at: Millis | None = None  # None: it stays open
    words: str = ""
    home: str = ""  # the id of the new account that one named
    is_open: bool = False  # one can still be named
    form: FormView = _EMPTY_FORM
