"""Delivery: one new work told to followers on many servers, and what a bad day of others costs.

1. Twelve hundred inboxes on two hundred loopback servers, without shared inboxes and without the
   spread at the start; from the first request that arrives to the last. Beside it a bare loop that
   signs and sends the same bodies with aiohttp: no queue, no database, no policy, no guard.
2. The same with a third of the servers silent: they take connections and never answer.
3. A page, while a hundred thousand deliveries wait for such servers, and while as many are due to
   servers that answer and are being sent, beside a page without.
"""

import asyncio
import time
from collections.abc import Sequence
from statistics import median

import aiohttp
import uvloop

from benchmarks.support.instance import Place, place, serving
from benchmarks.support.load import Client, get
from benchmarks.support.processes import cpu_seconds, resident_mib, servers
from benchmarks.support.sample import Wall, hang, know
from benchmarks.support.sinks import Sinks, Tally, sinks
from benchmarks.support.table import against, show
from federation.content_types import ACTIVITY_JSON
from federation.signatures import Unsigned, generate_rsa_pem, load_private_key, sign
from federation.uris import origin_of
from server.dealings import Peer
from server.main import Instance, opened, prepare
from server.model import ActivityId, Artist, Follow, FollowState, Millis, StoredActivity, Work
from server.promises import Deed, DeliverPromise, SayPromise, promise, promise_all

SERVERS = 200
FOLLOWERS = 1_200
SILENT = 67  # of the servers, in the second part
LANES = 32  # as many as one process of ours keeps busy
WAITING = 100_000
PAGES = 200
_BODY_BYTES = 2_500
_SECONDS = 60.0
_HOUR = Millis(3_600_000)


async def tell(where: Place, sunk: Sinks, expected: int) -> tuple[Tally, float, float]:
    """Hang a work with followers at every sink.

    Return what came in, when the telling began, and CPU milliseconds each.
    """
    await prepare(where.config)
    async with opened(where.config) as instance:
        artist, work = await _followed(instance, sunk.origins)
        with serving(where) as running:
            before = cpu_seconds(servers(running.pid))
            start = time.time()
            async with instance.seams.library.transaction() as tx:
                said = SayPromise(Deed.WORK_HUNG, artist.id, work.id)
                await promise(tx, instance.seams.clock, said)
            tally = await _all_told(sunk, expected)
            cpu = cpu_seconds(servers(running.pid)) - before
    return tally, start, cpu / tally.count * 1_000


async def bare(sunk: Sinks) -> tuple[Tally, float]:
    """Sign and send in a loop; return what came in, and CPU milliseconds each."""
    key = load_private_key((await asyncio.to_thread(generate_rsa_pem))[0])
    waiting = iter(range(FOLLOWERS))
    body, content_type = b"x" * _BODY_BYTES, ("Content-Type", ACTIVITY_JSON)
    before = time.process_time()
    async with aiohttp.ClientSession() as session:

        async def work() -> None:
            for number in waiting:
                url = f"{sunk.origins[number % SERVERS]}/users/u{number}/inbox"
                now = Millis(time.time_ns() // 1_000_000)
                added = sign(Unsigned("POST", url, (content_type,), body), key, "key", now)
                headers = dict((content_type, *added))
                async with session.post(url, data=body, headers=headers) as response:
                    assert response.status == 202

        await asyncio.gather(*(work() for _ in range(LANES)))
    cpu = time.process_time() - before
    return await asyncio.to_thread(sunk.tally), cpu / FOLLOWERS * 1_000


async def _followed(instance: Instance, origins: tuple[str, ...]) -> tuple[Artist, Work]:
    wall = await hang(instance, "ana", works=1)
    homes = [origins[number % SERVERS] for number in range(FOLLOWERS)]
    _, public = generate_rsa_pem()
    known = await know(instance, homes, [public])
    now = instance.seams.clock.now()
    async with instance.seams.library.transaction() as tx:
        for actor in known:
            follow = Follow(actor.id, wall.artist.id, FollowState.ACCEPTED, f"{actor.uri}#f", now)
            await tx.relations.put_follow(follow)
    return wall.artist, wall.works[0]


async def _all_told(sunk: Sinks, expected: int) -> Tally:
    """Wait until everyone who answers was told."""
    arrivals: tuple[float, ...] = ()
    until = time.time() + _SECONDS
    while len(arrivals) < expected:
        await asyncio.sleep(0.1)
        arrivals += (await asyncio.to_thread(sunk.tally)).arrivals
        if time.time() > until:
            raise RuntimeError(f"only {len(arrivals)} of {expected} followers were told")
    return Tally(arrivals)


async def told() -> tuple[list[list[str]], list[list[str]]]:
    """Measure the first two parts."""
    with sinks(SERVERS) as sunk:
        loop, loop_cpu = await bare(sunk)
        with place() as where:
            ours, start, cpu = await tell(where, sunk, FOLLOWERS)
    living = sum(number % SERVERS < SERVERS - SILENT for number in range(FOLLOWERS))
    with sinks(SERVERS, silent=SILENT) as sunk, place() as where:
        spared, later, _ = await tell(where, sunk, living)
    ratio = loop.seconds / ours.seconds
    fan_out = [
        ["a bare signed loop", f"{loop.seconds:.2f}", f"{loop_cpu:.2f}", "1.00", ""],
        [
            "fixatif serve, SQLite",
            f"{ours.seconds:.2f}",
            f"{cpu:.2f}",
            f"{ratio:.2f}",
            f"{against(ours.seconds, 1.5, is_ceiling=True)}, {against(ratio, 0.6)}",
        ],
    ]
    calm, rough = ours.after(start), spared.after(later)
    bad_day = [
        ["all answer", f"{FOLLOWERS:,}", f"{calm[0]:.2f}", f"{calm[1]:.2f}"],
        ["a third is silent", f"{living:,}", f"{rough[0]:.2f}", f"{rough[1]:.2f}"],
    ]
    return fan_out, bad_day


async def queued() -> list[list[str]]:
    """Measure a page without and with a long queue."""
    away = [f"https://h{number}.invalid" for number in range(SERVERS)]
    rows = [
        await _page_beside("nothing waits", 0, away, is_due=False),
        await _page_beside(f"{WAITING:,} wait for paused servers", WAITING, away, is_due=False),
    ]
    with sinks(SERVERS) as sunk:
        title = f"{WAITING:,} are due and leave"
        rows.append(await _page_beside(title, WAITING, sunk.origins, is_due=True))
    return rows


async def _page_beside(
    title: str, waiting: int, origins: Sequence[str], *, is_due: bool
) -> list[str]:
    with place() as where:
        await prepare(where.config)
        async with opened(where.config) as instance:
            wall = await hang(instance, "ana", works=24)
            await _queue(instance, wall, waiting, origins, is_due=is_due)
        with serving(where) as running:
            work = wall.works[3]
            page = f"/@{wall.artist.handle}/{work.id}-{work.slug}"
            times = sorted(await _asked(where, page))
            memory = resident_mib(running.pid)
    at = int(len(times) * 0.95)
    return [title, f"{median(times):.1f}", f"{times[at]:.1f}", f"{memory:.0f}"]


async def _queue(
    instance: Instance, wall: Wall, count: int, origins: Sequence[str], *, is_due: bool
) -> None:
    """Have deliveries wait for servers: paused ones, or such as may be sent to at once."""
    clock = instance.seams.clock
    activity = StoredActivity(
        id=ActivityId(clock.new_id()),
        uri=f"{wall.artist.handle}#1",
        type="Create",
        actor_uri="",
        object_uri="",
        is_outgoing=True,
        dedupe="out 1",
        body=b"{}",
        received_at=clock.now(),
    )
    hosts = [origin_of(origin).authority for origin in origins]
    delay = Millis(0) if is_due else _HOUR
    async with instance.seams.library.transaction() as tx:
        await tx.activities.keep(activity)
        until = Millis(clock.now() + delay)
        for host in () if is_due else hosts:
            await tx.peers.put(Peer(host, failures=9, failing_days=1, paused_until=until))
        for at, (host, origin) in enumerate(zip(hosts, origins, strict=True)):
            own = range(at, count, len(hosts))
            what = [
                DeliverPromise(activity.id, f"{origin}/users/u{number}/inbox", wall.artist.id)
                for number in own
            ]
            await promise_all(tx, clock, what, queue=host, delay=delay)


async def _asked(where: Place, page: str) -> list[float]:
    """Ask for a page again and again; return milliseconds."""
    client = await Client.connect(where.port)
    times = []
    for _ in range(PAGES):
        start = time.perf_counter()
        status, _ = await client.ask(get(where.port, page))
        times.append((time.perf_counter() - start) * 1_000)
        assert status == 200
        await asyncio.sleep(0.01)
    await client.close()
    return times


async def measured() -> None:
    """Measure everything and show it."""
    fan_out, bad_day = await told()
    head = ["one process", "seconds", "CPU ms each", "of the loop", ""]
    show(f"One work told to {FOLLOWERS:,} followers on {SERVERS} servers", head, fan_out)
    head = ["when", "who answers", "median s", "last s"]
    show("Until those who answer were told, from the artist's word on", head, bad_day)
    head = ["deliveries", "median ms", "95 % ms", "MiB"]
    show("A work page, one after another", head, await queued())


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measured())


if __name__ == "__main__":
    main()
