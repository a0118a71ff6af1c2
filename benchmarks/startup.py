"""Start and memory: from the start of `serve` to the first page, and what it keeps in memory.

The bars: the first page within a second, under 90 MiB idle after twenty pages. Beside them
the least that such a process can be: Python with aiohttp, answering "ok".
"""

import asyncio
import sys
import time

import uvloop

from benchmarks.pictures import PICTURE
from benchmarks.support.activities import set_up, signed_posts
from benchmarks.support.browser import Browser, browsing
from benchmarks.support.instance import (
    Place,
    Running,
    answering,
    free_port,
    place,
    serving,
)
from benchmarks.support.load import get, send_all
from benchmarks.support.processes import cpu_seconds, resident_mib
from benchmarks.support.sample import hang
from benchmarks.support.sinks import sinks
from benchmarks.support.table import against, show
from server.main import opened, prepare

STARTS = 3
PAGES = 20
POSTS = 1_000
START_BAR, IDLE_BAR = 1.0, 90
_LEAST = """
import sys
from aiohttp import web

async def ok(_):
    return web.Response(text="ok")

app = web.Application()
app.add_routes([web.get("/", ok)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""


async def prepared(where: Place, origins: tuple[str, ...]) -> list[bytes]:
    """Fill an instance, and sign what its inbox will get."""
    await prepare(where.config)
    async with opened(where.config) as instance:
        await hang(instance, "ana", works=60)
        await hang(instance, "eve", works=0)
        stage = await set_up(instance, origins)
        return signed_posts(instance, stage, POSTS)


async def used(running: Running, requests: list[bytes]) -> tuple[float, float]:
    """Use a server; return its memory after some pages, and its peak after all else."""
    port = running.place.port
    pages = [get(port, ("/", "/@ana", "/artists", "/policy")[at % 4]) for at in range(PAGES)]
    await send_all(port, pages, connections=2)
    idle = resident_mib(running.pid)
    async with browsing() as session:
        browser = Browser(session, running.place.config.base_url)
        await browser.sign_in("eve")
        await browser.upload(PICTURE)
        await browser.until_hung("eve")
    outcome = await send_all(port, requests, connections=16)
    assert set(outcome.statuses) == {202}, outcome.statuses
    return idle, resident_mib(running.pid, peak=True)


def least() -> tuple[float, float, float]:
    """Start the least server; return its seconds, its CPU seconds and its memory."""
    port = free_port()
    started = time.perf_counter()
    with answering([sys.executable, "-c", _LEAST, str(port)], port, "/") as pid:
        return time.perf_counter() - started, cpu_seconds([pid]), resident_mib(pid)


def main() -> None:
    with (
        sinks(20) as sunk,
        place() as where,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        requests = runner.run(prepared(where, sunk.origins))
        least_seconds, least_cpu, least_mib = least()
        starts = []
        for _ in range(STARTS):
            with serving(where, path="/") as running:
                starts.append(running.first_answer_seconds)
        with serving(where, path="/") as running:
            starts.append(running.first_answer_seconds)
            start_cpu = cpu_seconds([running.pid])
            idle, peak = runner.run(used(running, requests))
    starts.sort()
    start = against(starts[0], START_BAR, is_ceiling=True)
    rows = [
        ["start to first page, best s", f"{starts[0]:.2f}", start, f"{least_seconds:.2f}"],
        ["start to first page, median s", f"{starts[len(starts) // 2]:.2f}", "", ""],
        ["the same, CPU s", f"{start_cpu:.2f}", "", f"{least_cpu:.2f}"],
        [
            f"idle after {PAGES} pages, MiB",
            f"{idle:.0f}",
            against(idle, IDLE_BAR, is_ceiling=True),
            f"{least_mib:.0f}",
        ],
        [f"peak after an upload and {POSTS:,} posts, MiB", f"{peak:.0f}", "", ""],
    ]
    show("Start and memory", ["one process", "measured", "bar", "bare aiohttp"], rows)


if __name__ == "__main__":
    main()
