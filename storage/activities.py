"""Activities as they arrived and as we say them."""

from collections.abc import Sequence

from server.model import ActivityId, Millis, StoredActivity
from server.repositories.told import Activities
from server.values import dataclass
from storage.database import Connection, Row, Value, ids_text

_TAKEN_BACK = "taken-back "
_KEEP = """
    INSERT INTO activities (
        id, uri, type, actor_uri, object_uri, is_outgoing, dedupe, body, received_at,
        content_usage
    ) VALUES (
        :id, :uri, :type, :actor_uri, :object_uri, :is_outgoing, :dedupe, :body, :received_at,
        :content_usage
    ) ON CONFLICT (dedupe) DO NOTHING
"""


def activities_in(connection: Connection) -> Activities:
    """Return the activities as this transaction sees them."""
    return _Activities(connection)


@dataclass(frozen=True, slots=True)
class _Activities:
    _connection: Connection

    async def keep(self, activity: StoredActivity) -> bool:
        count = await self._connection.execute(_KEEP, **_columns(activity))
        return count == 1

    async def keep_all(self, activities: Sequence[StoredActivity]) -> set[ActivityId]:
        await self._connection.execute_each(_KEEP, [_columns(one) for one in activities])
        rows = await self._connection.fetch_all(
            """
            SELECT id FROM activities
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text([one.id for one in activities]),
        )
        return {row["id"] for row in rows}

    async def many(self, ids: Sequence[ActivityId]) -> dict[ActivityId, StoredActivity]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM activities
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ids),
        )
        return {row["id"]: _activity(row) for row in rows}

    async def by_id(self, activity_id: ActivityId) -> StoredActivity | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM activities WHERE id = :id", id=activity_id
        )
        return None if row is None else _activity(row)

    async def holds(self, dedupe: str) -> bool:
        row = await self._connection.fetch_one(
            "SELECT 1 FROM activities WHERE dedupe = :dedupe", dedupe=dedupe
        )
        return row is not None

    async def forget(self, dedupe: str, actor_uri: str) -> None:
        # The row stays, as a record of what was said; its key alone is free again. The newest
        # such row keeps the key under another name, its actor's own: neighbours may share ids.
        await self._connection.execute(
            """
            UPDATE activities SET dedupe = NULL WHERE dedupe = :was AND actor_uri = :actor_uri
            """,
            was=_taken_back(dedupe, actor_uri),
            actor_uri=actor_uri,
        )
        await self._connection.execute(
            """
            UPDATE activities SET dedupe = :was WHERE dedupe = :dedupe AND actor_uri = :actor_uri
            """,
            was=_taken_back(dedupe, actor_uri),
            dedupe=dedupe,
            actor_uri=actor_uri,
        )

    async def stands(self, activity_id: ActivityId) -> bool:
        row = await self._connection.fetch_one(
            "SELECT dedupe FROM activities WHERE id = :id AND dedupe IS NOT NULL", id=activity_id
        )
        return row is not None and not row["dedupe"].startswith(_TAKEN_BACK)

    async def was_forgotten(self, dedupe: str, actor_uri: str) -> bool:
        return await self.holds(_taken_back(dedupe, actor_uri))

    async def sweep(
        self, *, outgoing_before: Millis, incoming_before: Millis, limit: int = 1_000
    ) -> int:
        outgoing = await self._connection.execute(
            """
            DELETE FROM activities WHERE id IN (
                SELECT id FROM activities WHERE is_outgoing AND received_at < :before
                ORDER BY received_at LIMIT :limit
            )
            """,
            before=outgoing_before,
            limit=limit,
        )
        # What an artist or a moderator has not answered yet is acted on once they do.
        incoming = await self._connection.execute(
            """
            DELETE FROM activities WHERE id IN (
                SELECT id FROM activities WHERE NOT is_outgoing AND received_at < :before
                    AND NOT EXISTS (
                        SELECT 1 FROM requests
                        WHERE requests.activity_id = activities.id AND requests.state = 'waiting'
                    )
                    AND NOT EXISTS (
                        SELECT 1 FROM held WHERE held.activity_id = activities.id
                    )
                ORDER BY received_at LIMIT :limit
            )
            """,
            before=incoming_before,
            limit=limit,
        )
        return outgoing + incoming


def _taken_back(dedupe: str, actor_uri: str) -> str:
    """Return the key of what an actor took back; all others begin with a web address."""
    return f"{_TAKEN_BACK}{actor_uri} {dedupe}"


def _columns(activity: StoredActivity) -> dict[str, Value]:
    return {
        "id": activity.id,
        "uri": activity.uri,
        "type": activity.type,
        "actor_uri": activity.actor_uri,
        "object_uri": activity.object_uri,
        "is_outgoing": activity.is_outgoing,
        "dedupe": activity.dedupe,
        "body": activity.body,
        "received_at": activity.received_at,
        "content_usage": activity.content_usage,
    }


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
        content_usage=row["content_usage"],
    )
