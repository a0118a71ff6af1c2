"""Everyone, and who follows whom, on both engines."""

from dataclasses import replace

import pytest

from server.errors import Untrusted
from server.model import (
    Actor,
    ActorId,
    Follow,
    FollowState,
    Millis,
    Notification,
    NotificationKind,
    PostId,
    Reaction,
    ReactionKind,
    TargetId,
)
from server.ports import Library, Transaction
from tests.contract.samples import NOW, add_artist, local_actor, post, remote_actor

ACCEPTED = FollowState.ACCEPTED


def follow(follower: int, followee: int, at: int = NOW, state: FollowState = ACCEPTED) -> Follow:
    uri = f"https://far.example/follows/{follower}-{followee}"
    return Follow(ActorId(follower), ActorId(followee), state, uri, Millis(at))


async def test_a_remote_description_never_replaces_a_local_actor(library: Library) -> None:
    ours = local_actor(1, "mira")
    async with library.transaction() as tx:
        await tx.actors.put(ours)
    with pytest.raises(Untrusted):
        async with library.transaction() as tx:
            await tx.actors.put(remote_actor(2, uri=ours.uri, public_key_pem="theirs"))
    async with library.reading() as tx:
        assert await tx.actors.by_uri(ours.uri) == ours


async def test_an_actor_keeps_its_first_id(library: Library) -> None:
    async with library.transaction() as tx:
        assert await tx.actors.put(remote_actor(5)) == 5
        renamed = remote_actor(9, uri=remote_actor(5).uri, name="New", gone_at=NOW)
        assert await tx.actors.put(renamed) == 5
        assert await tx.actors.by_id(ActorId(5)) == replace(renamed, id=ActorId(5))
        assert await tx.actors.by_id(ActorId(9)) is None


async def test_actors_are_found_by_every_name(library: Library) -> None:
    far = remote_actor(5, handle="FarÉ")
    async with library.transaction() as tx:
        await tx.actors.put(far)
        await tx.actors.put(remote_actor(6, key_id=""))
        assert await tx.actors.by_key_id(far.key_id) == far
        assert await tx.actors.by_key_id("") is None
        assert await tx.actors.by_address("fARé", "FAR.example") == far
        assert await tx.actors.by_address("fare", "far.example") is None
        assert await tx.actors.many([ActorId(5), ActorId(77)]) == {5: far}
        assert await tx.actors.many([]) == {}


async def test_a_latecomer_cannot_take_a_key_over(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.actors.put(remote_actor(5))
        await tx.actors.put(remote_actor(6, key_id=remote_actor(5).key_id))
        assert await tx.actors.by_key_id(remote_actor(5).key_id) == remote_actor(5)


async def test_an_address_names_who_is_still_there(library: Library) -> None:
    gone = remote_actor(5, handle="same", gone_at=NOW)
    here = remote_actor(4, handle="same")
    async with library.transaction() as tx:
        await tx.actors.put(gone)
        await tx.actors.put(here)
        assert await tx.actors.by_address("same", "far.example") == here


async def test_nothing_of_a_gone_actor_is_left_but_the_note_that_it_went(library: Library) -> None:
    async with library.transaction() as tx:
        await _populate(tx)
        await tx.actors.mark_gone(ActorId(5), NOW)
        gone = await tx.actors.by_id(ActorId(5))
        assert gone is not None
        assert gone.gone_at == NOW
        assert await tx.relations.follow(ActorId(5), ActorId(1)) is None
        assert await tx.relations.follow(ActorId(1), ActorId(5)) is None
        assert await tx.posts.by_id(PostId(50)) is None
        assert [left.id for left in await tx.notifications.page(ActorId(1))] == [94]
        liked = await tx.reactions.counts([TargetId(100), TargetId(50), TargetId(60)])
        assert [counts.likes for counts in liked.values()] == [1, 0, 0]
        answer = await tx.posts.by_id(PostId(60))
        assert answer is not None
        assert (answer.reply_to_id, answer.in_reply_to_uri) == (
            None,
            "https://far.example/notes/50",
        )


async def _populate(tx: Transaction) -> None:
    await add_artist(tx, 1)
    await tx.actors.put(remote_actor(5))
    await tx.actors.put(remote_actor(6))
    await tx.relations.put_follow(follow(5, 1))
    await tx.relations.put_follow(follow(1, 5))
    await tx.posts.put(post(50, 5))
    await tx.posts.put(
        post(60, 6, reply_to_id=TargetId(50), in_reply_to_uri="https://far.example/notes/50")
    )
    for number, (actor, target) in enumerate([(5, 100), (6, 100), (6, 50), (5, 60)], start=80):
        await tx.reactions.put(
            Reaction(number, ReactionKind.LIKE, ActorId(actor), TargetId(target), "u", NOW)
        )
    told: list[tuple[int, int | None]] = [(5, 100), (6, 50), (5, None), (6, 100)]
    for number, (actor, about) in enumerate(told, start=91):
        await tx.notifications.put(
            Notification(
                number,
                ActorId(1),
                NotificationKind.LIKE,
                ActorId(actor),
                None if about is None else TargetId(about),
                NOW,
            )
        )


async def test_a_second_follow_replaces_the_first(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.actors.put(remote_actor(5))
        await tx.actors.put(remote_actor(6))
        await tx.relations.put_follow(follow(5, 6, state=FollowState.PENDING))
        accepted = replace(follow(5, 6, at=NOW + 9), uri="https://far.example/other")
        await tx.relations.put_follow(accepted)
        assert await tx.relations.follow(ActorId(5), ActorId(6)) == accepted
        assert await tx.relations.follow_by_uri(accepted.uri) == accepted
        assert await tx.relations.follow_by_uri(follow(5, 6).uri) is None
        assert await tx.relations.follow_by_uri("") is None
        assert await tx.relations.remove(ActorId(5), ActorId(6)) == accepted
        assert await tx.relations.remove(ActorId(5), ActorId(6)) is None


async def test_pages_of_followers_lose_and_repeat_nobody(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.actors.put(remote_actor(1))
        times = [10, 20, 20, 20, 30, 40, 40, 50]
        for number, at in enumerate(times, start=10):
            await tx.actors.put(remote_actor(number))
            await tx.relations.put_follow(follow(number, 1, at=at))
            await tx.relations.put_follow(follow(1, number, at=at))
        assert await tx.relations.followers(ActorId(1), FollowState.PENDING) == []
        newest = await tx.relations.followers(ActorId(1), ACCEPTED, limit=1)
        assert newest == [(follow(17, 1, at=50), remote_actor(17))]
        assert await _all_pages(tx, "followers") == [17, 16, 15, 14, 13, 12, 11, 10]
        assert await _all_pages(tx, "following") == [17, 16, 15, 14, 13, 12, 11, 10]
        assert await tx.relations.count_followers(ActorId(1)) == 8
        assert await tx.relations.count_following(ActorId(1)) == 8


async def _all_pages(tx: Transaction, side: str) -> list[int]:
    listed: list[tuple[Follow, Actor]] = []
    while True:
        before = listed[-1][0].created_at if listed else None
        list_side = tx.relations.followers if side == "followers" else tx.relations.following
        page = await list_side(ActorId(1), ACCEPTED, before=before, limit=2)
        if not page:
            return [actor.id for _, actor in listed]
        listed += page


async def test_only_remote_accepted_present_followers_get_deliveries(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        await tx.actors.put(remote_actor(5))
        await tx.actors.put(remote_actor(6, shared_inbox=""))
        await tx.actors.put(remote_actor(7))
        await tx.actors.put(remote_actor(8, gone_at=NOW))
        for follower in (2, 5, 6, 8):
            await tx.relations.put_follow(follow(follower, 1))
        await tx.relations.put_follow(follow(7, 1, state=FollowState.PENDING))
        assert await tx.relations.follower_inboxes(ActorId(1)) == [
            ("https://far.example/users/5/inbox", "https://far.example/inbox"),
            ("https://far.example/users/6/inbox", ""),
        ]


async def test_a_refused_follow_does_not_make_a_local_follower(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await tx.actors.put(remote_actor(5))
        await tx.actors.put(remote_actor(6))
        await tx.relations.put_follow(follow(6, 5))
        await tx.relations.put_follow(follow(1, 5, state=FollowState.REJECTED))
        assert not await tx.relations.has_local_follower(ActorId(5))
        await tx.relations.put_follow(follow(1, 5, state=FollowState.PENDING))
        assert await tx.relations.has_local_follower(ActorId(5))
