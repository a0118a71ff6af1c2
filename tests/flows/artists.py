"""Artists at work, without the web: real flows on both engines, a real picture pool, a hand clock.

A test module imports the fixtures `a_pool` and `a_studio`; tests ask for them as `picture_pool` and
`studio`. The pool is one per module, so its tests share an event loop:
`pytestmark = pytest.mark.asyncio(loop_scope="module")`.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from federation.signatures import generate_ed25519_pem, generate_rsa_pem
from server.accounts import Accounts, NewAccount
from server.addresses import Addresses
from server.bus import MemoryBus
from server.clock import compose_id
from server.commenting import Commenting
from server.drafts import Draft, PictureEdit, Upload
from server.feeding import Feeding
from server.following import Following
from server.house import House
from server.making import Making
from server.model import (
    Actor,
    ActorId,
    ActorKind,
    Artist,
    FollowState,
    ImageFormat,
    Job,
    JobId,
    JobKind,
    Millis,
    NotificationKind,
    Picture,
    PictureId,
    PictureState,
    Rendition,
    RenditionName,
    Role,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.notifications import Notifications
from server.passwords import Passwords
from server.pipeline import Pipeline, new_media_key
from server.ports import Library, MediaStore, Transaction, Workers
from server.promises import Deed, PicturesPromise, SayPromise
from server.publishing import Publishing
from server.reactions import Reactions
from server.reinscribing import Reinscribing
from server.sealing import Sealing
from server.sessions import Sessions
from server.setting_up import SettingUp
from server.signing_keys import KeyRing
from server.sweeping import Sweeping
from server.viewing import Viewing
from server.worker import Worker
from server.workers import ProcessWorkers
from storage.disk import DiskStore
from storage.library import open_library
from storage.migrate import upgrade
from tests.postgres import empty, postgres_url

IMAGES = Path(__file__).parents[1] / "fixtures" / "images"
SMALL = (IMAGES / "orientation" / "o1.jpg").read_bytes()
OTHER = (IMAGES / "formats" / "still.gif").read_bytes()
NO_PICTURE = b"This is a shopping list: cadmium red, linseed oil, rags."
SIDES = (  # of a finished picture's renditions; what is in the files does not matter
    (RenditionName.TILE, ImageFormat.JPEG, 480),
    (RenditionName.TILE, ImageFormat.AVIF, 480),
    (RenditionName.VIEW, ImageFormat.JPEG, 1_280),
    (RenditionName.LARGE, ImageFormat.JPEG, 2_048),
    (RenditionName.CARD, ImageFormat.JPEG, 1_200),
    (RenditionName.FEDERATED, ImageFormat.JPEG, 2_000),
)
PASSWORD = "a long enough password"
BEGINNING = Millis(1_790_000_000_000)  # as files' own times are about now, the sweep can be tested
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class StudioClock:
    """Stands still until it is moved; every id is a little later than the one before."""

    def __init__(self, at: int = BEGINNING) -> None:
        self.at = at
        self._ids = 0

    def now(self) -> Millis:
        return Millis(self.at)

    def new_id(self) -> int:
        self._ids += 1
        return compose_id(Millis(self.at), self._ids)

    def move(self, millis: int) -> None:
        self.at += millis


@cache
def one_key() -> tuple[str, str]:
    """Return a key pair; making one takes longer than most tests."""
    return generate_rsa_pem()


def quick_passwords() -> Passwords:
    """Return real argon2id, at a price for tests."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass(frozen=True, slots=True)
class Studio:
    """Every flow that artists use, over one library."""

    library: Library
    clock: StudioClock
    addresses: Addresses
    house: House
    media: MediaStore
    folder: Path
    accounts: Accounts
    sessions: Sessions
    setting_up: SettingUp
    making: Making
    publishing: Publishing
    viewing: Viewing
    feeding: Feeding
    following: Following
    reactions: Reactions
    commenting: Commenting
    notifications: Notifications
    sweeping: Sweeping
    worker: Worker

    async def artist(
        self, handle: str, *, role: Role = Role.ARTIST, approves: bool = False
    ) -> Artist:
        """Open an account."""
        opened = await self.accounts.open(NewAccount(handle, PASSWORD, role, handle.capitalize()))
        if not approves:
            return opened
        async with self.library.transaction() as tx:
            actor = await tx.actors.by_id(opened.id)
            assert actor is not None
            await tx.actors.put(replace(actor, approves_follows=True))
            await tx.artists.update(replace(opened, approves_follows=True))
        return replace(opened, approves_follows=True)

    async def actor(self, artist: Artist | ActorId) -> Actor:
        """Return an artist's actor."""
        found = await self.viewing.actor(artist if isinstance(artist, int) else artist.id)
        assert found is not None
        return found

    async def stranger(self, handle: str, **fields: Any) -> Actor:
        """Keep an actor of another server."""
        uri = f"https://far.example/users/{handle}"
        actor = Actor(
            **{
                "id": ActorId(self.clock.new_id()),
                "uri": uri,
                "kind": ActorKind.PERSON,
                "handle": handle,
                "domain": "far.example",
                "name": handle.capitalize(),
                "summary_html": "",
                "url": f"https://far.example/@{handle}",
                "inbox": f"{uri}/inbox",
                "shared_inbox": "https://far.example/inbox",
                "fetched_at": self.clock.now(),
                **fields,
            }
        )
        async with self.library.transaction() as tx:
            actor_id = await tx.actors.put(actor)
        return replace(actor, id=actor_id)

    async def uploads(self, *bodies: bytes, alt: str = "") -> list[Upload]:
        """Put originals into the media store."""
        return [
            Upload(await self.media.put(body), f"picture-{index}.jpg", alt)
            for index, body in enumerate(bodies)
        ]

    async def received(self, artist: Artist, *bodies: bytes, **draft: Any) -> Work:
        """Take an upload in; its pictures wait."""
        return await self.publishing.receive(artist, Draft(**draft), await self.uploads(*bodies))

    async def published(self, artist: Artist, *bodies: bytes, **draft: Any) -> Work:
        """Take an upload in and make its pictures."""
        work = await self.received(artist, *(bodies or (SMALL,)), **draft)
        await self.making.make(PicturesPromise(work.id))
        return await self.work(work.id)

    async def hung(
        self, artist: Artist, visibility: Visibility = Visibility.PUBLIC, **fields: Any
    ) -> Work:
        """Put a finished work into the library, without making its pictures."""
        self.clock.move(1_000)
        work_id, now = WorkId(self.clock.new_id()), self.clock.now()
        is_draft = visibility is Visibility.DRAFT
        work = Work(
            **{
                "id": work_id,
                "artist_id": artist.id,
                "state": WorkState.HUNG,
                "title": "Hare",
                "slug": "hare",
                "caption": "",
                "tags": (),
                "medium": "",
                "year": "",
                "is_sensitive": False,
                "sensitive_reason": "",
                "visibility": visibility,
                "ai_label": "none",
                "content_usage": artist.content_usage,
                "is_quiet": False,
                "created_at": now,
                "hung_at": None if is_draft else now,
                "edited_at": None,
                "withdrawn_at": None,
                "pictures": (await self.ready_picture(work_id),),
                **fields,
            }
        )
        async with self.library.transaction() as tx:
            await tx.works.add(work)
        return work

    async def ready_picture(self, work_id: WorkId) -> Picture:
        """Return a finished picture whose files are in the media store."""
        original = await self.media.put(SMALL + str(work_id).encode())
        stored = await self.media.put(SMALL)
        return Picture(
            id=PictureId(self.clock.new_id()),
            work_id=work_id,
            position=0,
            alt="A hare",
            original_digest=original.digest,
            original_type="image/jpeg",
            original_name="hare.jpg",
            original_bytes=original.size,
            state=PictureState.READY,
            media_key=new_media_key(),
            width=3_000,
            height=1_500,
            renditions=tuple(
                Rendition(name, image_format, side, side // 2, stored.size, stored.digest)
                for name, image_format, side in SIDES
            ),
        )

    async def work(self, work_id: WorkId) -> Work:
        """Return a work in whatever state."""
        async with self.library.reading() as tx:
            found = await tx.works.by_id(work_id)
        assert found is not None
        return found

    async def befriend(
        self, follower: ActorId, followee: ActorId, state: FollowState = FollowState.ACCEPTED
    ) -> None:
        """Let somebody follow somebody."""
        async with self.library.transaction() as tx:
            whom = await tx.actors.by_id(followee)
            assert whom is not None
            await self.following.request(tx, follower, whom, self.addresses.activity(7))
            known = await tx.relations.follow(follower, followee)
            assert known is not None
            await tx.relations.put_follow(replace(known, state=state))

    async def said(self) -> list[SayPromise]:
        """Return, and use up, what was promised to be said to other servers, oldest first."""
        found: list[tuple[JobId, SayPromise]] = []
        async with self.library.transaction() as tx:
            while jobs := await self._sayings(tx):  # an artist's one by one
                found += [
                    (job.id, msgspec.json.decode(job.payload, type=SayPromise)) for job in jobs
                ]
                await tx.jobs.done(*(job.id for job in jobs))
        return [said for _, said in sorted(found, key=itemgetter(0))]

    async def _sayings(self, tx: Transaction) -> list[Job]:
        by_then = Millis(self.clock.now() + DAY)
        return await tx.jobs.claim(by_then, lease_until=by_then, limit=100, kinds=[JobKind.SAY])

    async def deeds(self) -> list[Deed]:
        """Return, and use up, what other servers were promised to hear of."""
        return [one.deed for one in await self.said()]

    async def told(self, artist: Artist) -> list[NotificationKind]:
        """Let the worker work, then return what an artist was told, newest first."""
        await self.worker.drain()
        return [one.kind for one in await self.notifications.page(artist.id)]

    def files(self) -> set[str]:
        """Return the names of all files that the media store keeps, half-written ones too."""
        return {path.name for path in self.folder.rglob("*") if path.is_file()}


def build_studio(
    library: Library,
    folder: Path,
    pool: Workers,
    preset: str = "standard-no-ai",
    sealing: Sealing | None = None,
) -> Studio:
    """Put the flows together as `server.main` does; `house.open` is the caller's."""
    clock, bus = StudioClock(), MemoryBus()
    addresses = Addresses("https://art.example", "art.example")
    house = House(library, clock, preset)
    media = DiskStore(folder)
    making = Making(library, clock, bus, Pipeline(media, pool, sealing), house, addresses)
    notifications = Notifications(library, clock)
    sweeping = Sweeping(library, media, clock)
    runs = {
        JobKind.PICTURES: lambda payload: making.make(
            msgspec.json.decode(payload, type=PicturesPromise)
        ),
        JobKind.REINSCRIBE: Reinscribing(library, clock, bus, making).look_through,
        JobKind.SWEEP: sweeping.sweep,
    }
    passwords = quick_passwords()
    keys = KeyRing(library, clock, addresses, one_key, generate_ed25519_pem)
    accounts = Accounts(library, clock, addresses, passwords, keys)
    sessions = Sessions(library, clock, addresses, passwords)
    return Studio(
        library=library,
        clock=clock,
        addresses=addresses,
        house=house,
        media=media,
        folder=folder,
        accounts=accounts,
        sessions=sessions,
        setting_up=SettingUp(library, clock, addresses, accounts, sessions),
        making=making,
        publishing=Publishing(library, clock, bus, house, addresses, making),
        viewing=Viewing(library, addresses),
        feeding=Feeding(library),
        following=Following(library, clock, addresses, bus),
        reactions=Reactions(library, clock, addresses, bus),
        commenting=Commenting(library, clock, addresses, bus),
        notifications=notifications,
        sweeping=sweeping,
        worker=Worker(library, clock, bus, runs, dict.fromkeys(runs, 2)),
    )


@pytest_asyncio.fixture(name="picture_pool", scope="module", loop_scope="module")
async def a_pool() -> AsyncIterator[ProcessWorkers]:
    """Share one pool of children among a module's tests."""
    pool = ProcessWorkers()
    yield pool
    await pool.close()


@pytest_asyncio.fixture(name="studio", loop_scope="module", params=["sqlite", "postgres"])
async def a_studio(
    request: pytest.FixtureRequest, tmp_path: Path, picture_pool: ProcessWorkers
) -> AsyncIterator[Studio]:
    """Return an empty instance's flows, on each engine in turn."""
    library = open_library(await _empty_database(request.param, tmp_path))
    made = build_studio(library, tmp_path / "media", picture_pool)
    await made.house.open()
    await made.accounts.ensure_server_actor()
    yield made
    await library.close()


async def _empty_database(engine: str, folder: Path) -> str:
    if engine == "postgres":
        url = postgres_url()
        await empty(url)
        return url
    copy = folder / "fixatif.db"
    copy.write_bytes(_migrated_sqlite())
    return f"sqlite:///{copy}"


@cache
def _migrated_sqlite() -> bytes:
    """Return a migrated, empty database."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as other_thread:
        path = Path(folder) / "migrated.db"
        other_thread.submit(asyncio.run, upgrade(f"sqlite:///{path}")).result()
        return path.read_bytes()


def ids(works: Sequence[Work]) -> list[WorkId]:
    """Return the ids of works, in their order."""
    return [work.id for work in works]


def edits_of(work: Work) -> list[PictureEdit]:
    """Return an edit that leaves a work's pictures as they are."""
    return [PictureEdit(one.id, one.alt, one.focal_x, one.focal_y) for one in work.pictures]
