"""What artists are told: once each, newest first, and only to them."""

import asyncio

import pytest

from server.model import ActorId, Artist, NotificationKind, ReactionKind, TargetId
from server.notifications import tell
from tests.flows.artists import Studio, a_pool, a_studio  # noqa: F401 - fixtures

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_nobody_reads_what_another_was_told(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    await studio.following.follow(bea, await studio.actor(ana))
    assert await studio.told(ana) == [NotificationKind.FOLLOW]
    assert await studio.told(bea) == []
    [one] = await studio.notifications.page(ana.id)
    await studio.notifications.mark_read(bea.id, one.id)
    assert await studio.notifications.count_unread(ana.id) == 1


async def said(
    studio: Studio,
    artist: Artist,
    kind: NotificationKind,
    actor: ActorId | None,
    target: TargetId | None,
) -> bool:
    """Tell an artist something in a transaction of its own."""
    return await studio.library.join(
        lambda tx: tell(tx, studio.clock, artist.id, kind, actor, target)
    )


async def test_the_same_is_told_once_even_by_two_workers(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    told = [said(studio, ana, NotificationKind.LIKE, bea.id, TargetId(7)) for _ in range(4)]
    assert sorted(await asyncio.gather(*told)) == [False, False, False, True]
    assert len(await studio.notifications.page(ana.id)) == 1


@pytest.mark.parametrize(
    ("kind", "is_by_somebody", "target"),
    [
        (NotificationKind.BOOST, True, TargetId(7)),
        (NotificationKind.LIKE, True, TargetId(8)),
        (NotificationKind.LIKE, False, TargetId(7)),
        (NotificationKind.LIKE, True, None),
    ],
)
async def test_what_differs_in_anything_is_told_too(
    studio: Studio, kind: NotificationKind, *, is_by_somebody: bool, target: TargetId | None
) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    await said(studio, ana, NotificationKind.LIKE, bea.id, TargetId(7))
    assert await said(studio, ana, kind, bea.id if is_by_somebody else None, target)
    assert len(await studio.notifications.page(ana.id)) == 2


async def test_newest_stand_first_and_pages_follow_each_other(studio: Studio) -> None:
    ana = await studio.artist("ana")
    for number in range(53):
        await said(studio, ana, NotificationKind.LIKE, None, TargetId(number + 1))
    first = await studio.notifications.page(ana.id)
    rest = await studio.notifications.page(ana.id, first[-1].id)
    assert [one.target_id for one in first + rest] == list(range(53, 0, -1))
    assert len(first) == 50


async def test_reading_marks_what_was_shown_and_not_what_came_since(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    work = await studio.hung(ana)
    await studio.following.follow(bea, await studio.actor(ana))
    await studio.told(ana)
    [shown] = await studio.notifications.page(ana.id)
    await studio.reactions.react(bea, TargetId(work.id), ReactionKind.LIKE)
    await studio.told(ana)
    await studio.notifications.mark_read(ana.id, shown.id)
    assert await studio.notifications.count_unread(ana.id) == 1
    newest, oldest = await studio.notifications.page(ana.id)
    assert (newest.read_at, oldest.read_at) == (None, studio.clock.now())
