"""What belongs to reports: moderators' notes, what is hidden because of them, legal notices."""

from collections.abc import Sequence

from server.arrivals import Sample
from server.casefiles import CaseNote, Notice, NoticeKind
from server.dealings import ReportId
from server.model import Millis, TargetId
from server.repositories.people import Cases
from server.values import dataclass
from storage.database import Connection, Row, ids_text


def cases_in(connection: Connection) -> Cases:
    """Return what belongs to reports as this transaction sees it."""
    return _Cases(connection)


@dataclass(frozen=True, slots=True)
class _Cases:
    _connection: Connection

    async def add_note(self, note: CaseNote) -> None:
        await self._connection.execute(
            """
            INSERT INTO case_notes (id, report_id, author, words, is_deed, at)
            VALUES (:id, :report, :author, :words, :is_deed, :at)
            """,
            id=note.id,
            report=note.report_id,
            author=note.author,
            words=note.words,
            is_deed=note.is_deed,
            at=note.at,
        )

    async def notes(self, report_id: ReportId) -> list[CaseNote]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM case_notes WHERE report_id = :report ORDER BY id LIMIT 200",
            report=report_id,
        )
        return [
            CaseNote(
                row["id"],
                row["report_id"],
                row["author"],
                row["words"],
                bool(row["is_deed"]),
                row["at"],
            )
            for row in rows
        ]

    async def show(self, report_id: ReportId, pictures: Sequence[Sample]) -> None:
        first = await self.count_shown(report_id)
        for position, one in enumerate(pictures, start=first):
            await self._connection.execute(
                """
                INSERT INTO case_evidence (report_id, position, width, height, jpeg)
                VALUES (:report, :position, :width, :height, :jpeg)
                """,
                report=report_id,
                position=position,
                width=one.width,
                height=one.height,
                jpeg=one.jpeg,
            )

    async def shown(self, report_id: ReportId, place: int) -> Sample | None:
        row = await self._connection.fetch_one(
            """
            SELECT width, height, jpeg FROM case_evidence
            WHERE report_id = :report AND position = :position
            """,
            report=report_id,
            position=place,
        )
        return None if row is None else Sample(row["width"], row["height"], bytes(row["jpeg"]))

    async def count_shown(self, report_id: ReportId) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM case_evidence WHERE report_id = :report",
            report=report_id,
        )
        return 0 if row is None else int(row["number"])

    async def forget_shown(self, closed_before: Millis) -> None:
        await self._connection.execute(
            """
            DELETE FROM case_evidence
            WHERE report_id IN (SELECT id FROM reports WHERE closed_at < :before)
            """,
            before=closed_before,
        )

    async def withhold(self, target: TargetId, report_id: ReportId, at: Millis) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO withheld (target_id, report_id, at) VALUES (:target, :report, :at)
            ON CONFLICT (target_id, report_id) DO NOTHING
            """,
            target=target,
            report=report_id,
            at=at,
        )
        return count == 1

    async def release(self, target: TargetId, report_id: ReportId) -> bool:
        await self._connection.execute(
            "DELETE FROM withheld WHERE target_id = :target AND report_id = :report",
            target=target,
            report=report_id,
        )
        row = await self._connection.fetch_one(
            "SELECT 1 FROM withheld WHERE target_id = :target LIMIT 1", target=target
        )
        return row is None

    async def withheld_by(self, report_id: ReportId) -> list[TargetId]:
        rows = await self._connection.fetch_all(
            "SELECT target_id FROM withheld WHERE report_id = :report ORDER BY target_id",
            report=report_id,
        )
        return [TargetId(row["target_id"]) for row in rows]

    async def count_withheld_since(self, at: Millis) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM withheld
            WHERE at >= :at
            AND EXISTS (SELECT 1 FROM notices WHERE notices.report_id = withheld.report_id)
            """,
            at=at,
        )
        return 0 if row is None else int(row["number"])

    async def cleared(self, targets: Sequence[TargetId]) -> set[TargetId]:
        rows = await self._connection.fetch_all(
            """
            SELECT DISTINCT target_id FROM cleared
            WHERE target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
            """,
            targets=ids_text(targets),
        )
        return {TargetId(row["target_id"]) for row in rows}

    async def clear(self, targets: Sequence[TargetId], report_id: ReportId) -> None:
        await self._connection.execute(
            """
            INSERT INTO cleared (target_id, report_id)
            SELECT CAST(value AS BIGINT), CAST(:report AS BIGINT) FROM json_each(:targets)
            WHERE TRUE ON CONFLICT (target_id, report_id) DO NOTHING
            """,
            targets=ids_text(targets),
            report=report_id,
        )

    async def add_notice(self, notice: Notice, *, sender: str) -> None:
        await self._connection.execute(
            """
            INSERT INTO notices (
                report_id, token_hash, kind, name, email, standing, source, signature, sender
            ) VALUES (
                :report, :token_hash, :kind, :name, :email, :standing, :source, :signature,
                :sender
            )
            """,
            report=notice.report_id,
            token_hash=notice.token_hash,
            kind=notice.kind,
            name=notice.name,
            email=notice.email,
            standing=notice.standing,
            source=notice.source,
            signature=notice.signature,
            sender=sender,
        )

    async def count_notices_of(self, sender: str) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM notices WHERE sender = :sender AND sender <> ''",
            sender=sender,
        )
        return 0 if row is None else int(row["number"])

    async def forget_senders(self, before: Millis) -> None:
        await self._connection.execute(
            """
            UPDATE notices SET sender = '' WHERE sender <> '' AND (
                SELECT created_at FROM reports WHERE reports.id = notices.report_id
            ) < :before
            """,
            before=before,
        )

    async def count_withheld_for(self, sender: str) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM withheld WHERE report_id IN (
                SELECT report_id FROM notices WHERE sender = :sender AND sender <> ''
            )
            """,
            sender=sender,
        )
        return 0 if row is None else int(row["number"])

    async def notice(self, report_id: ReportId) -> Notice | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM notices WHERE report_id = :report", report=report_id
        )
        return None if row is None else _notice(row)

    async def notice_by_token(self, token_hash: str) -> Notice | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM notices WHERE token_hash = :token_hash", token_hash=token_hash
        )
        return None if row is None else _notice(row)

    async def forget_notices(self, closed_before: Millis) -> None:
        await self._connection.execute(
            """
            DELETE FROM notices WHERE report_id IN (
                SELECT id FROM reports WHERE closed_at < :before AND kind = 'notice'
            )
            """,
            before=closed_before,
        )


def _notice(row: Row) -> Notice:
    return Notice(
        report_id=row["report_id"],
        token_hash=row["token_hash"],
        kind=NoticeKind(row["kind"]),
        name=row["name"],
        email=row["email"],
        standing=row["standing"],
        source=row["source"],
        signature=row["signature"],
    )
