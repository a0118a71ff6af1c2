"""A socket that several processes share: connections go to those that answer."""

import socket
from contextlib import ExitStack

from aiohttp import ClientSession, web

from server.main import answering, listening

MANY = 30


def comers(port: int, stack: ExitStack) -> None:
    """Connect so many times, without a word."""
    for _ in range(MANY):
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))


def taken(listener: socket.socket) -> int:
    """Take all connections that wait at a socket; return how many."""
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


async def test_nobody_waits_for_a_process_that_still_starts() -> None:
    with ExitStack() as stack:
        first = stack.enter_context(listening("127.0.0.1", 0))
        port = first.getsockname()[1]
        second = stack.enter_context(listening("127.0.0.1", port, beside_others=True))
        comers(port, stack)
        assert taken(first) == MANY
        async with answering(web.Application(), second, shutdown_seconds=1):
            first.close()
            async with (
                ClientSession() as client,
                client.get(f"http://127.0.0.1:{port}/") as answer,
            ):
                assert answer.status == 404
