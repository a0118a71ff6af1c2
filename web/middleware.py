"""What every request passes on its way in, and every answer on its way out.

Outside in: request id and log, errors, cheap refusal, bodies, session, forms; servers that deliver
to an inbox pass the first two alone (`web.inboxes`). Headers are not a
layer but written when an answer begins, so that streams, refusals and the router's own 404 carry
them like every other answer.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from random import Random

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.clock import Clock
from server.errors import Unavailable
from server.model import Artist, Session
from server.values import dataclass
from web.addresses import IPNetwork, client_address, is_trusted_proxy, network_of
from web.bodies import BodyLimits, bound
from web.csrf import FormGuard
from web.errors import EXPECTED, plain_page, problem, sentence_for, status_of
from web.headers import is_probe
from web.inboxes import is_inbox, take_in
from web.keys import (
    ARTIST,
    CLIENT_ADDRESS,
    FORM_COOKIE,
    IS_OUR_FORM,
    IS_SECURE,
    LEAVING,
    REQUEST_ID,
    SESSION,
    VISITOR_CLASS,
)
from web.slashes import without_last_slash

SLOW_MILLIS = 1_000
_LOG_ONE_IN = 100  # of the rest: an access log doubles the CPU of a request
_CLIENTS_REMEMBERED = 4_096
_USUAL_HEADER = 128  # characters: two or three addresses; a longer one, up to 16 KiB, is not kept
_REFUSALS_KEPT = 64  # as many as there are rules, mostly
_CLIENT_LEFT = 499  # nginx's word for it; nobody reads this answer
_ALWAYS_OPEN = frozenset(
    {
        *("/robots.txt", "/policy", "/policy.json", "/rsl.xml", "/ai.txt"),
        *("/healthz", "/readyz", "/favicon.ico"),
    }
)
_TOKEN_PATHS = ("/api/", "/oauth/token", "/oauth/revoke")  # who asks there shows a token
# They change nothing that somebody else could want to, and are sent from pages that are cached for
# strangers, without a token.
_HARMLESS = frozenset({"/interact", "/proof/sum"})
_REFUSAL_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
_LEADS_ON = frozenset({301, 302})  # from an address that answers a server otherwise
_REPEATABLE = frozenset({"x-robots-tag", "link"})  # each line says something of its own
_SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # the address of an unlisted work is its key
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    # Pages bring their own; whatever else answers needs nothing at all.
    (
        "Content-Security-Policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)
# A year, this host only: other names under the domain are not ours to decide about (RFC 6797).
_STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")

_log = structlog.get_logger("web.requests")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A short no, given before session, database and templates."""

    message: str
    status: int = 403
    retry_after_seconds: int = 0
    may_appeal: bool = False  # who asks may turn out to be somebody else: look them up


@dataclass(frozen=True, slots=True)
class Plumbing:
    """What the middlewares ask for.

    `signals` gives the header lines of the instance's policy, `gate` refuses by visitor class
    (and may set VISITOR_CLASS), `appeal` looks up who asks where that may change its mind,
    `for_member` asks it again for who is signed in, `load_session` looks a token up,
    `note_visitor` is told of everybody who does not deliver.
    """

    clock: Clock
    forms: FormGuard
    body_limits: BodyLimits
    trusted_proxies: Sequence[IPNetwork]
    signals: Callable[[web.Request], Iterable[tuple[str, str]]]
    gate: Callable[[web.Request], Refusal | None]
    load_session: Callable[[str], Awaitable[tuple[Session, Artist] | None]]
    note_visitor: Callable[[], None] = lambda: None
    appeal: Callable[[web.Request, Refusal], Awaitable[Refusal | None]] | None = None
    for_member: Callable[[web.Request], Refusal | None] = lambda _request: None


def seat(request: web.Request, known: tuple[Session, Artist]) -> None:
    """Note who is signed in."""
    request[SESSION], artist = known
    request[LEAVING if artist.ends_at is not None else ARTIST] = artist


def install(app: web.Application, plumbing: Plumbing) -> None:
    """Put every layer around `app`, the outermost first; what is appended later is inside."""
    app.middlewares.extend(
        (
            _naming(plumbing),
            _catching(),
            _delivering(plumbing),
            _refusing(plumbing),
            _bounding(plumbing),
            _recognising(plumbing),
            _guarding(plumbing),
            without_last_slash,
        )
    )
    app.on_response_prepare.append(_header_writer(plumbing))


def is_machine(request: web.Request) -> bool:
    """Say whether the asker proves itself by signature or token, never by a cookie."""
    return is_inbox(request) or request.path.startswith(_TOKEN_PATHS)


def is_always_open(request: web.Request) -> bool:
    """Say whether no class of visitor is refused here before its signature was looked at.

    Whoever is to obey the rules must be able to read them, and a gate that breaks federation is
    broken.
    """
    return (
        request.path in _ALWAYS_OPEN
        or request.path.startswith("/.well-known/")
        or is_inbox(request)
    )


def _naming(plumbing: Plumbing) -> Middleware:
    """Give each request an id and the asker's address, and log what is worth it."""
    getrandbits = Random().getrandbits  # noqa: S311 - finds a line in a log, guards nothing
    find_client = _client_finder(plumbing.trusted_proxies)

    @web.middleware
    async def name(request: web.Request, handler: Handler) -> web.StreamResponse:
        number = getrandbits(64)
        request_id = f"{number:016x}"
        request[REQUEST_ID] = request_id
        # Each request binds its own anew, so that nothing has to be unbound afterwards.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        find_client(request)
        started_at, is_sample = plumbing.clock.now(), number % _LOG_ONE_IN == 0
        try:
            response = await handler(request)
        except web.HTTPException as redirect:
            _report(request, redirect, plumbing.clock.now() - started_at, is_sample=is_sample)
            raise
        _report(request, response, plumbing.clock.now() - started_at, is_sample=is_sample)
        return response

    return name


def _catching() -> Middleware:
    """Turn every error into an answer. What nobody expected is logged and says nothing."""

    @web.middleware
    async def catch(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            return _shown(request, answer)
        except EXPECTED as error:
            return _shown(request, error)
        except ConnectionResetError:
            return web.Response(status=_CLIENT_LEFT, reason="Client Closed Request")
        except Exception as error:  # noqa: BLE001 - the outermost layer, which logs it
            return _shown(request, error)

    return catch


def _refusing(plumbing: Plumbing) -> Middleware:
    """Refuse by what is known at once: no session, no database, no template."""

    @web.middleware
    async def refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = None if is_always_open(request) else plumbing.gate(request)
        if refusal is not None and refusal.may_appeal and plumbing.appeal is not None:
            refusal = await plumbing.appeal(request, refusal)
        return await handler(request) if refusal is None else _no(refusal)

    return refuse


@lru_cache(maxsize=_REFUSALS_KEPT)
def _encoded(message: str) -> bytes:
    return f"{message}\n".encode()


def _no(refusal: Refusal) -> web.Response:
    """Return the shortest answer there is."""
    response = web.Response(
        status=refusal.status,
        body=_encoded(refusal.message),
        headers=_REFUSAL_HEADERS,
    )
    if refusal.retry_after_seconds:
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def _delivering(plumbing: Plumbing) -> Middleware:
    """Lead servers that deliver straight to their handler.

    What comes after is for visitors: no class is refused at an inbox, and no cookie or form read.
    """

    @web.middleware
    async def deliver(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_inbox(request):
            if not is_probe(request):
                plumbing.note_visitor()
            return await handler(request)
        return await take_in(request, request.match_info.handler, plumbing.body_limits)

    return deliver


def _bounding(plumbing: Plumbing) -> Middleware:
    """Refuse bodies that are too large by their own word."""
    limits = plumbing.body_limits

    @web.middleware
    async def bound_body(request: web.Request, handler: Handler) -> web.StreamResponse:
        bound(request, limits.for_request(request), limits.seconds)
        return await handler(request)

    return bound_body


def _recognising(plumbing: Plumbing) -> Middleware:
    """Find out who is signed in. Machines' addresses know no cookie: none can be abused."""

    @web.middleware
    async def recognise(request: web.Request, handler: Handler) -> web.StreamResponse:
        if SESSION in request:  # looked up at the gate
            return await handler(request)
        token = "" if is_machine(request) else plumbing.forms.cookies.session_token(request)
        known = await plumbing.load_session(token) if token else None
        if known is None:
            return await handler(request)
        seat(request, known)
        refusal = None if is_always_open(request) else plumbing.for_member(request)
        return await handler(request) if refusal is None else _no(refusal)

    return recognise


def _guarding(plumbing: Plumbing) -> Middleware:
    """Let no other site send forms in a visitor's name."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # ActivityPub, 6 and 7 want a 405 of an outbox, and a form that leads nowhere is not too old
        leads_nowhere = request.match_info.http_exception is not None
        if leads_nowhere or is_machine(request) or request.path in _HARMLESS:
            request[IS_OUR_FORM] = True
        else:
            await plumbing.forms.check(request)
        return await handler(request)

    return guard


def _header_writer(
    plumbing: Plumbing,
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    is_https = plumbing.forms.cookies.is_https
    security = (*_SECURITY_HEADERS, _STRICT_TRANSPORT) if is_https else _SECURITY_HEADERS

    async def write(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        # Which libraries, in which versions, is nobody's business; aiohttp has said it by now.
        headers["Server"] = "Fixatif"
        for name, value in security:
            headers.setdefault(name, value)
        if REQUEST_ID in request:
            headers["X-Request-Id"] = request[REQUEST_ID]
        if not is_inbox(request):
            _add_own(request, response)
        _add_signals(response, plumbing.signals(request))

    def _add_own(request: web.Request, response: web.StreamResponse) -> None:
        if response.status in _LEADS_ON:
            response.headers.setdefault("Vary", "Accept")
        if SESSION in request:  # else a shared cache would show one artist's page to another
            response.headers.setdefault("Cache-Control", "private, no-cache")
        if FORM_COOKIE in request:
            response.headers.add(
                "Set-Cookie", plumbing.forms.cookies.form_line(request[FORM_COOKIE])
            )

    return write


def _add_signals(response: web.StreamResponse, signals: Iterable[tuple[str, str]]) -> None:
    """Add the policy's headers; what a handler said of its own work is more exact and stays."""
    headers = response.headers
    for name, value in signals:
        is_said = value in headers.getall(name) if name in headers else False
        # Some have a line of their own: scrapers read up to the first colon only
        if name not in headers or (not is_said and name.lower() in _REPEATABLE):
            headers.add(name, value)


def _client_finder(trusted_proxies: Sequence[IPNetwork]) -> Callable[[web.Request], None]:
    """Return what notes who asks, and whether by https."""

    @lru_cache(maxsize=_CLIENTS_REMEMBERED)
    def asker(peer: str, forwarded_for: tuple[str, ...]) -> tuple[str, bool]:
        address = client_address(peer, forwarded_for, trusted_proxies)
        return address, is_trusted_proxy(peer, trusted_proxies)

    def find(request: web.Request) -> None:
        peer = request.remote or "127.0.0.1"  # a Unix socket has none: a proxy on this machine
        forwarded_for = tuple(request.headers.getall("X-Forwarded-For", ()))
        is_usual = sum(map(len, forwarded_for)) <= _USUAL_HEADER
        look = asker if is_usual else asker.__wrapped__
        request[CLIENT_ADDRESS], is_proxy = look(peer, forwarded_for)
        request[IS_SECURE] = request.secure
        if is_proxy and "X-Forwarded-Proto" in request.headers:
            last = request.headers.getall("X-Forwarded-Proto")[-1].rpartition(",")[2]
            request[IS_SECURE] = last.strip().lower() == "https"

    return find


def _shown(request: web.Request, error: Exception) -> web.StreamResponse:
    status = status_of(error)
    if status == 500:
        _log.error("request failed", method=request.method, path=request.path, exc_info=error)
    elif isinstance(error, Unavailable):
        _log.warning("part unavailable", path=request.path, reason=str(error))
    if request.writer.output_size > 0:  # the answer has begun: all that is left is to cut it off
        raise error
    try:
        response = problem(request, error)
    except Exception:  # noqa: BLE001 - the page that shows errors broke too
        _log.exception("error page failed", path=request.path)
        response = plain_page(500, sentence_for(500))
    if request.body_exists and not request.content.is_eof():
        response.force_close()  # the rest of the body is not worth reading
    return response


def _report(
    request: web.Request, response: web.StreamResponse, millis: int, *, is_sample: bool
) -> None:
    is_slow = millis > SLOW_MILLIS and response.content_type != "text/event-stream"
    level = logging.WARNING if is_slow or response.status >= 500 else logging.INFO
    if is_slow or response.status >= 500 or is_sample:
        _log.log(
            level,
            "slow request" if is_slow else "request",
            method=request.method,
            path=request.path,  # without its query, where tokens may stand
            status=response.status,
            millis=millis,
            network=network_of(request[CLIENT_ADDRESS]),  # never a person's full address
            visitor=str(request.get(VISITOR_CLASS, "")),
        )
