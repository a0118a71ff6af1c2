"""Blocks: kept once per pair, found from either side, listed newest first."""

from dataclasses import replace

from server.dealings import Block
from server.model import Actor, ActorId, Millis, Notification, NotificationKind, PostId, WorkId
from server.ports import Library, Transaction
from tests.contract.samples import NOW, add_artist, post, remote_actor, work

ANA, BEA, FAR, FARTHER = ActorId(1), ActorId(2), ActorId(3), ActorId(4)


def block(blocker: ActorId, blocked: ActorId, at: int = 0) -> Block:
    return Block(blocker, blocked, f"https://x.example/{blocker}-{blocked}", Millis(NOW + at))


async def people(tx: Transaction) -> None:
    await add_artist(tx, ANA)
    await add_artist(tx, BEA)
    for number in (FAR, FARTHER):
        await tx.actors.put(remote_actor(number))


async def test_nobody_is_blocked_before_somebody_blocks(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        assert not await tx.blocks.between(ANA, FAR)
        assert await tx.blocks.among(ANA, [FAR, BEA]) == set()
        assert await tx.blocks.of(ANA, FAR) is None
        assert await tx.blocks.remove(ANA, FAR) is None
        assert await tx.blocks.by(ANA) == []


async def test_a_pair_is_blocked_once_and_seen_from_both_sides(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        assert await tx.blocks.put(block(ANA, FAR))
        assert not await tx.blocks.put(replace(block(ANA, FAR), uri="https://other"))
        assert await tx.blocks.of(ANA, FAR) == block(ANA, FAR)
        assert await tx.blocks.of(FAR, ANA) is None
        assert await tx.blocks.between(ANA, FAR)
        assert await tx.blocks.between(FAR, ANA)
        assert not await tx.blocks.between(BEA, FAR)


async def test_among_names_those_in_a_block_either_way(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.blocks.put(block(ANA, FAR))
        await tx.blocks.put(block(FARTHER, ANA))
        assert await tx.blocks.among(ANA, [FAR, FARTHER, BEA]) == {FAR, FARTHER}
        assert await tx.blocks.among(FAR, [ANA, BEA]) == {ANA}
        assert await tx.blocks.among(ANA, []) == set()


async def test_a_block_is_found_by_its_id_and_ended_once(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        made = block(FAR, ANA)
        await tx.blocks.put(made)
        assert await tx.blocks.by_uri(made.uri) == made
        assert await tx.blocks.by_uri("") is None
        assert await tx.blocks.remove(FAR, ANA) == made
        assert await tx.blocks.by_uri(made.uri) is None


async def test_blocks_are_listed_newest_first_in_pages(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        for at, whom in enumerate((FAR, FARTHER, BEA)):
            await tx.blocks.put(block(ANA, whom, at))
        await tx.blocks.put(block(FAR, ANA))
        first = await tx.blocks.by(ANA, limit=2)
        assert [made.blocked_id for made, _ in first] == [BEA, FARTHER]
        assert [actor.id for _, actor in first] == [BEA, FARTHER]
        rest = await tx.blocks.by(ANA, before=first[-1][0].created_at)
        assert [made.blocked_id for made, _ in rest] == [FAR]


async def test_who_is_gone_is_in_no_block(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.blocks.put(block(ANA, FAR))
        await tx.blocks.put(block(FAR, BEA))
        await tx.actors.mark_gone(FAR, NOW)
        assert not await tx.blocks.between(ANA, FAR)
        assert not await tx.blocks.between(BEA, FAR)


async def test_hidden_comments_leave_the_artists_threads_alone_and_come_back(
    library: Library,
) -> None:
    async with library.transaction() as tx:
        await people(tx)
        await tx.works.add(work(10, ANA))
        await tx.works.add(work(11, BEA))
        for number, (author, place) in enumerate(((FAR, 10), (FARTHER, 10), (FAR, 11)), 20):
            answer = post(number, author, work_id=WorkId(place), reply_to_id=place)
            await tx.posts.put(answer)
        await tx.posts.hide(FAR, ANA, is_hidden=True)
        assert await shown(tx, 10) == [21]
        assert await shown(tx, 11) == [22]
        assert [one.id for one in await tx.posts.replies_to(WorkId(10))] == [21]  # type: ignore[arg-type]
        await tx.posts.put(post(20, FAR, work_id=WorkId(10), reply_to_id=10, warning="changed"))
        assert await shown(tx, 10) == [21]  # an edit brings nothing back
        await tx.posts.hide(FAR, ANA, is_hidden=False)
        assert await shown(tx, 10) == [20, 21]


async def shown(tx: Transaction, work_id: int) -> list[PostId]:
    thread = [one.id for one in await tx.posts.thread(WorkId(work_id))]
    counts = await tx.reactions.counts([work_id])  # type: ignore[list-item]
    assert counts[work_id].comments == len(thread)  # type: ignore[index]
    return thread


async def test_what_one_actor_did_is_forgotten_but_for_reports(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        told = ((30, ANA, FAR), (31, ANA, FARTHER), (32, BEA, FAR))
        for number, artist, actor in told:
            kind = NotificationKind.FOLLOW
            await tx.notifications.put(Notification(number, artist, kind, actor, None, NOW))
        kind = NotificationKind.REPORT
        await tx.notifications.put(Notification(33, ANA, kind, FAR, None, NOW))
        await tx.notifications.forget(ANA, FAR)
        assert [one.id for one in await tx.notifications.page(ANA)] == [33, 31]
        assert [one.id for one in await tx.notifications.page(BEA)] == [32]


async def test_a_move_counts_once_in_a_while(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        first = await tx.actors.mark_moved(FAR, "https://b", since=Millis(0), at=NOW)
        again = await tx.actors.mark_moved(FAR, "https://c", since=Millis(NOW - 1), at=NOW)
        assert (first, again) == (True, False)
        assert (await moved(tx)).moved_to == "https://b"
        await tx.actors.put(replace(await moved(tx), moved_to="", name="New"))
        later = Millis(NOW + 10)
        assert not await tx.actors.mark_moved(FAR, "https://c", since=Millis(NOW - 1), at=later)
        assert await tx.actors.mark_moved(FAR, "https://c", since=NOW, at=later)


async def moved(tx: Transaction) -> Actor:
    found = await tx.actors.by_id(FAR)
    assert found is not None
    return found


async def test_what_an_actor_pinned_is_listed_newest_pin_first(library: Library) -> None:
    async with library.transaction() as tx:
        await people(tx)
        for number, at in ((40, 5), (41, 9), (42, None)):
            pinned = Millis(NOW + at) if at else None
            await tx.posts.put(post(number, FAR, featured_at=pinned))
        await tx.posts.put(post(43, FARTHER, featured_at=NOW))
        assert [one.id for one in await tx.posts.featured(FAR)] == [41, 40]
        assert [one.id for one in await tx.posts.featured(FAR, limit=1)] == [41]
