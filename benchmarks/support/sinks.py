"""Inboxes that take everything: many loopback addresses and ports in a process of their own.

`python -m benchmarks.support.sinks COUNT SILENT` prints its addresses as JSON; every line that it
reads is answered with when each request came since the line before. The last SILENT of them take
connections and answer nothing.
"""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvloop

from benchmarks.support.instance import ROOT

_BODY_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_PER_NETWORK = 250  # addresses of 127.0.x.0/24


@dataclass(frozen=True, slots=True)
class Tally:
    """When each request came in, in seconds since 1970, in order."""

    arrivals: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        """How many came."""
        return len(self.arrivals)

    @property
    def seconds(self) -> float:
        """From the first to the last."""
        return self.arrivals[-1] - self.arrivals[0]

    def after(self, start: float) -> tuple[float, float]:
        """Return the seconds from `start` to the one in the middle and to the last."""
        return self.arrivals[len(self.arrivals) // 2] - start, self.arrivals[-1] - start


@dataclass(frozen=True, slots=True)
class Sinks:
    """The process, from outside."""

    process: subprocess.Popen[str]
    origins: tuple[str, ...]

    def tally(self) -> Tally:
        """Ask what came in since the last time that was asked."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Tally(tuple(json.loads(self.process.stdout.readline())))


@contextmanager
def sinks(count: int, *, silent: int = 0) -> Iterator[Sinks]:
    """Run `count` inboxes while the context is open; the last `silent` never answer."""
    command = [sys.executable, "-m", "benchmarks.support.sinks", str(count), str(silent)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Sinks(process, tuple(json.loads(process.stdout.readline())))
        finally:
            process.terminate()


async def _run(count: int, silent: int) -> None:
    arrivals: list[float] = []

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = _BODY_LENGTH.search(head)
                await reader.readexactly(int(found[1]) if found else 0)
                arrivals.append(time.time())
                writer.write(_ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass
        writer.close()

    origins, servers = [], []
    for number in range(count):
        host = f"127.0.{1 + number // _PER_NETWORK}.{2 + number % _PER_NETWORK}"
        answer = swallow if number < count - silent else ignore
        server = await asyncio.start_server(answer, host, 0)
        servers.append(server)
        origins.append(f"http://{host}:{server.sockets[0].getsockname()[1]}")
    print(json.dumps(origins), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(arrivals), flush=True)
        arrivals.clear()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(int(sys.argv[1]), int(sys.argv[2])))
