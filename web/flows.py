"""The flows that handlers call, each under one typed key. `server.main` fills them in."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from federation.asking import Asking
from federation.attesting import Attesting
from federation.bot_directories import BotDirectories
from federation.doors import Doors
from federation.inbox import Inbox
from federation.interaction import Interaction
from federation.neighbourhood import Neighbourhood
from federation.own_policy import OwnPolicy
from federation.people import People
from federation.quotables import Quotables
from federation.remote import Remote
from federation.series_fetching import SeriesFetching
from federation.signing import Signing
from federation.threads import Threads
from server.account_ends import AccountEnds
from server.accounts import Accounts
from server.addresses import Addresses
from server.applying import Applying
from server.approving import Approving
from server.audit import Audit
from server.blocking import Blocking
from server.blocklists import Blocklists
from server.casework import Casework
from server.challenges import Challenges
from server.chronicling import Ledger
from server.clock import Clock
from server.closing import ClosingNow, Closings
from server.commenting import Commenting
from server.config import Config
from server.contesting import Contesting
from server.conversing import Conversing
from server.courtesy import Courtesy
from server.crawler_book import CrawlerBook
from server.documenting import Documenting
from server.drafting import Drafting
from server.egress import Egress
from server.envelopes import Envelopes
from server.evidence import Evidence
from server.feeding import Feeding
from server.following import Following
from server.given import GivenTo
from server.governing import Governing
from server.holding import Holding
from server.house import House
from server.inviting import Inviting
from server.likening import Likening
from server.list_feed import ListFeed
from server.list_renewing import ListRenewing
from server.looking import Looking
from server.marking import Marking
from server.media_tokens import MediaTokens
from server.members import Members
from server.model import Actor
from server.moving import Moving
from server.notices import Notices
from server.notifications import Notifications
from server.own_list import OwnList
from server.peer_book import PeerBook
from server.pinning import Pinning
from server.portraying import Portraying
from server.ports import MediaStore
from server.preparing import Preparing
from server.presence import Presences
from server.profiles import Profiles
from server.protecting import Protecting
from server.publishing import Publishing
from server.queues import Queues
from server.quote_asking import QuoteAsking
from server.reactions import Reactions
from server.registers import Registers
from server.reporting import Reporting
from server.series import Curating
from server.series_rooms import SeriesRooms
from server.sessions import Sessions
from server.setting_up import SettingUp
from server.severing import Severing
from server.shadows import Shadows, ShadowWatch
from server.shot_files import ShotFiles
from server.signals import SignalUrls
from server.sparing import Sparing
from server.stating import Stating
from server.tidings import Tidings
from server.values import dataclass
from server.viewing import Viewing
from server.visits import Visits
from server.vouching import Vouching
from server.work_visits import WorkVisits
from web.assets import StaticFiles
from web.csrf import FormGuard
from web.limits import RateLimiter
from web.render import Renderer
from web.traps import Traps


@dataclass(frozen=True, slots=True)
class Flows:
    """Everything that the web asks of the rooms behind it."""

    config: Config
    addresses: Addresses
    clock: Clock
    house: House
    signal_urls: SignalUrls
    crawlers: CrawlerBook
    vouching: Vouching
    bot_directories: BotDirectories
    traps: Traps
    egress: Egress
    accounts: Accounts
    sessions: Sessions
    setting_up: SettingUp
    inviting: Inviting
    applying: Applying
    account_ends: AccountEnds
    members: Members
    publishing: Publishing
    preparing: Preparing
    documenting: Documenting
    shot_files: ShotFiles
    viewing: Viewing
    feeding: Feeding
    registers: Registers
    presences: Presences
    series: Curating
    series_rooms: SeriesRooms
    following: Following
    reactions: Reactions
    commenting: Commenting
    approving: Approving
    quote_asking: QuoteAsking
    conversing: Conversing
    threads: Threads
    series_fetching: SeriesFetching
    profiles: Profiles
    people: People
    quotables: Quotables
    notifications: Notifications
    queues: Queues
    audit: Audit
    governing: Governing
    drafting: Drafting
    protecting: Protecting
    marking: Marking
    portraying: Portraying
    media_tokens: MediaTokens
    challenges: Challenges
    given_to: GivenTo
    signing: Signing
    blocklists: Blocklists
    own_list: OwnList
    list_feed: ListFeed
    list_renewing: ListRenewing
    severing: Severing
    envelopes: Envelopes
    visits: Visits
    work_visits: WorkVisits
    looking: Looking
    ledger: Ledger
    evidence: Evidence
    attesting: Attesting
    watch: ShadowWatch
    shadows: Shadows
    blocking: Blocking
    reporting: Reporting
    likening: Likening
    contesting: Contesting
    casework: Casework
    notices: Notices
    closings: Closings
    closing_now: ClosingNow
    stating: Stating
    moving: Moving
    holding: Holding
    pinning: Pinning
    media: MediaStore
    inbox: Inbox
    remote: Remote
    asking: Asking
    interaction: Interaction
    own_policy: OwnPolicy
    neighbourhood: Neighbourhood
    peer_book: PeerBook
    server_actor: Actor
    renderer: Renderer
    static: StaticFiles
    forms: FormGuard
    limits: RateLimiter
    tidings: Tidings
    courtesy: Courtesy
    sparing: Sparing
    doors: Doors
    is_ready: Callable[[], Awaitable[None]]  # raises `Unavailable`
    version: str
    is_development: bool = False


FLOWS = web.AppKey("flows", Flows)


def flows(request: web.Request) -> Flows:
    """Return the flows of the application that got this request."""
    return request.app[FLOWS]
