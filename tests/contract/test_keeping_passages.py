"""Envelopes, visits in numbers, and follows that a change cut, as every database keeps them."""

from dataclasses import replace

from server.model import ActorId, AiLabel, Follow, FollowState, Millis, Visibility
from server.passages import (
    DAY,
    HOUR,
    Cause,
    CauseKind,
    Envelope,
    Severance,
    VisitKey,
    VisitSum,
)
from server.ports import Library, Transaction
from server.rules import Door, InboundFacts, OutboundFacts
from server.visitors import VisitorClass
from tests.contract.samples import local_actor, remote_actor

NOW = Millis(1_795_000_000_000)
INBOUND = Envelope(
    InboundFacts(
        peer="far.example",
        type="Create",
        ai_label=AiLabel.GENERATED,
        actor="bo@far.example",
        actor_uri="https://far.example/users/bo",
        media=frozenset({"image"}),
        hashtags=frozenset({"öl", "art"}),
        account_age_days=3,
        follows=frozenset({"followed-here"}),
    ),
    "label",
    "ai_works.remote",
    ("Watch far",),
    ActorId(4),
    NOW,
)
OUTBOUND = Envelope(
    OutboundFacts(
        peer="far.example",
        type="Create",
        visibility=Visibility.FOLLOWERS,
        ai_label=AiLabel.NONE,
        is_sensitive=True,
    ),
    "full",
    "",
    at=NOW,
    number=7,
)
UNREAD = Envelope(InboundFacts(peer="far.example"), "allow", "", at=NOW)
HERE, THERE = ActorId(1), ActorId(2)
CAUSE = Cause(CauseKind.WORD, 3, "far.example")
OURS = Follow(HERE, THERE, FollowState.ACCEPTED, "https://art.test/a/1", NOW)
THEIRS = Follow(THERE, HERE, FollowState.PENDING, "https://far.example/f/1", NOW)


async def test_an_envelope_comes_back_with_every_fact_and_those_not_known_stay_so(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await tx.envelopes.add([INBOUND, OUTBOUND, UNREAD])
    async with library.reading() as tx:
        found = await tx.envelopes.page(NOW)
        assert await tx.envelopes.in_shadow(NOW) == [INBOUND]
        assert await tx.envelopes.count(NOW) == 3
    assert set(found) == {INBOUND, OUTBOUND, UNREAD}


async def test_equal_envelopes_of_an_hour_are_one_row_with_the_latest_time(
    library: Library,
) -> None:
    later = replace(OUTBOUND, at=Millis(NOW + 1), number=2)
    async with library.transaction() as tx:
        await tx.envelopes.add([OUTBOUND])
        await tx.envelopes.add([later])
        await tx.envelopes.add([replace(OUTBOUND, at=Millis(NOW + HOUR))])
        assert await tx.envelopes.page(NOW) == [
            replace(later, number=9),
            replace(OUTBOUND, at=Millis(NOW + HOUR)),
        ]


async def test_pages_of_envelopes_neither_repeat_nor_lose_one_and_old_ones_are_swept(
    library: Library,
) -> None:
    kept = [replace(UNREAD, at=Millis(NOW + hour * HOUR)) for hour in range(5)]
    async with library.transaction() as tx:
        await tx.envelopes.add([*reversed(kept), OUTBOUND])
        paged: list[Envelope] = []
        while more := await tx.envelopes.page(
            NOW, after=(paged[-1].hour, paged[-1].digest) if paged else (0, 0), limit=2
        ):
            paged += more
        assert sorted(paged, key=lambda each: (each.hour, each.digest)) == paged
        assert set(paged) == {*kept, OUTBOUND}
        assert await tx.envelopes.sweep(Millis(NOW + HOUR), limit=1) == 1
        assert await tx.envelopes.sweep(Millis(NOW + HOUR)) == 1
        assert await tx.envelopes.count(Millis(0)) == 4


async def test_visits_add_up_by_day_and_key(library: Library) -> None:
    day = NOW // DAY
    crawler = VisitKey(
        *(day, Door.WEB, VisitorClass.AI_TRAINING, "GPTBot", "@ana", "", "203.0.113.0/24"),
        ("No bots",),
    )
    other = replace(crawler, network="", shadow_rules=())
    async with library.transaction() as tx:
        await tx.visits.add([VisitSum(crawler, 2, 300, 2), VisitSum(other, 1, 10, 0)])
        await tx.visits.add([VisitSum(crawler, 1, 1, 0)])
        first = await tx.visits.page(day, limit=1)
        assert first + await tx.visits.page(day, after=first[0]) == [
            VisitSum(other, 1, 10, 0),
            VisitSum(crawler, 3, 301, 2),
        ]
        assert await tx.visits.in_shadow(day) == [VisitSum(replace(crawler, network=""), 3, 301, 2)]
        assert (await tx.visits.bytes_of(day), await tx.visits.bytes_of(day + 1)) == (311, 0)
        assert await tx.visits.sweep(day) == 0
        assert await tx.visits.sweep(day + 1) == 2


async def met(tx: Transaction) -> None:
    await tx.actors.put(local_actor(1, "ana"))
    await tx.actors.put(remote_actor(2, handle="bo"))
    await tx.relations.put_follow(OURS)
    await tx.relations.put_follow(THEIRS)


async def test_a_cut_follow_is_suspended_and_listed_with_its_ends(library: Library) -> None:
    async with library.transaction() as tx:
        await met(tx)
        crossing = await tx.severances.across()
        assert [(each.follow, each.is_theirs) for each in crossing] == [
            (OURS, False),
            (THEIRS, True),
        ]
        assert {(each.local_handle, each.remote_address) for each in crossing} == {
            ("ana", "bo@far.example")
        }
        cut = [Severance(8, OURS, CAUSE, "A rule", NOW), Severance(9, THEIRS, CAUSE, "", NOW)]
        await tx.severances.suspend(cut)
        assert await tx.severances.across() == []
        known = await tx.relations.follow(HERE, THERE)
        assert known == replace(OURS, state=FollowState.SUSPENDED)
        assert [each for each, _ in await tx.severances.page()] == [cut[1], cut[0]]
        assert [each for each, _ in await tx.severances.suspended(after=8)] == [cut[1]]
        assert [each for each, *_ in await tx.severances.due(NOW)] == cut
        assert await tx.severances.due(Millis(NOW - 1)) == []
        assert await tx.severances.count() == 2


async def test_the_other_side_is_believed_to_follow_while_suspended_if_it_was_accepted(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await met(tx)
        await tx.relations.put_follow(replace(THEIRS, state=FollowState.ACCEPTED))
        accepted = replace(THEIRS, state=FollowState.ACCEPTED)
        assert len(await tx.relations.followers_on(HERE, "")) == 1
        await tx.severances.suspend([Severance(8, accepted, CAUSE, "", NOW)])
        assert len(await tx.relations.followers_on(HERE, "")) == 1
        await tx.severances.suspend([Severance(9, OURS, CAUSE, "", NOW)])
        assert len(await tx.relations.believed_followers(THERE)) == 1
        await tx.severances.suspend(
            [Severance(10, replace(OURS, state=FollowState.PENDING), CAUSE, "", NOW)]
        )
        assert await tx.relations.believed_followers(THERE) == []
        assert await tx.relations.count_followers(HERE) == 0
        assert await tx.relations.follower_inboxes(HERE) == []


async def test_only_what_is_suspended_is_lifted_or_ended(library: Library) -> None:
    """Two processes may decide at once: a restore, and the end that fell due."""
    async with library.transaction() as tx:
        await met(tx)
        cut = Severance(8, OURS, CAUSE, "", NOW)
        assert not await tx.severances.lift(cut, OURS)
        assert not await tx.severances.end(replace(cut, ended_at=NOW))
        await tx.severances.suspend([cut])
        assert await tx.severances.lift(cut, OURS)
        assert await tx.relations.follow(HERE, THERE) == OURS
        assert await tx.severances.count() == 0
        assert not await tx.severances.end(replace(cut, ended_at=NOW))
        assert await tx.relations.follow(HERE, THERE) == OURS
        await tx.severances.suspend([cut])
        assert await tx.severances.end(replace(cut, ended_at=NOW))
        assert not await tx.severances.lift(cut, OURS)
        assert await tx.relations.follow(HERE, THERE) is None


async def test_what_its_own_people_settled_is_no_severance_any_more(library: Library) -> None:
    async with library.transaction() as tx:
        await met(tx)
        await tx.severances.suspend(
            [Severance(8, OURS, CAUSE, "", NOW), Severance(9, THEIRS, CAUSE, "", NOW)]
        )
        await tx.relations.remove(HERE, THERE)
        assert await tx.severances.by_ids([8]) == []
        assert await tx.severances.of_pair(HERE, THERE) is None
        ended = replace(
            Severance(9, THEIRS, CAUSE, "", NOW), ended_at=NOW, is_told=True, asked_at=NOW
        )
        await tx.relations.remove(THERE, HERE)
        await tx.severances.put(ended)
        assert await tx.severances.by_ids([9]) == [ended]
        await tx.relations.put_follow(THEIRS)  # they follow anew
        assert await tx.severances.by_ids([9]) == []
        assert await tx.severances.count() == 0


async def test_who_is_gone_is_severed_from_nobody(library: Library) -> None:
    async with library.transaction() as tx:
        await met(tx)
        await tx.severances.suspend([Severance(8, OURS, CAUSE, "", NOW)])
        await tx.severances.put(replace(Severance(8, OURS, CAUSE, "", NOW), ended_at=NOW))
        await tx.relations.remove(HERE, THERE)
        await tx.actors.mark_gone(THERE, NOW)
        assert await tx.severances.count() == 0
        assert await tx.severances.page() == []


async def test_ended_ones_are_forgotten_after_their_time(library: Library) -> None:
    async with library.transaction() as tx:
        await met(tx)
        await tx.severances.suspend([Severance(8, OURS, CAUSE, "", NOW)])
        await tx.severances.sweep(NOW)  # suspended: its end comes first
        assert await tx.severances.count() == 1
        await tx.relations.remove(HERE, THERE)
        await tx.severances.put(replace(Severance(8, OURS, CAUSE, "", NOW), ended_at=NOW))
        await tx.severances.sweep(Millis(NOW - 1))
        assert await tx.severances.count() == 1
        await tx.severances.sweep(NOW)
        assert await tx.severances.count() == 0
