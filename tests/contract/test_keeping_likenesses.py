"""What pictures look like comes back as it was kept, and what is near is found."""

from dataclasses import replace

from server.likeness import Resemblance, ResemblanceId, Verdict, probes
from server.model import ActorId, Millis, PictureId, TargetId, WorkId, WorkState
from server.ports import Library
from tests.contract.samples import NOW, add_artist, picture, work

ONE, TWO = PictureId(11), PictureId(12)
HASHES = tuple(f"{number:064x}" for number in range(8))


async def hang(library: Library) -> None:
    async with library.transaction() as tx:
        await add_artist(tx, 1, "ana")
        await add_artist(tx, 2, "ben")
        await tx.works.add(replace(work(1), pictures=(picture(11, 1), picture(12, 1, position=1))))


async def test_hashes_come_back_and_are_replaced(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.likenesses.keep(ONE, HASHES)
        await tx.likenesses.keep(TWO, ())
        assert await tx.likenesses.of_work(WorkId(1)) == {ONE: HASHES, TWO: ()}
        await tx.likenesses.keep(ONE, HASHES[::-1])
        assert await tx.likenesses.of_work(WorkId(1)) == {ONE: HASHES[::-1], TWO: ()}
        assert await tx.likenesses.near(probes([HASHES[7]])) == [(ONE, HASHES[7])]
        far = f"{int('f' * 64, 16):064x}"
        assert await tx.likenesses.near(probes([far])) == []
        (found,) = await tx.likenesses.of_pictures([ONE])
        assert (found.work_id, found.artist_id, found.position) == (WorkId(1), ActorId(1), 0)


async def test_a_removed_picture_is_forgotten(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.likenesses.keep(ONE, HASHES)
        assert await tx.likenesses.is_any()
        await tx.works.remove_picture(ONE)
        assert not await tx.likenesses.is_any()
        assert await tx.likenesses.near(probes(HASHES)) == []


async def test_works_that_do_not_hang_are_like_nothing(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.likenesses.keep(ONE, HASHES)
        await tx.works.update(work(1, state=WorkState.HIDDEN))
        assert await tx.likenesses.of_pictures([ONE]) == []


async def test_pictures_that_were_never_looked_at_are_listed(library: Library) -> None:
    await hang(library)
    async with library.transaction() as tx:
        await tx.likenesses.keep(ONE, HASHES)
        assert await tx.likenesses.unknown(after=PictureId(0)) == [(TWO, WorkId(1))]
        assert await tx.likenesses.unknown(after=TWO) == []


async def test_a_resemblance_is_told_once_and_never_of_who_is_trusted(library: Library) -> None:
    await hang(library)
    found = Resemblance(
        *(ResemblanceId(5), ActorId(1), ONE, WorkId(1), ActorId(2), TargetId(9)),
        position=0,
        distance=4,
        at=NOW,
    )
    async with library.transaction() as tx:
        assert await tx.likenesses.note(found)
        assert not await tx.likenesses.note(replace(found, id=ResemblanceId(6), at=Millis(NOW + 1)))
        assert await tx.likenesses.resemblance(found.id) == found
        await tx.likenesses.settle(found.id, Verdict.TRUSTED)
        other = replace(found, id=ResemblanceId(7), target_id=TargetId(10))
        assert not await tx.likenesses.note(other)
        assert await tx.likenesses.resemblance(ResemblanceId(7)) is None
        await tx.actors.mark_gone(ActorId(2), NOW)
        assert await tx.likenesses.resemblance(found.id) is None
