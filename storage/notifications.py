"""What artists are told."""

from server.model import ActorId, Millis, Notification, NotificationKind, TargetId
from server.repositories.told import Notifications
from server.values import dataclass
from storage.database import MAX_ID, Connection, Row


def notifications_in(connection: Connection) -> Notifications:
    """Return the notifications as this transaction sees them."""
    return _Notifications(connection)


@dataclass(frozen=True, slots=True)
class _Notifications:
    _connection: Connection

    async def put(self, notification: Notification) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO notifications (
                id, artist_id, kind, actor_id, target_id, created_at, read_at
            ) VALUES (:id, :artist, :kind, :actor, :target, :created_at, :read_at)
            ON CONFLICT (artist_id, kind, COALESCE(actor_id, 0), COALESCE(target_id, 0))
            DO NOTHING
            """,
            id=notification.id,
            artist=notification.artist_id,
            kind=notification.kind,
            actor=notification.actor_id,
            target=notification.target_id,
            created_at=notification.created_at,
            read_at=notification.read_at,
        )
        return count == 1

    async def page(
        self, artist: ActorId, *, before: int | None = None, limit: int = 50
    ) -> list[Notification]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM notifications WHERE artist_id = :artist AND id < :before
            ORDER BY id DESC LIMIT :limit
            """,
            artist=artist,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_notification(row) for row in rows]

    async def count_unread(self, artist: ActorId) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM notifications
            WHERE artist_id = :artist AND read_at IS NULL
            """,
            artist=artist,
        )
        return 0 if row is None else int(row["number"])

    async def forget(self, artist: ActorId, actor: ActorId) -> None:
        await self._connection.execute(
            """
            DELETE FROM notifications
            WHERE artist_id = :artist AND actor_id = :actor AND kind <> 'report'
            """,
            artist=artist,
            actor=actor,
        )

    async def drop(self, artist: ActorId, kind: NotificationKind, target: TargetId) -> None:
        await self._connection.execute(
            """
            DELETE FROM notifications
            WHERE artist_id = :artist AND kind = :kind AND target_id = :target
            """,
            artist=artist,
            kind=kind,
            target=target,
        )

    async def mark_read(self, artist: ActorId, up_to: int, at: Millis) -> None:
        await self._connection.execute(
            """
            UPDATE notifications SET read_at = :at
            WHERE artist_id = :artist AND read_at IS NULL AND id <= :up_to
            """,
            artist=artist,
            up_to=up_to,
            at=at,
        )


def _notification(row: Row) -> Notification:
    return Notification(
        id=row["id"],
        artist_id=row["artist_id"],
        kind=NotificationKind(row["kind"]),
        actor_id=row["actor_id"],
        target_id=row["target_id"],
        created_at=row["created_at"],
        read_at=row["read_at"],
    )
