"""What people report."""

from dataclasses import dataclass

from server.dealings import Report, ReportId
from server.model import Millis
from server.repositories import Reports
from storage.database import MAX_ID, Connection, Row, json_text, listed


def reports_in(connection: Connection) -> Reports:
    """Return the reports as this transaction sees them."""
    return _Reports(connection)


@dataclass(frozen=True, slots=True)
class _Reports:
    _connection: Connection

    async def put(self, report: Report) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO reports (
                id, uri, reporter_id, is_local, accused_id, objects, content, created_at,
                is_forwarded, closed_at, closed_by, note
            ) VALUES (
                :id, :uri, :reporter, :is_local, :accused, :objects, :content, :created_at,
                :is_forwarded, :closed_at, :closed_by, :note
            ) ON CONFLICT (uri) WHERE uri <> '' DO NOTHING
            """,
            id=report.id,
            uri=report.uri,
            reporter=report.reporter_id,
            is_local=report.is_local,
            accused=report.accused_id,
            objects=json_text(report.objects),
            content=report.content,
            created_at=report.created_at,
            is_forwarded=report.is_forwarded,
            closed_at=report.closed_at,
            closed_by=report.closed_by,
            note=report.note,
        )
        return count == 1

    async def count_from(self, domain: str, since: Millis) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM reports JOIN actors ON actors.id = reporter_id
            WHERE created_at >= :since AND domain = :domain
            """,
            domain=domain,
            since=since,
        )
        return 0 if row is None else int(row["number"])

    async def by_id(self, report_id: ReportId) -> Report | None:
        row = await self._connection.fetch_one("SELECT * FROM reports WHERE id = :id", id=report_id)
        return None if row is None else _report(row)

    async def page(
        self, *, is_open: bool = True, before: ReportId | None = None, limit: int = 50
    ) -> list[Report]:
        before_id = MAX_ID if before is None else before
        rows = (
            await self._connection.fetch_all(
                """
                SELECT * FROM reports WHERE closed_at IS NULL AND id < :before
                ORDER BY id DESC LIMIT :limit
                """,
                before=before_id,
                limit=limit,
            )
            if is_open
            else await self._connection.fetch_all(
                """
                SELECT * FROM reports WHERE id < :before ORDER BY id DESC LIMIT :limit
                """,
                before=before_id,
                limit=limit,
            )
        )
        return [_report(row) for row in rows]

    async def update(self, report: Report) -> None:
        await self._connection.execute(
            """
            UPDATE reports SET
                is_forwarded = :is_forwarded, closed_at = :closed_at, closed_by = :closed_by,
                note = :note
            WHERE id = :id
            """,
            id=report.id,
            is_forwarded=report.is_forwarded,
            closed_at=report.closed_at,
            closed_by=report.closed_by,
            note=report.note,
        )


def _report(row: Row) -> Report:
    return Report(
        id=row["id"],
        uri=row["uri"],
        reporter_id=row["reporter_id"],
        is_local=bool(row["is_local"]),
        accused_id=row["accused_id"],
        objects=listed(row["objects"], str),
        content=row["content"],
        created_at=row["created_at"],
        is_forwarded=bool(row["is_forwarded"]),
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        note=row["note"],
    )
