"""What the gate costs: beside the same pages without it, refusing a crawler, and under a flood.

Bars: at most 40 µs of CPU for each page; a refusal at most a tenth of a page's CPU; and, while
2,000 crawlers a second are refused on one core, a visitor's median page within 1.5 of idle.
Visitors come through a proxy, as nearly everywhere: what this machine is spared, they are not.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop
from aiohttp import web

from benchmarks.pages import paths_of, prepared
from benchmarks.support.instance import ROOT, Place, Running, free_port, place, serving
from benchmarks.support.load import Client, send_all
from benchmarks.support.processes import cpu_seconds, servers
from benchmarks.support.table import against, show
from server.main import answering, listening, opened
from web.app import build_app

ROUNDS = 40
BATCH = 50
SECONDS = 3.0
FLOOD = 2_000  # refusals a second
FLOOD_CONNECTIONS = 20
LOOKS = 150  # of one visitor, one after the other
PAUSE = 0.01  # seconds between them
MOST_MICROSECONDS, MOST_SHARE, MOST_RATIO = 40.0, 0.1, 1.5

FIREFOX = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: de\r\nSec-Fetch-Site: none\r\n"
    "X-Forwarded-Proto: https\r\n"
)
GPTBOT = (
    "User-Agent: Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; "
    "+https://openai.com/gptbot)\r\nAccept: */*\r\n"
)


def ask(port: int, path: str, who: str, number: int) -> bytes:
    """Return a request that comes through a proxy, from one of a thousand networks."""
    address = f"203.{number // 250 % 4}.{number % 250}.7"
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Forwarded-For: {address}\r\n{who}\r\n"
    ).encode()


async def added(where: Place, path: str) -> tuple[float, float]:
    """Return a page's CPU without the gate, and what the gate adds, in microseconds.

    Both applications answer in this process, turn by turn, so that nothing else differs.
    """
    async with opened(where.config) as instance:
        gated, bare = build_app(instance.flows), build_app(instance.flows)
        bare.middlewares[:] = [one for one in bare.middlewares if one.__name__ != "refuse"]
        assert len(bare.middlewares) == len(gated.middlewares) - 1
        return await _compared(gated, bare, path)


async def _compared(
    gated: web.Application, bare: web.Application, path: str
) -> tuple[float, float]:
    ports = {gated: free_port()}
    ports[bare] = free_port()
    costs: dict[web.Application, list[float]] = {gated: [], bare: []}
    async with (
        answering(gated, listening("127.0.0.1", ports[gated]), shutdown_seconds=1.0),
        answering(bare, listening("127.0.0.1", ports[bare]), shutdown_seconds=1.0),
    ):
        clients = {app: await Client.connect(port) for app, port in ports.items()}
        for turn in range(ROUNDS + 1):
            for app, client in clients.items():
                requests = [
                    ask(ports[app], path, FIREFOX, turn * BATCH + number) for number in range(BATCH)
                ]
                before = time.process_time()
                for request in requests:
                    status, _ = await client.ask(request)
                    assert status == 200, status
                costs[app].append((time.process_time() - before) / BATCH * 1e6)
        for client in clients.values():
            await client.close()
    without = statistics.median(costs[bare][1:])
    pairs = zip(costs[gated][1:], costs[bare][1:], strict=True)
    return without, statistics.median(one - other for one, other in pairs)


async def cost(running: Running, path: str, who: str, status: int) -> float:
    """Return an answer's CPU in the server, in microseconds."""
    port = running.place.port
    numbers = iter(range(10_000_000))
    before, until = cpu_seconds(servers(running.pid)), time.perf_counter() + SECONDS
    requests = iter(
        lambda: ask(port, path, who, next(numbers)) if time.perf_counter() < until else b"", b""
    )
    outcome = await send_all(port, requests, connections=4)
    assert set(outcome.statuses) == {status}, outcome.statuses
    return (cpu_seconds(servers(running.pid)) - before) / outcome.count * 1e6


async def median_page(port: int, path: str) -> float:
    """Return the median time of one visitor's pages, in milliseconds."""
    client, times = await Client.connect(port), []
    for number in range(LOOKS):
        request = ask(port, path, FIREFOX, number)
        before = time.perf_counter()
        status, _ = await client.ask(request)
        times.append((time.perf_counter() - before) * 1e3)
        assert status == 200, status
        await asyncio.sleep(PAUSE)
    await client.close()
    return statistics.median(times)


@contextmanager
def flooded(port: int, path: str) -> Iterator[None]:
    """Send refusals from another process while the context is open; say how many a second."""
    words = [sys.executable, "-m", "benchmarks.gate", "flood", str(port), path]
    with subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        time.sleep(1.0)
        yield
        said, _ = process.communicate(b"\n")
    print(f"the flood: {float(said):,.0f} refusals a second")


async def flood(port: int, path: str) -> None:
    """Ask as a crawler `FLOOD` times a second until somebody writes a line to us."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_reader(sys.stdin, stopped.set)
    began, count = loop.time(), 0

    async def one(number: int) -> None:
        nonlocal count
        client = await Client.connect(port)
        turn = 0
        while not stopped.is_set():
            due = began + (turn + number / FLOOD_CONNECTIONS) * FLOOD_CONNECTIONS / FLOOD
            await asyncio.sleep(max(0.0, due - loop.time()))
            status, _ = await client.ask(ask(port, path, GPTBOT, turn * FLOOD_CONNECTIONS + number))
            assert status == 403, status
            turn, count = turn + 1, count + 1
        await client.close()

    await asyncio.gather(*(one(number) for number in range(FLOOD_CONNECTIONS)))
    print(count / (loop.time() - began))


def main() -> None:
    with place() as where, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        wall, _, _ = runner.run(prepared(where))
        path = paths_of(wall)["work page"]
        without, gate = runner.run(added(where, "/about"))
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:1])  # for what is started now, with all its threads
        with serving(where) as running:
            os.sched_setaffinity(0, cores[1:] or cores)
            page = runner.run(cost(running, path, FIREFOX, 200))
            refusal = runner.run(cost(running, path, GPTBOT, 403))
            idle = runner.run(median_page(where.port, path))
            with flooded(where.port, path):
                busy = runner.run(median_page(where.port, path))
    share, ratio = refusal / page, busy / idle
    rows = [
        [
            "the gate, µs of CPU for a page",
            f"{gate:.1f}",
            _bar(gate, MOST_MICROSECONDS),
        ],
        ["that page without it (/about), µs", f"{without:,.0f}", ""],
        ["a work's page, µs of CPU", f"{page:,.0f}", ""],
        ["refusing a crawler, µs of CPU", f"{refusal:,.0f}", ""],
        [
            "refusal ÷ page",
            f"{share:.3f}",
            against(share, MOST_SHARE, is_ceiling=True),
        ],
        ["median page, idle, ms", f"{idle:.2f}", ""],
        [f"median page, {FLOOD:,} refusals/s, ms", f"{busy:.2f}", ""],
        ["flooded ÷ idle", f"{ratio:.2f}", _bar(ratio, MOST_RATIO)],
    ]
    show("The gate", ["what", "measured", "bar"], rows)


def _bar(value: float, bar: float) -> str:
    return against(value, bar, is_ceiling=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        uvloop.run(flood(int(sys.argv[2]), sys.argv[3]))
    else:
        main()
