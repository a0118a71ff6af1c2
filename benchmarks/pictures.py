"""Pictures: 24 megapixels from upload to page, and what others notice of it.

1. A JPEG. Beside it the leanest Pillow script that makes the same files, and the same by libvips,
   if Debian's `libvips-tools` are there.
2. The same picture as PNG, WebP and AVIF: the peak memory of the process that decodes it.
3. The front page, asked for every 20 ms: by itself, while a picture is made, and while forty
   uploads wait. Image work never blocks a page for more than 100 ms.
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
from PIL import Image

from benchmarks.support import plain_vips
from benchmarks.support.browser import Browser, browsing
from benchmarks.support.instance import ROOT, Place, Running, place, serving
from benchmarks.support.load import Client, get
from benchmarks.support.processes import cpu_seconds, picture_makers, resident_mib, servers
from benchmarks.support.sample import hang
from benchmarks.support.table import against, show
from server.main import opened, prepare

PICTURE = ROOT / "tests/fixtures/images/formats/mp24-6000x4000.jpg"
UPLOADS = 3
QUEUED = 40
CPU_BAR = 1.3  # of the plain script's
PEAK_BARS = {"JPEG": 350, "PNG": 350, "WebP": 600, "AVIF": 600}  # MiB
BLOCKED_BAR = 100  # milliseconds beyond an idle server's longest page
_QUEUED_SIDE = 2_400
_WATCHED_SECONDS = 15.0
_HOW = {"WebP": {"quality": 90, "method": 0}, "AVIF": {"quality": 80, "speed": 10}}
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


async def _upload(running: Running, handle: str, file: Path = PICTURE) -> Made:
    async with browsing() as session:
        browser = Browser(session, running.place.config.base_url)
        await browser.sign_in(handle)
        before, started = _cpu(running), time.perf_counter()
        await browser.upload(file)
        await browser.until_hung(handle)
        seconds, cpu = time.perf_counter() - started, _cpu(running) - before
    peak = max(resident_mib(child, peak=True) for child in picture_makers(running.pid))
    return Made(seconds, cpu, peak)


async def crowded(running: Running) -> Pages:
    """Upload forty pictures at once; return pages while they wait for the makers of pictures."""
    small = running.place.file.parent / "small.jpg"
    with Image.open(PICTURE) as image:
        image.draft("RGB", (_QUEUED_SIDE, _QUEUED_SIDE))
        image.save(small, quality=90)
    async with browsing() as session:
        browser = Browser(session, running.place.config.base_url)
        await browser.sign_in("ana0")
        stop = asyncio.Event()
        watching = asyncio.create_task(watched(running.place.port, stop))
        for _ in range(QUEUED):
            await browser.upload(small)
        asyncio.get_running_loop().call_later(_WATCHED_SECONDS, stop.set)
        return await watching


async def peak_of(kind: str, folder: Path) -> float:
    """Return the peak memory of a fresh child that is given the picture in another format."""
    file = folder / f"same.{kind.lower()}"
    with Image.open(PICTURE) as image:
        image.save(file, **_HOW.get(kind, {}))
    with place() as where:
        await prepared(where)
        with serving(where) as running:
            return (await _upload(running, "ana0", file)).peak_mib


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


def by_vips(folder: Path) -> Made:
    """Make the same files by libvips."""
    seconds, cpu, peak = plain_vips.make(PICTURE, folder)
    return Made(seconds, cpu, peak)


def main() -> None:
    with place() as where, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        folder = where.file.parent
        runner.run(prepared(where))
        script = plain(folder)
        vips = by_vips(folder) if plain_vips.is_here() else None
        with serving(where) as running:
            made, idle, busy = runner.run(uploaded(running))
            full = runner.run(crowded(running))
        peaks = {kind: runner.run(peak_of(kind, folder)) for kind in PEAK_BARS if kind != "JPEG"}
    first, second, last = made
    rows = [_row("the plain script", script, script)]
    if vips is not None:
        rows.append(_row("libvips, a command for each file", vips, script))
    rows += [
        _row("upload to page, first child", first, script),
        _row("upload to page", second, script, is_judged=True),
        _row("upload to page, pages asked", last, script),
    ]
    head = ["", "seconds", "CPU s", "of script", "bar", "largest process MiB"]
    show("A 24-megapixel JPEG", head, rows)
    if vips is None:
        print("libvips is not beside it: apt-get install libvips-tools")
    peaks = {"JPEG": second.peak_mib, **peaks}
    memory = [
        [kind, f"{mib:.0f}", against(mib, PEAK_BARS[kind], is_ceiling=True)]
        for kind, mib in peaks.items()
    ]
    show("24 megapixels", ["from", "child's peak MiB", "bar"], memory)
    pages = [
        ["idle", f"{idle.median:.1f}", f"{idle.longest:.1f}", ""],
        _pages("a picture is made", busy, idle),
        _pages(f"{QUEUED} uploads wait", full, idle),
    ]
    show("The front page, every 20 ms", ["", "median ms", "longest ms", "beyond idle"], pages)


def _row(name: str, made: Made, script: Made, *, is_judged: bool = False) -> list[str]:
    ratio = made.cpu / script.cpu
    bar = against(ratio, CPU_BAR, is_ceiling=True) if is_judged else ""
    return [
        name,
        f"{made.seconds:.2f}",
        f"{made.cpu:.2f}",
        f"{ratio:.2f}",
        bar,
        f"{made.peak_mib:.0f}",
    ]


def _pages(name: str, pages: Pages, idle: Pages) -> list[str]:
    beyond = max(0.0, pages.longest - idle.longest)
    verdict = against(beyond, BLOCKED_BAR, is_ceiling=True)
    return [name, f"{pages.median:.1f}", f"{pages.longest:.1f}", verdict]


if __name__ == "__main__":
    main()
