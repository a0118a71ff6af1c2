"""The end of an account: who must hear of it, and the erasing of what it leaves."""

from collections.abc import Sequence

from server.model import Actor, ActorId, WorkId
from server.repositories.accounts import Departures, Erased
from server.values import dataclass
from storage.actors import actor_from
from storage.database import Connection, fold, ids_text


def departures_in(connection: Connection) -> Departures:
    """Return the ends of accounts as this transaction sees them."""
    return _Departures(connection)


@dataclass(frozen=True, slots=True)
class _Departures:
    _connection: Connection

    async def departed(self, handle: str) -> Actor | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM actors
            WHERE handle_folded = :handle AND is_local AND gone_at IS NOT NULL LIMIT 1
            """,
            handle=fold(handle),
        )
        return None if row is None else actor_from(row)

    async def acquaintances(self, actor: ActorId) -> list[tuple[str, str]]:
        rows = await self._connection.fetch_all(
            """
            WITH crowd (id) AS (
                SELECT id FROM works WHERE artist_id = :id AND state <> 'withdrawn'
                UNION ALL SELECT id FROM works WHERE artist_id = :id AND state = 'withdrawn'
                UNION ALL SELECT id FROM posts WHERE actor_id = :id
            ), named (id) AS (
                SELECT follower_id FROM follows WHERE followee_id = :id
                UNION SELECT followee_id FROM follows WHERE follower_id = :id
                UNION SELECT actor_id FROM crowd JOIN reactions ON target_id = crowd.id
                UNION SELECT posts.actor_id
                    FROM reactions JOIN posts ON posts.id = target_id WHERE reactions.actor_id = :id
                UNION SELECT actor_id FROM crowd JOIN posts ON work_id = crowd.id
                UNION SELECT actor_id FROM crowd JOIN posts ON reply_to_id = crowd.id
                UNION SELECT answered.actor_id
                    FROM posts JOIN posts AS answered ON answered.id = posts.reply_to_id
                    WHERE posts.actor_id = :id
                UNION SELECT posts.actor_id
                    FROM post_readers JOIN posts ON posts.id = post_id WHERE reader_id = :id
                UNION SELECT actors.id FROM actors WHERE uri IN (
                    SELECT value FROM posts, json_each(posts.mentions/*pg ::json */)
                    WHERE actor_id = :id
                )
                UNION SELECT actor_id FROM requests WHERE artist_id = :id
                UNION SELECT blocked_id FROM blocks WHERE blocker_id = :id
            )
            SELECT DISTINCT inbox, shared_inbox FROM named JOIN actors ON actors.id = named.id
            WHERE NOT is_local AND gone_at IS NULL ORDER BY inbox
            """,
            id=actor,
        )
        return [(row["inbox"], row["shared_inbox"]) for row in rows]

    async def erase_works(self, artist: ActorId, *, limit: int = 20) -> Erased | None:
        rows = await self._connection.fetch_all(
            """
            SELECT id FROM works WHERE artist_id = :artist AND state <> 'withdrawn'
            UNION ALL SELECT id FROM works WHERE artist_id = :artist AND state = 'withdrawn'
            LIMIT :limit
            """,
            artist=artist,
            limit=limit,
        )
        if not rows:
            return None
        works = [WorkId(row["id"]) for row in rows]
        digests = await self._digests(works)
        await self._forget_talk(works)
        await self._erase(works)
        return Erased(len(works), digests)

    async def erase_person(self, actor: ActorId, uri: str, *, but: str) -> None:
        await self._erase_messages(actor)
        await self._connection.execute(
            """
            DELETE FROM series_works
            WHERE series_id IN (SELECT id FROM series WHERE artist_id = :id)
            """,
            id=actor,
        )
        await self._connection.execute("DELETE FROM series WHERE artist_id = :id", id=actor)
        await self._connection.execute("DELETE FROM notifications WHERE artist_id = :id", id=actor)
        await self._connection.execute(
            """
            DELETE FROM case_evidence
            WHERE report_id IN (SELECT id FROM reports WHERE accused_id = :id)
            """,
            id=actor,
        )
        await self._connection.execute("DELETE FROM requests WHERE artist_id = :id", id=actor)
        await self._connection.execute("DELETE FROM sessions WHERE artist_id = :id", id=actor)
        await self._connection.execute("DELETE FROM undelivered WHERE artist_id = :id", id=actor)
        await self._erase_ways_in(actor)
        await self._connection.execute(
            """
            DELETE FROM activities
            WHERE actor_uri = :uri AND is_outgoing AND activities.uri <> :but
            """,
            uri=uri,
            but=but,
        )

    async def erase_account(self, actor: ActorId) -> None:
        # The engine looks through all works for one that still names the row: an index for a check
        # that is made once in the life of an account would lead other queries astray.
        await self._connection.execute("DELETE FROM artists WHERE id = :id", id=actor)

    async def has_deliveries(self, actors: Sequence[ActorId]) -> bool:
        for actor in actors:
            row = await self._connection.fetch_one(
                """
                SELECT id FROM jobs
                WHERE kind IN ('say', 'deliver') AND state IN ('waiting', 'behind', 'running')
                    AND /*pg convert_from(payload, 'UTF8') -- */ CAST(payload AS TEXT)
                        LIKE :signed
                LIMIT 1
                """,
                signed=f'%"actor_id":{int(actor)},%',
            )
            if row is not None:
                return True
        return False

    async def drop_keys(self, actors: Sequence[ActorId]) -> None:
        await self._connection.execute(
            """
            DELETE FROM signing_keys
            WHERE actor_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(actors),
        )
        await self._connection.execute(
            """
            UPDATE actors SET key_id = '', public_key_pem = '', more_keys = '[]'
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(actors),
        )

    async def _digests(self, works: Sequence[WorkId]) -> tuple[str, ...]:
        rows = await self._connection.fetch_all(
            """
            WITH theirs AS (
                SELECT id, original_digest FROM pictures
                WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            )
            SELECT original_digest AS digest FROM theirs
            UNION SELECT digest FROM theirs JOIN renditions ON picture_id = theirs.id
            UNION SELECT video_digest FROM shots
                WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
                    AND video_digest <> ''
            """,
            works=ids_text(works),
        )
        return tuple(row["digest"] for row in rows)

    async def _forget_talk(self, works: Sequence[WorkId]) -> None:
        """Erase what other servers' people said below works; people here keep their own words."""
        ids = ids_text(works)
        await self._connection.execute(
            """
            DELETE FROM reactions WHERE target_id IN (
                SELECT posts.id FROM json_each(:works)
                JOIN posts ON work_id = CAST(value AS BIGINT) AND NOT is_local
            )
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            DELETE FROM posts
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
                AND NOT is_local
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            UPDATE posts SET work_id = NULL, reply_to_id = NULL
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            UPDATE posts SET reply_to_id = NULL
            WHERE reply_to_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )

    async def _erase(self, works: Sequence[WorkId]) -> None:
        ids = ids_text(works)
        await self._connection.execute(
            """
            DELETE FROM reactions
            WHERE target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            DELETE FROM notifications
            WHERE target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            DELETE FROM requests
            WHERE target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            DELETE FROM renditions WHERE picture_id IN (
                SELECT id FROM pictures
                WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            )
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            DELETE FROM pictures
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )
        await self._connection.execute(
            """
            DELETE FROM shots
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )
        await self._connection.execute(  # tags and places in series go with them
            """
            DELETE FROM works
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            works=ids,
        )

    async def _erase_ways_in(self, actor: ActorId) -> None:
        """End the invitations that somebody made, and forget by which one they came."""
        await self._connection.execute(
            "UPDATE invites SET maker_id = NULL, note = '', uses_left = 0 WHERE maker_id = :id",
            id=actor,
        )
        await self._connection.execute("DELETE FROM invite_guests WHERE artist_id = :id", id=actor)
        await self._connection.execute("DELETE FROM new_homes WHERE artist_id = :id", id=actor)

    async def _erase_messages(self, actor: ActorId) -> None:
        """Erase private messages that nobody else here may read."""
        await self._connection.execute(
            """
            DELETE FROM posts WHERE NOT is_local AND id IN (
                SELECT post_id FROM post_readers AS own WHERE reader_id = :id AND NOT EXISTS (
                    SELECT 1 FROM post_readers AS other
                    WHERE other.post_id = own.post_id AND other.reader_id <> :id
                )
            )
            """,
            id=actor,
        )
        await self._connection.execute("DELETE FROM post_readers WHERE reader_id = :id", id=actor)
