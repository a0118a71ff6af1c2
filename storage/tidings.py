"""What processes tell each other of who comes too often."""

from server.model import Millis
from server.repositories.evidence import Tidings
from server.values import dataclass
from storage.database import Connection


def tidings_in(connection: Connection) -> Tidings:
    """Return what was told as this transaction sees it."""
    return _Tidings(connection)


@dataclass(frozen=True, slots=True)
class _Tidings:
    _connection: Connection

    async def put(self, row_id: int, process: int, at: Millis, body: bytes) -> None:
        await self._connection.execute(
            "INSERT INTO tidings (id, process, at, body) VALUES (:id, :process, :at, :body)",
            id=row_id,
            process=process,
            at=at,
            body=body,
        )

    async def of_others(
        self, process: int, since: Millis, *, limit: int = 500
    ) -> list[tuple[int, bytes]]:
        rows = await self._connection.fetch_all(
            """
            SELECT id, body FROM tidings WHERE at > :since AND process <> :process
            ORDER BY at DESC LIMIT :limit
            """,
            since=since,
            process=process,
            limit=limit,
        )
        return [(row["id"], row["body"]) for row in rows]

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM tidings WHERE id IN (
                SELECT id FROM tidings WHERE at < :before ORDER BY at LIMIT :limit
            )
            """,
            before=before,
            limit=limit,
        )
