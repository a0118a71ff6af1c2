"""Delivery: one new work told to followers on many servers, deliveries a second.

Two thousand followers on two hundred loopback servers, without shared inboxes; from the
first request that arrives to the last. Beside it a bare loop that signs and sends the same
bodies with aiohttp: no queue, no database, no policy, no guarded client.
"""

import asyncio
import time

import aiohttp
import uvloop

from benchmarks.support.instance import Place, place, serving
from benchmarks.support.processes import cpu_seconds, servers
from benchmarks.support.sample import hang, know
from benchmarks.support.sinks import Sinks, Tally, sinks
from benchmarks.support.table import show
from federation.content_types import ACTIVITY_JSON
from federation.signatures import Unsigned, generate_rsa_pem, load_private_key, sign
from server.main import Instance, opened, prepare
from server.model import Artist, Follow, FollowState, Millis, Work
from server.promises import Deed, SayPromise, promise

SERVERS = 200
FOLLOWERS = 2_000
LANES = 32  # as many as one process of ours keeps busy
_BODY_BYTES = 2_500
_SECONDS = 40.0


async def tell(where: Place, sunk: Sinks) -> tuple[Tally, float]:
    """Hang a work with followers at every sink; return what came in, and CPU milliseconds each."""
    await prepare(where.config)
    async with opened(where.config) as instance:
        artist, work = await _followed(instance, sunk.origins)
        with serving(where) as running:
            before = cpu_seconds(servers(running.pid))
            async with instance.seams.library.transaction() as tx:
                said = SayPromise(Deed.WORK_HUNG, artist.id, work.id)
                await promise(tx, instance.seams.clock, said)
            tally = await _all_told(sunk)
            cpu = cpu_seconds(servers(running.pid)) - before
    return tally, cpu / tally.count * 1_000


async def bare(sunk: Sinks) -> tuple[Tally, float]:
    """Sign and send in a loop; return the same."""
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


async def _all_told(sunk: Sinks) -> Tally:
    """Wait until everyone was told."""
    total, until = Tally(0, 0.0, 0.0), time.time() + _SECONDS
    while total.count < FOLLOWERS:
        await asyncio.sleep(0.1)
        more = await asyncio.to_thread(sunk.tally)
        if more.count:
            total = Tally(total.count + more.count, total.first_at or more.first_at, more.last_at)
        if time.time() > until:
            raise RuntimeError(f"only {total.count} of {FOLLOWERS} followers were told")
    return total


async def compared() -> list[list[str]]:
    with sinks(SERVERS) as sunk:
        loop, loop_cpu = await bare(sunk)
        with place() as where:
            ours, our_cpu = await tell(where, sunk)
    floor, rate = _rate(loop), _rate(ours)
    return [
        ["a bare signed loop", f"{floor:,.0f}", f"{loop_cpu:.2f}", "1.00"],
        ["fixatif serve, SQLite", f"{rate:,.0f}", f"{our_cpu:.2f}", f"{rate / floor:.2f}"],
    ]


def _rate(tally: Tally) -> float:
    return tally.count / (tally.last_at - tally.first_at)


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(compared())
    head = ["delivery, one process", "a second", "CPU ms", "of the loop"]
    show(f"One work told to {FOLLOWERS:,} followers on {SERVERS} servers", head, rows)


if __name__ == "__main__":
    main()
