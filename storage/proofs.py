"""Sums that were solved, so that none is taken twice."""

from server.model import Millis
from server.repositories.evidence import Proofs
from server.values import dataclass
from storage.database import Connection


def proofs_in(connection: Connection) -> Proofs:
    """Return what was solved as this transaction sees it."""
    return _Proofs(connection)


@dataclass(frozen=True, slots=True)
class _Proofs:
    _connection: Connection

    async def spend(self, code: str, until: Millis) -> bool:
        added = await self._connection.execute(
            """
            INSERT INTO spent_sums (code, until) VALUES (:code, :until)
            ON CONFLICT (code) DO NOTHING
            """,
            code=code,
            until=until,
        )
        return added == 1

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM spent_sums WHERE code IN (
                SELECT code FROM spent_sums WHERE until < :before ORDER BY until LIMIT :limit
            )
            """,
            before=before,
            limit=limit,
        )
