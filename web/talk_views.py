"""One frozen value per page template about requests and private messages.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass
from web.views import ActorView, EmojiView, FormView, LinkView, PagerView, PostView

_EMPTY_FORM = FormView()


@dataclass(frozen=True, slots=True)
class RequestRow:
    """Somebody asks, or asked, for something."""

    what: str  # "would like to comment on"
    actor: ActorView
    at: Millis
    target: LinkView
    excerpt_html: str = ""  # of an answer or quoting post
    warning: str = ""  # which folds the excerpt away
    emojis: tuple[EmojiView, ...] = ()  # of the excerpt
    source: LinkView | None = None  # where that stands
    approve_action: str = ""
    refuse_action: str = ""
    withdraw_action: str = ""
    age: str = ""  # "3 days old, waits until 22 December 2026"


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


@dataclass(frozen=True, slots=True)
class CommentPage:
    """comment.html: one's own comment, to be said or edited. Sends `text` and `quote`."""

    title: str
    action: str
    form: FormView = _EMPTY_FORM
    do: str = "Save"
    cancel_url: str = ""
    may_quote: bool = True
