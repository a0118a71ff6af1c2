"""The composition root: chooses and builds every part. Holds no rule.

Nobody imports it but `server.__main__`, and tests that need a whole instance.
"""

import hashlib
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from federation.apply import Apply
from federation.asking import Asking
from federation.attesting import Attesting
from federation.believing import Believing
from federation.boosting import Boosting
from federation.bot_directories import BotDirectories
from federation.deeds import Hands
from federation.delivery import Delivery
from federation.doors import Doors
from federation.extents import Extents
from federation.fanout import Fanout
from federation.fetching import Fetching
from federation.inbox import Inbox
from federation.interaction import Interaction
from federation.knocking import Knocking
from federation.neighbourhood import Neighbourhood
from federation.outbox import Outbox
from federation.own_policy import OwnPolicy
from federation.people import People
from federation.quotables import Quotables
from federation.remote import Remote
from federation.sayings import Mouth
from federation.series_fetching import SeriesFetching
from federation.signatures import generate_ed25519_pem, generate_rsa_pem
from federation.signing import Signing
from federation.synchrony import Synchrony
from federation.threads import Threads
from server import retention
from server.account_ends import AccountEnds
from server.accounts import Accounts
from server.addresses import Addresses
from server.aftermath import DeliveryAftermath, PicturesAftermath
from server.applying import Applying
from server.approving import Approving
from server.audit import Audit
from server.authority import Authority
from server.blocking import Blocking
from server.blocklists import Blocklists
from server.casework import Casework
from server.challenges import Challenges
from server.chronicling import Ledger
from server.clock import Clock, SystemClock
from server.closing import ClosingNow, Closings
from server.commenting import Commenting
from server.config import Config
from server.contesting import Contesting
from server.conversing import Conversing
from server.courtesy import Courtesy
from server.crawler_book import CrawlerBook
from server.doctor import Acquaintance, Means, proof_of
from server.documenting import Documenting
from server.drafting import Drafting
from server.egress import GIGABYTE, Egress
from server.envelopes import Envelopes
from server.errors import Unavailable
from server.evidence import Evidence
from server.feeding import Feeding
from server.following import Following
from server.given import GivenTo, read_key
from server.governing import Governing
from server.holding import Holding
from server.house import House
from server.house_texts import Place
from server.inviting import Inviting
from server.likening import Likening, Measure
from server.list_feed import ListFeed
from server.list_fetching import ListFetching
from server.list_renewing import ListRenewing
from server.looking import Looking
from server.making import Making
from server.marking import Marking
from server.media_tokens import MediaTokens
from server.members import Members
from server.model import Actor, JobKind
from server.moving import Moving
from server.notices import Notices
from server.notifications import Notifications
from server.own_list import OwnList
from server.passwords import Passwords
from server.peer_book import PeerBook
from server.pinning import Pinning
from server.pipeline import Pipeline
from server.portraying import Portraying
from server.ports import Library
from server.preparing import Preparing
from server.presence import Presences
from server.profiles import Profiles
from server.promises import PicturesPromise
from server.protecting import Protecting
from server.publishing import Publishing
from server.queues import Queues
from server.quote_asking import QuoteAsking
from server.reach import Reach
from server.reactions import Reactions
from server.registers import Registers
from server.reinscribing import Reinscribing
from server.reporting import Reporting
from server.sealing import Sealing, sealing_workers
from server.seams import VERSION, Seams, bucket_of, media_store, opened_seams, transport_for
from server.series import Curating
from server.series_rooms import SeriesRooms
from server.sessions import Sessions
from server.setting_up import SettingUp
from server.severing import Severing
from server.shadows import Shadows, ShadowWatch
from server.shot_files import ShotFiles
from server.signals import signal_urls
from server.signing_keys import KeyRing
from server.sparing import Sparing
from server.stating import Stating
from server.sweeping import Sweeping
from server.tidings import Tidings
from server.values import dataclass
from server.viewing import Viewing
from server.visits import Visits
from server.vouching import Vouching
from server.work_visits import WorkVisits
from server.worker import Run, Worker
from server.workers import ProcessWorkers
from storage.migrate import pending, upgrade
from storage.s3 import address_of
from web.app import build_app
from web.assets import StaticFiles
from web.client import look_up
from web.cookies import Cookies
from web.csrf import FormGuard
from web.flows import Flows
from web.limits import RateLimiter
from web.render import Renderer
from web.server import answering, listening
from web.traps import Traps
from web.views import InstanceView

__all__ = [
    "Instance",
    "answering",
    "listening",
    "looking",
    "opened",
    "pending",
    "prepare",
    "upgrade",
]

# How many jobs of each kind run at once in one process. What comes in shares commits with what
# others wait for, so that few lanes keep the inbox quick; deliveries mostly wait for others.
_LANES = {
    JobKind.APPLY: 32,  # each of up to 32 activities
    JobKind.SAY: 8,
    JobKind.FETCH: 4,
    JobKind.BOOST: 4,
    JobKind.NAME: 4,
    JobKind.QUOTES: 1,
    JobKind.MEND: 1,
    JobKind.MEET: 1,
    JobKind.POLICY: 2,
    JobKind.PICTURES: 1,
    JobKind.SHOTS: 1,
    JobKind.REINSCRIBE: 1,
    JobKind.DELIVER: 64,
    JobKind.END: 1,
    JobKind.LISTS: 1,
    JobKind.LIKEN: 1,
    JobKind.SWEEP: 1,
    JobKind.CLOSING: 1,
    JobKind.SEVER: 1,
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A whole instance: what answers the web, and what does the jobs."""

    config: Config
    seams: Seams
    flows: Flows
    worker: Worker
    sweeping: Sweeping
    neighbourhood: Neighbourhood

    async def schedule(self) -> None:
        """Promise what is done again and again: sweeping, asking for others' policies and lists."""
        await self.sweeping.schedule()
        await self.neighbourhood.schedule()
        await self.flows.list_renewing.schedule()

    def app(self) -> web.Application:
        """Return the web application."""
        return build_app(self.flows)


@asynccontextmanager
async def opened(
    config: Config, *, clock: Clock | None = None, is_development: bool = False
) -> AsyncIterator[Instance]:
    """Open an instance whose database is up to date; close everything afterwards.

    Raises `Unavailable` where the database is out of reach or not upgraded.
    """
    async with opened_seams(config, clock) as seams:
        yield await _built(config, seams, is_development=is_development)


async def prepare(config: Config) -> None:
    """Make or upgrade the database, the server's keys and authority, and the first policy."""
    await upgrade(config.database_url)
    async with opened(config):
        pass


@asynccontextmanager
async def looking(config: Config) -> AsyncIterator[Means]:
    """Give doctor what it looks with: its transport alone may ask this machine."""
    transport, workers = transport_for(config, allows_private=True), ProcessWorkers()
    sealers = sealing_workers()
    media = media_store(config, config.media.store)

    @asynccontextmanager
    async def acquaintance() -> AsyncIterator[Acquaintance]:
        async with opened(config) as instance:
            artists = await instance.flows.viewing.artists(limit=1)
            handle = artists[0].handle if artists else ""
            yield Acquaintance(handle, proof_of(instance.flows.forms.secret))

    try:
        yield Means(
            clock=SystemClock(),
            transport=transport,
            workers=workers,
            sealers=sealers,
            media=media,
            media_address=lambda digest: address_of(bucket_of(config), digest),
            pending=lambda: pending(config.database_url),
            look_up=look_up,
            acquaintance=acquaintance,
        )
    finally:
        await transport.close()
        await workers.close()
        await sealers.close()
        await media.close()


async def _built(config: Config, seams: Seams, *, is_development: bool) -> Instance:
    addresses = Addresses(config.base_url, config.instance.domain)
    library, clock, bus = seams.library, seams.clock, seams.bus
    house = House(library, clock, config.policy.preset)
    await house.open()
    keys, passwords = (
        KeyRing(library, clock, addresses, generate_rsa_pem, generate_ed25519_pem),
        Passwords(),
    )
    accounts, sessions = (
        Accounts(library, clock, addresses, passwords, keys),
        Sessions(library, clock, addresses, passwords),
    )
    speaker = await accounts.ensure_server_actor()
    await keys.complete()
    sparing, watch = Sparing(clock), ShadowWatch(house)
    envelopes = Envelopes(library, clock, watch)
    doors = Doors(house, clock, addresses, sparing, envelopes)
    signing, given_to = Signing(library, clock), GivenTo(library, clock, await read_key(library))
    knocking = Knocking(library, seams.transport, signing, clock)
    allows_private = config.federation.allow_private_addresses
    fetching = Fetching(
        *(knocking, clock, addresses, speaker.id, doors), allows_loopback=allows_private
    )
    remote = Remote(library, fetching, clock, addresses, doors)
    following, series_fetching = (
        Following(library, clock, addresses, bus),
        SeriesFetching(library, clock, bus, fetching, remote, doors),
    )
    reactions, commenting = (
        Reactions(library, clock, addresses, bus),
        Commenting(library, clock, addresses, bus),
    )
    threads = Threads(
        *(library, clock, bus, addresses, fetching, remote, commenting, doors, series_fetching)
    )
    viewing, notifications = Viewing(library, addresses), Notifications(library, clock)
    domain, crawlers = config.instance.domain, CrawlerBook(config.crawlers_path)
    authority = await Authority.of(library, clock, domain)
    making, publishing, documenting = _makers(config, seams, authority, house, addresses)
    fanout = Fanout(clock, config.federation.spread_seconds, random.random)
    outbox = Outbox(library, bus, Mouth(clock, addresses, house, given_to.tokens), fanout)
    blocking = Blocking(library, clock, addresses, bus)
    reporting = Reporting(library, clock, addresses, bus, speaker.id)
    casework = Casework(library, clock, addresses, bus, commenting, speaker.id)
    moving, reach = Moving(library, clock, addresses, bus, following), Reach(library, clock, bus)
    hands = Hands(
        clock=clock,
        addresses=addresses,
        remote=remote,
        following=following,
        reactions=reactions,
        commenting=commenting,
        house=house,
        blocking=blocking,
        reporting=reporting,
        moving=moving,
        doors=doors,
        series=series_fetching,
        say=outbox.say_in,
    )
    apply, sweeping = Apply(library, bus, hands), Sweeping(library, seams.media, clock)
    quote_asking, synchrony = (
        QuoteAsking(library, clock, addresses, bus),
        Synchrony(library, clock, addresses, bus, fetching, following),
    )
    extents = Extents(library, clock, addresses, house, signing, given_to)
    delivery = Delivery(library, clock, knocking, house, reach, synchrony, doors, extents)
    reinscribing = Reinscribing(library, clock, bus, making)
    likening = Likening(
        *(library, clock, addresses, seams.media, seams.workers, seams.transport, reporting),
        Measure(config.federation.compared_mib_per_day << 20),
        allows_loopback=allows_private,
    )
    severing, ends = (
        Severing(library, clock, addresses, bus, house),
        AccountEnds(library, seams.media, clock, addresses, bus),
    )
    neighbourhood = Neighbourhood(
        library,
        seams.transport,
        clock,
        bus,
        addresses,
        house,
        random.random,
        allows_loopback=allows_private,
    )
    governing = Governing(library, clock, house, severing, bus, domain, crawlers)
    list_fetching = ListFetching(seams.transport, addresses, allows_loopback=allows_private)
    blocklists = Blocklists(library, clock, addresses, house, seams.workers, list_fetching)
    renewing = ListRenewing(library, clock, blocklists, governing)
    closings = Closings(
        library,
        clock,
        bus,
        domain,
        sessions,
        ends,
        moving,
        meet=lambda uri: remote.actor(uri, afresh=True),
        known=await ClosingNow.of(library),
    )
    runs: Mapping[JobKind, Run] = {
        JobKind.PICTURES: lambda payload: making.make(
            msgspec.json.decode(payload, type=PicturesPromise)
        ),
        JobKind.SHOTS: documenting.make,
        JobKind.REINSCRIBE: reinscribing.look_through,
        JobKind.SAY: outbox.say,
        JobKind.DELIVER: delivery.deliver,
        JobKind.APPLY: apply.apply,
        JobKind.NAME: remote.handles.confirm,
        JobKind.QUOTES: quote_asking.look,
        JobKind.MEND: synchrony.mend,
        JobKind.FETCH: threads.fetch,
        JobKind.BOOST: Boosting(library, bus, hands, threads).bring,
        JobKind.END: ends.run,
        JobKind.MEET: neighbourhood.meet,
        JobKind.POLICY: neighbourhood.ask,
        JobKind.LISTS: renewing.renew,
        JobKind.LIKEN: likening.look,
        JobKind.SWEEP: sweeping.sweep,
        JobKind.CLOSING: closings.run,
        JobKind.SEVER: severing.end_due,
    }
    inbox = Inbox(
        *(library, clock, bus, remote, doors),
        Believing(library, fetching, remote, seams.readers),
        *(reach, synchrony),
    )
    courtesy, tokens = Courtesy(clock), MediaTokens(await _secret_of(library, speaker, "pictures"))
    limits, traps, tidings = await _measures(library, clock, speaker)
    inviting = Inviting(
        *(library, clock, accounts, sessions), is_open=config.instance.registration != "closed"
    )
    flows = Flows(
        config=config,
        addresses=addresses,
        clock=clock,
        house=house,
        signal_urls=signal_urls(config.base_url),
        crawlers=crawlers,
        vouching=Vouching(seams.resolver, clock),
        bot_directories=BotDirectories(seams.transport, clock),
        traps=traps,
        egress=Egress(library, clock, config.gate.daily_gigabytes * GIGABYTE),
        accounts=accounts,
        sessions=sessions,
        setting_up=SettingUp(library, clock, addresses, accounts, sessions),
        members=Members(library, clock, addresses, accounts, sessions, ends),
        inviting=inviting,
        applying=Applying(
            *(library, clock, seams.workers, inviting),
            is_open=config.instance.registration == "applications",
            per_day=config.people.applications_per_day,
        ),
        account_ends=ends,
        publishing=publishing,
        preparing=Preparing(library, clock, bus),
        documenting=documenting,
        shot_files=ShotFiles(
            *(library, seams.media, config.media.max_upload_bytes),
            *(config.media.max_video_bytes, config.media.max_shots_bytes),
        ),
        viewing=viewing,
        feeding=Feeding(library),
        registers=Registers(library, addresses, viewing),
        presences=Presences(library, clock, bus),
        series=Curating(library, clock, addresses, bus, keys),
        series_rooms=SeriesRooms(library, addresses),
        following=following,
        reactions=reactions,
        commenting=commenting,
        approving=Approving(library, clock, addresses, bus, reactions, commenting),
        quote_asking=quote_asking,
        conversing=Conversing(library, addresses),
        threads=threads,
        series_fetching=series_fetching,
        profiles=Profiles(library),
        people=People(library, remote),
        quotables=Quotables(library, addresses, remote),
        notifications=notifications,
        queues=Queues(library, clock, bus, reach),
        audit=Audit(library),
        governing=governing,
        blocklists=blocklists,
        own_list=OwnList(library, clock, addresses),
        list_feed=ListFeed(library, clock, config.base_url, config.name),
        list_renewing=renewing,
        severing=severing,
        envelopes=envelopes,
        visits=Visits(library, clock, crawlers),
        work_visits=WorkVisits(library, clock),
        ledger=Ledger(library, clock, house),
        evidence=Evidence(
            *(library, clock, house, addresses, signal_urls(config.base_url), config.name)
        ),
        attesting=Attesting(library, clock, speaker.id, addresses.server_actor),
        watch=watch,
        shadows=Shadows(library, clock),
        drafting=Drafting(library, clock, house),
        protecting=Protecting(library, clock, bus, house),
        marking=Marking(library, clock, bus, seams.media, seams.workers),
        portraying=Portraying(library, clock, bus, seams.media, seams.workers, addresses),
        blocking=blocking,
        reporting=reporting,
        likening=likening,
        stating=Stating(library, clock, _place(config)),
        closings=closings,
        closing_now=closings.known,
        notices=Notices(
            *(library, clock, addresses, speaker.id, config.people.hide_on_notice),
            *(config.instance.contact, await _secret_of(library, speaker, "notices")),
        ),
        casework=casework,
        contesting=Contesting(
            *(library, clock, addresses, bus, seams.media, seams.workers, house, casework)
        ),
        moving=moving,
        holding=Holding(library, clock, bus),
        pinning=Pinning(library, clock, bus),
        media=seams.media,
        inbox=inbox,
        remote=remote,
        asking=Asking(library, remote, doors),
        interaction=Interaction(fetching, remote),
        own_policy=OwnPolicy(
            library,
            house,
            speaker.id,
            signal_urls(config.base_url),
            config.name,
            _email(config.instance.contact),
            authority.certificate,
            signs_pictures=seams.sealers is not None,
        ),
        neighbourhood=neighbourhood,
        peer_book=PeerBook(library, clock, house),
        server_actor=speaker,
        renderer=_renderer(config, is_development=is_development),
        static=StaticFiles.from_folder(),
        forms=_form_guard(config, await _secret_of(library, speaker, "forms")),
        challenges=Challenges(
            library, clock, config.gate.trials, await _secret_of(library, speaker, "sums")
        ),
        given_to=given_to,
        signing=signing,
        media_tokens=tokens,
        looking=Looking(library, clock, tokens),
        limits=limits,
        tidings=tidings,
        courtesy=courtesy,
        sparing=sparing,
        doors=doors,
        is_ready=library.check,
        version=VERSION,
        is_development=is_development,
    )
    worker = Worker(
        library,
        clock,
        bus,
        runs,
        _LANES,
        lambda: len(inbox.under_way),
        {
            JobKind.DELIVER: DeliveryAftermath(clock, reach),
            JobKind.PICTURES: PicturesAftermath(clock),
        },
        is_visited=lambda: courtesy.is_due,
    )
    return Instance(config, seams, flows, worker, sweeping, neighbourhood)


def _makers(
    config: Config, seams: Seams, authority: Authority, house: House, addresses: Addresses
) -> tuple[Making, Publishing, Documenting]:
    library, clock, bus, most = seams.library, seams.clock, seams.bus, config.media.max_shots_bytes
    sealing = Sealing(seams.sealers, authority, VERSION) if seams.sealers else None
    pipeline = Pipeline(seams.media, seams.workers, sealing)
    making = Making(library, clock, bus, pipeline, house, addresses)
    return (
        making,
        Publishing(library, clock, bus, house, addresses, making),
        Documenting(library, clock, bus, seams.media, house, pipeline, making, most),
    )


async def _secret_of(library: Library, speaker: Actor, purpose: str) -> bytes:
    """Derive a secret from the server's key: equal in all processes and after restarts."""
    async with library.reading() as tx:
        key = await tx.artists.key_of(speaker.id)
    if key is None:
        raise Unavailable("The server's own key is missing: restore the database from a backup.")
    return hashlib.sha256(f"fixatif {purpose}\0{key.private_pem}".encode()).digest()


async def _measures(
    library: Library, clock: Clock, speaker: Actor
) -> tuple[RateLimiter, Traps, Tidings]:
    """Return how often who may do something, who is marked, and what tells other processes."""
    secret = await _secret_of(library, speaker, "tidings")
    limits, traps = RateLimiter(clock, secret=secret), Traps(clock, secret)
    return limits, traps, Tidings(library, clock, {"limits": limits, "traps": traps})


def _form_guard(config: Config, secret: bytes) -> FormGuard:
    parts = urlsplit(config.base_url)
    return FormGuard(
        cookies=Cookies(config.instance.domain, is_https=parts.scheme == "https"),
        origin=f"{parts.scheme}://{parts.netloc}",
        secret=secret,
    )


def _renderer(config: Config, *, is_development: bool) -> Renderer:
    view = InstanceView(
        name=config.name,
        domain=config.instance.domain,
        base_url=config.base_url,
        description=config.instance.description,
        contact=config.instance.contact,
        version=VERSION,
        language=config.instance.languages[0] if config.instance.languages else "en",
    )
    return Renderer(view, StaticFiles.from_folder(), is_development=is_development)


def _email(contact: str) -> str:
    return contact if "@" in contact and "/" not in contact else ""


def _place(config: Config) -> Place:
    about = config.instance
    return Place(config.name, about.domain, about.contact, retention.kept(), retention.GRACE_DAYS)
