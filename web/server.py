"""Puts an application on a socket that several processes may share."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_protocol import RequestPayloadError

from web.counting import AnswerLog

_KEEP_ALIVE_SECONDS = 75.0  # longer than a proxy's idle time, so that it closes first
_MAX_LINE = 16_384
_BAD_REQUESTS = (HttpProcessingError, RequestPayloadError)


def listening(host: str, port: int, *, beside_others: bool = False) -> socket.socket:
    """Return a listening socket that several processes may share. Raises `OSError`.

    Only who comes `beside_others` shares a port that is in use: two instances on one port would
    each get half of the visitors.
    """
    if not beside_others:
        _bound(host, port, is_shared=False).close()
    listener = _bound(host, port, is_shared=True)
    listener.listen(1_024)
    listener.setblocking(False)
    return listener


@asynccontextmanager
async def answering(
    app: web.Application, listener: socket.socket, *, shutdown_seconds: float
) -> AsyncIterator[None]:
    """Answer on `listener` while the context is open, then let open requests finish."""
    under_way = _UnderWay()
    app.middlewares.insert(0, under_way.middleware())
    runner = web.AppRunner(
        app,
        access_log_class=AnswerLog,  # counts; log lines are written by `web.middleware`
        handle_signals=False,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        shutdown_timeout=shutdown_seconds,
        logger=_without_bad_requests(),
        max_line_size=_MAX_LINE,
        max_field_size=_MAX_LINE,
    )
    await runner.setup()
    site = web.SockSite(runner, listener)
    try:
        await site.start()
        yield
        await site.stop()
        await app.shutdown()  # answers that go on for long end now
        await under_way.end(shutdown_seconds)
    finally:
        await runner.cleanup()


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

    def middleware(self) -> Middleware:
        """Return what counts; it stands outside of all others."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._count += 1
            self._is_quiet.clear()
            try:
                return await handler(request)
            finally:
                self._count -= 1
                if not self._count:
                    self._is_quiet.set()

        return count

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
