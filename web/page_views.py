"""One frozen value per page template: exactly what that template reads.

Law: as in `views`. `docs/design-system.md` lists which template takes which type.
"""

from dataclasses import field

from server.model import AiLabel, Counts, Millis, NotificationKind
from server.portraits import PortraitKind
from server.values import dataclass
from web.delivery_views import MissedView
from web.shot_views import ShotView
from web.views import (
    ActorView,
    CommentView,
    CreditView,
    DealingsView,
    EmojiView,
    FollowButtonView,
    FormView,
    Intent,
    LinkView,
    OptionView,
    OverlayOptions,
    PagerView,
    PictureView,
    PlaceView,
    PostView,
    QuoteView,
    QuoteWaitView,
    ReactionsView,
    TileView,
)

_EMPTY_FORM = FormView()
_NO_REACTIONS = ReactionsView()
_NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class ArtistCardView:
    """An artist in a list, with some works to recognise them by."""

    actor: ActorView
    statement: str = ""  # one line
    tiles: tuple[TileView, ...] = ()  # up to four


@dataclass(frozen=True, slots=True)
class HomePage:
    """home.html: the public front page."""

    newest: tuple[TileView, ...] = ()
    artists: tuple[ArtistCardView, ...] = ()
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class BrowsePage:
    """browse.html: a wall of works under one heading, such as a tag."""

    title: str
    lead: str = ""
    tiles: tuple[TileView, ...] = ()
    artists: tuple[ArtistCardView, ...] = ()
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class PortfolioPage:
    """portfolio.html: an artist's own wall."""

    artist: ActorView
    actor_uri: str  # what a visitor's own server is asked to follow
    bio: str = ""  # plain, linkified
    fields: tuple[tuple[str, str], ...] = ()  # (label, value), plain; addresses become links
    tiles: tuple[TileView, ...] = ()
    pager: PagerView | None = None
    feed_url: str = ""  # Atom
    follow: FollowButtonView | None = None  # for viewers signed in here who are not the artist
    is_own: bool = False
    moved_to: LinkView | None = None  # where the artist is now
    dealings: DealingsView | None = None
    series: tuple[TileView, ...] = ()  # each by its cover
    banner_url: str = ""
    banner_alt: str = ""


@dataclass(frozen=True, slots=True)
class WorkPage:
    """work.html: one work, whole."""

    artist: ActorView
    title: str  # "" = Untitled
    pictures: tuple[PictureView, ...]
    object_uri: str  # what a visitor's own server is asked to like
    year: str = ""
    medium: str = ""
    caption: str = ""  # plain, linkified
    tags: tuple[str, ...] = ()
    ai_label: AiLabel = AiLabel.NONE
    is_sensitive: bool = False
    warning: str = ""
    hung_at: Millis | None = None
    edited_at: Millis | None = None
    visibility_note: str = ""  # "Only your followers see this work."; "" for public ones
    shown_px: int = 0  # longest side that this visitor gets
    larger_px: int = 0  # longest side after a click into the picture; 0 = no more than this
    asks_proof: bool = False  # of the browser, beforehand, so that the click leads there
    asks_work: bool = False  # a sum too, which a script solves upon the click
    small_because: str = ""  # the rule's reason, where one gives this visitor less
    reserves_ai: bool = True  # whether AI training is reserved against
    reactions: ReactionsView = _NO_REACTIONS
    comments: tuple[CommentView, ...] = ()
    comment_action: str = ""  # "" = this viewer may not comment here
    comment_note: str = ""  # why this viewer may not comment
    comment_form: FormView = _EMPTY_FORM
    previous: LinkView | None = None  # the artist's neighbouring works
    next: LinkView | None = None
    edit_url: str = ""  # for its artist
    dealings: DealingsView | None = None
    places: tuple[PlaceView, ...] = ()  # in series
    missed: tuple[MissedView, ...] = ()  # servers that did not take it; for its artist
    after: QuoteView | None = None  # what it is after, where its author agreed
    after_link: LinkView | None = None  # the same without their word
    after_wait: QuoteWaitView | None = None  # for its artist: that they were asked
    licence: LinkView | None = None  # where its artist gave one; None = all rights reserved
    taken_with: tuple[str, ...] = ()  # cameras and settings, a line each
    credits: tuple[CreditView, ...] = ()  # of the files that brought Content Credentials
    is_signed: bool = False  # whether every copy was signed here
    shots: tuple[ShotView, ...] = ()  # how it was made


@dataclass(frozen=True, slots=True)
class LoginPage:
    """login.html; sends `handle`, `password`, `next`."""

    form: FormView = _EMPTY_FORM
    next: str = ""  # where to go afterwards; an own path
    action: str = "/login"


@dataclass(frozen=True, slots=True)
class SetupPage:
    """setup.html: the first owner. Sends `token`, `handle`, `name`, `password`."""

    token: str
    form: FormView = _EMPTY_FORM
    action: str = "/setup"


@dataclass(frozen=True, slots=True)
class InteractPage:
    """followfrom.html. Sends `uri`, `intent`, `address`."""

    uri: str
    intent: Intent = "follow"
    title: str = ""  # of the work, or the artist's name
    form: FormView = _EMPTY_FORM
    search_url: str = ""  # set once a server gave no way in: to copy into its search box
    action: str = "/interact"


@dataclass(frozen=True, slots=True)
class SignalView:
    """One thing that we tell machines."""

    name: str  # "Content-Usage"
    value: str  # exactly as sent
    meaning: str  # one plain sentence


@dataclass(frozen=True, slots=True)
class DoorView:
    """What is enforced at one door: (what is done, why), nothing where all pass."""

    title: str
    rules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """policy.html: the policy for people."""

    version: int
    since: Millis
    doors: tuple[DoorView, ...]
    audiences: tuple[tuple[str, int], ...]  # (who, longest side in pixels)
    ai_here: str  # one sentence: AI works made here
    ai_elsewhere: str  # one sentence: AI works from other servers
    mode: str = ""  # one sentence: with whom this place deals
    changes: tuple[str, ...] = ()  # since the version before, one sentence each
    versions: tuple[tuple[int, Millis], ...] = ()  # newest first
    signals: tuple[SignalView, ...] = ()
    machine_links: tuple[LinkView, ...] = ()
    proof: str = ""  # one sentence: what browsers give to see more; "" where nothing


@dataclass(frozen=True, slots=True)
class AboutPage:
    """about.html: who runs this place."""

    owner: ActorView | None = None
    text: str = ""  # plain, linkified
    artist_count: int = 0
    work_count: int = 0


@dataclass(frozen=True, slots=True)
class FeedPage:
    """home_feed.html: works and posts by those one follows, newest first."""

    posts: tuple[PostView, ...] = ()
    pager: PagerView | None = None
    lookup_action: str = "/home/follow"  # GET with `q`
    query: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class NotificationView:
    """Something happened."""

    kind: NotificationKind
    at: Millis
    actor: ActorView | None = None
    target: LinkView | None = None  # the work or post; its title
    excerpt_html: str = ""  # of a comment or mention
    warning: str = ""  # which folds the excerpt away
    is_private: bool = False  # a direct message
    emojis: tuple[EmojiView, ...] = ()  # of the excerpt
    is_unread: bool = False
    emoji: str = ""  # of a like
    dealings: DealingsView | None = None


@dataclass(frozen=True, slots=True)
class NotificationsPage:
    """notifications.html."""

    items: tuple[NotificationView, ...] = ()
    pager: PagerView | None = None
    waiting: int = 0  # requests that want an answer
    read_action: str = ""  # POST marks all as read


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody in a list, with what may be done."""

    actor: ActorView
    since: Millis | None = None
    approve_action: str = ""
    refuse_action: str = ""
    remove_action: str = ""  # of a follower, or unfollow
    boosts_action: str = ""  # of who is followed: shows or hides what they boost
    shows_boosts: bool = False
    note: str = ""  # "not answered yet"
    dealings: DealingsView | None = None


@dataclass(frozen=True, slots=True)
class FollowersPage:
    """followers.html: who asks to follow, who follows, whom one follows."""

    requests: tuple[PersonRow, ...] = ()
    followers: tuple[PersonRow, ...] = ()
    following: tuple[PersonRow, ...] = ()
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True)
class PortraitEditView:
    """Avatar or banner: sends a file KIND, `left-KIND top-KIND alt-KIND`, and `then`."""

    kind: PortraitKind
    action: str
    url: str = ""  # as others see it; "" = there is none
    whole: PictureView | None = None  # uncut, to choose the focus in


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """settings.html. Sends `name`, `bio`, `approves_follows`; and `current`, `password`."""

    address: str  # "@handle@domain"
    form: FormView = _EMPTY_FORM
    password_form: FormView = _EMPTY_FORM
    action: str = "/settings/profile"
    password_action: str = "/settings/password"  # noqa: S105 - an address, no secret
    permits: tuple[OptionView, ...] = ()  # of `may_like may_reply may_boost may_quote`
    permits_form: FormView = _EMPTY_FORM
    permits_action: str = "/settings/permits"
    presence_form: FormView = _EMPTY_FORM  # fields as in `account.PresenceForm`
    presence_action: str = "/settings/presence"
    has_watermark: bool = False
    overlay: OverlayOptions = field(default_factory=OverlayOptions)
    overlay_form: FormView = _EMPTY_FORM
    overlay_action: str = "/settings/protection"
    artist: ActorView | None = None  # given where there are portraits
    portraits: tuple[PortraitEditView, ...] = ()
    portrait_form: FormView = _EMPTY_FORM
    max_megabytes: int = 0  # of a picture
    house_usage: str = ""  # what the house says, as a sentence
    logout_action: str = "/logout"


@dataclass(frozen=True, slots=True)
class PostPage:
    """post.html: one comment or remote post, in its context."""

    post: PostView
    parent: LinkView | None = None  # the work whose thread it is in, or what it answers
    comments: tuple[CommentView, ...] = ()
    comment_action: str = ""
    comment_form: FormView = _EMPTY_FORM
    earlier: tuple[PostView, ...] = ()  # of a private conversation, oldest first
    answers: tuple[PostView, ...] = ()
    delete_action: str = ""
    edit_url: str = ""
    dealings: DealingsView | None = None
    wait: QuoteWaitView | None = None  # for its author


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """error.html: every refusal that has no page of its own."""

    status: int
    title: str  # "There is nothing here"
    message: str  # why, one sentence
    advice: str = ""  # what to do
    link: LinkView | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class GonePage:
    """gone.html (410): a withdrawn work or a deleted account."""

    what: str = "This work was taken down"
    artist: ActorView | None = None
