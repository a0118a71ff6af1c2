"""Memory over 50,000 activities: what `serve` keeps after each tenth of them.

The bar: flat. Caches fill in the first tenths; from the third on, resident memory grows by a
twentieth at most. Beside it the same process when it had answered a single page.
"""

import asyncio
import time

import uvloop

from benchmarks.inbox import sender
from benchmarks.support.activities import Stage, effects, set_up, signed_posts
from benchmarks.support.instance import Place, place, serving
from benchmarks.support.load import read_outcome
from benchmarks.support.processes import resident_mib
from benchmarks.support.sinks import sinks
from benchmarks.support.table import against, show
from server.main import opened, prepare
from server.ports import Library

ACTIVITIES = 50_000
TENTHS = 10
GROWTH_BAR = 1.05  # of the last tenth against the third
_PATIENCE_SECONDS = 120.0  # for one tenth to become visible


async def measured(origins: tuple[str, ...]) -> list[float]:
    """Return the resident memory in MiB at the start and after each tenth became visible."""
    with place() as where:
        stage, requests = await _prepared(where, origins)
        step = ACTIVITIES // TENTHS
        with serving(where) as running:
            seen = [resident_mib(running.pid)]
            async with opened(where.config) as instance:
                for tenth in range(TENTHS):
                    batch = requests[tenth * step : (tenth + 1) * step]
                    with sender(where, where.port, batch) as process:
                        said, _ = await asyncio.to_thread(process.communicate, "\n")
                    assert set(read_outcome(said).statuses) == {202}, said
                    await _visible(instance.seams.library, stage, (tenth + 1) * step)
                    seen.append(resident_mib(running.pid))
    return seen


async def _prepared(where: Place, origins: tuple[str, ...]) -> tuple[Stage, list[bytes]]:
    await prepare(where.config)
    async with opened(where.config) as instance:
        stage = await set_up(instance, origins, actors=500, walls=20, works=3)
        return stage, signed_posts(instance, stage, ACTIVITIES)


async def _visible(library: Library, stage: Stage, count: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while (seen := (await effects(library, stage)).count) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"only {seen} of {count} activities became visible")
        await asyncio.sleep(0.1)


def main() -> None:
    with sinks(20) as sunk, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(measured(sunk.origins))
    step = ACTIVITIES // TENTHS
    rows = [[f"{number * step:,}", f"{mib:,.0f}"] for number, mib in enumerate(seen)]
    growth = seen[-1] / seen[3]
    bar = against(growth, GROWTH_BAR, is_ceiling=True)
    rows.append(["last tenth / third", f"{growth:.2f} ({bar})"])
    show(f"Memory over {ACTIVITIES:,} activities", ["activities", "MiB"], rows)


if __name__ == "__main__":
    main()
