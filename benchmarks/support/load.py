"""A lean HTTP/1.1 client for load: ready-made bytes over keep-alive connections.

As a program (`python -m benchmarks.support.load FILE PORT CONNECTIONS`) it sends the requests
of FILE, each once, from a process of its own, and prints what came of it as JSON.
"""

import asyncio
import json
import re
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
LENGTH = struct.Struct("!I")
_BODY_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a load went; times in seconds, `statuses` by count."""

    started_at: float
    seconds: float
    statuses: dict[int, int]
    median: float
    longest: float

    @property
    def count(self) -> int:
        """How many requests were answered."""
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        """How many requests were answered in a second."""
        return self.count / self.seconds


class Client:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """Connect to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=4_194_304))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send one request and return status and body."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        found = _BODY_LENGTH.search(head)
        body = await self._reader.readexactly(int(found[1])) if found else b""
        return int(head[9:12]), body

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


def get(port: int, path: str) -> bytes:
    """Return a browser's plain GET."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: {USER_AGENT}\r\n"
        "Accept: text/html\r\n\r\n"
    ).encode()


async def send_all(port: int, requests: Iterable[bytes], *, connections: int) -> Outcome:
    """Send every request once, over `connections` at a time."""
    clients = [await Client.connect(port) for _ in range(connections)]
    statuses: Counter[int] = Counter()
    times: list[float] = []
    waiting = iter(requests)

    async def work(client: Client) -> None:
        for request in waiting:
            before = time.perf_counter()
            status, _ = await client.ask(request)
            times.append(time.perf_counter() - before)
            statuses[status] += 1

    started_at, before = time.time(), time.perf_counter()
    await asyncio.gather(*(work(client) for client in clients))
    seconds = time.perf_counter() - before
    for client in clients:
        await client.close()
    times.sort()
    return Outcome(started_at, seconds, dict(statuses), times[len(times) // 2], times[-1])


def write_requests(path: Path, requests: Sequence[bytes]) -> None:
    """Write requests for the program to send."""
    path.write_bytes(b"".join(LENGTH.pack(len(one)) + one for one in requests))


def read_outcome(text: str) -> Outcome:
    """Read what the program printed."""
    found = json.loads(text)
    found["statuses"] = {int(status): count for status, count in found["statuses"].items()}
    return Outcome(**found)


def _read_requests(path: Path) -> list[bytes]:
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = LENGTH.unpack_from(data, at)
        at += LENGTH.size
        found.append(data[at : at + length])
        at += length
    return found


def main() -> None:
    path, port, connections = sys.argv[1:]
    requests = _read_requests(Path(path))
    print("ready", flush=True)
    sys.stdin.readline()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(send_all(int(port), requests, connections=int(connections)))
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
