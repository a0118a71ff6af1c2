"""An application with every layer around a few addresses, for the tests of the layers."""

import io
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient

from server import logs
from server.errors import (
    Conflict,
    FixatifError,
    Gone,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    TooMany,
    Unavailable,
    Untrusted,
)
from server.model import ActorId, Artist, Millis, Role, Session
from server.ports import Unreachable
from server.visitors import VisitorClass
from web.addresses import read_networks
from web.cookies import Cookies
from web.csrf import FormGuard
from web.forms import FilePart, TextPart, read_form, read_multipart
from web.keys import (
    ARTIST,
    CLIENT_ADDRESS,
    IS_SECURE,
    REQUEST_ID,
    SESSION,
    VISITOR_CLASS,
)
from web.middleware import BodyLimits, Plumbing, Refusal, install

Client = TestClient[web.Request, web.Application]
Connect = Callable[..., Awaitable[Client]]  # the fixture aiohttp_client

ORIGIN = "http://art.example"
SIGNALS = (
    ("Content-Usage", "train-ai=n, ai-use=n"),
    ("tdm-reservation", "1"),
    ("X-Robots-Tag", "noai, noimageai, noarchive"),
    ("Link", '</rsl.xml>; rel="license"'),
)
ERRORS: dict[str, tuple[Exception, int]] = {
    "not-found": (NotFound("There is no such work; look at the portfolio."), 404),
    "gone": (Gone("The artist withdrew this work; see the portfolio."), 410),
    "refused": (Refused("All rights are reserved here."), 403),
    "not-allowed": (NotAllowed("Ask the artist."), 403),
    "untrusted": (Untrusted("The signature does not hold; sign again."), 401),
    "too-many": (TooMany("Wait a little.", retry_after_seconds=17), 429),
    "invalid": (Invalid("Write a <title>.", "title"), 422),
    "conflict": (Conflict("That handle is taken; choose another.", "handle"), 409),
    "unavailable": (Unavailable("The disk is full; tell the admin."), 503),
    "unreachable": (Unreachable("art.example.org did not answer in time."), 502),
    "bare": (FixatifError("Something odd."), 500),
}


class HandClock:
    def __init__(self) -> None:
        self.at = 1_000_000

    def now(self) -> Millis:
        return Millis(self.at)

    def new_id(self) -> int:
        return self.at


def session(number: int) -> tuple[Session, Artist]:
    made = Session(f"hash{number}", ActorId(number), f"csrf-{number}", Millis(0), Millis(9))
    return made, Artist(ActorId(number), f"artist{number}", "A", Role.ARTIST, Millis(0))


@dataclass
class House:
    """An application with every layer around a few addresses."""

    domain: str = "art.example"
    is_https: bool = False
    clock: HandClock = field(default_factory=HandClock)
    gated: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # tokens that went to the database
    done: list[str] = field(default_factory=list)  # what changed something

    @property
    def guard(self) -> FormGuard:
        cookies = Cookies(self.domain, self.is_https)
        return FormGuard(cookies, ORIGIN, b"0" * 32)

    def gate(self, request: web.Request) -> Refusal | None:
        self.gated.append(request.path)
        request[VISITOR_CLASS] = VisitorClass.VISITOR
        if "GPTBot" in request.headers.get("User-Agent", ""):
            return Refusal("All rights are reserved here.", retry_after_seconds=3_600)
        return None

    async def load(self, token: str) -> tuple[Session, Artist] | None:
        self.asked.append(token)
        known = {"token-one": session(1), "token-two": session(2)}
        return known.get(token)

    def app(self) -> web.Application:
        app = web.Application()
        install(
            app,
            Plumbing(
                clock=self.clock,
                forms=self.guard,
                body_limits=BodyLimits(upload_bytes=50_000, form_bytes=1_000, other_bytes=2_000),
                trusted_proxies=read_networks(["127.0.0.1"]),
                signals=lambda _: SIGNALS,
                gate=self.gate,
                load_session=self.load,
            ),
        )
        self._route(app)
        return app

    def _route(self, app: web.Application) -> None:
        app.router.add_get("/", self.page)
        app.router.add_get("/own", self.own_signals)
        app.router.add_get("/stream", self.stream)
        app.router.add_get("/cut", self.cut)
        app.router.add_get("/slow", self.slow)
        app.router.add_get("/error/{name}", self.error)
        app.router.add_get("/form", self.form)
        app.router.add_post("/send", self.send)
        app.router.add_post("/upload", self.upload)
        app.router.add_post("/inbox", self.machine)
        app.router.add_post("/users/{name}/inbox", self.machine)
        app.router.add_post("/api/v1/statuses", self.machine)
        for path in ("/robots.txt", "/policy", "/rsl.xml", "/ai.txt", "/.well-known/webfinger"):
            app.router.add_get(path, self.page)

    async def page(self, request: web.Request) -> web.Response:
        artist: Artist | None = request.get(ARTIST)
        return web.json_response(
            {
                "id": request[REQUEST_ID],
                "from": request[CLIENT_ADDRESS],
                "secure": request[IS_SECURE],
                "artist": artist.handle if artist else None,
            }
        )

    async def own_signals(self, _: web.Request) -> web.Response:
        headers = {
            "Content-Usage": "train-ai=n, ai-use=n, search=n",
            "X-Robots-Tag": "noindex",
            "Content-Security-Policy": "default-src 'self'",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "public, max-age=60",
        }
        return web.Response(text="own", headers=headers)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"streamed")
        return response

    async def cut(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"begun")
        raise RuntimeError("hunter2 in the middle")

    async def slow(self, _: web.Request) -> web.Response:
        self.clock.at += 1_500
        return web.Response(text="at last")

    async def error(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "bug":
            raise RuntimeError("the password is hunter2")
        if name == "redirect":
            raise web.HTTPSeeOther("/")
        raise ERRORS[name][0]

    async def form(self, request: web.Request) -> web.Response:
        return web.Response(text=self.guard.token_for(request))

    async def send(self, request: web.Request) -> web.Response:
        fields = await read_form(request)
        self.done.append(fields.first("text"))
        return web.Response(text="sent")

    async def upload(self, request: web.Request) -> web.Response:
        async for part in read_multipart(request):
            match part:
                case TextPart():
                    self.done.append(part.value)
                case FilePart():
                    self.done.append(str(sum([len(chunk) async for chunk in part.chunks])))
        return web.Response(text="kept")

    async def machine(self, request: web.Request) -> web.Response:
        assert SESSION not in request
        self.done.append((await request.read()).decode())
        return web.Response(status=202)


@contextmanager
def recorded_log(fmt: Literal["console", "json"] = "json") -> Iterator[io.StringIO]:
    """Configure the log as the program does, into memory, and put everything back."""
    stream = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("debug", fmt, stream=stream)
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        root.handlers[:], level = before
        root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def check_signals(headers: "web.BaseRequest | object") -> None:
    getall = headers.getall  # type: ignore[attr-defined]  # aiohttp's multidict
    assert getall("Content-Usage") == ["train-ai=n, ai-use=n"]
    assert getall("tdm-reservation") == ["1"]
    assert getall("X-Robots-Tag") == ["noai, noimageai, noarchive"]
