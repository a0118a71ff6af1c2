"""The nouns, frozen. No behaviour beyond what their own fields decide; no I/O.

Times are `Millis` since 1970 UTC. Ids are integers from `server.clock`, unique over
all nouns, so that one `target_id` may name a work or a post.
"""

from dataclasses import field
from enum import StrEnum
from typing import NewType

from server.camera import NOTHING, Camera
from server.credentials import Credentials
from server.permits import InteractionPolicy
from server.treatments import Treatment
from server.values import dataclass
from server.watermarks import Watermark
from server.written import NOTHING_WRITTEN, Written

Millis = NewType("Millis", int)
ActorId = NewType("ActorId", int)
WorkId = NewType("WorkId", int)
PictureId = NewType("PictureId", int)
PostId = NewType("PostId", int)
SeriesId = NewType("SeriesId", int)
JobId = NewType("JobId", int)
ActivityId = NewType("ActivityId", int)
TargetId = NewType("TargetId", int)  # of a work or of a post


class Preference(StrEnum):
    """One answer in the IETF AIPREF vocabulary (draft-ietf-aipref-vocab-08)."""

    YES = "y"
    NO = "n"
    UNSET = ""


@dataclass(frozen=True, slots=True)
class ContentUsage:
    """What machines may do with a work; every signal derives from this one value."""

    train_ai: Preference = Preference.UNSET
    ai_use: Preference = Preference.UNSET
    search: Preference = Preference.UNSET


@dataclass(frozen=True, slots=True)
class Sizes:
    """Longest sides in pixels that an artist gives away; None: as large as the house says.

    It counts only where it is smaller than what the house says.
    """

    visitor: int | None = None
    peer: int | None = None


class Role(StrEnum):
    """What a local account may do; each includes those after it."""

    OWNER = "owner"
    ADMIN = "admin"
    MODERATOR = "moderator"
    ARTIST = "artist"
    READER = "reader"


class ActorKind(StrEnum):
    """The ActivityStreams actor types."""

    PERSON = "Person"
    SERVICE = "Service"
    APPLICATION = "Application"
    GROUP = "Group"
    ORGANIZATION = "Organization"


@dataclass(frozen=True, slots=True)
class Emoji:
    """A custom emoji: `shortcode` stands between colons in names and texts."""

    shortcode: str
    url: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What another server says of machines about an actor or a post, verbatim; "" = unsaid.

    `server.heard` reads it.
    """

    usage: str = ""  # contentUsage
    header: str = ""  # a Content-Usage header that came with it and can be believed
    robots_tag: str = ""  # xRobotsTag (FEP-5e53)
    is_indexable: bool | None = None  # FEP-5feb
    licence: str = ""  # a title
    licence_url: str = ""
    policy_url: str = ""  # where its terms stand


@dataclass(frozen=True, slots=True)
class Actor:
    """Anyone, here or elsewhere. A local actor's addresses are ours and its `domain` is ours."""

    id: ActorId
    uri: str
    kind: ActorKind
    handle: str  # preferredUsername
    domain: str  # of the handle: the account's domain, lower case, with the port if there is one
    name: str
    summary_html: str  # sanitised
    url: str  # page for people; "" if none
    inbox: str
    shared_inbox: str  # "" if none
    outbox: str = ""
    followers_uri: str = ""
    icon_url: str = ""
    is_local: bool = False
    approves_follows: bool = False
    key_id: str = ""
    public_key_pem: str = ""
    fetched_at: Millis = Millis(0)
    gone_at: Millis | None = None  # deleted, here or there
    moved_to: str = ""  # address of the actor that it became
    also_known_as: tuple[str, ...] = ()  # addresses of actors that may move here
    featured_uri: str = ""
    more_keys: tuple[tuple[str, str], ...] = ()  # (key id, Multikey), FEP-521a
    emojis: tuple[Emoji, ...] = ()
    heard: Heard = Heard()
    published_at: Millis | None = None  # when the account began, as its server says
    silenced_at: Millis | None = None  # what moderators say: kept by `restrain`, never by `put`
    suspended_at: Millis | None = None  # the same

    @property
    def address(self) -> str:
        """`handle@domain`, without a leading @."""
        return f"{self.handle}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Artist:
    """A local account. Its `id` is its actor's id."""

    id: ActorId
    handle: str
    name: str
    role: Role
    created_at: Millis
    bio: str = ""  # plain text as the artist wrote it
    email: str = ""
    suspended_at: Millis | None = None  # out of sight since, for everyone
    silenced_at: Millis | None = None  # in no public list; followers and links still work
    approves_follows: bool = False
    content_usage: ContentUsage = ContentUsage()  # may tighten the instance's
    sizes: Sizes = Sizes()  # may lessen the instance's
    interaction: InteractionPolicy = InteractionPolicy()  # of works that say nothing else
    hides_follows: bool = False  # who follows and is followed; the numbers stay
    is_discoverable: bool = True
    is_indexable: bool = False  # FEP-5feb: may others' full-text search hold the posts
    attribution_domains: tuple[str, ...] = ()  # sites that may name them as author (FEP-2345)
    moved_at: Millis | None = None  # the actor row says where to
    ends_at: Millis | None = None  # asked to be deleted: out of sight until it is erased then
    watermark: Watermark | None = None  # on copies of works that bear it
    avatar: str = ""  # key in the address of a `server.portraits.Portrait`; "" = none
    banner: str = ""  # likewise
    is_barred: bool = False  # suspended besides, so that its artist cannot take that back

    @property
    def may_return(self) -> bool:
        """Whether its artist may still take the end of the account back."""
        return self.ends_at is not None and not self.is_barred


class KeyAlgorithm(StrEnum):
    """What a key of ours signs with."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An actor's key. The PEM never leaves `storage` and `federation`."""

    actor_id: ActorId
    key_id: str
    private_pem: str = field(repr=False)
    public_pem: str
    created_at: Millis
    algorithm: KeyAlgorithm = KeyAlgorithm.RSA


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. The cookie holds the token; we keep only its hash."""

    token_hash: str
    artist_id: ActorId
    csrf: str = field(repr=False)
    created_at: Millis
    expires_at: Millis


class TicketPurpose(StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A one-time link; we keep only the hash of its token."""

    token_hash: str
    purpose: TicketPurpose
    created_at: Millis
    expires_at: Millis
    used_at: Millis | None = None


class Visibility(StrEnum):
    """Who may see a work. `UNLISTED`: everyone with the link, in no list."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"  # of posts only: the people whom it is for
    DRAFT = "draft"  # of a work: its artist; of a post: waits for an artist's word


class WorkState(StrEnum):
    """Where a work stands. PROCESSING → HUNG | FAILED; HUNG ↔ HIDDEN; all → WITHDRAWN."""

    PROCESSING = "processing"  # its pictures are being made
    HUNG = "hung"  # ready; visible as its visibility says (a draft: to its artist)
    FAILED = "failed"  # a picture could not be used; its artist sees why
    HIDDEN = "hidden"  # by moderators, until they decide otherwise; its artist sees it
    WITHDRAWN = "withdrawn"  # 410 for everyone


class AiLabel(StrEnum):
    """What the artist declares about machine generation."""

    NONE = "none"
    ASSISTED = "assisted"
    GENERATED = "generated"


class RenditionName(StrEnum):
    """The fixed set of stored copies; number = longest side in pixels."""

    TILE = "tile"  # 480
    PREVIEW = "preview"  # 800
    VIEW = "view"  # 1280
    LARGE = "large"  # 2048
    FULL = "full"  # all pixels
    CARD = "card"  # 1200 × 630 link card, JPEG
    FEDERATED = "federated"  # sRGB JPEG within what other servers accept
    ORIGINAL = "original"  # the artist's own file, untouched, only ever for its artist


class ImageFormat(StrEnum):
    """File endings in addresses."""

    AVIF = "avif"
    JPEG = "jpg"
    WEBP = "webp"  # moving copies for pages
    GIF = "gif"  # a moving copy for other servers


@dataclass(frozen=True, slots=True)
class Rendition:
    """One stored copy of a picture; `digest` is its key in the MediaStore (sha256 hex)."""

    name: RenditionName
    format: ImageFormat
    width: int
    height: int
    bytes: int
    digest: str


class PictureState(StrEnum):
    """WAITING → READY | REFUSED."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Picture:
    """One image of a work. Sizes are as displayed, after orientation; 0 while WAITING."""

    id: PictureId
    work_id: WorkId
    position: int  # from 0
    alt: str
    original_digest: str  # MediaStore key of the untouched upload
    original_type: str  # media type that the bytes showed, "" while WAITING
    original_name: str  # file name as uploaded, for the artist
    original_bytes: int
    state: PictureState = PictureState.WAITING
    problem: str = ""  # REFUSED: one sentence
    media_key: str = ""  # random, new for each generation; in public addresses
    width: int = 0
    height: int = 0
    placeholder: str = ""  # data URI of an 8-pixel WebP
    blurhash: str = ""
    focal_x: float = 0.0  # -1 left … 1 right
    focal_y: float = 0.0  # -1 bottom … 1 top, as in toot:focalPoint
    icc_name: str = ""  # description of the embedded profile; "" = none, taken as sRGB
    renditions: tuple[Rendition, ...] = ()
    declared_by: str = ""  # the tool that its file says made it; "" = it declares no AI
    declared_where: str = ""  # the mark that says so
    camera: Camera = NOTHING  # how it was taken, where its artist shows that
    written: Written = NOTHING_WRITTEN  # what stands in its copies, where that was noted
    inscribed: str = ""  # digest of what its copies say of the work
    credentials: Credentials | None = None  # what its file's own say; None = nobody looked
    likeness: tuple[str, ...] = ()  # just made: its hashes, kept apart (`Likenesses`)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a post quotes; shown only where the quoted author agreed (FEP-044f)."""

    uri: str
    approval_uri: str = ""  # of the QuoteAuthorization
    is_approved: bool = False
    request_uri: str = ""  # of the QuoteRequest by which we asked elsewhere


class CardShape(StrEnum):
    """How a link card shows a picture that has another shape."""

    WHOLE = "whole"  # on a neutral ground
    FOCUS = "focus"  # cut to shape around its focal point


@dataclass(frozen=True, slots=True)
class Work:
    """One artwork, one or more pictures in order."""

    id: WorkId
    artist_id: ActorId
    state: WorkState
    title: str  # may be "": shown as Untitled
    slug: str  # from the title, for the page's address
    caption: str  # plain text; URLs, #tags and @mentions become links when shown
    tags: tuple[str, ...]  # without #, as written
    medium: str
    year: str  # free: "2026", "c. 1998", "2019–2021"
    is_sensitive: bool
    sensitive_reason: str
    visibility: Visibility
    ai_label: AiLabel
    content_usage: ContentUsage  # may tighten the artist's
    is_quiet: bool  # hung without telling followers (imports)
    created_at: Millis
    hung_at: Millis | None  # first made visible; the date people see
    edited_at: Millis | None
    withdrawn_at: Millis | None
    problem: str = ""  # FAILED: one sentence
    language: str = ""  # BCP 47 tag, "" = unknown
    pictures: tuple[Picture, ...] = ()
    interaction: InteractionPolicy | None = None  # None: as the artist says
    pinned_at: Millis | None = None  # stands on top of the profile elsewhere
    quote: Quote | None = None  # what it is after, or answers to
    sizes: Sizes = Sizes()  # may lessen the artist's
    licence: str = ""  # a key of `server.licences`; "" = all rights reserved
    shows_camera: bool = False  # how its photographs were taken stays in the copies
    bears_watermark: bool = True  # where its artist has one
    card: CardShape = CardShape.WHOLE

    @property
    def is_visible(self) -> bool:
        """Whether anyone but its artist may see it."""
        return self.state is WorkState.HUNG and self.visibility is not Visibility.DRAFT


@dataclass(frozen=True, slots=True)
class Series:
    """Works of one artist in an order of their own. `actor_id`: the actor that announces them."""

    id: SeriesId
    artist_id: ActorId
    slug: str  # unique per artist, for the page's address
    title: str
    summary: str  # plain text
    cover_id: WorkId | None  # None: the first work
    actor_id: ActorId | None  # None: cannot be followed by itself
    created_at: Millis
    updated_at: Millis


@dataclass(frozen=True, slots=True)
class RemotePicture:
    """An image attached to somebody else's post, at its own address."""

    url: str
    media_type: str
    alt: str
    width: int | None = None
    height: int | None = None
    blurhash: str = ""
    heard: Heard | None = None  # what it says of itself, beside what its post says


@dataclass(frozen=True, slots=True)
class Poll:
    """A question of another server, shown read-only."""

    options: tuple[tuple[str, int], ...]  # (text, votes)
    is_multiple: bool = False
    closes_at: Millis | None = None
    voters: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A note that is no work of this instance.

    A comment from here or anywhere, or a remote actor's post, which may itself be an artwork.
    """

    id: PostId
    uri: str
    actor_id: ActorId
    is_local: bool
    visibility: Visibility
    content_html: str  # sanitised
    title: str  # of remote articles and images; ""
    url: str
    is_sensitive: bool
    warning: str  # content warning, ""
    published_at: Millis
    edited_at: Millis | None
    in_reply_to_uri: str  # ""
    reply_to_id: TargetId | None  # what it answers, where we hold that
    work_id: WorkId | None  # the local work whose thread it is in
    pictures: tuple[RemotePicture, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    mentions: tuple[str, ...] = ()  # actor URIs named in it
    source: str = ""  # local comments: the text as typed
    ai_label: AiLabel = AiLabel.NONE  # as its origin declares it
    quote: Quote | None = None
    poll: Poll | None = None
    emojis: tuple[Emoji, ...] = ()
    featured_at: Millis | None = None  # its author pinned it
    heard: Heard = Heard()  # from elsewhere: what its origin says of machines
    treatments: tuple[Treatment, ...] = ()  # what rules here did to it
    interaction: InteractionPolicy | None = None  # as its origin publishes it
    is_withheld: bool = False  # moderators hide it: kept by `withhold`, never by `put`


class FollowState(StrEnum):
    """PENDING until the followee accepted; only ACCEPTED ever widens what anyone sees."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUSPENDED = "suspended"  # by a change of the house rules: as if it were not there, for a week


@dataclass(frozen=True, slots=True)
class Follow:
    """`follower` follows `followee`; `uri` is the Follow activity's id."""

    follower_id: ActorId
    followee_id: ActorId
    state: FollowState
    uri: str
    created_at: Millis
    shows_boosts: bool = True  # kept by `Feeds.show_boosts`, never by `put_follow`


class ReactionKind(StrEnum):
    """A like is `Like`, a boost is `Announce`."""

    LIKE = "like"
    BOOST = "boost"


@dataclass(frozen=True, slots=True)
class Reaction:
    """Who liked or boosted what; at most one of each kind per actor and target."""

    id: int
    kind: ReactionKind
    actor_id: ActorId
    target_id: TargetId
    uri: str  # the activity's id
    created_at: Millis
    emoji: str = ""  # of an EmojiReact, which counts as a like


@dataclass(frozen=True, slots=True)
class Counts:
    """How a work or post was received."""

    likes: int = 0
    boosts: int = 0
    comments: int = 0


class NotificationKind(StrEnum):
    """Why an artist is told."""

    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FOLLOW_ACCEPTED = "follow_accepted"
    LIKE = "like"
    BOOST = "boost"
    COMMENT = "comment"
    MENTION = "mention"
    QUOTE = "quote"
    QUOTE_REFUSED = "quote_refused"  # what one quotes: its author says no
    UNANSWERED = "unanswered"  # whom one asked says nothing
    REQUEST = "request"  # somebody asks to like, answer, boost or quote
    MOVED = "moved"  # somebody followed has moved
    REPORT = "report"  # to moderators
    CASE = "case"  # to whom a decision of the moderators is about
    APPLICATION = "application"  # to moderators: somebody asks to come in
    CLOSING = "closing"  # this place closes
    OUTCOME = "outcome"  # to who reported: it was decided
    WORK_FAILED = "work_failed"
    LIKENESS = "likeness"  # somebody else shows a picture like one of theirs


@dataclass(frozen=True, slots=True)
class Notification:
    """Told once to one artist. Equal (artist, kind, actor, target) are told once."""

    id: int
    artist_id: ActorId
    kind: NotificationKind
    actor_id: ActorId | None
    target_id: TargetId | None  # the work or post it is about
    created_at: Millis
    read_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class StoredActivity:
    """An activity as it arrived or as we say it; `body` is the exact JSON."""

    id: ActivityId
    uri: str  # "" where the sender gave none
    type: str
    actor_uri: str
    object_uri: str  # "" if none
    is_outgoing: bool
    dedupe: str  # see `federation.dedupe`; unique
    body: bytes
    received_at: Millis
    content_usage: str = ""  # the header that came with it, where the signature covers it


class JobKind(StrEnum):
    """Every kind of deferred work; `main` maps each to its flow."""

    PICTURES = "pictures"  # work_id: make the renditions
    SHOTS = "shots"  # work_id: the same of the pictures that show how it was made
    SAY = "say"  # domain deed → activity → deliveries
    DELIVER = "deliver"  # one activity to one inbox
    APPLY = "apply"  # one stored inbound activity
    FETCH = "fetch"  # bring a remote document that something refers to
    BOOST = "boost"  # bring what somebody followed boosted
    NAME = "name"  # which domain an actor elsewhere is called by
    QUOTES = "quotes"  # a quote that another server was asked for: once more, then given up
    MEND = "mend"  # followers here, compared with what their server lists (FEP-8fcf)
    SEVER = "sever"  # follows that a change of the rules suspended a week ago: ended
    END = "end"  # a step of the end of an account
    MEET = "meet"  # which servers are new, or due to be asked for their policy
    POLICY = "policy"  # ask a server for its policy
    LISTS = "lists"  # lists of servers, fetched where they are due
    CLOSING = "closing"  # a step of the end of this instance
    REINSCRIBE = "reinscribe"  # find pictures whose copies say what is not so any more
    LIKEN = "liken"  # which other pictures are like those of a work or post
    SWEEP = "sweep"  # old sessions, tickets, orphan files


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the queue. `payload` is JSON with ids only."""

    id: JobId
    kind: JobKind
    payload: bytes
    run_at: Millis
    attempts: int  # tries begun, this one included
    queue: str = ""  # jobs with the same non-empty queue name run one at a time (a peer's host)
    priority: int = 0  # lower first


@dataclass(frozen=True, slots=True)
class SigningAuthority:
    """What certifies who signs pictures here, as PEM."""

    private_pem: str
    certificate_pem: str
    made_at: Millis


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One numbered version of the instance's policy, as TOML."""

    version: int
    toml: str
    created_at: Millis
    author: str
    reason: str
