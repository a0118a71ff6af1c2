"""Puts an application on a socket that several processes may share."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_KEEP_ALIVE_SECONDS = 75.0  # longer than a proxy's idle time, so that it closes first
_MAX_LINE = 16_384


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket that several processes may share. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
        listener.listen(1_024)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


@asynccontextmanager
async def answering(
    app: web.Application, listener: socket.socket, *, shutdown_seconds: float
) -> AsyncIterator[None]:
    """Answer on `listener` while the context is open, then let open requests finish."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        shutdown_timeout=shutdown_seconds,
        max_line_size=_MAX_LINE,
        max_field_size=_MAX_LINE,
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
