"""One frozen value for the page of what waits for a moderator.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.views import LinkView, PagerView


@dataclass(frozen=True, slots=True)
class HeldRow:
    """Something that came in and is not acted on yet."""

    words: str  # "would like to follow somebody here"
    address: str  # of who did it, "@handle@domain"
    at: Millis
    ends_at: Millis  # it is forgotten then
    rule: str
    reason: str
    let_in_action: str
    drop_action: str
    excerpt: str = ""
    pictures: int = 0
    source: LinkView | None = None  # where it stands


@dataclass(frozen=True, slots=True)
class HeldPage:
    """held.html: what the rules hold, newest first."""

    rows: tuple[HeldRow, ...] = ()
    pager: PagerView | None = None
