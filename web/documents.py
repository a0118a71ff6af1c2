"""Answers in JSON for other servers: types that they accept, what may be cached, who asks."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from federation import translate
from federation.content_types import ACTIVITY_JSON
from federation.facts import host_of
from federation.signatures import Received
from federation.translate import Document
from server.errors import Gone, NotAllowed, NotFound
from server.model import Actor, ActorId, ContentUsage
from server.rules import OutboundFacts, Refuse
from server.vouching import Check
from web.flows import flows
from web.keys import PROVEN_PEER
from web.respond import has_it, set_signals

T = TypeVar("T")

A_WHILE = "public, max-age=180"
A_DAY = "public, max-age=86400"
EVERYONE: Mapping[str, str] = {"Access-Control-Allow-Origin": "*"}  # RFC 7033, section 5
_ETAG_CHARACTERS = 32
_KEY_OF_ALL = "/actor"
_PATIENCE_SECONDS = 3.0  # Mastodon waits ten for our answer


def received(request: web.Request, body: bytes) -> Received:
    """Return a request as signatures see it: raw target, raw headers, our own host."""
    known = flows(request)
    scheme, _, host = known.addresses.base_url.partition("://")
    return Received(
        method=request.method,
        target=request.raw_path,
        host=host,
        headers=tuple(request.headers.items()),
        body=body,
        received_at=known.clock.now(),
        scheme=scheme,
    )


def claimed_peer(request: web.Request) -> str:
    """Return the host of who says to have signed a request, "" where nobody does."""
    if "Signature" not in request.headers:
        return ""
    return flows(request).asking.claimed_host(received(request, b""))


def check_of(request: web.Request) -> Check:
    """Return what finds out whether a crawler's operator signed a request (Web Bot Auth)."""
    return flows(request).bot_directories.check_of(received(request, b""))


async def proven_peer(request: web.Request) -> str:
    """Return the host of who did sign a request, "" where that does not hold."""
    if PROVEN_PEER not in request:
        somebody = await asker(request)
        request[PROVEN_PEER] = host_of(somebody.uri) if somebody is not None else ""
    return request[PROVEN_PEER]


async def receiver(request: web.Request) -> str:
    """Return the host that an answer for everybody is given to, "" for a stranger.

    Its own token is not worth a long wait for a key: it takes a stranger's answer instead. Raise
    `NotAllowed` where the rules let nothing out to who says to have signed: no key is fetched then.
    """
    _demand_open_door(request)
    return await proven_soon(request)


async def proven_soon(request: web.Request) -> str:
    """Return the host of who did sign a request, "" where that takes more than three seconds."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await proven_peer(request)
    except TimeoutError:
        return ""


async def asker(request: web.Request) -> Actor | None:
    """Return the actor that signed a GET, None for a stranger."""
    if "Signature" not in request.headers:
        return None
    return await flows(request).asking.asker(received(request, b""))


async def seen(
    request: web.Request, look: Callable[[ActorId | None], Awaitable[T]]
) -> tuple[T, bool]:
    """Return what a stranger sees, else what the signer of the request does; and which it was.

    Signatures are verified only where a stranger sees nothing: what is open needs no key. Who is
    blocked by its artist and says who they are is refused unverified: who lies about it shuts only
    themself out. Raises `NotFound` or `Gone` as `look`.
    """
    try:
        found = await look(None)
        if "Signature" in request.headers:
            claimed = await flows(request).asking.claimed(received(request, b""))
            if claimed is not None:
                await look(claimed.id)  # what it shows is not for who has proved nothing
    except Gone:
        raise  # for everybody
    except NotFound:
        somebody = await asker(request)
        if somebody is None:
            raise
        return await look(somebody.id), False
    return found, True


def activity(
    request: web.Request,
    document: Document,
    *,
    usage: ContentUsage,
    is_open: bool = True,
    is_by_peer: bool = False,
    status: int = 200,
) -> web.Response:
    """Answer an ActivityPub document; `is_open`: it is the same for everyone.

    `is_by_peer`: whoever signs gets one of their own, so that nobody else's may be kept for them.
    Raise `NotAllowed` where the rules let nothing out to whoever says to have signed.
    """
    _demand_open_door(request)
    response = as_json(translate.with_context(document), ACTIVITY_JSON, status=status)
    response.headers["Cache-Control"] = A_WHILE if is_open else "private, no-store"
    response.headers["Vary"] = "Accept" if is_open and not is_by_peer else "Accept, Signature"
    set_signals(request, response, usage)
    if is_open and status == 200:
        _let_it_be_kept(request, response)
    return response


def as_json(
    document: Any,  # noqa: ANN401 - whatever msgspec writes
    content_type: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Answer JSON of a type."""
    # Pixelfed compares the whole header: a type, a semicolon, a blank and charset=utf-8 at most
    response = web.Response(
        body=msgspec.json.encode(document), status=status, headers=dict(headers or {})
    )
    response.headers["Content-Type"] = f"{content_type}; charset=utf-8"
    return response


def _demand_open_door(request: web.Request) -> None:
    if request.path == _KEY_OF_ALL:  # else nobody refused could check what we tell them last
        return
    decision = flows(request).doors.outbound(OutboundFacts(peer=""), claimed_peer(request))
    if isinstance(decision, Refuse):
        raise NotAllowed(decision.reason)


def _let_it_be_kept(request: web.Request, response: web.Response) -> None:
    """Name these bytes, and send none to who has them (RFC 9110, 8.8.3 and 13.1.2)."""
    body = response.body if isinstance(response.body, bytes) else b""
    response.etag = hashlib.sha256(body).hexdigest()[:_ETAG_CHARACTERS]
    if has_it(request, response):
        response.set_status(web.HTTPNotModified.status_code)
        response.body = None
