"""What a dry run over a busy week costs, and what it costs to count for it.

The bars: 100,000 different envelopes and 50,000 sums of visits replayed in 10 seconds, with nobody
waiting longer than a tenth of one meanwhile; noting a decision or counting an answer in 20 µs.
Beside the dry run stand reading the same rows alone, and a loop with nothing to do.
"""

import asyncio
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.policy import a_policy
from benchmarks.support.table import against, show
from server.changes import NewPolicy
from server.clock import SystemClock
from server.config import parse
from server.envelopes import Envelopes
from server.main import opened, prepare
from server.model import ActorId, AiLabel, Millis, Visibility
from server.passages import DAY, HOUR, Envelope, VisitKey, VisitSum
from server.policy_text import write_policy
from server.ports import Library
from server.rules import Allow, Door, InboundFacts, OutboundFacts
from server.visitors import VisitorClass
from server.visits import Visit, Visits

ENVELOPES, VISITS, CALLS = 100_000, 50_000, 200_000
SECONDS_BAR, STALL_BAR, NOTE_BAR = 10.0, 0.1, 20.0
_AT_ONCE = 1_000
_DAYS = 7
_CLASSES = (
    *(VisitorClass.VISITOR, VisitorClass.AI_TRAINING, VisitorClass.SEARCH),
    *(VisitorClass.TOOL, VisitorClass.FEED),
)


@dataclass
class Pulse:
    """Beats in the event loop; its longest pause is what a visitor would have waited."""

    longest: float = 0.0

    async def beat(self) -> None:
        """Beat until it is cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            self.longest = max(self.longest, time.perf_counter() - before - 0.005)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = '[instance]\ndomain = "art.test"\n[database]\nurl = "sqlite:///fixatif.db"\n'
        config = parse(text, {}, folder=Path(folder))
        await prepare(config)
        async with opened(config) as instance:
            library: Library = instance.seams.library
            await fill(library)
            change = NewPolicy(write_policy(a_policy(random.Random(1)).policy))  # noqa: S311 - not secret
            rows = [await replayed(instance.flows, change) for _ in range(3)]
            reading, idle = await read(library), await idled()
            counting = [await noted(instance.flows.envelopes), await counted(instance.flows.visits)]
    seconds, cpu, stall, memory, activities = min(rows)
    show(
        f"A dry run over {_DAYS} days: {ENVELOPES:,} envelopes ({activities:,} activities), "
        f"{VISITS:,} sums of visits, a policy of 200 rules",
        ("what", "measured", "bar"),
        (
            ("seconds", f"{seconds:.2f}", against(seconds, SECONDS_BAR, is_ceiling=True)),
            ("seconds of CPU", f"{cpu:.2f}", ""),
            ("longest pause of the event loop, seconds", f"{stall:.3f}",
             against(stall, STALL_BAR, is_ceiling=True)),
            ("the same while nothing is done", f"{idle:.3f}", ""),
            ("memory beyond that before, MiB", f"{memory:.0f}", ""),
            ("reading the same rows alone, seconds", f"{reading:.2f}", ""),
        ),
    )  # fmt: skip
    show(
        "Counting",
        ("what", "µs", "bar"),
        [
            (name, f"{micros:.2f}", against(micros, NOTE_BAR, is_ceiling=True))
            for name, micros in counting
        ],
    )


async def fill(library: Library) -> None:
    """Keep a week of a busy instance: everybody writes once, from one of 3,000 servers."""
    now = SystemClock().now()
    envelopes = [_envelope(number, now) for number in range(ENVELOPES)]
    visits = [_visits(number, now // DAY) for number in range(VISITS)]
    for start in range(0, ENVELOPES, _AT_ONCE):
        async with library.transaction() as tx:
            await tx.envelopes.add(envelopes[start : start + _AT_ONCE])
    for start in range(0, VISITS, _AT_ONCE):
        async with library.transaction() as tx:
            await tx.visits.add(visits[start : start + _AT_ONCE])


async def replayed(flows: Any, change: NewPolicy) -> tuple[float, float, float, float, int]:  # noqa: ANN401 - whichever flows there are
    """Return seconds, of CPU too, the longest pause, MiB, and how many activities were met."""
    pulse, before = Pulse(), _peak()
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(0.05)
    pulse.longest, started, worked = 0.0, time.perf_counter(), time.process_time()
    impact = await flows.governing.preview(None, change, _DAYS)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    beating.cancel()
    assert impact.replay.activities >= ENVELOPES
    assert impact.replay.requests >= VISITS
    return seconds, cpu, pulse.longest, _peak() - before, impact.replay.activities


async def idled() -> float:
    """Return the longest pause of a loop that has nothing to do: the machine's own."""
    pulse = Pulse()
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(5)
    beating.cancel()
    return pulse.longest


async def read(library: Library) -> float:
    """Return how long reading the envelopes takes by itself."""
    started, last = time.perf_counter(), (0, 0)
    while True:
        async with library.reading() as tx:
            page = await tx.envelopes.page(Millis(0), after=last)
        if not page:
            return time.perf_counter() - started
        last = (page[-1].hour, page[-1].digest)


async def noted(envelopes: Envelopes) -> tuple[str, float]:
    """Return what noting one decision costs, with everything but the writing."""
    facts = [
        InboundFacts(
            peer=f"p{number % 500}.example",
            type="Create",
            actor=f"u{number % 5_000}@p{number % 500}.example",
            actor_uri=f"https://p{number % 500}.example/users/{number % 5_000}",
            media=frozenset({"image"}),
            hashtags=frozenset({"art", "oil"}),
        )
        for number in range(CALLS)
    ]
    decision = Allow()
    micros = _timed(lambda number: envelopes.note(facts[number], decision))
    await envelopes.flush()
    return "Envelopes.note, a decision", micros


async def counted(visits: Visits) -> tuple[str, float]:
    """Return what counting one answer costs, with everything but the writing."""
    agent = "Mozilla/5.0 AppleWebKit/537.36; compatible; GPTBot/1.2; +https://openai.com/gptbot"
    networks = [f"10.{number // 250 % 40}.{number % 250}.0/24" for number in range(10_000)]

    def count(number: int) -> None:
        visits.count(
            Visit(Door.WEB, VisitorClass.AI_TRAINING, agent, "/@ana/1-hare",
                  networks[number % 10_000], 9_000)
        )  # fmt: skip

    micros = _timed(count)
    await visits.flush()
    return "Visits.count, an answer", micros


def _timed(call: Callable[[int], None]) -> float:
    started = time.perf_counter()
    for number in range(CALLS):
        call(number)
    return (time.perf_counter() - started) / CALLS * 1_000_000


def _envelope(number: int, now: Millis) -> Envelope:
    at = Millis(now - number % (_DAYS * 24 - 1) * HOUR)
    peer = f"d{number % 3_000}.site{number % 977}.example"
    if number % 4 == 0:
        facts = OutboundFacts(peer=peer, type="Create", visibility=Visibility.PUBLIC)
        return Envelope(facts, "full", "", artist_id=ActorId(number % 40 + 1), at=at)
    return Envelope(
        InboundFacts(
            peer=peer,
            type=("Create", "Like", "Announce", "Follow")[number % 4],
            ai_label=AiLabel.GENERATED if number % 50 == 0 else AiLabel.NONE,
            actor=f"u{number}@{peer}",
            actor_uri=f"https://{peer}/users/u{number}",
            hashtags=frozenset({"art", f"tag{number % 300}"}),
        ),
        *("allow", ""),
        at=at,
    )


def _visits(number: int, today: int) -> VisitSum:
    visitor = _CLASSES[number % len(_CLASSES)]
    network = f"10.{number // 250 % 250}.{number % 250}.0/24"
    crawler = "GPTBot" if visitor is VisitorClass.AI_TRAINING else ""
    day = today - number % _DAYS
    key = VisitKey(day, Door.WEB, visitor, crawler, f"@a{number % 40}", "", network)
    return VisitSum(key, 3, 90_000, 0)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


if __name__ == "__main__":
    asyncio.run(main())
