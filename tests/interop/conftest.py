"""Two instances of ours and a peer on another implementation, all behind TLS on loopback."""

import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from server.model import Millis
from tests.engines import migrated_sqlite
from tests.interop.fedify import Fedify, Process, running
from tests.interop.scene import Scene
from tests.two_servers.instances import town
from tests.two_servers.stage import HandClock

__all__ = ["migrated_sqlite"]


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Start the peer once; instances come and go, each at a port that it has not met."""
    with running(tmp_path_factory.mktemp("peer")) as process:
        yield process


@pytest_asyncio.fixture
async def scene(peer: Process, tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[Scene]:
    """Open two instances beside the peer, with one account on each of the three."""
    clock = HandClock(Millis(time.time_ns() // 1_000_000))  # the peer's stands at the real time
    async with AsyncExitStack() as stack:
        towns = []
        for host in ("127.0.0.1", "127.0.0.2"):
            folder = tmp_path / host
            folder.mkdir()
            shutil.copy(migrated_sqlite, folder / "fixatif.db")
            opening = town(host, folder, peer.authority, clock, "sqlite:///fixatif.db")
            towns.append(await stack.enter_async_context(opening))
        connector = aiohttp.TCPConnector(ssl=peer.tls)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        fedify = Fedify(peer.url, session)
        here, there = towns
        ana, bob = await here.artist("ana"), await there.artist("bob")
        yield Scene(here, there, fedify, ana, bob, await fedify.open("cleo"))
