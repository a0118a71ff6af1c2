"""Numbered versions of the policy."""

from dataclasses import dataclass

from server.model import Millis, PolicyVersion
from server.repositories import Policies
from storage.database import Connection, Row


def policies_in(connection: Connection) -> Policies:
    """Return the policy's versions as this transaction sees them."""
    return _Policies(connection)


@dataclass(frozen=True, slots=True)
class _Policies:
    _connection: Connection

    async def current(self) -> PolicyVersion | None:
        return next(iter(await self.history(limit=1)), None)

    async def add(self, toml: str, at: Millis, author: str, reason: str) -> int:
        row = None
        while row is None:  # somebody took this number meanwhile: take the next
            row = await self._connection.fetch_one(
                """
                INSERT INTO policies (version, toml, created_at, author, reason)
                VALUES (
                    (SELECT COALESCE(MAX(version), 0) + 1 FROM policies),
                    :toml, :at, :author, :reason
                ) ON CONFLICT (version) DO NOTHING
                RETURNING version
                """,
                toml=toml,
                at=at,
                author=author,
                reason=reason,
            )
        return int(row["version"])

    async def history(self, *, limit: int = 50) -> list[PolicyVersion]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM policies ORDER BY version DESC LIMIT :limit", limit=limit
        )
        return [_version(row) for row in rows]


def _version(row: Row) -> PolicyVersion:
    return PolicyVersion(
        version=row["version"],
        toml=row["toml"],
        created_at=row["created_at"],
        author=row["author"],
        reason=row["reason"],
    )
