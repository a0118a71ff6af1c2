"""Who stands around an artist, what they pinned and which tags they use, on both engines."""

from dataclasses import replace

from server.model import ActorId, Follow, FollowState, Millis, Visibility, WorkState
from server.ports import Library, Transaction
from tests.contract.samples import NOW, add_artist, local_actor, remote_actor, work

ME = ActorId(1)
SEEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def follow(
    follower: int, followee: int, at: int = NOW, state: FollowState = FollowState.ACCEPTED
) -> Follow:
    uri = f"https://far.example/follows/{follower}-{followee}"
    return Follow(ActorId(follower), ActorId(followee), state, uri, Millis(at))


async def a_circle(tx: Transaction) -> None:
    """Let two strangers, somebody gone, somebody suspended and one who waits follow artist 1."""
    await add_artist(tx, 1)
    await add_artist(tx, 2, suspended_at=NOW)
    await tx.actors.put(remote_actor(5))
    await tx.actors.put(remote_actor(6, uri="https://near.example/users/6"))
    await tx.actors.put(remote_actor(7, gone_at=NOW))
    await tx.actors.put(remote_actor(8))
    for number, at in ((2, 50), (5, 40), (6, 30), (7, 20)):
        await tx.relations.put_follow(follow(number, 1, at))
        await tx.relations.put_follow(follow(1, number, at))
    await tx.relations.put_follow(follow(8, 1, 10, FollowState.PENDING))


async def test_lists_for_others_leave_out_the_gone_the_suspended_and_the_waiting(
    library: Library,
) -> None:
    expected = [(40, remote_actor(5).uri), (30, "https://near.example/users/6")]
    async with library.transaction() as tx:
        await a_circle(tx)
        assert await tx.relations.follower_uris(ME) == expected
        assert await tx.relations.following_uris(ME) == expected
        assert await tx.relations.follower_uris(ME, before=Millis(40)) == expected[1:]
        assert await tx.relations.following_uris(ME, before=Millis(30)) == []


async def test_pages_of_addresses_lose_and_repeat_nobody(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        for number, at in enumerate([10, 20, 20, 20, 30], start=10):
            await tx.actors.put(remote_actor(number))
            await tx.relations.put_follow(follow(number, 1, at))
        seen: list[str] = []
        before: Millis | None = None
        while page := await tx.relations.follower_uris(ME, before=before, limit=2):
            seen += [uri for _, uri in page]
            before = page[-1][0]
    assert seen == [remote_actor(number).uri for number in (14, 13, 12, 11, 10)]


async def test_followers_on_a_host_are_those_whose_ids_begin_so(library: Library) -> None:
    async with library.transaction() as tx:
        await a_circle(tx)
        await tx.actors.put(remote_actor(9, uri="https://far.example.evil.example/users/5"))
        await tx.relations.put_follow(follow(9, 1))
        on_far = await tx.relations.followers_on(ME, "https://far.example/")
        assert on_far == [remote_actor(5).uri]
        assert await tx.relations.followers_on(ME, "https://FAR.example/") == []
        assert await tx.relations.followers_on(ME, "https://%.example/") == []


async def test_local_followers_are_those_here_who_follow_or_wait(library: Library) -> None:
    async with library.transaction() as tx:
        for number in (1, 2, 3):
            await add_artist(tx, number)
        await tx.actors.put(remote_actor(5))
        await tx.actors.put(remote_actor(6))
        rows = [follow(1, 5), follow(2, 5, state=FollowState.PENDING), follow(6, 5)]
        for one in (*rows, follow(3, 5, state=FollowState.REJECTED)):
            await tx.relations.put_follow(one)
        found = await tx.relations.local_followers(ActorId(5))
        assert found == [(rows[0], local_actor(1)), (rows[1], local_actor(2))]


async def test_pinned_works_come_by_their_pins_and_only_where_they_hang(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        pinned = [
            work(10, pinned_at=Millis(5)),
            work(11, pinned_at=Millis(9), visibility=Visibility.UNLISTED),
            work(12),
            work(13, pinned_at=Millis(7), visibility=Visibility.FOLLOWERS),
            work(14, pinned_at=Millis(8), state=WorkState.WITHDRAWN),
            work(15, 2, pinned_at=Millis(8)),
        ]
        for one in pinned:
            await tx.works.add(one)
        assert [one.id for one in await tx.works.pinned(ME, SEEN)] == [11, 10]
        assert [one.id for one in await tx.works.pinned(ME, SEEN, limit=1)] == [11]


async def test_tags_are_counted_over_public_works_the_most_used_first(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        for number, tags in ((10, ("Oil", "hare")), (11, ("oil",)), (12, ("sky", "oil", "hare"))):
            await tx.works.add(work(number, tags=tags))
        await tx.works.add(work(13, tags=("secret",), visibility=Visibility.FOLLOWERS))
        assert await tx.works.tags_of(ME) == [("oil", 3), ("hare", 2), ("sky", 1)]
        assert await tx.works.tags_of(ME, limit=1) == [("oil", 3)]
        hidden = replace(work(12, tags=("sky",)), visibility=Visibility.DRAFT)
        await tx.works.update(hidden)
        assert await tx.works.tags_of(ME) == [("oil", 2), ("hare", 1)]
