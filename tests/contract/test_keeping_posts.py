"""Posts, feeds, reactions and notifications, on both engines."""

from dataclasses import replace

import pytest

from server.errors import Untrusted
from server.model import (
    ActorId,
    Counts,
    Follow,
    FollowState,
    Heard,
    Millis,
    Notification,
    NotificationKind,
    Post,
    PostId,
    Reaction,
    ReactionKind,
    RemotePicture,
    TargetId,
    Visibility,
    WorkId,
    WorkState,
)
from server.ports import Library, Transaction
from tests.contract.samples import NOW, add_artist, post, remote_actor, work

LIKE, BOOST = ReactionKind.LIKE, ReactionKind.BOOST


def reaction(number: int, actor: int, target: int, kind: ReactionKind = LIKE) -> Reaction:
    uri = f"https://far.example/likes/{number}"
    return Reaction(number, kind, ActorId(actor), TargetId(target), uri, NOW)


def told(
    number: int, actor: int | None, target: int | None = None, artist: int = 1
) -> Notification:
    return Notification(
        number,
        ActorId(artist),
        NotificationKind.LIKE,
        None if actor is None else ActorId(actor),
        None if target is None else TargetId(target),
        NOW,
    )


def ids(posts: list[Post]) -> list[int]:
    return [found.id for found in posts]


async def two_strangers(tx: Transaction) -> None:
    await tx.actors.put(remote_actor(5))
    await tx.actors.put(remote_actor(6))


async def test_nobody_overwrites_anothers_post(library: Library) -> None:
    async with library.transaction() as tx:
        await two_strangers(tx)
        await tx.posts.put(post(50, 5))
    with pytest.raises(Untrusted):
        async with library.transaction() as tx:
            await tx.posts.put(post(51, 6, uri=post(50, 5).uri, content_html="<p>mine</p>"))
    async with library.reading() as tx:
        assert await tx.posts.by_uri(post(50, 5).uri) == post(50, 5)


async def test_an_edited_post_keeps_its_first_id(library: Library) -> None:
    edited = post(
        51,
        5,
        uri=post(50, 5).uri,
        content_html="<p>besser</p>",
        edited_at=NOW,
        title="T",
        pictures=(RemotePicture("https://far.example/a.png", "image/png", "ä", 3, None, "L"),),
        tags=("Kunst",),
        mentions=("https://here.example/users/mira",),
        language="de",
        heard=Heard(usage="train-ai=n", is_indexable=False),
        source="s",
        warning="w",
        is_sensitive=True,
    )
    async with library.transaction() as tx:
        await two_strangers(tx)
        assert await tx.posts.put(post(50, 5)) == 50
        assert await tx.posts.put(edited) == 50
        assert await tx.posts.by_id(PostId(50)) == replace(edited, id=PostId(50))
        assert list(await tx.posts.many([PostId(50), PostId(51)])) == [50]


async def test_a_removed_post_takes_its_reactions_along_and_leaves_its_answers(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await two_strangers(tx)
        await tx.posts.put(post(50, 5))
        await tx.posts.put(post(51, 6, reply_to_id=TargetId(50), in_reply_to_uri="u"))
        await tx.reactions.put(reaction(70, 6, 50))
        await tx.notifications.put(told(90, 5, 50))
        await tx.posts.remove(PostId(50))
        assert await tx.posts.by_id(PostId(50)) is None
        assert await tx.reactions.by_uri(reaction(70, 6, 50).uri) is None
        assert await tx.notifications.page(ActorId(1)) == []
        answer = await tx.posts.by_id(PostId(51))
        assert answer is not None
        assert answer.reply_to_id is None


async def test_threads_hold_public_comments_oldest_first_and_page(library: Library) -> None:
    async with library.transaction() as tx:
        await two_strangers(tx)
        for number in range(50, 61):
            at = Millis(NOW + number // 3)
            await tx.posts.put(
                post(
                    number,
                    5,
                    work_id=WorkId(10),
                    reply_to_id=TargetId(10),
                    in_reply_to_uri="w",
                    published_at=at,
                )
            )
        await tx.posts.put(post(61, 5, work_id=WorkId(10), visibility=Visibility.FOLLOWERS))
        await tx.posts.put(post(62, 5, work_id=WorkId(10), visibility=Visibility.DIRECT))
        await tx.posts.put(post(63, 5, work_id=WorkId(11)))
        await tx.posts.put(
            post(
                49,
                5,
                work_id=WorkId(10),
                visibility=Visibility.UNLISTED,
                published_at=Millis(NOW + 99),
            )
        )
        expected = [*range(50, 61), 49]
        assert ids(await tx.posts.thread(WorkId(10))) == expected
        seen: list[int] = []
        while page := await tx.posts.thread(
            WorkId(10), after=PostId(seen[-1]) if seen else None, limit=4
        ):
            seen += ids(page)
        assert seen == expected
        assert ids(await tx.posts.replies_to(TargetId(10), limit=2)) == [50, 51]
        assert ids(await tx.posts.replies_to(TargetId(10), after=PostId(58))) == [59, 60]


async def test_a_feed_holds_only_what_accepted_followees_show_their_followers(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await _follow_three(tx)
        for stored in (
            work(10, 2, hung_at=Millis(10)),
            work(11, 2, hung_at=Millis(11), visibility=Visibility.FOLLOWERS),
            work(12, 2, hung_at=None, visibility=Visibility.DRAFT),
            work(13, 2, hung_at=Millis(13), state=WorkState.WITHDRAWN),
            work(14, 3, hung_at=Millis(14)),
            work(15, 1, hung_at=Millis(15)),
        ):
            await tx.works.add(stored)
        for said in (
            post(50, 5, published_at=Millis(12)),
            post(51, 5, published_at=Millis(13), visibility=Visibility.DIRECT),
            post(52, 5, published_at=Millis(14), in_reply_to_uri="https://else.example/1"),
            post(53, 6, published_at=Millis(15)),
        ):
            await tx.posts.put(said)
        feed = (await tx.feeds.stretch(ActorId(1))).items
        assert [(item.at, item.work_id, item.post_id) for item in feed] == [
            (12, None, 50),
            (11, 11, None),
            (10, 10, None),
        ]
        assert (await tx.feeds.stretch(ActorId(2))).items == ()


async def _follow_three(tx: Transaction) -> None:
    await add_artist(tx, 1)
    await add_artist(tx, 2)
    await add_artist(tx, 3, suspended_at=NOW)
    await two_strangers(tx)
    for followee, state in (
        (2, FollowState.ACCEPTED),
        (3, FollowState.ACCEPTED),
        (5, FollowState.ACCEPTED),
        (6, FollowState.PENDING),
    ):
        await tx.relations.put_follow(Follow(ActorId(1), ActorId(followee), state, "", NOW))


async def test_pages_of_a_feed_lose_and_repeat_nothing_even_if_their_end_is_deleted(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await _follow_three(tx)
        for number in range(10, 20):
            await tx.works.add(work(number, 2, hung_at=Millis(NOW + number // 2)))
            await tx.posts.put(post(number + 100, 5, published_at=Millis(NOW + number // 2)))
        whole = [item.id for item in (await tx.feeds.stretch(ActorId(1), limit=50)).items]
        assert len(whole) == 20
        seen: list[TargetId] = []
        end = None
        while page := await tx.feeds.stretch(ActorId(1), before=end, limit=3):
            seen += [item.id for item in page.items]
            end = page.end
            if end is None:
                break
        assert seen == whole


async def test_a_feed_goes_on_after_its_last_post_was_deleted(library: Library) -> None:
    def made_at(millis: int) -> int:
        return millis << 21  # as server.clock makes ids

    async with library.transaction() as tx:
        await _follow_three(tx)
        for at in (100, 200, 300):
            await tx.posts.put(post(made_at(at), 5, published_at=Millis(at)))
        await tx.posts.remove(PostId(made_at(200)))
        after = await tx.feeds.stretch(ActorId(1), before=TargetId(made_at(200)))
        assert [item.at for item in after.items] == [100]


async def test_local_comments_are_counted(library: Library) -> None:
    async with library.transaction() as tx:
        await two_strangers(tx)
        await tx.posts.put(post(50, 5))
        await tx.posts.put(post(51, 5, is_local=True))
        assert await tx.posts.count_local() == 1


async def test_a_second_like_changes_nothing(library: Library) -> None:
    async with library.transaction() as tx:
        await two_strangers(tx)
        first = reaction(70, 5, 50)
        assert await tx.reactions.put(first)
        assert not await tx.reactions.put(reaction(71, 5, 50))
        assert await tx.reactions.put(reaction(72, 5, 50, BOOST))
        assert await tx.reactions.by_uri(first.uri) == first
        assert await tx.reactions.by_uri(reaction(71, 5, 50).uri) is None
        assert await tx.reactions.by_uri("") is None
        assert await tx.reactions.remove(LIKE, ActorId(5), TargetId(50)) == first
        assert await tx.reactions.remove(LIKE, ActorId(5), TargetId(50)) is None


async def test_reactions_are_counted_and_listed(library: Library) -> None:
    async with library.transaction() as tx:
        await two_strangers(tx)
        for made in (
            reaction(70, 5, 10),
            reaction(71, 6, 10),
            reaction(72, 6, 10, BOOST),
            reaction(73, 6, 50),
        ):
            await tx.reactions.put(made)
        thread = {"work_id": WorkId(10), "in_reply_to_uri": "w"}
        await tx.posts.put(post(50, 5, reply_to_id=TargetId(10), **thread))
        await tx.posts.put(post(51, 6, reply_to_id=TargetId(50), **thread))
        await tx.posts.put(post(52, 6, visibility=Visibility.DIRECT, **thread))
        assert await tx.reactions.counts([TargetId(10), TargetId(50), TargetId(99)]) == {
            10: Counts(likes=2, boosts=1, comments=2),
            50: Counts(likes=1, comments=1),
            99: Counts(),
        }
        assert await tx.reactions.counts([]) == {}
        likers = await tx.reactions.of_target(TargetId(10), LIKE)
        assert likers == [
            (reaction(71, 6, 10), remote_actor(6)),
            (reaction(70, 5, 10), remote_actor(5)),
        ]
        assert await tx.reactions.of_target(TargetId(10), LIKE, limit=1) == likers[:1]
        assert await tx.reactions.of_actor(ActorId(6), [TargetId(10), TargetId(99)]) == {
            (LIKE, 10),
            (BOOST, 10),
        }


@pytest.mark.parametrize(("actor", "target"), [(5, 50), (5, None), (None, 50), (None, None)])
async def test_an_artist_is_told_once(
    library: Library, actor: int | None, target: int | None
) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await two_strangers(tx)
        assert await tx.notifications.put(told(90, actor, target))
        assert not await tx.notifications.put(told(91, actor, target))
        assert await tx.notifications.put(told(92, 6, 51))
        assert await tx.notifications.page(ActorId(1)) == [
            told(92, 6, 51),
            told(90, actor, target),
        ]


async def test_what_was_read_is_no_longer_counted(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1)
        await add_artist(tx, 2)
        await two_strangers(tx)
        for number in range(90, 95):
            await tx.notifications.put(told(number, 5, number))
        await tx.notifications.put(told(80, 5, artist=2))
        await tx.notifications.mark_read(ActorId(1), 91, NOW)
        await tx.notifications.mark_read(ActorId(1), 92, Millis(NOW + 1))
        assert await tx.notifications.count_unread(ActorId(1)) == 2
        assert await tx.notifications.count_unread(ActorId(2)) == 1
        page = await tx.notifications.page(ActorId(1), before=94, limit=3)
        assert [(found.id, found.read_at) for found in page] == [
            (93, None),
            (92, NOW + 1),
            (91, NOW),
        ]
