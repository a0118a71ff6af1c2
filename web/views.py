"""What templates show, in parts: the frozen values that the pages' views are composed of.

Law: no rule and no noun of the database lives here; who answers a request maps nouns to
these. Text is plain unless its name ends in `_html`; times are `Millis`; addresses are
absolute or begin with `/`, and "" means that there is none.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from server.emoji import without_shortcodes
from server.model import Counts, Millis
from server.values import dataclass

Surround = Literal["", "light", "mid", "dark"]
NoticeKind = Literal["info", "success", "warning", "error"]
FollowStanding = Literal["none", "pending", "following"]
Intent = Literal["follow", "like", "boost", "comment"]


@dataclass(frozen=True, slots=True)
class LinkView:
    """An address with its words."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class InstanceView:
    """What every page knows of this place."""

    name: str
    domain: str
    base_url: str  # scheme and host, without a slash at the end
    description: str = ""  # one or two sentences, plain
    contact: str = ""  # an e-mail or web address
    media_origin: str = ""  # of a separate media host, such as "https://media.example"; "" if none
    version: str = ""
    language: str = "en"
    no_ai: bool = True  # whether the policy reserves against AI training: the footer says so
    nav: tuple[LinkView, ...] = (
        LinkView("Works", "/"),
        LinkView("Artists", "/artists"),
        LinkView("About", "/about"),
    )
    footer: tuple[LinkView, ...] = (
        LinkView("Policy", "/policy"),
        LinkView("About", "/about"),
        LinkView("Rules", "/rules"),
        LinkView("Privacy", "/privacy"),
        LinkView("Terms", "/terms"),
        LinkView("Imprint", "/imprint"),
        LinkView("Legal notice", "/takedown"),
    )


@dataclass(frozen=True, slots=True)
class HeadLink:
    """One `<link>`: feeds, licences, the ActivityPub twin of the page."""

    rel: str
    href: str
    type: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class CardView:
    """The picture of a link card; a JPEG, since other servers do not show AVIF there."""

    url: str  # absolute
    width: int
    height: int
    alt: str = ""


@dataclass(frozen=True, slots=True)
class HeadView:
    """What a page says of itself to machines."""

    title: str = ""  # "" on the front page: the instance's name alone
    description: str = ""
    canonical: str = ""  # absolute
    activity_url: str = ""  # the same page as application/activity+json
    signals_meta: tuple[tuple[str, str], ...] = ()  # (name, content), e.g. ("robots", "noai")
    links: tuple[HeadLink, ...] = ()
    kind: str = "website"  # og:type; works are "article"
    card: CardView | None = None
    creator: str = ""  # "@handle@domain" for fediverse:creator
    language: str = ""  # BCP 47; "" = the instance's
    json_ld: Mapping[str, object] | None = None  # schema.org, e.g. an ImageObject
    refresh_seconds: int = 0  # reload by itself; only while something is being prepared
    is_refreshed_by_script: bool = False  # then the page does so only where there is none


@dataclass(frozen=True, slots=True)
class ViewerView:
    """Who looks. `ViewerView()` is a stranger."""

    handle: str = ""  # "" = not signed in
    name: str = ""
    csrf: str = field(default="", repr=False)  # put into every form that changes something
    is_artist: bool = False
    is_staff: bool = False  # reads reports
    is_in_charge: bool = False  # an owner or admin
    unread: int = 0
    surround: Surround = ""  # "" = follows the system's light or dark

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return bool(self.handle)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One message above the page's content, such as what a form has just done."""

    text: str
    kind: NoticeKind = "info"
    link: LinkView | None = None


@dataclass(frozen=True, slots=True)
class FormView:
    """What was typed and what was wrong with it, both by field name.

    `errors[""]` is about the form as a whole.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, default: str = "") -> str:
        """Return what stands in the field."""
        return self.values.get(name, default)

    def error(self, name: str) -> str:
        """Return the field's one sentence of complaint, or ""."""
        return self.errors.get(name, "")


@dataclass(frozen=True, slots=True)
class OptionView:
    """One choice of a select or radio group."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class OverlayOptions:
    """What an artist can say beyond the house: parts/overlay_fields.html."""

    answers: tuple[OptionView, ...] = ()
    visitor_sizes: tuple[OptionView, ...] = ()
    peer_sizes: tuple[OptionView, ...] = ()


@dataclass(frozen=True, slots=True)
class EmojiView:
    """A custom emoji of another server: `shortcode` stands between colons in names and texts."""

    shortcode: str
    url: str


@dataclass(frozen=True, slots=True)
class ActorView:
    """Anyone, here or elsewhere."""

    name: str  # "" = shown by address
    address: str  # "@handle@domain"
    url: str
    icon_url: str = ""  # "" = initials; leave "" for remote actors: their server would see visitors
    is_local: bool = False
    emojis: tuple[EmojiView, ...] = ()  # in the name

    @property
    def shown(self) -> str:
        """Return the name, or the handle where there is no name."""
        return self.name.strip() or self.address.lstrip("@").partition("@")[0]

    @property
    def spoken(self) -> str:
        """Return the same without custom emoji, where no picture can stand."""
        codes = (emoji.shortcode for emoji in self.emojis)
        return without_shortcodes(self.shown, codes) or self.address

    @property
    def initials(self) -> str:
        """Return one or two letters that stand in for a portrait."""
        words = [word for word in self.spoken.split() if word[:1].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@dataclass(frozen=True, slots=True)
class SourceView:
    """One file that a browser may choose."""

    url: str
    width: int


@dataclass(frozen=True, slots=True)
class PictureView:
    """One picture with all files that this visitor may have, small to large."""

    alt: str
    width: int  # of the largest file below; 0 = unknown (some remote pictures)
    height: int
    jpeg: tuple[SourceView, ...]
    avif: tuple[SourceView, ...] = ()
    placeholder: str = ""  # data URI of some pixels
    focal_x: float = 0.0  # -1 left … 1 right, as in toot:focalPoint
    focal_y: float = 0.0  # -1 bottom … 1 top
    larger_url: str = ""  # where the zoomed picture is
    moving_url: str = ""  # of an animation: the copy that moves
    is_remote: bool = False  # from another server: the page's CSP is opened for it


@dataclass(frozen=True, slots=True)
class CreditView:
    """What the Content Credentials of one picture's file say, and what that proves."""

    said: str
    proved: str


@dataclass(frozen=True, slots=True)
class TileView:
    """A work in a wall of works."""

    url: str
    title: str  # "" = Untitled
    picture: PictureView  # its cover; with `tile`, and `preview` for fine screens
    byline: str = ""  # under the title: the artist on mixed walls, the year on an artist's own
    is_sensitive: bool = False  # then the picture is not loaded at all
    warning: str = ""
    badge: str = ""  # "5 pictures", "tall", …


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Where a work stands in a series, with its neighbours there."""

    series: LinkView
    number: int  # from 1
    total: int
    previous: LinkView | None = None
    next: LinkView | None = None


@dataclass(frozen=True, slots=True)
class PagerView:
    """A real link to what comes next."""

    url: str
    step: int
    left: int | None = None  # how many follow; None = not counted


@dataclass(frozen=True, slots=True)
class FollowButtonView:
    """Follow or unfollow, for somebody signed in here."""

    action: str  # POST here to follow
    undo_action: str  # POST here to unfollow or to take a request back
    standing: FollowStanding = "none"


@dataclass(frozen=True, slots=True)
class DealingsView:
    """What somebody signed in may do against somebody, or against what they made."""

    name: str
    block_action: str  # POST here to block, or to end the block
    report_url: str
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class ReactionsView:
    """How a work or post was received, and what this viewer may add.

    An action is "" where the viewer may not act; `counts` None keeps the numbers private.
    """

    counts: Counts | None = None
    like_action: str = ""  # POST toggles
    boost_action: str = ""
    has_liked: bool = False
    has_boosted: bool = False
    emoji_action: str = ""  # POST `emoji`
    emojis: tuple[tuple[str, int], ...] = ()  # with how many, most first
    own_emoji: str = ""
    choices: tuple[str, ...] = ()  # a few to choose from
    anchor: str = ""  # names its place in the page, to come back to after a deed


@dataclass(frozen=True, slots=True)
class OptionVotesView:
    """One answer of a poll."""

    text: str
    votes: int
    percent: int


@dataclass(frozen=True, slots=True)
class PollView:
    """A question of another server, read-only: it is answered there."""

    options: tuple[OptionVotesView, ...]
    is_multiple: bool = False
    is_closed: bool = False
    closes_at: Millis | None = None
    voters: int | None = None
    answer: LinkView | None = None  # "Answer it on far.example"


@dataclass(frozen=True, slots=True)
class QuoteWaitView:
    """For its author: whom a quote waits for. An action is "" where it makes no sense now."""

    words: str
    ask_action: str = ""
    withdraw_action: str = ""


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What a post quotes, once its author agreed."""

    author: ActorView
    url: str
    title: str = ""
    content_html: str = ""  # sanitised
    text: str = ""  # of works here: the plain caption
    warning: str = ""
    picture: PictureView | None = None
    emojis: tuple[EmojiView, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment of a thread, which comes in reading order."""

    id: int
    author: ActorView
    content_html: str  # sanitised; the renderer sanitises it once more
    published_at: Millis
    url: str
    depth: int = 0  # 0 = answers the work itself
    edited_at: Millis | None = None
    warning: str = ""  # folds the comment away
    pictures: tuple[PictureView, ...] = ()
    delete_action: str = ""  # for its author and the thread's artist
    reply_url: str = ""
    edit_url: str = ""  # for its author
    emojis: tuple[EmojiView, ...] = ()
    poll: PollView | None = None
    quote: QuoteView | None = None
    quoted: LinkView | None = None  # what it quotes without its author's word
    is_sensitive: bool = False  # its pictures stay folded
    title: str = ""  # of an article or video
    note: str = ""  # who alone sees it, or that it waits
    dealings: DealingsView | None = None
    is_unsearched: bool = False  # its origin wants it in no search


@dataclass(frozen=True, slots=True)
class PostView:
    """A work or post in a feed, or alone on its own page."""

    author: ActorView
    url: str
    published_at: Millis
    title: str = ""
    content_html: str = ""  # of posts: sanitised
    text: str = ""  # of works here: the plain caption
    warning: str = ""
    is_sensitive: bool = False
    pictures: tuple[PictureView, ...] = ()
    boosted_by: ActorView | None = None  # who did so last
    boosters_more: int = 0
    is_added: bool = False  # a series or group boosted it: that is how it adds to itself
    reactions: ReactionsView = ReactionsView()
    comment_url: str = ""
    ai_note: str = ""  # "AI-generated, says its server"
    usage_note: str = ""  # "May not be used to train AI, its server says."
    licence: LinkView | None = None  # by its server's word
    is_unsearched: bool = False  # its origin wants it in no search
    emojis: tuple[EmojiView, ...] = ()
    poll: PollView | None = None
    quote: QuoteView | None = None
    quoted: LinkView | None = None  # what it quotes without its author's word
    origin: LinkView | None = None  # where it stands: "far.example"
    note: str = ""  # who alone sees it, or that it waits
    is_private: bool = False  # a direct message
