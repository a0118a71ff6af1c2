"""Fixtures that run a test on both engines; import them into a conftest.

`library` is a migrated, empty library; `database_url` is the address it is at.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio

from server.ports import Library
from storage.library import open_library
from storage.migrate import upgrade
from tests.postgres import empty, postgres_url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file; each test gets a copy of it."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    with ThreadPoolExecutor(1) as other_thread:  # this one may have an event loop of its own
        other_thread.submit(asyncio.run, upgrade(f"sqlite:///{path}")).result()
    return path


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_sqlite, tmp_path / "fixatif.db")
    return f"sqlite:///{tmp_path / 'fixatif.db'}"


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a migrated, empty database, on each engine in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    await empty(postgres_url())
    return postgres_url()


@pytest_asyncio.fixture
async def library(database_url: str) -> AsyncIterator[Library]:
    """Open the library at `database_url`, and close it after the test."""
    opened = open_library(database_url)
    yield opened
    await opened.close()
