"""Who asks to come in. Their pictures go with the decision."""

from collections.abc import Sequence

from server.arrivals import Application, ApplicationId, ApplicationState, Sample
from server.model import Millis
from server.repositories.people import Applications
from server.values import dataclass
from storage.database import Connection, Row, ids_text, json_text, listed


def applications_in(connection: Connection) -> Applications:
    """Return the applications as this transaction sees them."""
    return _Applications(connection)


@dataclass(frozen=True, slots=True)
class _Applications:
    _connection: Connection

    async def add(self, application: Application, samples: Sequence[Sample]) -> None:
        await self._connection.execute(
            """
            INSERT INTO applications (
                id, token_hash, name, words, links, email, state, reply, invite_id, created_at,
                decided_at, decided_by
            ) VALUES (
                :id, :token_hash, :name, :words, :links, :email, :state, :reply, :invite,
                :created_at, :decided_at, :decided_by
            )
            """,
            id=application.id,
            token_hash=application.token_hash,
            name=application.name,
            words=application.words,
            links=json_text(application.links),
            email=application.email,
            state=application.state,
            reply=application.reply,
            invite=application.invite_id,
            created_at=application.created_at,
            decided_at=application.decided_at,
            decided_by=application.decided_by,
        )
        for position, sample in enumerate(samples):
            await self._connection.execute(
                """
                INSERT INTO application_samples (application_id, position, width, height, jpeg)
                VALUES (:id, :position, :width, :height, :jpeg)
                """,
                id=application.id,
                position=position,
                width=sample.width,
                height=sample.height,
                jpeg=sample.jpeg,
            )

    async def by_id(self, application_id: ApplicationId) -> Application | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM applications WHERE id = :id", id=application_id
        )
        return None if row is None else _application(row)

    async def by_token(self, token_hash: str) -> Application | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM applications WHERE token_hash = :token_hash", token_hash=token_hash
        )
        return None if row is None else _application(row)

    async def waiting(
        self, *, after: ApplicationId | None = None, limit: int = 50
    ) -> list[Application]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM applications WHERE state = 'waiting' AND id > :after
            ORDER BY id LIMIT :limit
            """,
            after=after or 0,
            limit=limit,
        )
        return [_application(row) for row in rows]

    async def count_waiting(self) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM applications WHERE state = 'waiting'"
        )
        return 0 if row is None else int(row["number"])

    async def count_since(self, at: Millis) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM applications WHERE created_at >= :at", at=at
        )
        return 0 if row is None else int(row["number"])

    async def samples(self, application_id: ApplicationId) -> list[Sample]:
        rows = await self._connection.fetch_all(
            """
            SELECT width, height, jpeg FROM application_samples
            WHERE application_id = :id ORDER BY position
            """,
            id=application_id,
        )
        return [Sample(row["width"], row["height"], bytes(row["jpeg"])) for row in rows]

    async def count_samples(self, ids: Sequence[ApplicationId]) -> dict[ApplicationId, int]:
        rows = await self._connection.fetch_all(
            """
            SELECT application_id, COUNT(*) AS number FROM application_samples
            WHERE application_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            GROUP BY application_id
            """,
            ids=ids_text(ids),
        )
        return {ApplicationId(row["application_id"]): int(row["number"]) for row in rows}

    async def decide(self, application: Application) -> bool:
        count = await self._connection.execute(
            """
            UPDATE applications SET
                state = :state, reply = :reply, invite_id = :invite, decided_at = :decided_at,
                decided_by = :decided_by
            WHERE id = :id AND state = 'waiting'
            """,
            id=application.id,
            state=application.state,
            reply=application.reply,
            invite=application.invite_id,
            decided_at=application.decided_at,
            decided_by=application.decided_by,
        )
        if count == 0:
            return False
        await self._connection.execute(
            "DELETE FROM application_samples WHERE application_id = :id", id=application.id
        )
        return True

    async def sweep(self, *, decided_before: Millis, made_before: Millis) -> None:
        await self._connection.execute(
            "DELETE FROM applications WHERE decided_at < :before", before=decided_before
        )
        await self._connection.execute(
            "DELETE FROM applications WHERE created_at < :before", before=made_before
        )


def _application(row: Row) -> Application:
    return Application(
        id=row["id"],
        token_hash=row["token_hash"],
        name=row["name"],
        words=row["words"],
        links=listed(row["links"], str),
        email=row["email"],
        state=ApplicationState(row["state"]),
        created_at=row["created_at"],
        reply=row["reply"],
        invite_id=row["invite_id"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
    )
