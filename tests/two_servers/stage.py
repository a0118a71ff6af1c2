"""A whole instance with its clock moved by hand, and peers whose every word is made here.

The library, the flows and the application are the real ones; only the network is recorded:
`Net` answers what a peer would, and remembers what was asked.
"""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from federation.believing import document_readers
from server.accounts import NewAccount
from server.bus import MemoryBus
from server.clock import compose_id
from server.config import Config, parse
from server.drafts import Draft, Upload, slug_of
from server.house import House
from server.main import Instance, _built
from server.model import (
    Actor,
    AiLabel,
    Artist,
    ContentUsage,
    Follow,
    FollowState,
    ImageFormat,
    Millis,
    Picture,
    PictureId,
    PictureState,
    Rendition,
    RenditionName,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.passwords import Passwords
from server.policy import compile_policy
from server.policy_text import read_policy
from server.ports import Incoming, Library, Outgoing, Transport, Unreachable
from server.promises import Deed, SayPromise, promise
from server.seams import Seams
from server.tiers import FederationMode, Tier, Word, build_tiers
from server.workers import ProcessWorkers
from storage.disk import DiskStore
from tests.two_servers.peers import ACTIVITY_JSON, PUBLIC, Peer, pair
from web.dns import SystemResolver

__all__ = ["ACTIVITY_JSON", "PUBLIC", "HandClock", "Net", "Peer", "Stage", "staged"]

START = Millis(1_795_000_000_000)  # in November 2026
_SIDES = {
    RenditionName.TILE: 480,
    RenditionName.PREVIEW: 800,
    RenditionName.VIEW: 1280,
    RenditionName.LARGE: 2048,
    RenditionName.CARD: 1200,
    RenditionName.FEDERATED: 2880,
}
_JPEG_ONLY = (RenditionName.CARD, RenditionName.FEDERATED)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, at: Millis = START) -> None:
        self.at = at
        self._count = itertools.count()

    def now(self) -> Millis:
        return self.at

    def new_id(self) -> int:
        return compose_id(self.at, next(self._count))

    def advance(self, *, seconds: float = 0, hours: float = 0) -> None:
        self.at = Millis(self.at + int((seconds + hours * 3600) * 1000))


class Net(Transport):
    """Other servers, as far as this test needs them: addresses and what they answer."""

    def __init__(self) -> None:
        self.answers: dict[str, Incoming | Unreachable] = {}
        self.asked: list[Outgoing] = []
        self.inbox_status = 202
        self.inbox_headers: Mapping[str, str] = {}

    async def send(self, request: Outgoing) -> Incoming:
        self.asked.append(request)
        answer = self.answers.get(request.url)
        if isinstance(answer, Unreachable):
            raise answer
        if answer is not None:
            return answer
        if request.method == "POST":
            return Incoming(self.inbox_status, self.inbox_headers, b"")
        raise Unreachable(f"nobody answers at {request.url}")

    def serve(
        self,
        url: str,
        document: Any = None,
        *,
        status: int = 200,
        content_type: str = ACTIVITY_JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers[url] = Incoming(
            status, {"content-type": content_type, **(headers or {})}, body
        )

    @property
    def fetched(self) -> list[str]:
        return [request.url for request in self.asked if request.method == "GET"]

    @property
    def delivered(self) -> list[tuple[str, dict[str, Any]]]:
        """Return (inbox, activity) of every POST, in order."""
        return [
            (request.url, json.loads(request.body))
            for request in self.asked
            if request.method == "POST"
        ]


@dataclass
class Stage:
    """An instance called art.test and its surroundings."""

    instance: Instance
    clock: HandClock
    net: Net
    _works: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def library(self) -> Library:
        return self.instance.seams.library

    @property
    def flows(self) -> Any:
        return self.instance.flows

    async def drain(self) -> int:
        return await self.instance.worker.drain()

    async def artist(self, handle: str = "ana", *, approves_follows: bool = False) -> Artist:
        """Open an account by the real flow, with cheap hashing and a key made before."""
        quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        made_before = pair(0)[1:]
        keys = replace(self.flows.accounts.keys, make_rsa=lambda: made_before)
        accounts = replace(self.flows.accounts, passwords=quick, keys=keys)
        artist = await accounts.open(NewAccount(handle, "correct horse battery", name=handle))
        if approves_follows:
            artist = replace(artist, approves_follows=True)
            async with self.library.transaction() as tx:
                await tx.artists.update(artist)
                actor = await tx.actors.by_id(artist.id)
                await tx.actors.put(replace(actor, approves_follows=True))
        return artist

    async def meet(self, peer: Peer) -> Actor:
        """Have a peer's actor fetched and kept, and forget that it was asked for."""
        self.net.serve(peer.uri, peer.document)
        actor = await self.flows.remote.actor(peer.uri)
        self.net.asked.clear()
        return actor

    async def befriend(
        self, peer: Peer, artist: Artist, state: FollowState = FollowState.ACCEPTED
    ) -> Actor:
        """Make a peer a follower of an artist here."""
        actor = await self.meet(peer)
        uri = peer.new_uri("follows")
        async with self.library.transaction() as tx:
            await tx.relations.put_follow(Follow(actor.id, artist.id, state, uri, self.clock.now()))
        return actor

    async def hang(
        self,
        artist: Artist,
        *,
        pictures: int = 1,
        title: str = "Blue hour",
        visibility: Visibility = Visibility.PUBLIC,
        **more: Any,
    ) -> Work:
        """Hang a work whose pictures are taken as made, and promise to tell of it."""
        work_id = WorkId(self.clock.new_id())
        work = Work(
            id=work_id,
            artist_id=artist.id,
            title=title,
            slug=slug_of(title),
            visibility=visibility,
            **_hung(self.clock.now()) | more,
            pictures=tuple(self._picture(work_id, place) for place in range(pictures)),
        )
        async with self.library.transaction() as tx:
            await tx.works.add(work)
            if work.is_visible and not work.is_quiet:
                said = SayPromise(Deed.WORK_HUNG, artist.id, work_id)
                await promise(tx, self.clock, said)
        return work

    def _picture(self, work_id: WorkId, place: int) -> Picture:
        digest = f"{next(self._works):064x}"
        renditions = [
            Rendition(name, kind, side, side * 2 // 3, 700_000, digest)
            for name, side in _SIDES.items()
            for kind in (ImageFormat.AVIF, ImageFormat.JPEG)
            if kind is ImageFormat.JPEG or name not in _JPEG_ONLY
        ]
        return Picture(
            id=PictureId(self.clock.new_id()),
            work_id=work_id,
            position=place,
            alt=f"Alt text {place + 1}",
            original_digest=digest,
            original_type="image/jpeg",
            original_name="blue.jpg",
            original_bytes=700_000,
            state=PictureState.READY,
            media_key=f"{self.clock.new_id():040x}",
            width=2880,
            height=1920,
            blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj",
            renditions=tuple(renditions),
        )

    async def upload(self, artist: Artist, draft: Draft, *files: tuple[bytes, str]) -> Work:
        """Publish real bytes by the real flow; `files` are (bytes, alt text)."""
        media = self.instance.seams.media
        uploads = [Upload(await media.put(data), "a.jpg", alt) for data, alt in files]
        return await self.flows.publishing.receive(artist, draft, uploads)

    async def read(self, ask: Callable[[Any], Any]) -> Any:
        """Read something from the library."""
        async with self.library.reading() as tx:
            return await ask(tx)

    def refuse(self, door: str, domain: str, *, then: str = "refuse") -> None:
        """Have the policy refuse everything that comes from, or goes to, a domain."""
        refuse(self.flows.house, door, domain, then=then)

    def rules(self, text: str) -> None:
        """Put a policy in force: TOML, without its preset."""
        house = self.flows.house
        policy = read_policy(f'preset = "{house.preset}"\n{text}')
        house._in_force = replace(house.now, compiled=compile_policy(policy))

    def stand(self, **tiers: str) -> None:
        """Give servers a tier by the admin's word; a name's underscores are dots."""
        words = {name.replace("_", "."): Word(Tier(tier), "") for name, tier in tiers.items()}
        book = build_tiers(words, {}, (), FederationMode.OPEN)
        self.flows.house._in_force = replace(self.flows.house.now, tiers=book)


def refuse(house: House, door: str, domain: str, *, then: str = "refuse") -> None:
    """Put one rule more into the policy in force."""
    rule = f"""
        preset = "{house.preset}"
        [[rules]]
        name = "No thank you"
        door = "{door}"
        when = {{ peer = ["{domain}"] }}
        then = "{then}"
        because = "We do not talk."
        """
    house._in_force = replace(house.now, compiled=compile_policy(read_policy(rule)))


def _hung(now: Millis) -> dict[str, Any]:
    return {
        "state": WorkState.HUNG,
        "caption": "",
        "tags": (),
        "medium": "",
        "year": "",
        "is_sensitive": False,
        "sensitive_reason": "",
        "ai_label": AiLabel.NONE,
        "content_usage": ContentUsage(),
        "is_quiet": False,
        "created_at": now,
        "hung_at": now,
        "edited_at": None,
        "withdrawn_at": None,
    }


def config_of(domain: str, folder: Path, more: str = "", *, base_url: str = "") -> Config:
    """Return settings as a file would give them."""
    address = f'base_url = "{base_url}"\n' if base_url else ""
    return parse(f'[instance]\ndomain = "{domain}"\n{address}{more}', {}, folder=folder)


@asynccontextmanager
async def staged(
    library: Library,
    folder: Path,
    *,
    clock: HandClock | None = None,
    domain: str = "art.test",
    base_url: str = "",
    transport: Transport | None = None,
    more: str = "",
) -> AsyncIterator[Stage]:
    """Build an instance around a library; the network is a `Net`, unless a real way is given."""
    clock, net, workers = clock or HandClock(), Net(), ProcessWorkers()
    readers = document_readers()
    media = DiskStore(folder / "media")
    seams = Seams(
        library, media, clock, transport or net, workers, MemoryBus(), readers, SystemResolver()
    )
    try:
        config = config_of(domain, folder, more, base_url=base_url)
        instance = await _built(config, seams, is_development=False)
        yield Stage(instance, clock, net)
    finally:
        await workers.close()
        await readers.close()
