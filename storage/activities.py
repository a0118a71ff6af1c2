"""Activities as they arrived and as we say them."""

from dataclasses import dataclass

from server.model import ActivityId, StoredActivity
from server.repositories import Activities
from storage.database import Connection, Row


def activities_in(connection: Connection) -> Activities:
    """Return the activities as this transaction sees them."""
    return _Activities(connection)


@dataclass(frozen=True, slots=True)
class _Activities:
    _connection: Connection

    async def keep(self, activity: StoredActivity) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO activities (
                id, uri, type, actor_uri, object_uri, is_outgoing, dedupe, body, received_at
            ) VALUES (
                :id, :uri, :type, :actor_uri, :object_uri, :is_outgoing, :dedupe, :body,
                :received_at
            ) ON CONFLICT (dedupe) DO NOTHING
            """,
            id=activity.id,
            uri=activity.uri,
            type=activity.type,
            actor_uri=activity.actor_uri,
            object_uri=activity.object_uri,
            is_outgoing=activity.is_outgoing,
            dedupe=activity.dedupe,
            body=activity.body,
            received_at=activity.received_at,
        )
        return count == 1

    async def by_id(self, activity_id: ActivityId) -> StoredActivity | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM activities WHERE id = :id", id=activity_id
        )
        return None if row is None else _activity(row)

    async def forget(self, dedupe: str) -> None:
        # The row stays, as a record of what was said; its key alone is free again.
        await self._connection.execute(
            "UPDATE activities SET dedupe = NULL WHERE dedupe = :dedupe", dedupe=dedupe
        )


def _activity(row: Row) -> StoredActivity:
    return StoredActivity(
        id=row["id"],
        uri=row["uri"],
        type=row["type"],
        actor_uri=row["actor_uri"],
        object_uri=row["object_uri"],
        is_outgoing=bool(row["is_outgoing"]),
        dedupe=row["dedupe"] or "",
        body=row["body"],
        received_at=row["received_at"],
    )
