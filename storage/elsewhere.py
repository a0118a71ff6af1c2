"""What is kept of people elsewhere besides their names: their series, and which posts."""

from collections.abc import Sequence

from server.model import ActorId, Millis, PostId
from server.repositories.elsewhere import Elsewhere
from server.series_elsewhere import MAX_SERIES, LookedAt, SeriesElsewhere, SeriesElsewhereId
from server.values import dataclass
from storage.database import MAX_ID, Connection, Row, json_text, listed, time_of


def elsewhere_in(connection: Connection) -> Elsewhere:
    """Return people elsewhere as this transaction sees them."""
    return _Elsewhere(connection)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    _connection: Connection

    async def person(self, actor: ActorId) -> LookedAt | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM people_looked_at WHERE actor_id = :actor", actor=actor
        )
        return None if row is None else _person(row)

    async def put_person(self, person: LookedAt) -> None:
        await self._connection.execute(
            """
            INSERT INTO people_looked_at (
                actor_id, series_uri, looked_at, asked_at, fetched_at, posts, followers
            ) VALUES (
                :actor, :series_uri, :looked_at, :asked_at, :fetched_at, :posts, :followers
            ) ON CONFLICT (actor_id) DO UPDATE SET
                series_uri = excluded.series_uri, looked_at = excluded.looked_at,
                asked_at = excluded.asked_at, fetched_at = excluded.fetched_at,
                posts = excluded.posts, followers = excluded.followers
            """,
            actor=person.actor_id,
            series_uri=person.series_uri,
            looked_at=person.looked_at,
            asked_at=person.asked_at,
            fetched_at=person.fetched_at,
            posts=person.posts,
            followers=person.followers,
        )

    async def series_of(self, actor: ActorId) -> list[SeriesElsewhere]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM series_elsewhere WHERE actor_id = :actor ORDER BY position LIMIT :limit
            """,
            actor=actor,
            limit=MAX_SERIES,
        )
        return [_series(row) for row in rows]

    async def series(self, series_id: SeriesElsewhereId) -> SeriesElsewhere | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM series_elsewhere WHERE id = :id", id=series_id
        )
        return None if row is None else _series(row)

    async def series_at(self, uri: str) -> SeriesElsewhere | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM series_elsewhere WHERE uri = :uri", uri=uri
        )
        return None if row is None else _series(row)

    async def put_series(self, series: SeriesElsewhere) -> None:
        await self._connection.execute(
            """
            INSERT INTO series_elsewhere (
                id, actor_id, uri, position, name, summary_html, url, cover_url, cover_alt,
                grows_at_end, total, works, speaker_uri, updated_at, changed_at
            ) VALUES (
                :id, :actor, :uri, :position, :name, :summary_html, :url, :cover_url, :cover_alt,
                :grows_at_end, :total, :works, :speaker_uri, :updated_at, :changed_at
            ) ON CONFLICT (uri) DO UPDATE SET
                position = excluded.position, name = excluded.name,
                summary_html = excluded.summary_html, url = excluded.url,
                cover_url = excluded.cover_url, cover_alt = excluded.cover_alt,
                grows_at_end = excluded.grows_at_end,
                total = excluded.total, works = excluded.works,
                speaker_uri = excluded.speaker_uri, updated_at = excluded.updated_at,
                changed_at = excluded.changed_at
            WHERE series_elsewhere.actor_id = excluded.actor_id
            """,
            id=series.id,
            actor=series.actor_id,
            uri=series.uri,
            position=series.position,
            name=series.name,
            summary_html=series.summary_html,
            url=series.url,
            cover_url=series.cover_url,
            cover_alt=series.cover_alt,
            grows_at_end=series.grows_at_end,
            total=series.total,
            works=json_text(series.works),
            speaker_uri=series.speaker_uri,
            updated_at=series.updated_at,
            changed_at=series.changed_at,
        )

    async def remove_series(self, series_id: SeriesElsewhereId) -> None:
        await self._connection.execute("DELETE FROM series_elsewhere WHERE id = :id", id=series_id)

    async def keep_only(self, actor: ActorId, series: Sequence[SeriesElsewhere]) -> None:
        await self._connection.execute(
            """
            DELETE FROM series_elsewhere
            WHERE actor_id = :actor AND uri NOT IN (SELECT value FROM json_each(:uris))
            """,
            actor=actor,
            uris=json_text(one.uri for one in series),
        )
        for one in series:
            await self.put_series(one)

    async def forget(self, actor: ActorId) -> None:
        await self._connection.execute(
            "DELETE FROM people_looked_at WHERE actor_id = :actor", actor=actor
        )

    async def sweep(self, looked_before: Millis, *, limit: int) -> int:
        return await self._connection.execute(
            """
            DELETE FROM people_looked_at WHERE actor_id IN (
                SELECT actor_id FROM people_looked_at
                WHERE looked_at < :before AND (
                    (SELECT moved_to FROM actors WHERE actors.id = people_looked_at.actor_id) <> ''
                    OR (
                        SELECT 1 FROM follows
                        WHERE follows.followee_id = people_looked_at.actor_id LIMIT 1
                    ) IS NULL
                )
                ORDER BY looked_at LIMIT :limit
            )
            """,
            before=looked_before,
            limit=limit,
        )

    async def posts_of(
        self, actor: ActorId, reader: ActorId, *, before: PostId | None = None, limit: int = 24
    ) -> list[PostId]:
        rows = await self._connection.fetch_all(
            """
            SELECT id FROM posts
            WHERE actor_id = :actor AND in_reply_to_uri = '' AND reply_to_id IS NULL
                AND (published_at, id) < (:before_at, :before)
                AND NOT is_withheld AND (
                    (visibility IN ('public', 'unlisted') AND NOT is_kept_back) OR (
                        visibility IN ('public', 'unlisted', 'followers') AND EXISTS (
                            SELECT 1 FROM follows
                            WHERE follower_id = :reader AND followee_id = :actor
                                AND state = 'accepted'
                        )
                    )
                )
            ORDER BY published_at DESC, id DESC LIMIT :limit
            """,
            actor=actor,
            reader=reader,
            before=MAX_ID if before is None else before,
            before_at=MAX_ID if before is None else await self._published(before),
            limit=limit,
        )
        return [PostId(row["id"]) for row in rows]

    async def posts_at(
        self, actor: ActorId, reader: ActorId, uris: Sequence[str]
    ) -> dict[str, PostId]:
        rows = await self._connection.fetch_all(
            """
            SELECT id, uri FROM posts
            WHERE uri IN (SELECT value FROM json_each(:uris)) AND actor_id = :actor
                AND NOT is_withheld AND (
                    (visibility IN ('public', 'unlisted') AND NOT is_kept_back) OR (
                        visibility IN ('public', 'unlisted', 'followers') AND EXISTS (
                            SELECT 1 FROM follows
                            WHERE follower_id = :reader AND followee_id = :actor
                                AND state = 'accepted'
                        )
                    )
                )
            """,
            uris=json_text(uris),
            actor=actor,
            reader=reader,
        )
        return {row["uri"]: PostId(row["id"]) for row in rows}

    async def _published(self, post: PostId) -> int:
        """Return the time by which lists sort a post, also when it was deleted meanwhile."""
        row = await self._connection.fetch_one(
            "SELECT published_at FROM posts WHERE id = :id", id=post
        )
        return time_of(post) if row is None else int(row["published_at"])


def _person(row: Row) -> LookedAt:
    return LookedAt(
        row["actor_id"],
        series_uri=row["series_uri"],
        looked_at=row["looked_at"],
        asked_at=row["asked_at"],
        fetched_at=row["fetched_at"],
        posts=row["posts"],
        followers=row["followers"],
    )


def _series(row: Row) -> SeriesElsewhere:
    return SeriesElsewhere(
        id=row["id"],
        actor_id=row["actor_id"],
        uri=row["uri"],
        name=row["name"],
        summary_html=row["summary_html"],
        url=row["url"],
        cover_url=row["cover_url"],
        cover_alt=row["cover_alt"],
        grows_at_end=bool(row["grows_at_end"]),
        total=row["total"],
        works=listed(row["works"], str),
        speaker_uri=row["speaker_uri"],
        position=row["position"],
        updated_at=row["updated_at"],
        changed_at=row["changed_at"],
    )
