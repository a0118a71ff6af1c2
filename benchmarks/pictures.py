"""Pictures: a 24-megapixel JPEG from its upload to its page, and what others notice of it.

Beside it the leanest Pillow script that makes the same files. While the picture is made, the
front page is asked for every 20 ms: image work never blocks a page for more than 100 ms.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import uvloop

from benchmarks.support.browser import Browser, browsing
from benchmarks.support.instance import ROOT, Place, Running, place, serving
from benchmarks.support.load import Client, get
from benchmarks.support.processes import cpu_seconds, picture_makers, resident_mib, servers
from benchmarks.support.sample import hang
from benchmarks.support.table import against, show
from server.main import opened, prepare

PICTURE = ROOT / "tests/fixtures/images/formats/mp24-6000x4000.jpg"
UPLOADS = 3
BLOCKED_BAR = 100  # milliseconds beyond an idle server's longest page
_EVERY = 0.02
_IDLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Made:
    """What one upload cost."""

    seconds: float
    cpu: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Pages:
    """How long pages took meanwhile, in milliseconds."""

    median: float
    longest: float


async def watched(port: int, stop: asyncio.Event) -> Pages:
    """Ask for the front page every 20 ms until told to stop."""
    client, times = await Client.connect(port), []
    while not stop.is_set():
        before = time.perf_counter()
        status, _ = await client.ask(get(port, "/"))
        assert status == 200
        times.append((time.perf_counter() - before) * 1_000)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY)
    await client.close()
    times.sort()
    return Pages(times[len(times) // 2], times[-1])


async def uploaded(running: Running) -> tuple[list[Made], Pages, Pages]:
    """Upload some times; return what each cost, and pages of the idle and the busy server."""
    port, stop = running.place.port, asyncio.Event()
    idle = await _idle(port)
    unwatched = [await _upload(running, f"ana{number}") for number in range(UPLOADS - 1)]
    watching = asyncio.create_task(watched(port, stop))
    last = await _upload(running, f"ana{UPLOADS - 1}")
    stop.set()
    return [*unwatched, last], idle, await watching


async def _upload(running: Running, handle: str) -> Made:
    async with browsing() as session:
        browser = Browser(session, running.place.config.base_url)
        await browser.sign_in(handle)
        before, started = _cpu(running), time.perf_counter()
        await browser.upload(PICTURE)
        await browser.until_hung(handle)
        seconds, cpu = time.perf_counter() - started, _cpu(running) - before
    peak = max(resident_mib(child, peak=True) for child in picture_makers(running.pid))
    return Made(seconds, cpu, peak)


def _cpu(running: Running) -> float:
    return cpu_seconds([*servers(running.pid), *picture_makers(running.pid)])


async def _idle(port: int) -> Pages:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(_IDLE_SECONDS, stop.set)
    return await watched(port, stop)


def plain(folder: Path) -> Made:
    """Run the plain script."""
    command = [sys.executable, "-m", "benchmarks.support.plain_pillow", str(PICTURE), str(folder)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found = json.loads(said.stdout)
    return Made(found["seconds"], found["cpu"], found["peak_mib"])


async def prepared(where: Place) -> None:
    """Open an account for each upload, so that the newest work is easily known."""
    await prepare(where.config)
    async with opened(where.config) as instance:
        for number in range(UPLOADS):
            await hang(instance, f"ana{number}", works=0)


def main() -> None:
    with place() as where, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(prepared(where))
        script = plain(where.file.parent)
        with serving(where) as running:
            made, idle, busy = runner.run(uploaded(running))
    first, second, last = made
    rows = [
        _row("the plain script", script, script),
        _row("upload to page, first child", first, script),
        _row("upload to page", second, script),
        _row("upload to page, pages asked", last, script),
    ]
    show("A 24-megapixel JPEG", ["", "seconds", "of script", "CPU s", "child's peak MiB"], rows)
    pages = [
        ["idle", f"{idle.median:.1f}", f"{idle.longest:.1f}", ""],
        ["a picture is made", f"{busy.median:.1f}", f"{busy.longest:.1f}", _verdict(idle, busy)],
    ]
    show("The front page, every 20 ms", ["", "median ms", "longest ms", "beyond idle"], pages)


def _row(name: str, made: Made, script: Made) -> list[str]:
    ratio = f"{made.seconds / script.seconds:.2f}"
    return [name, f"{made.seconds:.2f}", ratio, f"{made.cpu:.2f}", f"{made.peak_mib:.0f}"]


def _verdict(idle: Pages, busy: Pages) -> str:
    return against(max(0.0, busy.longest - idle.longest), BLOCKED_BAR, is_ceiling=True)


if __name__ == "__main__":
    main()
