"""One instance that a module's tests attack, over its real inbox, with really signed requests.

Each test brings people of its own, so that all share the instance and none another's traces.
`Town.rows` is everything that the database holds: what must not change, and what may.
"""

import io
import itertools
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.model import Artist, FollowState, Post, StoredActivity, Work
from server.ports import Library
from storage.library import open_library
from tests.two_servers.stage import PUBLIC, Peer, Stage, staged

__all__ = ["PUBLIC", "Peer", "Row", "Town", "a_town", "changed", "library_at", "open_town"]

Row = tuple[str, Mapping[str, Any]]  # table, columns
_PASSING = frozenset({"jobs", "migrations"})  # work to do and done, nobody's belongings


@dataclass
class Town:
    """The instance art.test, its database file, and a client at its door."""

    stage: Stage
    client: TestClient[Any, Any]
    file: Path
    _count: Any = field(default_factory=itertools.count)

    async def artist(self, *, approves_follows: bool = False) -> Artist:
        """Open an account that no other test knows."""
        handle = f"ana{next(self._count)}"
        return await self.stage.artist(handle, approves_follows=approves_follows)

    def peer(self, domain: str = "peer.test", *, key_number: int = 1, name: str = "") -> Peer:
        """Return somebody elsewhere whom no other test knows; their server answers for them."""
        peer = Peer(name or f"bob{next(self._count)}", domain, key_number)
        self.stage.net.serve(peer.uri, peer.document)
        return peer

    def forget_asking(self) -> None:
        self.stage.net.asked.clear()

    async def send(
        self,
        said: Mapping[str, Any] | bytes,
        by: Peer | None,
        *,
        target: str = "/inbox",
        **headers: str,
    ) -> ClientResponse:
        """POST to the inbox, signed `by` somebody, or by nobody. `headers` replace signed ones."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        now = self.stage.clock.now()
        bare = {"Host": "art.test", "Content-Type": "application/activity+json"}
        signed = by.signed(body, now, target=target) if by else bare
        changed = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return await self.client.post(target, data=io.BytesIO(body), headers={**signed, **changed})

    async def tell(self, said: Mapping[str, Any] | bytes, by: Peer | None, **more: str) -> int:
        """Send, do every job that follows, and return the answer's status."""
        status = (await self.send(said, by, **more)).status
        await self.stage.drain()
        return status

    async def ask(self, path: str, by: Peer | None = None, **headers: str) -> ClientResponse:
        """GET in ActivityPub, signed or not."""
        accept = "application/activity+json"
        bare = {"Host": "art.test", "Accept": accept}
        now = self.stage.clock.now()
        signed = by.signed(b"", now, target=path, method="GET", accept=accept) if by else bare
        return await self.client.get(path, headers={**signed, **headers})

    async def post_at(self, uri: str) -> Post | None:
        found: Post | None = await self.stage.read(lambda tx: tx.posts.by_uri(uri))
        return found

    async def follow_of(self, follower: Peer, artist: Artist) -> FollowState | None:
        """Return how a peer's follow of an artist stands."""
        peer = await self.stage.read(lambda tx: tx.actors.by_uri(follower.uri))
        if peer is None:
            return None
        found = await self.stage.read(lambda tx: tx.relations.follow(peer.id, artist.id))
        return found.state if found else None

    async def likes(self, work: Work) -> int:
        counts = await self.stage.flows.viewing.counts([work.id])
        likes: int = counts[work.id].likes
        return likes

    async def kept(self, uri: str) -> StoredActivity | None:
        """Return an activity of somebody elsewhere, by its id."""
        rows = [row for table, row in self.rows() if table == "activities" and row["uri"] == uri]
        if not rows:
            return None
        found: StoredActivity = await self.stage.read(lambda tx: tx.activities.by_id(rows[0]["id"]))
        return found

    def artist_uri(self, artist: Artist) -> str:
        return str(self.stage.flows.addresses.actor(artist.handle))

    def work_uri(self, work: Work) -> str:
        return str(self.stage.flows.addresses.work(work.id))

    def comment(self, by: Peer, work: Work, **more: Any) -> dict[str, Any]:
        """Return a post of a peer's about a work here."""
        return by.note(inReplyTo=self.work_uri(work), **more)

    def rows(self) -> list[Row]:
        """Return every row of every table but the queue, read from the file itself."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).fetchall()
            return [
                (name, dict(row))
                for (name,) in map(tuple, tables)
                if name not in _PASSING
                for row in connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 - our own names
            ]


def changed(before: list[Row], after: list[Row]) -> list[Row]:
    """Return the rows that came, went or became others."""
    first = {(table, repr(sorted(row.items()))): (table, row) for table, row in before}
    second = {(table, repr(sorted(row.items()))): (table, row) for table, row in after}
    return [(first | second)[key] for key in first.keys() ^ second.keys()]


@asynccontextmanager
async def library_at(migrated: Path, folder: Path) -> AsyncIterator[Library]:
    """Open a copy of a migrated database."""
    shutil.copy(migrated, folder / "fixatif.db")
    library = open_library(f"sqlite:///{folder / 'fixatif.db'}")
    try:
        yield library
    finally:
        await library.close()


@asynccontextmanager
async def open_town(migrated: Path, folder: Path) -> AsyncIterator[Town]:
    """Open an instance on a copy of a migrated database."""
    async with (
        library_at(migrated, folder) as library,
        staged(library, folder) as stage,
        TestClient(TestServer(stage.instance.app())) as client,
    ):
        yield Town(stage, client, folder / "fixatif.db")


@pytest_asyncio.fixture(name="town", scope="module", loop_scope="module")
async def a_town(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Share one instance among a module's tests."""
    async with open_town(migrated_sqlite, tmp_path_factory.mktemp("town")) as town:
        yield town
