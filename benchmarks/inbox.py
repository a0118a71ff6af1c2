"""The inbox: signed activities accepted a second, and visible a second.

Likes, comments and follows of a hundred actors whose keys are known, over kept connections from
a process of its own. *Accepted* counts until the last 202, *visible* until the last effect can
be read from the database; follows are answered too: an Accept goes to a sink for each, and
*answered* counts until the last has gone. Beside it the least inbox (`support.least_inbox`), which
believes and stores, and does nothing. The bars in units of the least inbox hold on any machine.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvloop

from benchmarks.support.activities import Stage, effects, set_up, signed_posts
from benchmarks.support.instance import ROOT, Place, answering, free_port, place, serving
from benchmarks.support.load import Outcome, read_outcome, write_requests
from benchmarks.support.processes import cpu_seconds, servers
from benchmarks.support.sinks import sinks
from benchmarks.support.table import against, show
from server.main import opened, prepare
from server.model import JobKind
from tests.postgres import create_database, postgres_url

ACTIVITIES = 2_000
CONNECTIONS = 32
ACCEPTED_BAR, VISIBLE_BAR = 3_000, 1_200  # a second
CPU_ACCEPTED_BAR, CPU_VISIBLE_BAR = 0.3, 0.8  # milliseconds each
# The same in units of the least inbox, from the machine for which the bars above were set.
OF_LEAST_BAR, CPU_ACCEPTED_OF_LEAST_BAR, CPU_VISIBLE_OF_LEAST_BAR = 0.36, 2.3, 6.2
_VISIBLE_SECONDS = 25.0
_ANSWERING = frozenset({JobKind.APPLY, JobKind.SAY, JobKind.DELIVER})


@dataclass(frozen=True, slots=True)
class Result:
    """What one server did with the load."""

    name: str
    outcome: Outcome
    visible_per_second: float = 0.0
    cpu_millis: float = 0.0
    cpu_visible_millis: float = 0.0
    cpu_answered_millis: float = 0.0


async def prepared(where: Place, origins: Sequence[str]) -> tuple[Stage, list[bytes]]:
    """Fill an instance, and sign the load for it."""
    await prepare(where.config)
    async with opened(where.config) as instance:
        stage = await set_up(instance, origins)
        return stage, signed_posts(instance, stage, ACTIVITIES)


@contextmanager
def sender(where: Place, port: int, requests: Sequence[bytes]) -> Iterator[subprocess.Popen[str]]:
    """Start the process that will send; it begins when it reads a line."""
    file = where.file.parent / "requests"
    write_requests(file, requests)
    command = [
        sys.executable,
        "-m",
        "benchmarks.support.load",
        str(file),
        str(port),
        str(CONNECTIONS),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


async def ours(name: str, origins: Sequence[str], *, workers: int = 1, url: str = "") -> Result:
    """Send the load to a `serve`."""
    with place(database_url=url) as where:
        stage, requests = await prepared(where, origins)
        with serving(where, workers=workers) as running, sender(where, where.port, requests) as it:
            await asyncio.sleep(0.5)  # what is done once at the start is over
            before = cpu_seconds(servers(running.pid))
            outcome = await _sent(it)
            accepted = cpu_seconds(servers(running.pid)) - before
            assert set(outcome.statuses) == {202}, outcome.statuses
            visible_at = await _all_visible(where, stage)
            visible = cpu_seconds(servers(running.pid)) - before
            await _all_answered(where)
            answered = cpu_seconds(servers(running.pid)) - before
    return Result(
        name,
        outcome,
        ACTIVITIES / (visible_at - outcome.started_at),
        accepted / ACTIVITIES * 1_000,
        visible / ACTIVITIES * 1_000,
        answered / ACTIVITIES * 1_000,
    )


async def least(origins: Sequence[str]) -> Result:
    """Send the same load to the least inbox."""
    with place() as where:
        stage, requests = await prepared(where, origins)
        keys = where.file.parent / "keys.json"
        keys.write_text(json.dumps({actor.key_id: actor.public_key_pem for actor in stage.actors}))
        port, store = free_port(), where.file.parent / "least.db"
        command = [
            sys.executable,
            "-m",
            "benchmarks.support.least_inbox",
            str(port),
            str(store),
            str(keys),
        ]
        with answering(command, port, "/healthz") as pid, sender(where, port, requests) as it:
            before = cpu_seconds([pid])
            outcome = await _sent(it)
            cpu = cpu_seconds([pid]) - before
    assert set(outcome.statuses) == {202}, outcome.statuses
    return Result("the least inbox", outcome, cpu_millis=cpu / ACTIVITIES * 1_000)


async def _sent(process: subprocess.Popen[str]) -> Outcome:
    said, _ = await asyncio.to_thread(process.communicate, "\n")
    return read_outcome(said)


async def _all_visible(where: Place, stage: Stage) -> float:
    """Wait for the last effect and return when it was seen."""
    until = time.time() + _VISIBLE_SECONDS
    async with opened(where.config) as instance:
        while True:
            seen = (await effects(instance.seams.library, stage)).count
            if seen == ACTIVITIES:
                return time.time()
            if time.time() > until:
                raise RuntimeError(f"only {seen} of {ACTIVITIES} activities became visible")
            await asyncio.sleep(0.05)


async def _all_answered(where: Place) -> None:
    """Wait until nothing is left to apply, say or deliver."""
    until = time.time() + _VISIBLE_SECONDS
    async with opened(where.config) as instance:
        while True:
            counts = await instance.seams.library.look(lambda tx: tx.jobs.counts())
            if not any(
                counts[kind].waiting + counts[kind].running for kind in _ANSWERING & counts.keys()
            ):
                return
            if time.time() > until:
                raise RuntimeError(f"the last answers did not leave: {counts}")
            await asyncio.sleep(0.05)


async def compared() -> list[Result]:
    with sinks(20) as sunk:
        origins = sunk.origins
        return [
            await least(origins),
            await ours("SQLite", origins),
            await ours("SQLite, --workers 2", origins, workers=2),
            await ours("PostgreSQL", origins, url=await create_database("bench_1")),
            await ours(
                "PostgreSQL, --workers 2",
                origins,
                workers=2,
                url=await create_database("bench_2"),
            ),
        ]


def main() -> None:
    postgres_url()  # start it before anything is timed
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(compared())
    floor = results[0]
    title = f"{ACTIVITIES:,} signed activities (PostgreSQL without fsync)"
    rates = ["a second", "accepted", "bar", "of least", "bar", "visible", "bar"]
    show(title, rates, [_rates(result, floor) for result in results])
    costs = [
        "CPU ms each",
        "accepted",
        "bar",
        "of least",
        "bar",
        "visible",
        "bar",
        "of least",
        "bar",
    ]
    costs.append("answered")
    show(title, costs, [_costs(result, floor) for result in results])


def _rates(result: Result, floor: Result) -> list[str]:
    accepted, visible = result.outcome.per_second, result.visible_per_second
    if result is floor:
        return [result.name, f"{accepted:,.0f}", *[""] * 5]
    ratio = accepted / floor.outcome.per_second
    return [
        result.name,
        f"{accepted:,.0f}",
        against(accepted, ACCEPTED_BAR),
        f"{ratio:.2f}",
        against(ratio, OF_LEAST_BAR),
        f"{visible:,.0f}",
        against(visible, VISIBLE_BAR),
    ]


def _costs(result: Result, floor: Result) -> list[str]:
    if result is floor:
        return [result.name, f"{result.cpu_millis:.3f}", *[""] * 8]
    measured = (
        (result.cpu_millis, CPU_ACCEPTED_BAR, CPU_ACCEPTED_OF_LEAST_BAR),
        (result.cpu_visible_millis, CPU_VISIBLE_BAR, CPU_VISIBLE_OF_LEAST_BAR),
    )
    row = [result.name]
    for millis, bar, ratio_bar in measured:
        ratio = millis / floor.cpu_millis
        row += [f"{millis:.2f}", against(millis, bar, is_ceiling=True)]
        row += [f"{ratio:.1f}", against(ratio, ratio_bar, is_ceiling=True)]
    return [*row, f"{result.cpu_answered_millis:.2f}"]


if __name__ == "__main__":
    main()
