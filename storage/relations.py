"""Who follows whom.

Lists page by time, so a page also holds every row of the same millisecond as its last: it may
be longer than `limit`, and the next page neither repeats nor loses one.
"""

from server.model import Actor, ActorId, Follow, FollowState, Millis
from server.repositories.relations import Relations
from server.values import dataclass
from storage.actors import actor_from
from storage.database import MAX_ID, Connection, Row


def relations_in(connection: Connection) -> Relations:
    """Return the follows as this transaction sees them."""
    return _Relations(connection)


@dataclass(frozen=True, slots=True)
class _Relations:
    _connection: Connection

    async def put_follow(self, follow: Follow) -> None:
        await self._connection.execute(
            """
            INSERT INTO follows (follower_id, followee_id, state, uri, created_at)
            VALUES (:follower, :followee, :state, :uri, :created_at)
            ON CONFLICT (follower_id, followee_id) DO UPDATE SET
                state = excluded.state, uri = excluded.uri, created_at = excluded.created_at
            """,
            follower=follow.follower_id,
            followee=follow.followee_id,
            state=follow.state,
            uri=follow.uri,
            created_at=follow.created_at,
        )

    async def follow(self, follower: ActorId, followee: ActorId) -> Follow | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM follows WHERE follower_id = :follower AND followee_id = :followee
            """,
            follower=follower,
            followee=followee,
        )
        return None if row is None else _follow(row)

    async def follow_by_uri(self, uri: str) -> Follow | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM follows WHERE uri = :uri AND uri <> ''
            ORDER BY created_at LIMIT 1
            """,
            uri=uri,
        )
        return None if row is None else _follow(row)

    async def remove(self, follower: ActorId, followee: ActorId) -> Follow | None:
        row = await self._connection.fetch_one(
            """
            DELETE FROM follows WHERE follower_id = :follower AND followee_id = :followee
            RETURNING *
            """,
            follower=follower,
            followee=followee,
        )
        return None if row is None else _follow(row)

    async def followers(
        self,
        followee: ActorId,
        state: FollowState,
        *,
        before: Millis | None = None,
        limit: int = 50,
    ) -> list[tuple[Follow, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.*, follower_id, followee_id, follows.state AS state,
                follows.uri AS follow_uri, follows.created_at AS created_at, shows_boosts
            FROM follows JOIN actors ON actors.id = follows.follower_id
            WHERE followee_id = :followee AND state = :state AND created_at < :before
                AND created_at >= COALESCE((
                    SELECT created_at FROM follows
                    WHERE followee_id = :followee AND state = :state AND created_at < :before
                    ORDER BY created_at DESC LIMIT 1 OFFSET :limit - 1
                ), 0)
            ORDER BY created_at DESC, follower_id DESC
            """,
            followee=followee,
            state=state,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_with_actor(row) for row in rows]

    async def following(
        self,
        follower: ActorId,
        state: FollowState,
        *,
        before: Millis | None = None,
        limit: int = 50,
    ) -> list[tuple[Follow, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.*, follower_id, followee_id, follows.state AS state,
                follows.uri AS follow_uri, follows.created_at AS created_at, shows_boosts
            FROM follows JOIN actors ON actors.id = follows.followee_id
            WHERE follower_id = :follower AND state = :state AND created_at < :before
                AND created_at >= COALESCE((
                    SELECT created_at FROM follows
                    WHERE follower_id = :follower AND state = :state AND created_at < :before
                    ORDER BY created_at DESC LIMIT 1 OFFSET :limit - 1
                ), 0)
            ORDER BY created_at DESC, followee_id DESC
            """,
            follower=follower,
            state=state,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_with_actor(row) for row in rows]

    async def count_followers(self, followee: ActorId) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM follows
            WHERE followee_id = :followee AND state = 'accepted'
            """,
            followee=followee,
        )
        return 0 if row is None else int(row["number"])

    async def count_following(self, follower: ActorId) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM follows
            WHERE follower_id = :follower AND state = 'accepted'
            """,
            follower=follower,
        )
        return 0 if row is None else int(row["number"])

    async def follower_uris(
        self, followee: ActorId, *, before: Millis | None = None, limit: int = 50
    ) -> list[tuple[Millis, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.uri AS uri, follows.created_at AS created_at
            FROM follows JOIN actors ON actors.id = follows.follower_id
            LEFT JOIN artists ON artists.id = actors.id
            WHERE followee_id = :followee AND state = 'accepted' AND follows.created_at < :before
                AND gone_at IS NULL AND actors.suspended_at IS NULL AND artists.suspended_at IS NULL
                AND follows.created_at >= COALESCE((
                    SELECT created_at FROM follows
                    WHERE followee_id = :followee AND state = 'accepted' AND created_at < :before
                    ORDER BY created_at DESC LIMIT 1 OFFSET :limit - 1
                ), 0)
            ORDER BY follows.created_at DESC, follower_id DESC
            """,
            followee=followee,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [(row["created_at"], row["uri"]) for row in rows]

    async def following_uris(
        self, follower: ActorId, *, before: Millis | None = None, limit: int = 50
    ) -> list[tuple[Millis, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.uri AS uri, follows.created_at AS created_at
            FROM follows JOIN actors ON actors.id = follows.followee_id
            LEFT JOIN artists ON artists.id = actors.id
            WHERE follower_id = :follower AND state = 'accepted' AND follows.created_at < :before
                AND gone_at IS NULL AND actors.suspended_at IS NULL AND artists.suspended_at IS NULL
                AND follows.created_at >= COALESCE((
                    SELECT created_at FROM follows
                    WHERE follower_id = :follower AND state = 'accepted' AND created_at < :before
                    ORDER BY created_at DESC LIMIT 1 OFFSET :limit - 1
                ), 0)
            ORDER BY follows.created_at DESC, followee_id DESC
            """,
            follower=follower,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [(row["created_at"], row["uri"]) for row in rows]

    async def followers_on(self, followee: ActorId, prefix: str) -> list[str]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.uri AS uri FROM follows JOIN actors ON actors.id = follower_id
            WHERE followee_id = :followee AND gone_at IS NULL AND suspended_at IS NULL
                AND SUBSTR(actors.uri, 1, :length) = :prefix
                AND (state = 'accepted' OR state = 'suspended' AND EXISTS (
                    SELECT 1 FROM severances
                    WHERE severances.follower_id = follows.follower_id
                        AND severances.followee_id = :followee AND severances.state = 'accepted'
                ))
            ORDER BY actors.id
            """,
            followee=followee,
            prefix=prefix,
            length=len(prefix),
        )
        return [row["uri"] for row in rows]

    async def local_followers(self, followee: ActorId) -> list[tuple[Follow, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.*, follower_id, followee_id, follows.state AS state,
                follows.uri AS follow_uri, follows.created_at AS created_at, shows_boosts
            FROM follows JOIN actors ON actors.id = follows.follower_id
            WHERE followee_id = :followee AND state IN ('accepted', 'pending', 'suspended')
                AND is_local
            ORDER BY follower_id
            """,
            followee=followee,
        )
        return [_with_actor(row) for row in rows]

    async def believed_followers(self, followee: ActorId) -> list[str]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.uri AS uri FROM follows JOIN actors ON actors.id = follower_id
            WHERE followee_id = :followee AND is_local
                AND (state = 'accepted' OR state = 'suspended' AND EXISTS (
                    SELECT 1 FROM severances
                    WHERE severances.follower_id = follows.follower_id
                        AND severances.followee_id = :followee AND severances.state = 'accepted'
                ))
            ORDER BY actors.id
            """,
            followee=followee,
        )
        return [row["uri"] for row in rows]

    async def follower_inboxes(self, followee: ActorId) -> list[tuple[str, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT inbox, shared_inbox FROM follows JOIN actors ON actors.id = follower_id
            WHERE followee_id = :followee AND state = 'accepted'
                AND NOT is_local AND gone_at IS NULL AND suspended_at IS NULL
            ORDER BY actors.id
            """,
            followee=followee,
        )
        return [(row["inbox"], row["shared_inbox"]) for row in rows]

    async def has_local_follower(self, followee: ActorId) -> bool:
        row = await self._connection.fetch_one(
            """
            SELECT 1 FROM follows JOIN actors ON actors.id = follower_id
            WHERE followee_id = :followee AND state IN ('accepted', 'pending', 'suspended')
                AND is_local
            LIMIT 1
            """,
            followee=followee,
        )
        return row is not None


def _follow(row: Row) -> Follow:
    return Follow(
        follower_id=row["follower_id"],
        followee_id=row["followee_id"],
        state=FollowState(row["state"]),
        uri=row["uri"],
        created_at=row["created_at"],
        shows_boosts=bool(row["shows_boosts"]),
    )


def _with_actor(row: Row) -> tuple[Follow, Actor]:
    follow = Follow(
        follower_id=row["follower_id"],
        followee_id=row["followee_id"],
        state=FollowState(row["state"]),
        uri=row["follow_uri"],
        created_at=row["created_at"],
        shows_boosts=bool(row["shows_boosts"]),
    )
    return follow, actor_from(row)
