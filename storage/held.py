"""What came in and waits for a moderator."""

from server.holdings import Held, HeldId, HeldState
from server.model import Millis
from server.repositories.house import HeldThings
from server.values import dataclass
from storage.database import MAX_ID, Connection, Row


def held_in(connection: Connection) -> HeldThings:
    """Return what is held, as this transaction sees it."""
    return _Held(connection)


@dataclass(frozen=True, slots=True)
class _Held:
    _connection: Connection

    async def put(self, held: Held) -> None:
        await self._connection.execute(
            """
            INSERT INTO held (
                id, activity_id, actor_uri, address, peer, kind, subject, activity_uri, rule,
                reason, excerpt, link, pictures, digest, state, held_at
            ) VALUES (
                :id, :activity_id, :actor_uri, :address, :peer, :kind, :subject, :activity_uri,
                :rule, :reason, :excerpt, :link, :pictures, :digest, :state, :held_at
            ) ON CONFLICT (actor_uri, kind, subject) DO UPDATE SET
                activity_id = excluded.activity_id, address = excluded.address,
                activity_uri = excluded.activity_uri, rule = excluded.rule,
                reason = excluded.reason, excerpt = excluded.excerpt, link = excluded.link,
                pictures = excluded.pictures, digest = excluded.digest, state = excluded.state
            """,
            id=held.id,
            activity_id=held.activity_id,
            actor_uri=held.actor_uri,
            address=held.address,
            peer=held.peer,
            kind=held.kind,
            subject=held.subject,
            activity_uri=held.activity_uri,
            rule=held.rule,
            reason=held.reason,
            excerpt=held.excerpt,
            link=held.link,
            pictures=held.pictures,
            digest=held.digest,
            state=held.state,
            held_at=held.held_at,
        )

    async def by_id(self, held_id: HeldId) -> Held | None:
        row = await self._connection.fetch_one("SELECT * FROM held WHERE id = :id", id=held_id)
        return None if row is None else _held(row)

    async def of(self, actor_uri: str, kind: str, subject: str) -> Held | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM held
            WHERE actor_uri = :actor_uri AND kind = :kind AND subject = :subject
            """,
            actor_uri=actor_uri,
            kind=kind,
            subject=subject,
        )
        return None if row is None else _held(row)

    async def waiting(self, *, before: HeldId | None = None, limit: int = 50) -> list[Held]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM held WHERE state = 'waiting' AND id < :before
            ORDER BY id DESC LIMIT :limit
            """,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_held(row) for row in rows]

    async def count_waiting(self) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM held WHERE state = 'waiting'"
        )
        return 0 if row is None else int(row["number"])

    async def drop(self, held_id: HeldId) -> bool:
        row = await self._connection.fetch_one(
            """
            UPDATE held SET state = 'dropped', excerpt = '', link = '', pictures = 0
            WHERE id = :id AND state = 'waiting'
            RETURNING activity_id
            """,
            id=held_id,
        )
        if row is None:
            return False
        await self._connection.execute(
            "UPDATE activities SET body = :nothing WHERE id = :id",
            id=row["activity_id"],
            nothing=b"",
        )
        return True

    async def remove(self, held_id: HeldId) -> bool:
        count = await self._connection.execute(
            "DELETE FROM held WHERE id = :id AND state = 'waiting'", id=held_id
        )
        return count == 1

    async def take_back(self, actor_uri: str, what: str) -> None:
        await self._connection.execute(
            """
            DELETE FROM held WHERE actor_uri = :actor_uri AND state = 'waiting'
                AND (subject = :what OR activity_uri = :what OR actor_uri = :what)
            """,
            actor_uri=actor_uri,
            what=what,
        )

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        # What nobody looked at in time is forgotten with its words, as if it had been dropped.
        await self._connection.execute(
            """
            UPDATE activities SET body = :nothing WHERE id IN (
                SELECT activity_id FROM held
                WHERE held_at < :before AND state = 'waiting' ORDER BY held_at LIMIT :limit
            )
            """,
            before=before,
            limit=limit,
            nothing=b"",
        )
        return await self._connection.execute(
            """
            DELETE FROM held WHERE id IN (
                SELECT id FROM held WHERE held_at < :before ORDER BY held_at LIMIT :limit
            )
            """,
            before=before,
            limit=limit,
        )


def _held(row: Row) -> Held:
    return Held(
        id=row["id"],
        activity_id=row["activity_id"],
        actor_uri=row["actor_uri"],
        address=row["address"],
        peer=row["peer"],
        kind=row["kind"],
        subject=row["subject"],
        activity_uri=row["activity_uri"],
        rule=row["rule"],
        reason=row["reason"],
        excerpt=row["excerpt"],
        link=row["link"],
        pictures=row["pictures"],
        digest=row["digest"],
        state=HeldState(row["state"]),
        held_at=row["held_at"],
    )
