"""Servers that fail: paused, tried by one, given up after a week, back at a sign of life."""

import json
from dataclasses import replace

import pytest

from federation.messages import Received
from server.dealings import Peer as Health
from server.model import Artist, JobKind, Millis, TargetId, Work
from server.ports import Unreachable
from server.repositories.jobs import JobCounts
from tests.two_servers.stage import Peer, Stage

HOST = "peer.test"
SHARED = f"https://{HOST}/inbox"
BOB = Peer("bob")
SILENCE = Unreachable("peer.test did not answer in time.")


async def gallery(stage: Stage) -> Artist:
    """Open Ana's wall, with Bob elsewhere as follower."""
    ana = await stage.artist()
    await stage.befriend(BOB, ana)
    return ana


async def health(stage: Stage) -> Health | None:
    found: Health | None = await stage.read(lambda tx: tx.peers.by_host(HOST))
    return found


async def counts(stage: Stage) -> JobCounts:
    found: JobCounts = (await stage.read(lambda tx: tx.jobs.counts())).get(
        JobKind.DELIVER, JobCounts()
    )
    return found


async def missed(stage: Stage, work: Work) -> list[tuple[str, str]]:
    found = await stage.read(lambda tx: tx.peers.undelivered([TargetId(work.id)]))
    return [(one.host, one.reason) for one in found.get(TargetId(work.id), [])]


async def die(stage: Stage, ana: Artist) -> None:
    """Have the peer fail on seven days."""
    stage.net.answers[SHARED] = SILENCE
    for _ in range(7):
        await stage.hang(ana)
        await stage.drain()
        stage.clock.advance(hours=24)
    dead = await health(stage)
    assert dead is not None
    assert dead.dead_at is not None


async def test_a_healthy_host_costs_no_row(stage: Stage) -> None:
    ana = await gallery(stage)
    await stage.hang(ana)
    await stage.drain()
    assert len(stage.net.delivered) == 1
    assert (await health(stage) or Health(HOST)).failures == 0


async def test_while_a_host_is_paused_nothing_is_sent_there(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.answers[SHARED] = SILENCE
    for _ in range(4):
        await stage.hang(ana)
    await stage.drain()
    assert len(stage.net.delivered) == 1  # the others wait behind it
    await stage.hang(ana)
    assert await stage.drain() == 1  # it is said, and waits too
    assert len(stage.net.delivered) == 1
    assert (await counts(stage)).waiting == 5


async def test_after_a_pause_one_goes_first_and_its_success_frees_the_others(
    stage: Stage,
) -> None:
    ana = await gallery(stage)
    stage.net.answers[SHARED] = SILENCE
    for _ in range(4):
        await stage.hang(ana)
    await stage.drain()
    stage.clock.advance(seconds=40)
    await stage.drain()
    assert len(stage.net.delivered) == 2  # one of them tried, and failed
    del stage.net.answers[SHARED]
    stage.clock.advance(seconds=40)
    await stage.drain()
    assert len(stage.net.delivered) == 2 + 4
    assert await counts(stage) == JobCounts()
    assert await health(stage) == Health(HOST, reached_at=stage.clock.now())


async def test_a_host_that_answers_is_paused_at_the_fifth_failure_in_a_row(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.inbox_status = 502
    for _ in range(7):
        await stage.hang(ana)
    await stage.drain()
    assert len(stage.net.delivered) == 5
    stage.clock.advance(seconds=61)
    await stage.drain()
    assert len(stage.net.delivered) == 6


async def test_a_wish_for_patience_holds_for_the_whole_host(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.inbox_status, stage.net.inbox_headers = 429, {"retry-after": "600"}
    for _ in range(3):
        await stage.hang(ana)
    await stage.drain()
    stage.clock.advance(seconds=599)
    await stage.drain()
    assert len(stage.net.delivered) == 1
    stage.net.inbox_status = 202
    stage.clock.advance(seconds=2)
    await stage.drain()
    assert await counts(stage) == JobCounts()


async def test_a_pause_takes_no_attempt_from_a_job(stage: Stage) -> None:
    ana = await gallery(stage)
    await stage.hang(ana)
    async with stage.library.transaction() as tx:
        until = Millis(stage.clock.now() + 5_000)
        await tx.peers.put(Health(HOST, failures=6, paused_until=until, reason="broken"))
        ill = await tx.peers.by_host(HOST)
    assert ill is not None
    await stage.drain()
    [(job, _)] = await stage.read(lambda tx: tx.jobs.waiting(JobKind.DELIVER))
    assert (job.attempts, job.run_at) == (0, ill.paused_until)


async def test_a_host_that_failed_for_a_week_gets_nothing_and_the_artist_is_told(
    stage: Stage,
) -> None:
    ana = await gallery(stage)
    await die(stage, ana)
    tries = len(stage.net.delivered)
    work = await stage.hang(ana)
    await stage.drain()
    assert len(stage.net.delivered) == tries
    assert await counts(stage) == JobCounts()  # those promised before were dropped as well
    assert await missed(stage, work) == [(HOST, "It was out of reach for a week.")]


async def test_a_verified_activity_brings_the_dead_back(stage: Stage) -> None:
    ana = await gallery(stage)
    await die(stage, ana)
    del stage.net.answers[SHARED]
    stage.net.serve(BOB.uri, BOB.document)
    before = len(stage.net.delivered)
    body = json.dumps(BOB.does("Like", f"https://art.test/users/{ana.handle}")).encode()
    headers = tuple(BOB.signed(body, stage.clock.now()).items())
    post = Received("POST", "/inbox", "art.test", headers, body, stage.clock.now())
    await stage.flows.inbox.receive(post)
    alive = await health(stage)
    assert alive is not None
    assert (alive.dead_at, alive.paused_until, alive.seen_at) == (None, 0, stage.clock.now())
    work = await stage.hang(ana)
    await stage.drain()
    assert len(stage.net.delivered) > before
    assert await missed(stage, work) == []
    assert (await health(stage) or Health(HOST)).failures == 0


async def test_who_speaks_but_never_listens_is_tried_once_a_minute(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.answers[SHARED] = SILENCE
    await stage.hang(ana)
    await stage.drain()
    reach = stage.flows.queues.reach
    for _ in range(20):
        await reach.note_seen(HOST)
        await stage.drain()
    assert len(stage.net.delivered) == 2
    stage.clock.advance(seconds=61)
    await reach.note_seen(HOST)
    await stage.drain()
    assert len(stage.net.delivered) == 3


async def test_signs_of_life_of_healthy_hosts_write_nothing(stage: Stage) -> None:
    await stage.flows.queues.reach.note_seen("well.test")
    assert await stage.read(lambda tx: tx.peers.by_host("well.test")) is None


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_is_an_answer_and_no_failure_of_its_host(status: int, stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.inbox_status = status
    await stage.hang(ana)
    await stage.drain()
    assert (await health(stage) or Health(HOST)).failures == 0


async def test_what_is_refused_for_good_did_not_reach_its_server(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.inbox_status = 413
    work = await stage.hang(ana)
    await stage.drain()
    assert await missed(stage, work) == [(HOST, "The inbox answered 413.")]


async def test_what_arrives_after_all_is_missed_no_more(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.inbox_status = 413
    work = await stage.hang(ana)
    await stage.drain()
    [(job, _)] = await stage.flows.queues.listed("buried")
    stage.net.inbox_status = 202
    await stage.flows.queues.retry(job.id)
    await stage.drain()
    assert await missed(stage, work) == []
    assert len(stage.net.delivered) == 2


async def test_another_process_pardon_counts_at_once(stage: Stage) -> None:
    ana = await gallery(stage)
    stage.net.answers[SHARED] = SILENCE
    await stage.hang(ana)
    await stage.drain()
    del stage.net.answers[SHARED]
    elsewhere = replace(stage.flows.queues.reach, _troubled={}, _read_at=None)
    await elsewhere.pardon(HOST)
    await stage.drain()
    assert await counts(stage) == JobCounts()


async def test_an_address_that_nobody_can_use_is_given_up_alone(stage: Stage) -> None:
    ana = await gallery(stage)
    odd = await stage.befriend(Peer("odd"), ana)
    async with stage.library.transaction() as tx:
        await tx.actors.put(replace(odd, shared_inbox="", inbox="nowhere"))
    await stage.hang(ana)
    await stage.drain()
    assert len(stage.net.delivered) == 1
    assert await counts(stage) == JobCounts(buried=1)
