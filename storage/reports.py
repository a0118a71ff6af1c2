"""What people report."""

from server.dealings import Outcome, Report, ReportId, ReportKind
from server.model import ActorId, Millis
from server.repositories.people import Reports
from server.values import dataclass
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
                is_forwarded, closed_at, closed_by, note, kind, assigned_to, outcome, reason,
                answer, answered_at, told_at, appeal, appealed_at, judged_by,
                points_to_shots
            ) VALUES (
                :id, :uri, :reporter, :is_local, :accused, :objects, :content, :created_at,
                :is_forwarded, :closed_at, :closed_by, :note, :kind, :assigned_to, :outcome,
                :reason, :answer, :answered_at, :told_at, :appeal, :appealed_at, :judged_by,
                :points_to_shots
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
            kind=report.kind,
            **_changeable(report),
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

    async def hold(self, report_id: ReportId) -> Report | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM reports WHERE id = :id /*pg FOR UPDATE */", id=report_id
        )
        return None if row is None else _report(row)

    async def assigned(self, handle: str, *, limit: int = 50) -> list[Report]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM reports WHERE assigned_to = :handle AND closed_at IS NULL
            ORDER BY id DESC LIMIT :limit
            """,
            handle=handle,
            limit=limit,
        )
        return [_report(row) for row in rows]

    async def count_notices_since(self, at: Millis) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM reports WHERE kind = 'notice' AND created_at >= :at
            """,
            at=at,
        )
        return 0 if row is None else int(row["number"])

    async def outcomes_since(self, at: Millis) -> list[tuple[ReportKind, Outcome, int]]:
        rows = await self._connection.fetch_all(
            """
            SELECT kind, outcome, COUNT(*) AS number FROM reports
            WHERE closed_at >= :at GROUP BY kind, outcome ORDER BY kind, outcome
            """,
            at=at,
        )
        return [
            (ReportKind(row["kind"]), Outcome(row["outcome"]), int(row["number"])) for row in rows
        ]

    async def about(self, accused: ActorId, *, limit: int = 50) -> list[Report]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM reports WHERE accused_id = :accused ORDER BY id DESC LIMIT :limit
            """,
            accused=accused,
            limit=limit,
        )
        return [_report(row) for row in rows]

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
                note = :note, assigned_to = :assigned_to, outcome = :outcome, reason = :reason,
                answer = :answer, answered_at = :answered_at, told_at = :told_at,
                appeal = :appeal, appealed_at = :appealed_at, judged_by = :judged_by,
                points_to_shots = :points_to_shots
            WHERE id = :id
            """,
            id=report.id,
            **_changeable(report),
        )


def _changeable(report: Report) -> dict[str, str | int | None]:
    return {
        "is_forwarded": report.is_forwarded,
        "closed_at": report.closed_at,
        "closed_by": report.closed_by,
        "note": report.note,
        "assigned_to": report.assigned_to,
        "outcome": report.outcome,
        "reason": report.reason,
        "answer": report.answer,
        "answered_at": report.answered_at,
        "told_at": report.told_at,
        "appeal": report.appeal,
        "appealed_at": report.appealed_at,
        "judged_by": report.judged_by,
        "points_to_shots": report.points_to_shots,
    }


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
        kind=ReportKind(row["kind"]),
        assigned_to=row["assigned_to"],
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        answer=row["answer"],
        answered_at=row["answered_at"],
        told_at=row["told_at"],
        appeal=row["appeal"],
        appealed_at=row["appealed_at"],
        judged_by=row["judged_by"],
        points_to_shots=bool(row["points_to_shots"]),
    )
