"""Pages a second: portfolio, front page and work page of one process, as strangers get them.

Beside them the least that such a page could cost: its template alone, rendered in a loop from
a ready view, and `/healthz`, which passes every middleware and does nothing.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import uvloop
from aiohttp import web

from benchmarks.support.instance import Place, Running, free_port, place, serving
from benchmarks.support.load import Client, Outcome, get, send_all
from benchmarks.support.processes import cpu_seconds, servers
from benchmarks.support.sample import Wall, hang
from benchmarks.support.table import show
from server.main import Instance, answering, listening, opened, prepare
from web.app import build_app
from web.page_views import PortfolioPage
from web.render import Page, Renderer

WORKS = 60
SECONDS = 3.0
CONNECTIONS = 4

Views = list[tuple[str, dict[str, Any]]]  # template, and what it is given


@dataclass(frozen=True, slots=True)
class Recorder:
    """Renders as the renderer does, and remembers what it was asked for."""

    renderer: Renderer
    asked: Views

    def page(self, template: str, **what: Any) -> Page:  # noqa: ANN401 - the renderer's own words
        """Render a page."""
        self.asked.append((template, what))
        return self.renderer.page(template, **what)


async def prepared(where: Place) -> tuple[Wall, Views, Renderer]:
    """Fill an instance; return what stands in it, the views of its pages, and its renderer."""
    await prepare(where.config)
    async with opened(where.config) as instance:
        wall = await hang(instance, "ana", works=WORKS)
        for number in range(3):
            await hang(instance, f"guest{number}", works=4)
        views = await recorded(instance, paths_of(wall))
        return wall, views, instance.flows.renderer


def paths_of(wall: Wall) -> dict[str, str]:
    """Return each page's name and path."""
    work = wall.works[10]
    return {
        f"portfolio of {WORKS} works": f"/@{wall.artist.handle}",
        "front page": "/",
        "work page": f"/@{wall.artist.handle}/{work.id}-{work.slug}",
    }


async def recorded(instance: Instance, paths: dict[str, str]) -> Views:
    """Ask for each page once and return what its template was given."""
    asked: Views = []
    recorder: Any = Recorder(instance.flows.renderer, asked)
    app: web.Application = build_app(replace(instance.flows, renderer=recorder))
    port = free_port()
    async with answering(app, listening("127.0.0.1", port), shutdown_seconds=1.0):
        client = await Client.connect(port)
        for path in paths.values():
            status, _ = await client.ask(get(port, path))
            assert status == 200, path
        await client.close()
    return asked


async def measured(running: Running, path: str) -> tuple[Outcome, float]:
    """Ask for one page for some seconds; return how it went and its CPU in milliseconds."""
    port = running.place.port
    request, until = get(port, path), time.perf_counter() + SECONDS
    await send_all(port, [request] * 20, connections=CONNECTIONS)
    before = cpu_seconds(servers(running.pid))
    requests = iter(lambda: request if time.perf_counter() < until else b"", b"")
    outcome = await send_all(port, requests, connections=CONNECTIONS)
    assert set(outcome.statuses) == {200}, outcome.statuses
    return outcome, (cpu_seconds(servers(running.pid)) - before) / outcome.count * 1_000


def floor(render: Callable[[], object]) -> float:
    """Return how often a second something renders, in this process alone."""
    render()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < SECONDS / 3:
        render()
        count += 1
    return count / (time.perf_counter() - started)


def whole_wall(view: PortfolioPage) -> PortfolioPage:
    """Return a portfolio with every work on one page, as if it did not page."""
    tiles = view.tiles
    return replace(view, tiles=tuple(tiles[at % len(tiles)] for at in range(WORKS)))


def main() -> None:
    with place() as where, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        wall, views, renderer = runner.run(prepared(where))
        rows = []
        with serving(where) as running:
            named = zip(paths_of(wall).items(), views, strict=True)
            for (name, path), (template, what) in named:
                outcome, cpu = runner.run(measured(running, path))
                alone = floor(partial(renderer.page, template, **what))
                rows.append(
                    _row(name, outcome, cpu, f"{alone:,.0f}", f"{outcome.per_second / alone:.2f}")
                )
            outcome, cpu = runner.run(measured(running, "/healthz"))
            rows.append(_row("/healthz", outcome, cpu, "", ""))
        template, what = views[0]
        what = {**what, "view": whole_wall(what["view"])}
        alone = floor(partial(renderer.page, template, **what))
        rows.append([f"{WORKS} tiles on one page", "", "", "", f"{alone:,.0f}", ""])
    head = ["page, one process", "a second", "CPU ms", "median ms", "template alone", "ratio"]
    show("Pages to strangers", head, rows)


def _row(name: str, outcome: Outcome, cpu: float, alone: str, ratio: str) -> list[str]:
    median = f"{outcome.median * 1_000:.1f}"
    return [name, f"{outcome.per_second:,.0f}", f"{cpu:.2f}", median, alone, ratio]


if __name__ == "__main__":
    main()
