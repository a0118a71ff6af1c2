"""What artists are told: once each, newest first, and only to them."""

import asyncio

import pytest

from server.model import ActorId, NotificationKind, ReactionKind, TargetId
from server.promises import NotifyPromise
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


async def test_the_same_is_told_once_even_by_two_workers(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    told = NotifyPromise(ana.id, NotificationKind.LIKE, bea.id, TargetId(7))
    await asyncio.gather(*(studio.notifications.tell(told) for _ in range(4)))
    await studio.notifications.tell(told)
    assert len(await studio.notifications.page(ana.id)) == 1


@pytest.mark.parametrize(
    "other",
    [
        NotifyPromise(ActorId(0), NotificationKind.BOOST, ActorId(0), TargetId(7)),
        NotifyPromise(ActorId(0), NotificationKind.LIKE, ActorId(0), TargetId(8)),
        NotifyPromise(ActorId(0), NotificationKind.LIKE, None, TargetId(7)),
        NotifyPromise(ActorId(0), NotificationKind.LIKE, ActorId(0), None),
    ],
)
async def test_what_differs_in_anything_is_told_too(studio: Studio, other: NotifyPromise) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    who = bea.id if other.actor_id is not None else None
    await studio.notifications.tell(
        NotifyPromise(ana.id, NotificationKind.LIKE, bea.id, TargetId(7))
    )
    await studio.notifications.tell(NotifyPromise(ana.id, other.kind, who, other.target_id))
    assert len(await studio.notifications.page(ana.id)) == 2


async def test_newest_stand_first_and_pages_follow_each_other(studio: Studio) -> None:
    ana = await studio.artist("ana")
    for number in range(53):
        await studio.notifications.tell(
            NotifyPromise(ana.id, NotificationKind.LIKE, None, TargetId(number + 1))
        )
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
