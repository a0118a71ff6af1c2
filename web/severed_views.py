"""One frozen value per page about follows that a change of the rules cut.

Law: as in `views`.
"""

from server.values import dataclass
from web.views import PagerView


@dataclass(frozen=True, slots=True)
class SeveredRow:
    """A follow that was cut."""

    local: str  # @handle
    remote: str  # @handle@domain
    is_theirs: bool  # they follow us
    words: str  # how it stands, and what restoring would do
    ids: str = ""  # what the form of its own sends; "" = it cannot be restored now


@dataclass(frozen=True, slots=True)
class SeveredGroup:
    """Those on this page that one change cut."""

    title: str  # which change
    rows: tuple[SeveredRow, ...]
    ids: str = ""  # what the form for all of them sends; "" = there is none


@dataclass(frozen=True, slots=True)
class SeveredPage:
    """severed.html: follows that were cut, and the way back."""

    groups: tuple[SeveredGroup, ...] = ()
    pager: PagerView | None = None
    restore_action: str = "/admin/policy/severed/restore"
    problem: str = ""  # why the last form did nothing
