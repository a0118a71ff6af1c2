"""Flows run on both engines, with a clock moved by hand and a recorded network."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from server.ports import Library
from tests.engines import database_url, library, migrated_sqlite, sqlite_url
from tests.two_servers.stage import Stage, staged

__all__ = ["database_url", "library", "migrated_sqlite", "sqlite_url", "stage"]


@pytest_asyncio.fixture
async def stage(library: Library, tmp_path: Path) -> AsyncIterator[Stage]:
    """Build the instance art.test around an empty library."""
    async with staged(library, tmp_path) as built:
        yield built
