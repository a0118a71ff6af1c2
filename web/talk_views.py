"""One frozen value per page template about requests and private messages.

Law: as in `views`.
"""

from dataclasses import dataclass

from server.model import Millis
from web.views import ActorView, LinkView, PagerView, PostView


@dataclass(frozen=True, slots=True)
class RequestRow:
    """Somebody asks, or asked, for something."""

    what: str  # "would like to comment on"
    actor: ActorView
    at: Millis
    target: LinkView
    excerpt_html: str = ""  # of an answer or quoting post
    source: LinkView | None = None  # where that stands
    approve_action: str = ""
    refuse_action: str = ""
    withdraw_action: str = ""


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """requests.html: what waits for the artist's word, or what they agreed to."""

    rows: tuple[RequestRow, ...] = ()
    is_decided: bool = False
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """messages.html: private messages, newest first."""

    messages: tuple[PostView, ...] = ()
    pager: PagerView | None = None
