"""Nothing that names an account outlives it."""

import re
from pathlib import Path

import storage.departures
from storage.engines import open_engine
from tests.engines import migrated_sqlite, sqlite_url

__all__ = ["migrated_sqlite", "sqlite_url"]

ERASED = Path(storage.departures.__file__).read_text(encoding="utf-8")


async def test_every_table_that_refers_to_accounts_is_dealt_with_when_one_is_erased(
    sqlite_url: str,
) -> None:
    """A new table with such a column fails here, before it keeps somebody from being erased."""
    engine = open_engine(sqlite_url)
    try:
        async with engine.reading() as connection:
            rows = await connection.fetch_all(
                """
                SELECT tables.name AS name FROM sqlite_master AS tables
                    JOIN pragma_foreign_key_list(tables.name) AS keys
                WHERE tables.type = 'table' AND keys."table" = 'artists'
                    AND keys.on_delete <> 'CASCADE'
                """
            )
    finally:
        await engine.close()
    tables = {row["name"] for row in rows}
    assert {"works", "sessions", "invites"} <= tables
    erased = set(re.findall(r"(?:DELETE FROM|UPDATE) (\w+)", ERASED))
    assert tables - erased == set()
