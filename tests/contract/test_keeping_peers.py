"""Other servers' health, and what never reached them, on both engines."""

from dataclasses import replace

from server.dealings import Peer, Request, RequestId, RequestState, Signature, Undelivered
from server.model import ActivityId, ActorId, Millis, StoredActivity, TargetId
from server.permits import InteractionKind
from server.ports import Library
from tests.contract.samples import NOW, add_artist, remote_actor

HOST = "far.example:8443"
ILL = Peer(
    host=HOST,
    failures=7,
    failing_days=3,
    failing_since=Millis(1),
    failed_at=Millis(2),
    reached_at=Millis(3),
    seen_at=Millis(4),
    paused_until=Millis(5),
    dead_at=Millis(6),
    reason="It did not answer in time.",
)


def _undelivered(number: int, *, target: int | None = 5, host: str = HOST) -> Undelivered:
    named = None if target is None else TargetId(target)
    return Undelivered(number, ActorId(1), named, host, f"reason {number}", Millis(number))


def _activity(number: int, *, at: int, is_outgoing: bool) -> StoredActivity:
    return StoredActivity(
        id=ActivityId(number),
        uri=f"https://far.example/{number}",
        type="Create",
        actor_uri="https://far.example/a",
        object_uri="",
        is_outgoing=is_outgoing,
        dedupe=f"{number}",
        body=b"{}",
        received_at=Millis(at),
    )


async def test_nothing_is_known_of_strangers(library: Library) -> None:
    async with library.reading() as tx:
        assert await tx.peers.by_host(HOST) is None
        assert await tx.peers.many([HOST]) == {}
        assert await tx.peers.failing() == []
        assert await tx.peers.dead() == []


async def test_a_peer_comes_back_as_it_was_put(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.peers.put(replace(ILL, failures=1, reason="old"))
        await tx.peers.put(ILL)
        assert await tx.peers.by_host(HOST) == ILL
        assert await tx.peers.many([HOST, "x.example"]) == {HOST: ILL}


async def test_health_and_signatures_do_not_overwrite_each_other(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.peers.set_signature(HOST, Signature.RFC9421)
        await tx.peers.put(ILL)
        await tx.peers.set_signature("new.example", Signature.CAVAGE)
        assert await tx.peers.by_host(HOST) == replace(ILL, signature=Signature.RFC9421)
        assert await tx.peers.by_host("new.example") == Peer("new.example", Signature.CAVAGE)


async def test_a_sign_of_life_wakes_the_dead_and_counts_failures_on(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.peers.put(ILL)
        await tx.peers.saw([HOST, "well.example", HOST], NOW)
        assert await tx.peers.by_host(HOST) == replace(
            ILL, seen_at=NOW, failing_days=0, paused_until=Millis(0), dead_at=None
        )
        assert await tx.peers.by_host("well.example") == Peer("well.example", seen_at=NOW)


async def test_those_in_trouble_are_listed_latest_first(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.peers.put(Peer("well.example"))
        for number in (1, 3, 2):
            await tx.peers.put(
                replace(ILL, host=f"{number}.example", failed_at=Millis(number), dead_at=None)
            )
        await tx.peers.put(replace(ILL, failed_at=Millis(9)))
        names = [peer.host for peer in await tx.peers.failing()]
        assert names == [HOST, "3.example", "2.example", "1.example"]
        assert len(await tx.peers.failing(limit=2)) == 2
        assert [peer.host for peer in await tx.peers.dead()] == [HOST]


async def test_what_was_not_delivered_stands_once_per_work_and_host(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        for one in (
            _undelivered(1),
            _undelivered(2),
            _undelivered(3, host="b.example"),
            _undelivered(4, target=6),
            _undelivered(5, target=None),
        ):
            await tx.peers.add_undelivered(one)
        found = await tx.peers.undelivered([TargetId(5), TargetId(7)])
    assert found == {
        TargetId(5): [_undelivered(3, host="b.example"), replace(_undelivered(2), id=1)]
    }


async def test_what_arrived_after_all_is_forgotten(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.peers.add_undelivered(_undelivered(1))
        await tx.peers.add_undelivered(_undelivered(2, target=6))
        await tx.peers.forget_undelivered(HOST, TargetId(5))
        assert list(await tx.peers.undelivered([TargetId(5), TargetId(6)])) == [6]


async def test_what_was_not_delivered_is_swept_by_its_time(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.peers.add_undelivered(_undelivered(1))
        await tx.peers.add_undelivered(_undelivered(2, target=6))
        await tx.peers.sweep(Millis(2))
        assert list(await tx.peers.undelivered([TargetId(5), TargetId(6)])) == [6]


async def test_old_activities_go_each_way_at_its_own_age(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3):
            await tx.activities.keep(_activity(number, at=number, is_outgoing=True))
            await tx.activities.keep(_activity(10 + number, at=number, is_outgoing=False))
        gone = await tx.activities.sweep(outgoing_before=Millis(2), incoming_before=Millis(3))
        assert gone == 3
        left = [n for n in (1, 2, 3, 11, 12, 13) if await tx.activities.by_id(ActivityId(n))]
    assert left == [2, 3, 13]


async def test_what_an_artist_has_not_answered_stays_however_old(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.actors.put(remote_actor(2))
        for number, state in ((1, RequestState.WAITING), (2, RequestState.REFUSED)):
            await tx.activities.keep(_activity(number, at=1, is_outgoing=False))
            asked = Request(
                id=RequestId(number),
                kind=InteractionKind.REPLY,
                artist_id=ActorId(1),
                actor_id=ActorId(2),
                target_id=TargetId(number),
                object_uri="https://far.example/n",
                request_uri="",
                activity_id=ActivityId(number),
                state=state,
                created_at=NOW,
            )
            await tx.requests.put(asked)
        assert await tx.activities.sweep(outgoing_before=NOW, incoming_before=NOW) == 1
        assert await tx.activities.by_id(ActivityId(1)) is not None
        assert await tx.activities.sweep(outgoing_before=NOW, incoming_before=NOW) == 0
