"""Bring a database to the schema that this program needs.

Numbered files, forward only, one transaction each, recorded with their sha256. A database
that a newer Fixatif wrote, or whose applied file was changed since, refuses to start.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import LiteralString

from server.errors import Unavailable
from server.values import dataclass
from storage.database import Connection, Engine
from storage.engines import open_engine


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file: `name` is its file name, which begins with its number."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Return the hash that is recorded once the file is applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


async def upgrade(url: str) -> list[str]:
    """Apply what is pending and return the names of what was applied."""
    return await upgrade_to(url, shipped())


async def pending(url: str) -> list[str]:
    """Return the names of migrations that the database still needs."""
    engine = open_engine(url)
    try:
        async with engine.reading() as connection:
            return [migration.name for migration in await unapplied(connection, shipped())]
    finally:
        await engine.close()


async def check_schema(connection: Connection) -> None:
    """Raise `Unavailable` unless exactly the migrations of this program are applied."""
    if await unapplied(connection, shipped()):
        raise Unavailable("The database is older than this Fixatif: run `fixatif db upgrade`.")


async def upgrade_to(url: str, migrations: Sequence[Migration]) -> list[str]:
    """Apply those of `migrations` that are pending; two programs may try at once."""
    engine = open_engine(url)
    applied: list[str] = []
    try:
        while (migration := await _apply_next(engine, migrations)) is not None:
            applied.append(migration.name)
    finally:
        await engine.close()
    return applied


async def unapplied(connection: Connection, migrations: Sequence[Migration]) -> Sequence[Migration]:
    """Return what is pending. Raise `Unavailable` where what was applied is not what we ship."""
    applied = await _applied(connection)
    for (name, sha256), migration in zip(applied, migrations, strict=False):
        if name != migration.name or sha256 != migration.sha256:
            raise Unavailable(
                f"Migration {name} of this database is not the {migration.name} of this Fixatif: "
                "install the Fixatif that last upgraded it, or restore a backup."
            )
    if len(applied) > len(migrations):
        raise Unavailable(
            f"The database is newer than this Fixatif (it has {applied[-1][0]}): "
            "install the newer Fixatif again, or restore a backup from before the upgrade."
        )
    return migrations[len(applied) :]


def shipped() -> list[Migration]:
    """Return this program's migrations in order."""
    files = [
        file
        for file in resources.files("storage.migrations").iterdir()
        if file.name.endswith(".sql")
    ]
    return [
        Migration(file.name, file.read_text(encoding="utf-8"))
        for file in sorted(files, key=lambda file: file.name)
    ]


async def _apply_next(engine: Engine, migrations: Sequence[Migration]) -> Migration | None:
    async with engine.writing() as connection:
        # On SQLite the transaction holds the only write lock already.
        await connection.execute("SELECT 1 /*pg FROM pg_advisory_xact_lock(720575940) */")
        await connection.execute(
            """
            CREATE TABLE IF NOT EXISTS migrations (
                name TEXT /*pg COLLATE "C" */ NOT NULL UNIQUE,
                sha256 TEXT NOT NULL
            )
            """
        )
        waiting = await unapplied(connection, migrations)
        if not waiting:
            return None
        for statement in _statements(waiting[0].text):
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO migrations (name, sha256) VALUES (:name, :sha256)",
            name=waiting[0].name,
            sha256=waiting[0].sha256,
        )
        return waiting[0]


async def _applied(connection: Connection) -> list[tuple[str, str]]:
    if not await _has_table(connection):
        return []
    rows = await connection.fetch_all("SELECT name, sha256 FROM migrations ORDER BY name")
    return [(row["name"], row["sha256"]) for row in rows]


async def _has_table(connection: Connection) -> bool:
    # On PostgreSQL the uncovered part ends in a comment sign, which hides SQLite's.
    row = await connection.fetch_one(
        """
        SELECT 1 FROM
        /*pg pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations' -- */ """
        """sqlite_master WHERE type = 'table' AND name = 'migrations'
        """
    )
    return row is not None


def _statements(text: str) -> Iterator[LiteralString]:
    """Split a file into statements: a driver takes one at a time."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            # Our own files, shipped with the program, are as literal as our source.
            yield statement  # pyright: ignore[reportReturnType]
            statement = ""
