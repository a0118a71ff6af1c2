"""What those who run the instance did. Rows are added and read, never changed."""

from server.acts import AuditEntry, AuditId
from server.repositories.house import AuditLog
from server.values import dataclass
from storage.database import MAX_ID, Connection, Row


def audit_in(connection: Connection) -> AuditLog:
    """Return the log as this transaction sees it."""
    return _AuditLog(connection)


@dataclass(frozen=True, slots=True)
class _AuditLog:
    _connection: Connection

    async def add(self, entry: AuditEntry) -> None:
        await self._connection.execute(
            """
            INSERT INTO audit (id, at, author, act, subject, reason, difference)
            VALUES (:id, :at, :author, :act, :subject, :reason, :difference)
            """,
            id=entry.id,
            at=entry.at,
            author=entry.author,
            act=entry.act,
            subject=entry.subject,
            reason=entry.reason,
            difference=entry.difference,
        )

    async def page(
        self, *, act: str = "", before: AuditId | None = None, limit: int = 50
    ) -> list[AuditEntry]:
        before_id = MAX_ID if before is None else before
        rows = (
            await self._connection.fetch_all(
                """
                SELECT * FROM audit WHERE act = :act AND id < :before
                ORDER BY id DESC LIMIT :limit
                """,
                act=act,
                before=before_id,
                limit=limit,
            )
            if act
            else await self._connection.fetch_all(
                "SELECT * FROM audit WHERE id < :before ORDER BY id DESC LIMIT :limit",
                before=before_id,
                limit=limit,
            )
        )
        return [_entry(row) for row in rows]


def _entry(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        at=row["at"],
        author=row["author"],
        act=row["act"],
        subject=row["subject"],
        reason=row["reason"],
        difference=row["difference"],
    )
