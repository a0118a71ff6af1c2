"""Puts an application on a socket that several processes may share."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestPayloadError

from web.counting import AnswerLog
from web.errors import sentence_for
from web.headers import excess
from web.inboxes import is_for_way_in
from web.keys import WAY_IN

_KEEP_ALIVE_SECONDS = 75.0  # longer than a proxy's idle time, so that it closes first
_MAX_LINE = 16_384
_BACKLOG = 1_024  # connections that wait to be taken: a flood fills 128 at once
_PLAIN = {"Server": "Fixatif", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_BAD_REQUESTS = (HttpProcessingError, RequestPayloadError)


def listening(host: str, port: int, *, beside_others: bool = False) -> socket.socket:
    """Return a socket for `answering`, on a port that several processes may share.

    Only who comes `beside_others` shares a port that is in use: two instances on one port would
    each get half of the visitors. Such a one listens from when it answers: the kernel gives
    visitors to all that listen, and those of a process that still starts would wait for it.
    Raises `OSError`.
    """
    if not beside_others:
        _bound(host, port, is_shared=False).close()
    listener = _bound(host, port, is_shared=True)
    if not beside_others:
        listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener


@asynccontextmanager
async def answering(
    app: web.Application, listener: socket.socket, *, shutdown_seconds: float
) -> AsyncIterator[None]:
    """Answer on `listener` while the context is open, then let open requests finish."""
    under_way = _UnderWay()
    settings: dict[str, Any] = {
        "access_log_class": AnswerLog,  # counts; log lines are written by `web.middleware`
        "keepalive_timeout": _KEEP_ALIVE_SECONDS,
        "logger": _without_bad_requests(),
        "max_line_size": _MAX_LINE,
        "max_field_size": _MAX_LINE,
    }
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=shutdown_seconds, **settings)
    await runner.setup()
    loop, made = asyncio.get_running_loop(), runner.server
    if made is None:
        raise RuntimeError("aiohttp made no server.")
    made.request_handler = _entrance(made.request_handler, app.get(WAY_IN), under_way)
    conversation = partial(_Conversation, made, loop=loop, **settings)
    site = await loop.create_server(conversation, sock=listener, backlog=_BACKLOG)
    try:
        yield
        site.close()
        await app.shutdown()  # answers that go on for long end now
        await under_way.end(shutdown_seconds)
    finally:
        site.close()
        await runner.cleanup()


class _Conversation(web.RequestHandler):
    """One connection. What is no HTTP is answered in our words, not in a library's.

    aiohttp would say its version, and repeat what it was sent.
    """

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - a library's words
    ) -> web.StreamResponse:
        """Answer what never reached the application."""
        super().handle_error(request, status, exc, None)  # writes the log, ends the connection
        response = _plainly(status)
        response.force_close()
        return response


Conversing = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _entrance(answer: Conversing, deliver: Handler | None, under_way: "_UnderWay") -> Conversing:
    """Refuse what would cost more to read than to answer, before anything reads it; lead on."""

    async def enter(request: web.BaseRequest) -> web.StreamResponse:
        status = excess(request)
        if status:
            return _plainly(status)
        with under_way:
            if deliver is not None and is_for_way_in(request):
                return await deliver(request)
            return await answer(request)

    return enter


def _plainly(status: int) -> web.Response:
    return web.Response(status=status, text=f"{sentence_for(status)}\n", headers=_PLAIN)


class _OurFaults(logging.Filter):
    """Passes over what a visitor sent that is no HTTP, and names nobody's address.

    aiohttp writes a traceback and the full address for each: anybody could fill the disk.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether something is to be written."""
        problem = record.exc_info[1] if record.exc_info else None
        if isinstance(problem, _BAD_REQUESTS):
            return False
        if record.args:
            record.msg, record.args = "A request could not be answered.", ()
        return True


class _UnderWay:
    """Counts requests from their first line to their answer.

    aiohttp's own shutdown reads nothing more, so that an upload which is under way would be lost.
    """

    def __init__(self) -> None:
        self._count = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()

    def __enter__(self) -> None:
        """Count one more."""
        self._count += 1
        self._is_quiet.clear()

    def __exit__(self, *_: object) -> None:
        """One is over."""
        self._count -= 1
        if not self._count:
            self._is_quiet.set()

    async def end(self, most_seconds: float) -> None:
        """Wait until all are answered, so long at most."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_quiet.wait(), most_seconds)


def _without_bad_requests() -> logging.Logger:
    logger = logging.getLogger("web.server.requests")
    if not logger.filters:
        logger.addFilter(_OurFaults())
    return logger


def _bound(host: str, port: int, *, is_shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, is_shared)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
