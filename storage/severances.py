"""Follows that a change of the rules cut.

What its own people have settled meanwhile is no severance any more: while one is suspended its
follow must be there, in that state; after its end there must be none.
"""

from collections.abc import Sequence

from server.model import Actor, ActorId, Follow, FollowState, Millis
from server.passages import Cause, CauseKind, CrossFollow, Severance
from server.repositories.ledgers import Severances
from server.values import dataclass
from storage.actors import actor_from
from storage.database import MAX_ID, Connection, Row, ids_text, json_text


def severances_in(connection: Connection) -> Severances:
    """Return the severances as this transaction sees them."""
    return _Severances(connection)


@dataclass(frozen=True, slots=True)
class _Severances:
    _connection: Connection

    async def across(
        self, *, after: tuple[ActorId, ActorId] | None = None, limit: int = 1_000
    ) -> list[CrossFollow]:
        follower, followee = after or (0, 0)
        rows = await self._connection.fetch_all(
            """
            SELECT follows.*, here.handle AS local_handle, there.id AS remote_id,
                there.uri AS remote_uri, there.handle AS remote_handle,
                there.domain AS remote_domain, there.inbox AS remote_inbox,
                here.id = followee_id AS is_theirs
            FROM follows
            JOIN actors AS one ON one.id = follower_id
            JOIN actors AS other ON other.id = followee_id AND other.is_local <> one.is_local
            JOIN actors AS here ON here.id = CASE WHEN one.is_local THEN one.id ELSE other.id END
            JOIN actors AS there ON there.id = CASE WHEN one.is_local THEN other.id ELSE one.id END
            WHERE (follower_id, followee_id) > (:follower, :followee)
                AND follows.state IN ('accepted', 'pending')
            ORDER BY follower_id, followee_id LIMIT :limit
            """,
            follower=follower,
            followee=followee,
            limit=limit,
        )
        return [_cross(row, _follow(row)) for row in rows]

    async def suspend(self, severances: Sequence[Severance]) -> None:
        ordered = sorted(
            severances, key=lambda each: (each.follow.follower_id, each.follow.followee_id)
        )
        await self._connection.execute(
            """
            INSERT INTO severances (
                id, follower_id, followee_id, state, uri, created_at, cause, version, subject,
                rule, severed_at, is_told
            )
            SELECT CAST(item ->> 0 AS BIGINT), CAST(item ->> 1 AS BIGINT),
                CAST(item ->> 2 AS BIGINT), item ->> 3, item ->> 4, CAST(item ->> 5 AS BIGINT),
                item ->> 6, CAST(item ->> 7 AS BIGINT), item ->> 8, item ->> 9,
                CAST(item ->> 10 AS BIGINT), FALSE
            FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items WHERE TRUE
            ON CONFLICT (follower_id, followee_id) DO UPDATE SET
                id = excluded.id, state = excluded.state, uri = excluded.uri,
                created_at = excluded.created_at, cause = excluded.cause,
                version = excluded.version, subject = excluded.subject, rule = excluded.rule,
                severed_at = excluded.severed_at, ended_at = NULL, is_told = FALSE,
                asked_at = NULL, asked_again = ''
            """,
            rows=json_text(_fields(each) for each in ordered),
        )
        await self._connection.execute(
            """
            UPDATE follows SET state = 'suspended' WHERE (follower_id, followee_id) IN (
                SELECT CAST(item ->> 1 AS BIGINT), CAST(item ->> 2 AS BIGINT)
                FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items
            )
            """,
            rows=json_text(_fields(each) for each in ordered),
        )

    async def put(self, severance: Severance) -> None:
        await self._connection.execute(
            """
            UPDATE severances SET state = :state, uri = :uri, ended_at = :ended_at,
                is_told = :is_told, asked_at = :asked_at, asked_again = :asked_again
            WHERE id = :id
            """,
            id=severance.id,
            state=severance.follow.state,
            uri=severance.follow.uri,
            ended_at=severance.ended_at,
            is_told=severance.is_told,
            asked_at=severance.asked_at,
            asked_again=severance.asked_again,
        )

    async def lift(self, severance: Severance, follow: Follow) -> bool:
        count = await self._connection.execute(
            """
            UPDATE follows SET state = :state, uri = :uri, created_at = :created_at
            WHERE follower_id = :follower AND followee_id = :followee AND state = 'suspended'
            """,
            follower=follow.follower_id,
            followee=follow.followee_id,
            state=follow.state,
            uri=follow.uri,
            created_at=follow.created_at,
        )
        if count:
            await self.remove([severance.id])
        return count == 1

    async def end(self, severance: Severance) -> bool:
        count = await self._connection.execute(
            """
            DELETE FROM follows
            WHERE follower_id = :follower AND followee_id = :followee AND state = 'suspended'
            """,
            follower=severance.follow.follower_id,
            followee=severance.follow.followee_id,
        )
        if count:
            await self.put(severance)
        return count == 1

    async def by_ids(self, ids: Sequence[int]) -> list[Severance]:
        rows = await self._connection.fetch_all(
            """
            SELECT severances.* FROM severances
            LEFT JOIN follows USING (follower_id, followee_id)
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
                AND CASE WHEN ended_at IS NULL THEN follows.state = 'suspended'
                    ELSE follows.state IS NULL END
            ORDER BY id
            """,
            ids=ids_text(ids),
        )
        return [_severance(row) for row in rows]

    async def of_pair(self, follower: ActorId, followee: ActorId) -> Severance | None:
        row = await self._connection.fetch_one(
            """
            SELECT severances.* FROM severances
            LEFT JOIN follows USING (follower_id, followee_id)
            WHERE severances.follower_id = :follower AND severances.followee_id = :followee
                AND CASE WHEN ended_at IS NULL THEN follows.state = 'suspended'
                    ELSE follows.state IS NULL END
            """,
            follower=follower,
            followee=followee,
        )
        return None if row is None else _severance(row)

    async def page(
        self, *, before: int | None = None, limit: int = 50
    ) -> list[tuple[Severance, CrossFollow]]:
        rows = await self._connection.fetch_all(
            """
            SELECT severances.*, here.handle AS local_handle, there.id AS remote_id,
                there.uri AS remote_uri, there.handle AS remote_handle,
                there.domain AS remote_domain, there.inbox AS remote_inbox,
                here.id = severances.followee_id AS is_theirs
            FROM severances
            LEFT JOIN follows USING (follower_id, followee_id)
            JOIN actors AS one ON one.id = severances.follower_id
            JOIN actors AS other ON other.id = severances.followee_id
            JOIN actors AS here ON here.id = CASE WHEN one.is_local THEN one.id ELSE other.id END
            JOIN actors AS there ON there.id = CASE WHEN one.is_local THEN other.id ELSE one.id END
            WHERE severances.id < :before
                AND CASE WHEN ended_at IS NULL THEN follows.state = 'suspended'
                    ELSE follows.state IS NULL END
            ORDER BY severances.id DESC LIMIT :limit
            """,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_listed(row) for row in rows]

    async def count(self) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM severances
            LEFT JOIN follows USING (follower_id, followee_id)
            WHERE CASE WHEN ended_at IS NULL THEN follows.state = 'suspended'
                ELSE follows.state IS NULL END
            """
        )
        return 0 if row is None else int(row["number"])

    async def due(
        self, before: Millis, *, limit: int = 100
    ) -> list[tuple[Severance, Actor, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT severances.* FROM severances JOIN follows USING (follower_id, followee_id)
            WHERE ended_at IS NULL AND severed_at <= :before AND follows.state = 'suspended'
            ORDER BY severed_at, id LIMIT :limit
            """,
            before=before,
            limit=limit,
        )
        found = [_severance(row) for row in rows]
        ends = {each.follow.follower_id for each in found}
        ends |= {each.follow.followee_id for each in found}
        actors = await self._connection.fetch_all(
            """
            SELECT * FROM actors
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ends),
        )
        by_id = {row["id"]: actor_from(row) for row in actors}
        return [
            (each, by_id[each.follow.follower_id], by_id[each.follow.followee_id]) for each in found
        ]

    async def suspended(
        self, *, after: int = 0, limit: int = 1_000
    ) -> list[tuple[Severance, CrossFollow]]:
        rows = await self._connection.fetch_all(
            """
            SELECT severances.*, here.handle AS local_handle, there.id AS remote_id,
                there.uri AS remote_uri, there.handle AS remote_handle,
                there.domain AS remote_domain, there.inbox AS remote_inbox,
                here.id = severances.followee_id AS is_theirs
            FROM severances
            JOIN follows USING (follower_id, followee_id)
            JOIN actors AS one ON one.id = severances.follower_id
            JOIN actors AS other ON other.id = severances.followee_id
            JOIN actors AS here ON here.id = CASE WHEN one.is_local THEN one.id ELSE other.id END
            JOIN actors AS there ON there.id = CASE WHEN one.is_local THEN other.id ELSE one.id END
            WHERE severances.id > :after AND ended_at IS NULL AND follows.state = 'suspended'
            ORDER BY severances.id LIMIT :limit
            """,
            after=after,
            limit=limit,
        )
        return [_listed(row) for row in rows]

    async def remove(self, ids: Sequence[int]) -> None:
        await self._connection.execute(
            """
            DELETE FROM severances
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ids),
        )

    async def sweep(self, before: Millis) -> None:
        await self._connection.execute(
            """
            DELETE FROM severances WHERE severed_at <= :before AND NOT EXISTS (
                SELECT 1 FROM follows
                WHERE follows.follower_id = severances.follower_id
                    AND follows.followee_id = severances.followee_id
                    AND follows.state = 'suspended'
            )
            """,
            before=before,
        )


def _fields(severance: Severance) -> list[object]:
    follow, cause = severance.follow, severance.cause
    return [
        *(severance.id, follow.follower_id, follow.followee_id, follow.state, follow.uri),
        *(follow.created_at, cause.kind, cause.version, cause.subject, severance.rule),
        severance.severed_at,
    ]


def _follow(row: Row) -> Follow:
    return Follow(
        follower_id=row["follower_id"],
        followee_id=row["followee_id"],
        state=FollowState(row["state"]),
        uri=row["uri"],
        created_at=row["created_at"],
    )


def _severance(row: Row) -> Severance:
    return Severance(
        id=row["id"],
        follow=_follow(row),
        cause=Cause(CauseKind(row["cause"]), row["version"], row["subject"]),
        rule=row["rule"],
        severed_at=row["severed_at"],
        ended_at=row["ended_at"],
        is_told=bool(row["is_told"]),
        asked_at=row["asked_at"],
        asked_again=row["asked_again"],
    )


def _listed(row: Row) -> tuple[Severance, CrossFollow]:
    severance = _severance(row)
    return severance, _cross(row, severance.follow)


def _cross(row: Row, follow: Follow) -> CrossFollow:
    return CrossFollow(
        follow=follow,
        is_theirs=bool(row["is_theirs"]),
        local_handle=row["local_handle"],
        remote_id=row["remote_id"],
        remote_uri=row["remote_uri"],
        remote_address=f"{row['remote_handle']}@{row['remote_domain']}",
        remote_inbox=row["remote_inbox"],
    )
