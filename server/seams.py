"""The outside world, chosen and opened as the settings say: database, files, network, processes.

The other half of composing, beside `server.main`. Holds no rule.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path

from federation.believing import document_readers
from server.bus import MemoryBus
from server.clock import Clock, SystemClock
from server.config import Config
from server.errors import Invalid
from server.ports import Bus, Library, MediaStore, Resolver, Transport, Workers
from server.sealing import is_installed, sealing_workers
from server.values import dataclass
from server.workers import ProcessWorkers
from storage.disk import open_disk
from storage.library import open_library
from storage.s3 import Bucket, open_bucket
from web.client import GuardedTransport, compose_user_agent
from web.dns import SystemResolver

VERSION = metadata.version("fixatif")


@dataclass(frozen=True, slots=True)
class Seams:
    """The outside world as chosen for this process."""

    library: Library
    media: MediaStore
    clock: Clock
    transport: Transport
    workers: Workers
    bus: Bus
    readers: Workers  # of signed documents, apart: nobody waits for a picture to be believed
    resolver: Resolver
    sealers: Workers | None = None  # of Content Credentials; None = neither read nor signed


@asynccontextmanager
async def opened_seams(config: Config, clock: Clock | None = None) -> AsyncIterator[Seams]:
    """Open everything for one process; close it afterwards.

    Raises `Unavailable` where the database is out of reach or not upgraded.
    """
    allows_private = config.federation.allow_private_addresses
    transport = transport_for(config, allows_private=allows_private)
    workers, readers = ProcessWorkers(), document_readers()
    sealers = sealing_workers() if config.media.credentials and is_installed() else None
    library = open_library(config.database_url)
    media = media_store(config, config.media.store)
    try:
        await library.check()
        yield Seams(
            library=library,
            media=media,
            clock=clock or SystemClock(),
            transport=transport,
            workers=workers,
            bus=MemoryBus(),
            readers=readers,
            resolver=SystemResolver(),
            sealers=sealers,
        )
    finally:
        await transport.close()
        await workers.close()
        await readers.close()
        if sealers:
            await sealers.close()
        await media.close()
        await library.close()


def media_store(config: Config, name: str) -> MediaStore:
    """Return the store of that name as the settings describe it; connections open when needed."""
    if name == "disk":
        return open_disk(config.media_path, is_shared=bool(config.media.proxy_path))
    if not config.media.bucket:
        raise Invalid("There is no bucket in the settings: say media.endpoint, bucket and keys.")
    return open_bucket(bucket_of(config))


def bucket_of(config: Config) -> Bucket:
    """Return the bucket that the settings name."""
    said = config.media
    return Bucket(
        said.endpoint,
        said.bucket,
        said.region,
        said.access_key,
        said.secret_key,
        said.patience_seconds,
    )


def transport_for(config: Config, *, allows_private: bool) -> GuardedTransport:
    """Return what fetches; `allows_private`: from this machine and its neighbours too."""
    return GuardedTransport(
        user_agent=compose_user_agent(
            VERSION, config.base_url, config.federation.user_agent_suffix
        ),
        allow_private_addresses=allows_private,
        ca_file=Path(config.federation.ca_file) if config.federation.ca_file else None,
    )
