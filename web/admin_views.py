"""One frozen value per page template for those who run the instance.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.views import PagerView


@dataclass(frozen=True, slots=True)
class AdminSection:
    """One part of the instrument: what it is for, and what waits in it."""

    label: str
    url: str
    words: str  # what one does there
    waiting: str = ""  # "3 open reports"; "" = nothing waits


@dataclass(frozen=True, slots=True)
class AdminPage:
    """admin.html: everything that can be governed, and what waits."""

    sections: tuple[AdminSection, ...] = ()
    brake: str = ""  # what strangers miss since the day's bytes are spent


@dataclass(frozen=True, slots=True)
class AuditLineView:
    """One line of a difference: `kind` is "added", "removed", "place" or "" (unchanged)."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act in the log."""

    at: Millis
    author: str  # handle; "" = at the command line
    words: str  # what was done, as a sentence's middle: "closed the report"
    subject: str
    reason: str = ""
    difference: tuple[AuditLineView, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """audit.html: what was done, latest first."""

    rows: tuple[AuditRow, ...] = ()
    pager: PagerView | None = None
    act: str = ""  # only this kind; "" = all
    acts: tuple[tuple[str, str], ...] = ()  # (kind, its words), to choose from
