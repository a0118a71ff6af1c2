"""One frozen value per page template about other servers.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.views import FormView, OptionView, PagerView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A server in the list."""

    host: str
    url: str
    standing: str  # "Limited"
    why: str  # one sentence: who says so
    met_at: Millis | None = None  # when it last sent something
    trouble: str = ""  # why it cannot be reached


@dataclass(frozen=True, slots=True)
class PeersPage:
    """peers.html: every server that was met, or that somebody said a word about. Takes `q`."""

    rows: tuple[PeerRow, ...] = ()
    search: str = ""
    pager: PagerView | None = None
    unlisted_url: str = ""  # of a server that was searched for, and is not known
    unlisted: str = ""


@dataclass(frozen=True, slots=True)
class FollowRow:
    """Somebody here and somebody there."""

    local: str  # "@ana"
    remote: str
    words: str  # "follows", "is followed by"


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What was not simply let pass."""

    words: str
    number: int
    at: Millis


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What a word would do."""

    tier: str
    reason: str
    name: str = ""  # of the tier
    cut: tuple[FollowRow, ...] = ()
    restored: tuple[FollowRow, ...] = ()
    sentences: tuple[str, ...] = ()
    must_type: str = ""  # what must be typed, as so many follows would be cut


@dataclass(frozen=True, slots=True)
class PeerPage:
    """peer.html: one server. Sends `tier reason`, `then` = `look` or `set`, and `typed`."""

    host: str
    url: str
    standing: str
    why: str  # who says so: the rest of a sentence
    said_at: Millis | None = None  # when, where it is somebody's word
    facts: tuple[tuple[str, str], ...] = ()  # (what, how much)
    met_at: Millis | None = None
    is_met: bool = True
    trouble: str = ""
    failures: int = 0
    policy: tuple[str, ...] = ()  # sentences
    checked_at: Millis | None = None
    document: str = ""  # as it was sent
    follows: tuple[FollowRow, ...] = ()
    follows_left: int = 0  # how many more
    decisions: tuple[DecisionRow, ...] = ()
    tiers: tuple[OptionView, ...] = ()
    form: FormView = _EMPTY_FORM
    action: str = ""  # "" = this reader may not say a word
    ask_action: str = ""  # POST asks it for its policy now
    ahead: LookAhead | None = None
