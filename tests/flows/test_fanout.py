"""One work told to many: when each delivery starts, and in which order."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from federation.fanout import Fanout, host_of
from server.dealings import Peer
from server.model import ActivityId, ActorId, JobKind, Millis
from server.peers import is_open
from server.ports import Library
from server.promises import DeliverPromise
from tests.two_servers.stage import HandClock


def always(share: float) -> Callable[[], float]:
    return lambda: share


def told(count: int, *, hosts: int) -> list[DeliverPromise]:
    """Return deliveries to `count` inboxes, the hosts in turn."""
    return [
        DeliverPromise(ActivityId(1), f"https://h{n % hosts}.test/{n}", ActorId(1))
        for n in range(count)
    ]


async def starts(
    library: Library, fanout: Fanout, count: int, *, hosts: int = 50, is_urgent: bool = False
) -> list[Millis]:
    async with library.transaction() as tx:
        await fanout.promise(tx, told(count, hosts=hosts), is_urgent=is_urgent)
        heads = await tx.jobs.waiting(JobKind.DELIVER, limit=count)
    return [job.run_at for job, _ in heads]


@pytest.mark.parametrize(
    ("count", "share", "longest", "seconds"),
    [
        (20, 1.0, 30, 0.0),  # few
        (21, 1.0, 30, 0.525),
        (400, 1.0, 30, 10.0),
        (400, 0.5, 30, 5.0),
        (2_000, 1.0, 30, 30.0),
        (2_000, 1.0, 0, 0.0),  # switched off
    ],
)
async def test_many_deliveries_start_spread_over_a_while(
    library: Library, count: int, share: float, longest: float, seconds: float
) -> None:
    clock = HandClock()
    found = await starts(library, Fanout(clock, longest, always(share)), count)
    assert set(found) == {clock.now() + int(seconds * 1_000)}


async def test_what_is_urgent_starts_at_once(library: Library) -> None:
    clock = HandClock()
    fanout = Fanout(clock, 30, always(1.0))
    assert set(await starts(library, fanout, 400, is_urgent=True)) == {clock.now()}


async def test_a_host_gets_all_of_its_own_together(library: Library) -> None:
    clock = HandClock()
    async with library.transaction() as tx:
        await Fanout(clock, 0, always(0)).promise(tx, told(9, hosts=3), is_urgent=False)
    seen = []
    for _ in range(9):
        async with library.transaction() as tx:
            [job] = await tx.jobs.claim(clock.now(), lease_until=Millis(2**50), limit=1)
            await tx.jobs.done(job.id)
        seen.append(job.queue)
    assert seen == ["h0.test"] * 3 + ["h1.test"] * 3 + ["h2.test"] * 3


async def test_paused_hosts_get_theirs_after_the_pause_and_dead_ones_nothing(
    library: Library,
) -> None:
    clock = HandClock()
    until = Millis(clock.now() + 60_000)
    ill = Peer("h0.test", failures=9, paused_until=until)
    async with library.transaction() as tx:
        await tx.peers.put(ill)
        await tx.peers.put(replace(ill, host="h1.test", dead_at=clock.now()))
        await Fanout(clock, 0, always(0)).promise(tx, told(6, hosts=3), is_urgent=False)
        heads = {job.queue: job.run_at for job, _ in await tx.jobs.waiting()}
        assert heads == {"h0.test": until, "h2.test": clock.now()}
        assert (await tx.jobs.counts())[JobKind.DELIVER].waiting == 4


async def test_what_is_urgent_is_tried_even_at_a_dead_host(library: Library) -> None:
    clock = HandClock()
    async with library.transaction() as tx:
        await tx.peers.put(Peer("h0.test", failures=90, failing_days=7, dead_at=clock.now()))
        await Fanout(clock, 0, always(0)).promise(tx, told(1, hosts=1), is_urgent=True)
        assert len(await tx.jobs.waiting()) == 1
        peer = await tx.peers.by_host("h0.test")
    assert peer is not None
    assert is_open(peer, clock.now())


@pytest.mark.parametrize("inbox", ["", "nowhere", "ftp://x.test/inbox", "https://"])
def test_an_unusable_address_has_no_host(inbox: str) -> None:
    assert host_of(inbox) == ""
