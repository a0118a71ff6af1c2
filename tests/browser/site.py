"""One real instance in a thread of this process, with what hangs in it.

Its database, pictures, worker and sockets are the real ones; only the port is picked free.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from server.accounts import NewAccount, Profile
from server.config import Config, Log
from server.config import Instance as Place
from server.drafts import Draft, Upload
from server.main import Instance, answering, listening, opened, upgrade
from server.model import Artist, Role, Work
from server.promises import JOBS_TOPIC
from server.sampleart import SampleArtist, SampleWork, paint
from server.serving import watching, working

T = TypeVar("T")
PASSWORD = "three herons and a ladder"
_PATIENCE = 120.0  # seconds; a work of several pictures takes a few on a busy machine


@dataclass(frozen=True, slots=True)
class File:
    """A picture to hang: its bytes, its name, its description."""

    body: bytes
    name: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A running instance, and the loop that it runs in."""

    instance: Instance
    loop: asyncio.AbstractEventLoop

    @property
    def base_url(self) -> str:
        return self.instance.config.base_url

    def do(self, act: Awaitable[T]) -> T:
        """Do something inside the instance's own loop, and wait for it."""

        async def whole() -> T:
            return await act

        return asyncio.run_coroutine_threadsafe(whole(), self.loop).result(_PATIENCE)

    def open_account(self, handle: str, name: str = "", role: Role = Role.ARTIST) -> Artist:
        wanted = NewAccount(handle, PASSWORD, role, name)
        return self.do(self.instance.flows.accounts.open(wanted))

    def settle(self) -> None:
        """Wait until every job is done that can be done now."""
        self.do(_settled(self.instance))

    def hang(self, artist: Artist, draft: Draft, files: Sequence[File]) -> Work:
        """Hang a work by the same flow as the form's."""
        return self.do(_hung(self.instance, artist, draft, files))

    def path_of(self, work: Work, artist: Artist) -> str:
        flows = self.instance.flows
        return flows.addresses.work_page(artist.handle, work).removeprefix(self.base_url)


@contextmanager
def running(folder: Path, *, name: str = "", description: str = "") -> Iterator[Site]:
    """Start an instance in `folder` and stop it afterwards."""
    listener = listening("127.0.0.1", 0)
    config = _config(folder, listener.getsockname()[1], name, description)
    ready: Future[Site] = Future()
    stopped = threading.Event()
    thread = threading.Thread(target=_live, args=(config, listener, ready, stopped))
    thread.start()
    try:
        yield ready.result(_PATIENCE)
    finally:
        stopped.set()
        thread.join(_PATIENCE)


def settle_in(site: Site, artist: SampleArtist, role: Role) -> Artist:
    """Open a sample artist's account and say what they say of themself."""
    opened_account = site.open_account(artist.handle, artist.name, role)
    profile = Profile(artist.name, artist.bio, approves_follows=False)
    return site.do(site.instance.flows.accounts.edit_profile(opened_account, profile))


def hang_sample(site: Site, artist: Artist, work: SampleWork) -> Work:
    """Paint a sample work and hang it."""
    draft = Draft(
        title=work.title,
        caption=work.caption,
        tags=work.tags,
        medium=work.medium,
        year=work.year,
        visibility=work.visibility,
        is_sensitive=work.is_sensitive,
        sensitive_reason=work.sensitive_reason,
    )
    files = [
        File(paint(work, index), f"picture-{index + 1}.jpg", alt)
        for index, alt in enumerate(work.alts)
    ]
    return site.hang(artist, draft, files)


def _config(folder: Path, port: int, name: str, description: str) -> Config:
    address = f"127.0.0.1:{port}"
    place = Place(
        domain=address,
        base_url=f"http://{address}",
        name=name,
        description=description,
        contact="ask@gallery.example",
    )
    config = Config(instance=place, log=Log(level="error"), folder=folder)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    network = msgspec.structs.replace(config.federation, allow_private_addresses=True)
    easy = msgspec.structs.replace(config.gate, trials=200)  # of a sum: a blink
    return msgspec.structs.replace(config, federation=network, gate=easy)


def _live(
    config: Config, listener: socket.socket, ready: "Future[Site]", stopped: threading.Event
) -> None:
    try:
        asyncio.run(_open(config, listener, ready.set_result, stopped))
    except BaseException as error:  # the waiting thread is told, whatever it was
        if not ready.done():
            ready.set_exception(error)
        raise


async def _open(
    config: Config,
    listener: socket.socket,
    say_ready: Callable[[Site], None],
    stopped: threading.Event,
) -> None:
    await upgrade(config.database_url)
    async with (
        opened(config) as instance,
        answering(instance.app(), listener, shutdown_seconds=1),
        working(instance.worker),
        watching(instance.flows.house, instance.flows.closing_now, instance.flows.preparing),
    ):
        say_ready(Site(instance, asyncio.get_running_loop()))
        await asyncio.to_thread(stopped.wait)


async def _hung(instance: Instance, artist: Artist, draft: Draft, files: Sequence[File]) -> Work:
    flows = instance.flows
    most = instance.config.media.max_upload_bytes
    uploads = [
        Upload(await flows.media.receive(_chunks(file.body), max_bytes=most), file.name, file.alt)
        for file in files
    ]
    work = await flows.publishing.receive(artist, draft, uploads)
    await _settled(instance)
    return await flows.viewing.own(artist, work.id)


async def _settled(instance: Instance) -> None:
    """Wait for what is due or begun; what failed and waits for another try waits on."""
    while True:
        async with instance.seams.library.reading() as tx:
            due = await tx.jobs.oldest_due(instance.seams.clock.now())
            counts = await tx.jobs.counts()
        if due is None and not any(count.running for count in counts.values()):
            return
        await instance.seams.bus.wait(JOBS_TOPIC, 0.1)


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body
