"""A whole instance on a loopback port, with works of every visibility, and browsers to visit it.

`a_gallery` is one per module, as it takes a second to open; tests leave it as they found it.
"""

import io
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy
from yarl import URL

from server.config import parse
from server.main import Instance, opened, prepare
from server.model import Actor, ActorId, Artist, Post, PostId, Role, Visibility, Work
from server.sessions import SignedIn
from tests.flows.artists import PASSWORD, Studio, StudioClock

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
ACTIVITY = "application/activity+json"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


@dataclass
class Browser:
    """Somebody's browser: keeps cookies by hand, follows no redirect."""

    session: aiohttp.ClientSession
    base: str
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    agent: str = FIREFOX

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | aiohttp.FormData | None = None,
    ) -> Answer:
        """Send a request whose path goes out as it stands."""
        sent = {"User-Agent": self.agent, "Accept": "text/html", **(headers or {})}
        if self.cookies:
            cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            sent.setdefault("Cookie", cookie)
        async with self.session.request(
            method,
            URL(self.base + path, encoded=True),
            headers=sent,
            data=data,
            allow_redirects=False,
        ) as answer:
            for name, morsel in answer.cookies.items():
                self.cookies[name] = morsel.value
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **headers: str) -> Answer:
        """GET; underscores in header names are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("GET", path, headers=named)

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, **headers: str
    ) -> Answer:
        """POST a form with the token that the pages gave."""
        body = urlencode({"csrf": self.csrf, **(fields or {})}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("POST", path, headers={"Content-Type": _FORM, **named}, data=body)

    async def upload(
        self, body: bytes, name: str = "hare.jpg", content_type: str = "image/jpeg", **fields: str
    ) -> Answer:
        """Upload one picture as the form does."""
        form = aiohttp.FormData()
        form.add_field("csrf", self.csrf)
        form.add_field("pictures", io.BytesIO(body), filename=name, content_type=content_type)
        for key, value in fields.items():
            form.add_field(key, value)
        return await self.ask("POST", "/studio/upload", data=form)

    async def open_form(self, path: str = "/login") -> str:
        """Open a page with a form and remember its token."""
        found = re.search(r'name="csrf" value="([^"]+)"', (await self.get(path)).text)
        self.csrf = found[1] if found else ""
        return self.csrf


@dataclass(frozen=True, slots=True)
class Gallery:
    """An instance that answers, and what hangs in it."""

    instance: Instance
    studio: Studio
    base: str
    session: aiohttp.ClientSession
    ana: Artist
    bea: Artist
    zoe: Actor
    works: Mapping[str, Work]  # by visibility, and "withdrawn"
    comment: Post

    def stranger(self, agent: str = FIREFOX) -> Browser:
        """Return the browser of somebody without an account."""
        return Browser(self.session, self.base, agent=agent)

    async def member(self, handle: str = "ana") -> Browser:
        """Return the browser of somebody signed in."""
        signed_in = await self.instance.flows.sessions.sign_in(handle, PASSWORD)
        return self.browser_of(signed_in)

    def browser_of(self, signed_in: SignedIn) -> Browser:
        """Return the browser that a session belongs to."""
        name = self.instance.flows.forms.cookies.session_name
        return Browser(
            self.session, self.base, {name: signed_in.token}, csrf=signed_in.session.csrf
        )

    def media(self, which: str, file: str = "tile.jpg") -> str:
        """Return the path of a rendition of the work's only picture."""
        return f"/media/{self.works[which].pictures[0].media_key}/{file}"

    def page(self, which: str) -> str:
        """Return the path of a work's page."""
        work = self.works[which]
        return f"/@ana/{work.id}-{work.slug}"


@asynccontextmanager
async def open_gallery(
    folder: Path,
    *,
    base_url: str = "",
    domain: str = "",
    proxies: str = "",
    media: str = "",
    max_upload_bytes: int = 500_000,
) -> AsyncIterator[Gallery]:
    """Open an instance in a folder, with artists and works.

    `base_url`: what it believes to be. `media`: more settings of that section, as TOML.
    """
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    text = f"""
        [instance]
        domain = "{domain or f"127.0.0.1:{port}"}"
        base_url = "{base_url or base}"
        [server]
        trusted_proxies = [{proxies}]
        [database]
        url = "sqlite:///fixatif.db"
        [media]
        path = "media"
        max_upload_bytes = {max_upload_bytes}
        {media}
        """
    config = parse(text, {}, folder=folder)
    await prepare(config)
    async with (
        opened(config, clock=StudioClock()) as instance,
        _served(instance, port),
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield await _furnished(instance, base, session)


@pytest_asyncio.fixture(name="gallery", scope="module", loop_scope="module")
async def a_gallery(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gallery]:
    """Share one instance among a module's tests."""
    async with open_gallery(tmp_path_factory.mktemp("gallery")) as gallery:
        yield gallery


@asynccontextmanager
async def _served(instance: Instance, port: int) -> AsyncIterator[None]:
    server = TestServer(instance.app(), port=port)
    await server.start_server()
    try:
        yield
    finally:
        await server.close()


async def _furnished(instance: Instance, base: str, session: aiohttp.ClientSession) -> Gallery:
    studio = _studio_of(instance)
    ana = await studio.artist("ana", role=Role.OWNER)
    bea = await studio.artist("bea")
    await studio.artist("cy")
    await studio.befriend(bea.id, ana.id)
    zoe = await studio.stranger("zoe")
    works = {
        one.value: await studio.hung(ana, one, title=f"{one.value.capitalize()} hare")
        for one in Visibility
        if one is not Visibility.DIRECT
    }
    works["withdrawn"] = await studio.hung(ana, title="Withdrawn hare")
    await studio.publishing.withdraw(ana, works["withdrawn"].id)
    comment = _comment(studio, zoe.id, works["public"])
    async with studio.library.transaction() as tx:
        await tx.posts.put(comment)
    return Gallery(instance, studio, base, session, ana, bea, zoe, works, comment)


def _studio_of(instance: Instance) -> Studio:
    flows, seams = instance.flows, instance.seams
    clock = seams.clock
    assert isinstance(clock, StudioClock)
    return Studio(
        library=seams.library,
        clock=clock,
        addresses=flows.addresses,
        house=flows.house,
        media=seams.media,
        folder=instance.config.media_path,
        accounts=flows.accounts,
        sessions=flows.sessions,
        setting_up=flows.setting_up,
        making=flows.publishing.making,
        publishing=flows.publishing,
        viewing=flows.viewing,
        feeding=flows.feeding,
        following=flows.following,
        reactions=flows.reactions,
        commenting=flows.commenting,
        notifications=flows.notifications,
        sweeping=instance.sweeping,
        worker=instance.worker,
    )


def _comment(studio: Studio, author: ActorId, work: Work) -> Post:
    return Post(
        id=PostId(studio.clock.new_id()),
        uri="https://far.example/notes/1",
        actor_id=author,
        is_local=False,
        visibility=Visibility.PUBLIC,
        content_html="<p>Fine ears.</p>",
        title="",
        url="https://far.example/@zoe/1",
        is_sensitive=False,
        warning="",
        published_at=studio.clock.now(),
        edited_at=None,
        in_reply_to_uri=studio.addresses.work(work.id),
        reply_to_id=work.id,  # type: ignore[arg-type]  # a work's id is a target's
        work_id=work.id,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
