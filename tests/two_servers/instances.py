"""Whole instances on loopback addresses, behind TLS of an authority that only they know."""

import asyncio
import ipaddress
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import trustme
from aiohttp import web
from argon2 import PasswordHasher

from federation.signatures import Unsigned, generate_rsa_pem
from server.accounts import NewAccount, Profile
from server.config import Config, parse
from server.drafts import Draft, Upload
from server.feeding import FeedEntry
from server.main import Instance, opened
from server.model import (
    Actor,
    ActorId,
    Artist,
    Millis,
    Notification,
    SigningKey,
    TargetId,
    Work,
)
from server.passwords import Passwords
from tests.two_servers.stage import ACTIVITY_JSON, HandClock, refuse

_CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Town:
    """One instance, and how to reach it as a stranger would."""

    instance: Instance
    clock: HandClock
    authority: trustme.CA
    _listening: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def config(self) -> Config:
        return self.instance.config

    @property
    def flows(self) -> Any:
        return self.instance.flows

    @property
    def url(self) -> str:
        return self.config.base_url

    async def start(self) -> None:
        """Listen, over TLS."""
        runner = web.AppRunner(self.instance.app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        host, port = self.config.server.host, self.config.server.port
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(host).configure_cert(context)
        await web.TCPSite(runner, host, port, ssl_context=context).start()
        self._listening.push_async_callback(runner.cleanup)

    async def stop(self) -> None:
        """Listen no more."""
        await self._listening.aclose()

    async def artist(self, handle: str) -> Artist:
        accounts = replace(self.flows.accounts, passwords=Passwords(_CHEAP))
        return await accounts.open(NewAccount(handle, "correct horse battery", name=handle))

    async def upload(self, artist: Artist, draft: Draft, *files: tuple[bytes, str]) -> Work:
        """Publish real bytes by the real flow; `files` are (bytes, alt text)."""
        media = self.instance.seams.media
        uploads = [Upload(await media.put(data), "a.jpg", alt) for data, alt in files]
        work = await self.flows.publishing.receive(artist, draft, uploads)
        await self.instance.worker.drain()
        hung: Work = await self.flows.viewing.own(artist, work.id)
        return hung

    async def feed(self, artist: Artist) -> list[FeedEntry]:
        return list((await self.flows.feeding.page(artist.id)).entries)

    async def told(self, artist: Artist) -> list[str]:
        """Return what an artist was notified of, oldest first."""
        found: list[Notification] = await self.flows.notifications.page(artist.id)
        return [one.kind.value for one in reversed(found)]

    async def find(self, address: str) -> Actor:
        return await self.flows.remote.by_address(address)

    async def target(self, uri: str) -> TargetId:
        """Return the id under which this instance holds a work or post."""
        async with self.instance.seams.library.reading() as tx:
            post = await tx.posts.by_uri(uri)
        assert post is not None
        return TargetId(post.id)

    def refuse(self, door: str, domain: str) -> None:
        """Have the policy refuse everything that comes from, or goes to, a domain."""
        refuse(self.flows.house, door, domain)

    async def lock(self, artist: Artist) -> Artist:
        """Have an artist approve follows from now on."""
        profile = Profile(artist.name, artist.bio, approves_follows=True)
        changed: Artist = await self.flows.accounts.edit_profile(artist, profile)
        return changed

    async def rotate_key(self, artist: Artist) -> None:
        """Give an artist a new key, under an id of its own."""
        private, public = await asyncio.to_thread(generate_rsa_pem)
        async with self.instance.seams.library.transaction() as tx:
            actor = await tx.actors.by_id(artist.id)
            assert actor is not None
            key_id, made_at = f"{actor.uri}#second-key", Millis(self.clock.now() + 1)
            await tx.actors.put(replace(actor, key_id=key_id, public_key_pem=public))
            await tx.artists.add_key(SigningKey(artist.id, key_id, private, public, made_at))
        self.flows.signing.forget(artist.id)

    async def status_for(self, actor_id: ActorId, uri: str) -> int:
        """GET a document with the signature of somebody here; return the answer's status."""
        unsigned = Unsigned("GET", uri, (("Accept", ACTIVITY_JSON),))
        signed = await self.flows.signing.signed(unsigned, actor_id)
        return (await self.instance.seams.transport.send(signed)).status

    async def read(self, ask: Callable[[Any], Any]) -> Any:
        async with self.instance.seams.library.reading() as tx:
            return await ask(tx)

    async def get(
        self, path: str, accept: str = ACTIVITY_JSON, **headers: str
    ) -> tuple[int, aiohttp.typedefs.LooseHeaders, bytes]:
        """Ask as a stranger, over TLS."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        url = path if path.startswith("https:") else f"{self.url}{path}"
        connector = aiohttp.TCPConnector(ssl=context)
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get(
                url, headers={"Accept": accept, **headers}, allow_redirects=False
            ) as answer,
        ):
            return answer.status, answer.headers, await answer.read()


async def settle(*towns: Town) -> int:
    """Do every job that is due anywhere, until nothing is left; return how many there were."""
    done = 0
    while count := sum([await town.instance.worker.drain() for town in towns]):
        done += count
    return done


def free_port(host: str) -> int:
    with socket.socket() as one:
        one.bind((host, 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def town(
    host: str, folder: Path, authority: trustme.CA, clock: HandClock, database_url: str
) -> AsyncIterator[Town]:
    """Open an instance at `host`, on a free port, and listen."""
    port = free_port(host)
    ca_file = folder / "authority.pem"
    await asyncio.to_thread(ca_file.write_bytes, authority.cert_pem.bytes())
    config = parse(
        f"""
        [instance]
        domain = "{host}:{port}"
        base_url = "https://{host}:{port}"
        [server]
        host = "{host}"
        port = {port}
        [database]
        url = "{database_url}"
        [federation]
        allow_private_addresses = true
        ca_file = "{ca_file}"
        """,
        {},
        folder=folder,
    )
    async with opened(config, clock=clock) as instance:
        made = Town(instance, clock, authority)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()


@asynccontextmanager
async def two_towns(
    folder: Path, migrated: Path, other_database_url: str = ""
) -> AsyncIterator[tuple[Town, Town]]:
    """Open two instances on two loopback addresses; the second one's database may be given."""
    authority, clock = trustme.CA(), HandClock()
    async with AsyncExitStack() as stack:
        towns = []
        for host, url in (("127.0.0.1", ""), ("127.0.0.2", other_database_url)):
            assert ipaddress.ip_address(host).is_loopback
            own = folder / host
            own.mkdir()
            shutil.copy(migrated, own / "fixatif.db")
            one = town(host, own, authority, clock, url or "sqlite:///fixatif.db")
            towns.append(await stack.enter_async_context(one))
        yield towns[0], towns[1]
