"""Numbered versions of the policy."""

from server.model import ActorId, Millis, PolicyVersion
from server.repositories.house import Policies
from server.values import dataclass
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
        await self.bump()
        return int(row["version"])

    async def history(self, *, limit: int = 50) -> list[PolicyVersion]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM policies ORDER BY version DESC LIMIT :limit", limit=limit
        )
        return [_version(row) for row in rows]

    async def version(self, number: int) -> PolicyVersion | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM policies WHERE version = :number", number=number
        )
        return None if row is None else _version(row)

    async def draft(self, author: ActorId) -> tuple[str, int, Millis] | None:
        row = await self._connection.fetch_one(
            "SELECT toml, based_on, changed_at FROM policy_drafts WHERE artist_id = :author",
            author=author,
        )
        return None if row is None else (row["toml"], row["based_on"], Millis(row["changed_at"]))

    async def put_draft(self, author: ActorId, toml: str, based_on: int, at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO policy_drafts (artist_id, toml, based_on, changed_at)
            VALUES (:author, :toml, :based_on, :at)
            ON CONFLICT (artist_id) DO UPDATE SET
                toml = excluded.toml, based_on = excluded.based_on, changed_at = excluded.changed_at
            """,
            author=author,
            toml=toml,
            based_on=based_on,
            at=at,
        )

    async def drop_draft(self, author: ActorId) -> None:
        await self._connection.execute(
            "DELETE FROM policy_drafts WHERE artist_id = :author", author=author
        )

    async def bump(self) -> None:
        await self._connection.execute(
            """
            INSERT INTO house_generation (id, generation) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET generation = house_generation.generation + 1
            """
        )

    async def generation(self) -> int:
        row = await self._connection.fetch_one(
            "SELECT generation FROM house_generation WHERE id = 1"
        )
        return 0 if row is None else int(row["generation"])


def _version(row: Row) -> PolicyVersion:
    return PolicyVersion(
        version=row["version"],
        toml=row["toml"],
        created_at=row["created_at"],
        author=row["author"],
        reason=row["reason"],
    )
