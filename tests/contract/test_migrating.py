"""Schema versions, on both engines: forward only, and never a guess."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from server.errors import Conflict, Unavailable
from storage.engines import open_engine
from storage.library import open_library
from storage.migrate import Migration, pending, shipped, upgrade, upgrade_to
from tests.postgres import create_database

FIRST = Migration("0001_first.sql", "CREATE TABLE one (id BIGINT PRIMARY KEY);\n")
SECOND = Migration(
    "0002_second.sql",
    "-- two; statements\nINSERT INTO one VALUES (1);\nCREATE TABLE two (\n    id BIGINT\n);\n",
)


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def empty_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('tmp_path') / 'empty.db'}"
    else:
        yield await create_database("migrating")


async def _tables(url: str) -> list[str]:
    """Return which of the tables `one` and `two` are there."""
    engine = open_engine(url)
    found = []
    for name, statement in (("one", "SELECT id FROM one"), ("two", "SELECT id FROM two")):
        try:
            async with engine.reading() as connection:
                await connection.fetch_all(statement)
                found.append(name)
        except Exception as error:  # noqa: BLE001  each driver has its own
            assert name in str(error)  # noqa: PT017  the table's name, whichever driver says it
    await engine.close()
    return found


async def test_a_changed_migration_is_refused(empty_url: str) -> None:
    await upgrade_to(empty_url, [FIRST])
    with pytest.raises(Unavailable, match=r"0001_first\.sql"):
        await upgrade_to(empty_url, [Migration(FIRST.name, FIRST.text + " "), SECOND])
    assert await _tables(empty_url) == ["one"]


async def test_a_newer_database_is_refused(empty_url: str) -> None:
    await upgrade_to(empty_url, [FIRST, SECOND])
    with pytest.raises(Unavailable, match=r"newer than this Fixatif.*0002_second\.sql"):
        await upgrade_to(empty_url, [FIRST])


async def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    twice = Migration("0003_twice.sql", "DELETE FROM one;\nINSERT INTO one VALUES (1), (1);\n")
    with pytest.raises(Conflict):
        await upgrade_to(empty_url, [FIRST, SECOND, twice])
    assert await upgrade_to(empty_url, [FIRST, SECOND]) == []
    engine = open_engine(empty_url)
    async with engine.reading() as connection:
        assert len(await connection.fetch_all("SELECT id FROM one")) == 1
    await engine.close()


async def test_a_database_that_needs_an_upgrade_is_unavailable(empty_url: str) -> None:
    assert await pending(empty_url) == [migration.name for migration in shipped()]
    library = open_library(empty_url)
    with pytest.raises(Unavailable, match="fixatif db upgrade"):
        await library.check()
    await library.close()


async def test_two_programs_upgrade_at_once_and_each_migration_runs_once(empty_url: str) -> None:
    applied = await asyncio.gather(upgrade(empty_url), upgrade(empty_url))
    assert sorted(applied[0] + applied[1]) == [migration.name for migration in shipped()]
    assert await upgrade(empty_url) == []
    assert await pending(empty_url) == []
    library = open_library(empty_url)
    await library.check()
    await library.close()


async def test_a_new_file_is_opened_while_another_program_writes_its_first_rows(
    tmp_path: Path,
) -> None:
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.1, other.close)
    assert await upgrade(f"sqlite:///{file}") == [migration.name for migration in shipped()]


def test_shipped_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(migration.name[:4]) for migration in shipped()]
    assert numbers == list(range(1, len(numbers) + 1))
