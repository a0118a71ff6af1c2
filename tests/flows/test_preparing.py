"""How far uploads are: for their artist alone, noted as they go on, watched at little cost."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from server.aftermath import PicturesAftermath
from server.bus import MemoryBus
from server.errors import NotFound, TooMany
from server.model import Artist, JobKind, NotificationKind, PictureState, Work, WorkState
from server.ports import Library, Transaction
from server.preparation import Preparation
from server.preparing import MOST, MOST_OF_ONE, WATCHED_FOR, Preparing, noting
from server.promises import PicturesPromise
from server.retry import MAX_ATTEMPTS
from server.worker import Worker
from tests.flows.artists import (  # noqa: F401 - fixtures
    DAY,
    IMAGES,
    MINUTE,
    NO_PICTURE,
    SMALL,
    Studio,
    a_pool,
    a_studio,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

T = TypeVar("T")


@dataclass
class Counted:
    """A library that counts how often it is looked into."""

    library: Library
    looks: int = 0

    async def look(self, deed: Callable[[Transaction], Awaitable[T]]) -> T:
        self.looks += 1
        return await self.library.look(deed)


def preparing(studio: Studio, library: Any = None) -> Preparing:
    return Preparing(library or studio.library, studio.clock, MemoryBus())


async def standing(studio: Studio, artist: Artist, work: Work) -> Preparation:
    return await preparing(studio).of(artist, work.id)


async def test_nobody_but_its_artist_learns_how_far_an_upload_is(studio: Studio) -> None:
    ana, bea = await studio.artist("ana"), await studio.artist("bea")
    work = await studio.received(ana, SMALL)
    with pytest.raises(NotFound):
        await standing(studio, bea, work)
    await studio.publishing.withdraw(ana, work.id)
    with pytest.raises(NotFound):
        await standing(studio, ana, work)


async def test_pictures_are_received_then_ready_or_refused_with_a_sentence(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL, NO_PICTURE)
    found = await standing(studio, ana, work)
    assert [(one.state, one.copies) for one in found.steps] == [(PictureState.WAITING, 0)] * 2
    assert not found.is_over
    await studio.making.make(PicturesPromise(work.id))
    found = await standing(studio, ana, work)
    assert [one.state for one in found.steps] == [PictureState.READY, PictureState.REFUSED]
    assert "is a text file" in found.steps[1].problem
    assert (found.state, found.is_over, found.ready) == (WorkState.FAILED, True, 1)


async def test_copies_are_counted_as_they_are_made(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, (IMAGES / "formats" / "anim.gif").read_bytes())
    seen: list[tuple[int, int]] = []
    making, workers = studio.making, studio.making.pipeline.workers

    class Watched:
        """The pool; time goes on with each copy, and what is kept is read."""

        async def run(self, task: str, data: bytes, *, tell: Any = None) -> bytes:
            async def told(made: int, copies: int) -> None:
                studio.clock.move(1_000)
                await tell(made, copies)
                (step,) = (await standing(studio, ana, work)).steps
                seen.append((step.made, step.copies))

            return await workers.run(task, data, tell=told)

        async def close(self) -> None: ...

    pipeline = type(making.pipeline)(studio.media, Watched())
    made = await pipeline.make(
        work.pictures[0],
        making.recipe(work.pictures[0], work, ana),
        tell=noting(studio.library, studio.clock, work.pictures[0]),
    )
    count = len(made.renditions)
    assert seen == [(number, count) for number in range(count + 1)]


async def test_who_watches_hears_of_each_change_until_it_is_over(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    watched = preparing(studio)
    with watched.seat(ana, work.id):
        following = watched.follow(ana, work.id)
        heard = [await anext(following)]
        await studio.making.make(PicturesPromise(work.id))
        await watched.refresh()
        heard += [one async for one in following]
    assert [one.state for one in heard if one] == [WorkState.PROCESSING, WorkState.HUNG]


async def test_however_many_watch_the_database_is_asked_once(studio: Studio) -> None:
    ana, counted = await studio.artist("ana"), Counted(studio.library)
    watched = preparing(studio, counted)
    await watched.refresh()
    assert counted.looks == 0  # nobody watches
    works = [await studio.received(ana, SMALL) for _ in range(MOST_OF_ONE)]
    with ExitStack() as seats:
        for work in works:
            seats.enter_context(watched.seat(ana, work.id))
        await watched.refresh()
        assert counted.looks == 1
    await watched.refresh()
    assert counted.looks == 1


async def test_there_are_few_seats_and_each_is_given_back(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    watched = preparing(studio)
    for _ in range(2):
        with ExitStack() as seats:
            for _ in range(MOST_OF_ONE):
                seats.enter_context(watched.seat(ana, work.id))
            with pytest.raises(TooMany):
                seats.enter_context(watched.seat(ana, work.id))
    others = [await studio.artist(f"artist{number}") for number in range(MOST // MOST_OF_ONE)]
    with ExitStack() as seats:
        for one in others:
            for _ in range(MOST_OF_ONE):
                seats.enter_context(watched.seat(one, work.id))
        with pytest.raises(TooMany):
            seats.enter_context(watched.seat(ana, work.id))


async def test_watching_ends_after_some_minutes_and_when_the_server_stops(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    for ending in ("time", "stop"):
        watched = preparing(studio)
        following = watched.follow(ana, work.id)
        assert await anext(following) is not None
        if ending == "time":
            studio.clock.move(WATCHED_FOR)
        watched.end()
        rest = [one async for one in following]
        assert rest in ([], [None])


async def test_after_a_crash_it_goes_on_where_it_was(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL, SMALL + b"2")
    async with studio.library.transaction() as tx:
        await tx.works.note_copies(work.pictures[0].id, 3, 9)  # and then the power went
    (first, second) = (await standing(studio, ana, work)).steps
    assert (first.made, first.copies, second.copies) == (3, 9, 0)
    await studio.worker.drain()
    found = await standing(studio, ana, work)
    assert (found.ready, found.state) == (2, WorkState.HUNG)


async def test_one_job_makes_pictures_for_a_minute_and_the_next_one_the_rest(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL, SMALL + b"2", SMALL + b"3")
    await studio.making.make(PicturesPromise(work.id), at_a_time=0)  # type: ignore[arg-type]  # none at all
    assert (await standing(studio, ana, work)).ready == 0
    assert (await studio.library.look(lambda tx: tx.jobs.counts()))[JobKind.PICTURES].waiting == 2
    await studio.worker.drain()
    assert (await standing(studio, ana, work)).is_over


def outage(studio: Studio) -> Worker:
    """Make the media folder unusable; return a worker that looks after pictures as `main` does."""
    studio.folder.rename(studio.folder.with_name("elsewhere"))
    studio.folder.write_text("a file where the folder should be")
    runs = {
        JobKind.PICTURES: studio.worker.runs[JobKind.PICTURES],
    }
    aftermaths = {JobKind.PICTURES: PicturesAftermath(studio.clock)}
    return Worker(
        studio.library,
        studio.clock,
        MemoryBus(),
        runs,
        {JobKind.PICTURES: 1},
        aftermaths=aftermaths,
    )


def repair(studio: Studio) -> None:
    studio.folder.unlink()
    studio.folder.with_name("elsewhere").rename(studio.folder)


async def test_while_files_are_out_of_reach_the_artist_reads_why_and_nothing_is_lost(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    worker = outage(studio)
    await worker.drain()
    found = await standing(studio, ana, work)
    assert (found.state, found.is_over) == (WorkState.PROCESSING, False)
    assert "goes on by itself" in found.problem
    repair(studio)
    studio.clock.move(MINUTE)
    await worker.drain()
    found = await standing(studio, ana, work)
    assert (found.state, found.problem) == (WorkState.HUNG, "")


async def test_an_artist_need_not_wait_for_the_next_try(studio: Studio) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    worker = outage(studio)
    await worker.drain()
    repair(studio)
    await studio.publishing.try_again(ana, work.id)
    await worker.drain()
    assert (await standing(studio, ana, work)).state is WorkState.HUNG


async def test_after_two_days_without_files_a_work_fails_and_can_be_tried_again(
    studio: Studio,
) -> None:
    ana = await studio.artist("ana")
    work = await studio.received(ana, SMALL)
    worker = outage(studio)
    for _ in range(MAX_ATTEMPTS):
        await worker.drain()
        studio.clock.move(DAY)
    found = await standing(studio, ana, work)
    assert (found.state, found.is_over) == (WorkState.FAILED, True)
    assert "try again" in found.problem
    told = await studio.notifications.page(ana.id)
    assert [one.kind for one in told] == [NotificationKind.WORK_FAILED]
    repair(studio)
    await studio.publishing.try_again(ana, work.id)
    await worker.drain()
    assert (await standing(studio, ana, work)).state is WorkState.HUNG
