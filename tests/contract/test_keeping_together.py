"""Transactions, views and shared commits, on both engines."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

import pytest

from server.errors import Conflict, Invalid, Unavailable
from server.model import ActivityId, ActorId, JobId, JobKind, Millis, PolicyVersion, StoredActivity
from server.ports import Library, Transaction
from storage.database import WriteInReading
from storage.library import open_library
from storage.sqlite import open_sqlite
from tests.contract.samples import MAX, NOW, post, remote_actor

REQUEST = ContextVar("REQUEST", default="none")


def activity(number: int, dedupe: str = "") -> StoredActivity:
    return StoredActivity(
        ActivityId(number),
        "https://far.example/a",
        "Create",
        "https://far.example/users/5",
        "https://far.example/notes/1",
        False,
        dedupe or f"dedupe-{number}",
        b'\xef\xbb\xbf{"\xff":0}',
        NOW,
    )


def keep(number: int, dedupe: str = "") -> Callable[[Transaction], Awaitable[bool]]:
    async def deed(tx: Transaction) -> bool:
        return await tx.activities.keep(activity(number, dedupe))

    return deed


async def kept(library: Library, numbers: range) -> list[int]:
    async with library.reading() as tx:
        found = [await tx.activities.by_id(ActivityId(number)) for number in numbers]
    return [stored.id for stored in found if stored is not None]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "fixatif.db",
        "mysql://u@h/d",
        "file:///x.db",
    ],
)
def test_an_address_that_names_no_database_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(Invalid, match=r"sqlite:///path/to/fixatif\.db") as refusal:
        open_library(url)
    assert refusal.value.field == "database.url"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/fixatif.db",
        "postgresql://nobody@127.0.0.1:1/none",
    ],
)
async def test_a_database_out_of_reach_is_unavailable(url: str) -> None:
    library = open_library(url)
    with pytest.raises(Unavailable, match=r"check its address|correct .database\.url."):
        await library.check()
    await library.close()


async def test_an_exception_rolls_everything_back(library: Library) -> None:
    async def write_and_fail() -> None:
        async with library.transaction() as tx:
            await tx.activities.keep(activity(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await kept(library, range(3)) == []


async def test_a_transaction_that_says_nothing_is_none(library: Library) -> None:
    async with library.transaction():
        pass
    async with library.transaction() as tx:
        await tx.activities.keep(activity(1))
    async with library.reading():
        pass
    assert await kept(library, range(3)) == [1]


async def test_a_view_for_reading_cannot_write(library: Library) -> None:
    with pytest.raises(WriteInReading):
        async with library.reading() as tx:
            await tx.activities.keep(activity(1))
    async with library.transaction() as tx:
        assert await tx.activities.keep(activity(1))


async def test_a_view_does_not_change_while_others_write(library: Library) -> None:
    async with library.reading() as view:
        assert await view.activities.by_id(ActivityId(1)) is None
        async with library.transaction() as tx:
            await tx.activities.keep(activity(1))
        assert await view.activities.by_id(ActivityId(1)) is None
    assert await kept(library, range(3)) == [1]


async def test_a_view_never_waits_for_a_writer(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.activities.keep(activity(1))
        assert await kept(library, range(3)) == []


async def test_a_cancelled_transaction_leaves_nothing_open(library: Library) -> None:
    started = asyncio.Event()

    async def linger() -> None:
        async with library.transaction() as tx:
            await tx.activities.keep(activity(1))
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(linger())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with library.transaction() as tx:
        assert await tx.activities.keep(activity(2))
    assert await kept(library, range(3)) == [2]


@pytest.mark.parametrize("steps", range(12))
async def test_cancelling_at_any_step_leaves_the_library_usable(
    library: Library, steps: int
) -> None:
    async def write() -> None:
        async with library.transaction() as tx:
            await tx.activities.keep(activity(1))

    async def read() -> None:
        async with library.reading() as tx:
            await tx.activities.by_id(ActivityId(1))

    tasks = [asyncio.create_task(work) for work in (write(), library.join(keep(2)), read())]
    for _ in range(steps):
        await asyncio.sleep(0)  # one turn of the loop
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await library.join(keep(3))
    async with library.transaction() as tx:
        assert await tx.activities.keep(activity(4))
    assert (await kept(library, range(5)))[-2:] == [3, 4]


async def test_a_failing_deed_undoes_itself_alone(library: Library) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.activities.keep(activity(50))
        raise ZeroDivisionError

    async def contradict(tx: Transaction) -> None:
        await tx.activities.keep(activity(51))
        await tx.activities.keep(activity(4, "another key, the same id"))

    await library.join(keep(4))
    outcomes = await asyncio.gather(
        library.join(keep(1)),
        library.join(fail),
        library.join(keep(2)),
        library.join(contradict),
        library.join(keep(3)),
        return_exceptions=True,
    )
    assert (outcomes[0], outcomes[2], outcomes[4]) == (True, True, True)
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert isinstance(outcomes[3], Conflict)
    assert await kept(library, range(60)) == [1, 2, 3, 4]


async def test_whose_caller_left_while_it_waited_is_not_done(library: Library) -> None:
    leaving = asyncio.create_task(library.join(keep(50)))
    others = asyncio.gather(*(library.join(keep(number)) for number in range(5)))
    await asyncio.sleep(0)  # all sit down
    leaving.cancel()
    assert await others == [True] * 5
    assert await kept(library, range(5)) == list(range(5))


async def test_a_deed_that_awaits_the_world_is_a_mistake_and_undone(sqlite_url: str) -> None:
    library = open_library(sqlite_url)

    async def linger(tx: Transaction) -> None:
        await tx.activities.keep(activity(50))
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited something else"):
        await library.join(linger)
    assert await library.join(keep(1))
    assert await kept(library, range(60)) == [1]
    await library.close()


async def test_what_join_returned_is_committed(library: Library) -> None:
    assert await library.join(keep(1))
    assert await kept(library, range(3)) == [1]


async def test_many_deeds_at_once_are_all_kept_once(library: Library) -> None:
    deeds = [library.join(keep(number, f"key-{number % 100}")) for number in range(300)]
    outcomes = await asyncio.gather(*deeds)
    assert outcomes.count(True) == 100
    assert len(await kept(library, range(300))) == 100


async def test_a_deed_runs_in_its_callers_context(library: Library) -> None:
    async def tell(_tx: Transaction) -> str:
        return REQUEST.get()

    async def ask(name: str) -> str:
        REQUEST.set(name)
        return await library.join(tell)

    assert await asyncio.gather(*(ask(name) for name in "abc")) == ["a", "b", "c"]


async def test_plain_transactions_get_their_turn_among_deeds(library: Library) -> None:
    async def write(number: int) -> bool:
        async with library.transaction() as tx:
            return await tx.activities.keep(activity(number))

    outcomes = await asyncio.gather(
        *(library.join(keep(number)) for number in range(100)),
        *(write(number) for number in range(100, 120)),
    )
    assert all(outcomes)


async def test_text_that_one_engine_could_not_store_is_refused_by_both(library: Library) -> None:
    for name in ("a\0b", "\ud800"):
        with pytest.raises(Invalid):
            async with library.transaction() as tx:
                await tx.actors.put(remote_actor(5, name=name))
    async with library.transaction() as tx:
        await tx.actors.put(remote_actor(5))
    with pytest.raises(Invalid):
        async with library.transaction() as tx:
            await tx.posts.put(post(6, 5, tags=("\ud800",)))
    for number in (MAX + 1, -MAX - 2, 10**40):
        async with library.reading() as tx:
            assert await tx.actors.many([ActorId(number)]) == {}
        with pytest.raises(Invalid):
            async with library.reading() as tx:
                await tx.actors.by_id(ActorId(number))


async def test_an_activity_is_kept_byte_for_byte_and_once(library: Library) -> None:
    async with library.transaction() as tx:
        assert await tx.activities.keep(activity(1, "key"))
        assert not await tx.activities.keep(activity(2, "key"))
        assert await tx.activities.by_id(ActivityId(1)) == activity(1, "key")
        assert await tx.activities.by_id(ActivityId(2)) is None
        assert await tx.activities.holds("key")
        await tx.activities.forget("key", "https://far.example/users/somebody-else")
        assert await tx.activities.holds("key")
        await tx.activities.forget("key", activity(1).actor_uri)
        assert not await tx.activities.holds("key")
        mine, neighbours = activity(1).actor_uri, "https://far.example/users/neighbour"
        assert await tx.activities.was_forgotten("key", mine)
        assert not await tx.activities.was_forgotten("key", neighbours)
        assert await tx.activities.keep(replace(activity(4, "key"), actor_uri=neighbours))
        await tx.activities.forget("key", neighbours)
        assert await tx.activities.keep(activity(3, "key"))
        await tx.activities.forget("key", mine)
        first = await tx.activities.by_id(ActivityId(1))
        assert first == replace(activity(1), dedupe="")


async def test_policy_versions_count_from_one_also_when_two_write(library: Library) -> None:
    async with library.reading() as tx:
        assert await tx.policies.current() is None

    async def add(toml: str) -> int:
        async with library.transaction() as tx:
            return await tx.policies.add(toml, NOW, "mira", "because")

    assert await add("a = 1") == 1
    assert sorted(await asyncio.gather(*(add("b") for _ in range(4)))) == [2, 3, 4, 5]
    async with library.reading() as tx:
        assert await tx.policies.current() == PolicyVersion(5, "b", NOW, "mira", "because")
        history = await tx.policies.history(limit=4)
        assert [version.version for version in history] == [5, 4, 3, 2]


async def test_two_programs_may_write_to_one_database(database_url: str) -> None:
    first, second = open_library(database_url), open_library(database_url)
    outcomes = await asyncio.gather(
        *(
            library.join(keep(number * 2 + side))
            for number in range(50)
            for side, library in enumerate((first, second))
        )
    )
    assert all(outcomes)
    assert await kept(first, range(100)) == list(range(100))
    await first.close()
    await second.close()


async def test_a_closed_library_says_so(database_url: str) -> None:
    library = open_library(database_url)
    await library.check()
    await asyncio.gather(library.close(), library.close())
    with pytest.raises(Unavailable, match="stopping"):
        await library.check()
    with pytest.raises(Unavailable, match="stopping"):
        await library.join(keep(1))


async def test_closing_waits_for_what_is_under_way(database_url: str) -> None:
    library = open_library(database_url)
    deeds = [asyncio.create_task(library.join(keep(number))) for number in range(20)]
    await asyncio.sleep(0)  # they sit down
    await library.close()
    outcomes = await asyncio.gather(*deeds, return_exceptions=True)
    again = open_library(database_url)
    assert await kept(again, range(20)) == [n for n in range(20) if outcomes[n] is True]
    assert all(isinstance(outcome, bool | Unavailable) for outcome in outcomes)
    await again.close()


async def test_a_full_disk_fails_those_who_shared_the_commit_and_nobody_after(
    sqlite_url: str,
) -> None:
    engine = open_sqlite(Path(sqlite_url.removeprefix("sqlite:///")))
    async with engine.writing() as connection:
        await connection.fetch_all("PRAGMA max_page_count = 1")  # no page more than there are

    async def fill(size: int) -> None:
        await engine.join(
            lambda connection: connection.execute(
                "INSERT INTO policies VALUES (:size, :toml, 1, '', '')", size=size, toml="x" * size
            )
        )

    outcomes = await asyncio.gather(
        *(fill(size) for size in (1, 3_000_000, 2)), return_exceptions=True
    )
    assert isinstance(outcomes[1], Unavailable)
    assert "disk is full" in outcomes[1].message
    async with engine.reading() as connection:
        rows = await connection.fetch_all("SELECT version FROM policies ORDER BY version")
    assert [row["version"] for row in rows] == [
        size for size, outcome in zip((1, 3_000_000, 2), outcomes, strict=True) if outcome is None
    ]
    await fill(4)
    await engine.close()


async def test_the_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    library = open_library(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(Unavailable, match="db upgrade"):
        await library.check()
    assert (tmp_path / "new.db").stat().st_mode & 0o777 == 0o600
    await library.close()


async def test_a_job_and_its_deed_are_one(library: Library) -> None:
    async with library.transaction() as tx:
        await tx.activities.keep(activity(1))
        await tx.jobs.add(JobKind.APPLY, b"1", job_id=JobId(2), run_at=Millis(0))
    async with library.reading() as tx:
        assert await tx.activities.by_id(ActivityId(1)) is not None
        assert (await tx.jobs.counts())[JobKind.APPLY].waiting == 1


async def test_one_look_sees_one_state_and_cannot_write(library: Library) -> None:
    async def see(tx: Transaction) -> list[bool]:
        return [await tx.activities.by_id(ActivityId(number)) is not None for number in (1, 2)]

    with pytest.raises(WriteInReading):
        await library.look(keep(1))
    assert await library.join(keep(1))
    looks = await asyncio.gather(*(library.look(see) for _ in range(5)), library.join(keep(2)))
    assert all(seen is True or seen[0] for seen in looks)
    assert await library.look(see) == [True, True]


async def test_a_look_raises_what_its_deed_raises_and_leaves_the_view_usable(
    library: Library,
) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.activities.by_id(ActivityId(1))
        raise ZeroDivisionError

    for _ in range(5):  # more than there are views
        with pytest.raises(ZeroDivisionError):
            await library.look(fail)
    assert await library.join(keep(1))
    assert await kept(library, range(3)) == [1]


async def test_a_look_that_awaits_the_world_is_a_mistake(sqlite_url: str) -> None:
    library = open_library(sqlite_url)

    async def linger(_tx: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited something else"):
        await library.look(linger)
    await library.close()


async def test_of_equal_activities_kept_at_once_the_first_is_kept(library: Library) -> None:
    assert await library.join(keep(1))

    async def deed(tx: Transaction) -> set[ActivityId]:
        return await tx.activities.keep_all(
            [activity(2), activity(3, "twin"), activity(4, "twin"), activity(5, "dedupe-1")]
        )

    assert await library.join(deed) == {2, 3}
    assert await kept(library, range(9)) == [1, 2, 3]
    found = await library.look(lambda tx: tx.activities.many([ActivityId(3), ActivityId(8)]))
    assert found == {3: activity(3, "twin")}


async def test_text_that_cannot_be_stored_refuses_all_that_is_kept_with_it(
    library: Library,
) -> None:
    bad = replace(activity(2), uri="a\0b")
    with pytest.raises(Invalid):
        await library.join(lambda tx: tx.activities.keep_all([activity(1), bad]))
    assert await kept(library, range(3)) == []
