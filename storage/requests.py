"""Who asked to like, answer, boost or quote, and what the artist said."""

from server.dealings import Request, RequestId, RequestState
from server.errors import Untrusted
from server.model import Actor, ActorId, Millis, TargetId
from server.permits import InteractionKind
from server.repositories.relations import Requests
from server.values import dataclass
from storage.actors import actors_in
from storage.database import MAX_ID, Connection, Row


def requests_in(connection: Connection) -> Requests:
    """Return the requests as this transaction sees them."""
    return _Requests(connection)


@dataclass(frozen=True, slots=True)
class _Requests:
    _connection: Connection

    async def put(self, request: Request) -> RequestId:
        row = await self._connection.fetch_one(
            """
            INSERT INTO requests (
                id, kind, artist_id, actor_id, target_id, object_uri, request_uri, activity_id,
                state, created_at, decided_at, emoji
            ) VALUES (
                :id, :kind, :artist, :actor, :target, :object_uri, :request_uri, :activity,
                :state, :created_at, :decided_at, :emoji
            ) ON CONFLICT (kind, object_uri, target_id) DO UPDATE SET
                request_uri = CASE
                    WHEN excluded.request_uri = '' THEN requests.request_uri
                    ELSE excluded.request_uri
                END,
                activity_id = COALESCE(excluded.activity_id, requests.activity_id)
            WHERE requests.actor_id = excluded.actor_id
            RETURNING id
            """,
            id=request.id,
            kind=request.kind,
            artist=request.artist_id,
            actor=request.actor_id,
            target=request.target_id,
            object_uri=request.object_uri,
            request_uri=request.request_uri,
            activity=request.activity_id,
            state=request.state,
            created_at=request.created_at,
            decided_at=request.decided_at,
            emoji=request.emoji,
        )
        if row is None:
            raise Untrusted("Somebody else asked about this post: only its author may ask.")
        return RequestId(row["id"])

    async def by_id(self, request_id: RequestId) -> Request | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM requests WHERE id = :id", id=request_id
        )
        return None if row is None else _request(row)

    async def hold(self, request_id: RequestId) -> Request | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM requests WHERE id = :id /*pg FOR UPDATE */", id=request_id
        )
        return None if row is None else _request(row)

    async def of(
        self, kind: InteractionKind, object_uri: str, target_id: TargetId
    ) -> Request | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM requests
            WHERE kind = :kind AND object_uri = :object_uri AND target_id = :target
            """,
            kind=kind,
            object_uri=object_uri,
            target=target_id,
        )
        return None if row is None else _request(row)

    async def by_actor(
        self, kind: InteractionKind, actor: ActorId, target: TargetId
    ) -> Request | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM requests
            WHERE target_id = :target AND kind = :kind AND actor_id = :actor
            ORDER BY id DESC LIMIT 1
            """,
            target=target,
            kind=kind,
            actor=actor,
        )
        return None if row is None else _request(row)

    async def waiting(
        self, artist: ActorId, *, before: RequestId | None = None, limit: int = 50
    ) -> list[tuple[Request, Actor]]:
        return await self._page(artist, RequestState.WAITING, before, limit)

    async def approved(
        self, artist: ActorId, *, before: RequestId | None = None, limit: int = 50
    ) -> list[tuple[Request, Actor]]:
        return await self._page(artist, RequestState.APPROVED, before, limit)

    async def _page(
        self, artist: ActorId, state: RequestState, before: RequestId | None, limit: int
    ) -> list[tuple[Request, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM requests WHERE artist_id = :artist AND state = :state AND id < :before
            ORDER BY id DESC LIMIT :limit
            """,
            artist=artist,
            state=state,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        people = await actors_in(self._connection).many([row["actor_id"] for row in rows])
        return [(_request(row), people[row["actor_id"]]) for row in rows]

    async def count_waiting(self, artist: ActorId) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM requests
            WHERE artist_id = :artist AND state = 'waiting'
            """,
            artist=artist,
        )
        return 0 if row is None else int(row["number"])

    async def outdated(self, before: Millis, *, limit: int) -> list[Request]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM requests WHERE state = 'waiting' AND created_at < :before
            ORDER BY created_at LIMIT :limit
            """,
            before=before,
            limit=limit,
        )
        return [_request(row) for row in rows]

    async def decide(self, request_id: RequestId, state: RequestState, at: Millis) -> None:
        await self._connection.execute(
            "UPDATE requests SET state = :state, decided_at = :at WHERE id = :id",
            id=request_id,
            state=state,
            at=at,
        )

    async def forget(self, artist: ActorId, actor: ActorId) -> None:
        await self._connection.execute(
            """
            DELETE FROM requests
            WHERE actor_id = :actor AND artist_id = :artist AND state = 'waiting'
            """,
            artist=artist,
            actor=actor,
        )

    async def remove(self, request_id: RequestId) -> None:
        await self._connection.execute("DELETE FROM requests WHERE id = :id", id=request_id)


def _request(row: Row) -> Request:
    return Request(
        id=row["id"],
        kind=InteractionKind(row["kind"]),
        artist_id=row["artist_id"],
        actor_id=row["actor_id"],
        target_id=row["target_id"],
        object_uri=row["object_uri"],
        request_uri=row["request_uri"],
        activity_id=row["activity_id"],
        state=RequestState(row["state"]),
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        emoji=row["emoji"],
    )
