"""The world outside over real TLS, and an instance that goes there by its real, guarded client.

`Outside.names` is DNS: each host leads where the test says, and only 127.0.0.1 is open, as on a
test network. So attack and control differ in one address, and the server counts who came.
"""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import trustme
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.security.town import Peer, Town, library_at
from tests.two_servers.stage import staged
from web.client import GuardedTransport

OPEN = "127.0.0.1"
_HOSTS = "*.outside.example.org"


@dataclass
class Outside:
    """Other servers: one socket, any number of names. Every answer is made by hand."""

    port: int = 0
    names: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], Any]] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)  # host and path, in order
    count: int = 0
    _town: Town | None = None

    @property
    def town(self) -> Town:
        """Return the instance that lives here."""
        assert self._town is not None
        return self._town

    def host(self, address: str) -> str:
        """Return a new host name that leads to `address`, with the server's port."""
        self.count += 1
        name = f"h{self.count}.outside.example.org"
        self.names[name] = [address]
        return f"{name}:{self.port}"

    def peer(self, host: str, **more: Any) -> Peer:
        """Return somebody at a host, whose document can be had there."""
        peer = Peer("bob", host)
        self.serve(peer.uri, {**peer.document, **more})
        self.serve(peer.shared_inbox, {})
        return peer

    def serve(self, url: str, document: Any = None, *, leads_to: str = "") -> None:
        """Answer at an address with a document, or lead on from it."""
        kind = "application/jrd+json" if "/.well-known/" in url else "application/activity+json"
        headers = {"Content-Type": kind}
        status = 200
        if leads_to:
            status, headers = 302, {"Location": leads_to}
        self.answers[url.removeprefix("https://")] = (status, headers, document)

    def finger(self, host: str, actor_uri: str) -> None:
        """Have a host say that its bob is that actor."""
        link = {"rel": "self", "type": "application/activity+json", "href": actor_uri}
        self.serve(f"https://{host}/.well-known/webfinger", {"links": [link]})

    def came_to(self, host: str) -> bool:
        return any(visit.startswith(f"{host}/") for visit in self.visits)

    async def look_up(self, host: str, _port: int) -> Sequence[str]:
        return self.names[host]

    def server(self) -> TestServer:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return TestServer(app, scheme="https")

    async def _answer(self, request: web.Request) -> web.Response:
        self.visits.append(f"{request.host}{request.path}")
        status, headers, document = self.answers.get(self.visits[-1], (404, {}, None))
        response = web.json_response(document, status=status)
        response.headers.update(headers)
        return response


@asynccontextmanager
async def open_outside(migrated: Path, folder: Path) -> AsyncIterator[Outside]:
    """Open an instance beside a server that is all others."""
    outside = Outside()
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(_HOSTS).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    transport = GuardedTransport(
        user_agent="Fixatif/1 (+https://art.test/)",
        allow_private_addresses=True,
        ca_file=folder / "ca.pem",
        lookup=outside.look_up,
    )
    server = outside.server()
    await server.start_server(ssl=context)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        stack.push_async_callback(transport.close)
        library = await stack.enter_async_context(library_at(migrated, folder))
        stage = await stack.enter_async_context(staged(library, folder, transport=transport))
        served = TestServer(stage.instance.app())
        client = await stack.enter_async_context(TestClient(served))
        outside.port = server.port or 0
        outside._town = Town(stage, client, folder / "fixatif.db")
        yield outside


@pytest_asyncio.fixture(name="outside", scope="module", loop_scope="module")
async def an_outside(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Outside]:
    """Share one among a module's tests."""
    async with open_outside(migrated_sqlite, tmp_path_factory.mktemp("outside")) as made:
        yield made
