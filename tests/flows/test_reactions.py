"""Likes and boosts: what is refused, what toggles, who may take what back."""

import pytest

from server.errors import Invalid, NotFound
from server.model import (
    ActorId,
    Artist,
    Counts,
    NotificationKind,
    PostId,
    ReactionKind,
    TargetId,
    Visibility,
    Work,
)
from server.promises import Deed
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIKE, BOOST = ReactionKind.LIKE, ReactionKind.BOOST


async def counts(studio: Studio, work: Work) -> Counts:
    target = TargetId(work.id)
    return (await studio.viewing.counts([target]))[target]


async def two(studio: Studio) -> tuple[Artist, Artist]:
    return await studio.artist("ana"), await studio.artist("bea")


@pytest.mark.parametrize("kind", [LIKE, BOOST])
@pytest.mark.parametrize("visibility", [Visibility.DRAFT, Visibility.FOLLOWERS])
async def test_what_one_may_not_see_one_cannot_react_to(
    studio: Studio, visibility: Visibility, kind: ReactionKind
) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana, visibility)
    with pytest.raises(NotFound):
        await studio.reactions.react(bea, TargetId(work.id), kind)
    with pytest.raises(NotFound):
        await studio.commenting.comment(bea, TargetId(work.id), "I see you")
    assert await counts(studio, work) == Counts()


async def test_nothing_is_there_to_react_to(studio: Studio) -> None:
    ana = await studio.artist("ana")
    for target in (0, 1, 2**62):
        with pytest.raises(NotFound):
            await studio.reactions.react(ana, TargetId(target), LIKE)
        with pytest.raises(NotFound):
            await studio.commenting.remove(ana, PostId(target))


async def test_a_withdrawn_work_takes_no_reaction(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    await studio.publishing.withdraw(ana, work.id)
    with pytest.raises(NotFound):
        await studio.reactions.react(bea, TargetId(work.id), LIKE)


async def test_works_of_a_suspended_artist_take_no_reaction(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    await studio.accounts.suspend("ana")
    with pytest.raises(NotFound):
        await studio.reactions.react(bea, TargetId(work.id), LIKE)


async def test_what_is_for_followers_is_liked_but_never_boosted(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana, Visibility.FOLLOWERS)
    await studio.befriend(bea.id, ana.id)
    await studio.reactions.react(bea, TargetId(work.id), LIKE)
    for artist in (ana, bea):
        with pytest.raises(Invalid, match="cannot be boosted"):
            await studio.reactions.react(artist, TargetId(work.id), BOOST)
    assert await counts(studio, work) == Counts(likes=1)


@pytest.mark.parametrize(
    ("kind", "told"), [(LIKE, NotificationKind.LIKE), (BOOST, NotificationKind.BOOST)]
)
async def test_a_reaction_counts_once_is_told_once_and_is_taken_back(
    studio: Studio, kind: ReactionKind, told: NotificationKind
) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    target = TargetId(work.id)
    for _ in range(2):
        await studio.reactions.react(bea, target, kind)
    received = await counts(studio, work)
    assert (received.likes, received.boosts) == ((1, 0) if kind is LIKE else (0, 1))
    [said] = await studio.said()
    assert (said.deed, said.kind, said.target_id) == (Deed.REACTED, kind, work.id)
    for _ in range(2):
        await studio.reactions.take_back(bea, target, kind)
    assert await counts(studio, work) == Counts()
    [undone] = await studio.said()
    assert (undone.deed, undone.uri) == (Deed.REACTION_UNDONE, said.uri)
    await studio.reactions.react(bea, target, kind)
    assert await studio.told(ana) == [told]


async def test_liking_ones_own_work_tells_nobody(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.hung(ana)
    await studio.reactions.react(ana, TargetId(work.id), LIKE)
    await studio.commenting.comment(ana, TargetId(work.id), "Done at last.")
    assert await studio.told(ana) == []
    assert await counts(studio, work) == Counts(likes=1, comments=1)


async def test_mine_shows_only_what_i_did(studio: Studio) -> None:
    ana, bea = await two(studio)
    work = await studio.hung(ana)
    await studio.reactions.react(bea, TargetId(work.id), LIKE)
    shown: list[tuple[ActorId | None, frozenset[ReactionKind]]] = [
        (None, frozenset()),
        (ana.id, frozenset()),
        (bea.id, frozenset({LIKE})),
    ]
    for viewer, mine in shown:
        assert (await studio.viewing.room(work.id, viewer)).mine == mine
