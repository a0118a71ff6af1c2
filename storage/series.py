"""Series, and the works in them in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.errors import Conflict
from server.model import ActorId, Millis, Series, SeriesId, WorkId
from server.repositories import AllSeries
from storage.database import Connection, Row, ids_text

_MOST = 100  # series of one artist
_MOST_WORKS = 1_000  # of one series


def series_in(connection: Connection) -> AllSeries:
    """Return the series as this transaction sees them."""
    return _Series(connection)


@dataclass(frozen=True, slots=True)
class _Series:
    _connection: Connection

    async def put(self, series: Series) -> None:
        taken = await self.by_slug(series.artist_id, series.slug)
        if taken is not None and taken.id != series.id:
            raise Conflict("You have a series of this name: choose another one.", field="title")
        await self._connection.execute(
            """
            INSERT INTO series (
                id, artist_id, slug, title, summary, cover_id, actor_id, created_at, updated_at
            ) VALUES (
                :id, :artist, :slug, :title, :summary, :cover, :actor, :created_at, :updated_at
            ) ON CONFLICT (id) DO UPDATE SET
                slug = excluded.slug, title = excluded.title, summary = excluded.summary,
                cover_id = excluded.cover_id, actor_id = excluded.actor_id,
                updated_at = excluded.updated_at
            """,
            id=series.id,
            artist=series.artist_id,
            slug=series.slug,
            title=series.title,
            summary=series.summary,
            cover=series.cover_id,
            actor=series.actor_id,
            created_at=series.created_at,
            updated_at=series.updated_at,
        )

    async def by_id(self, series_id: SeriesId) -> Series | None:
        row = await self._connection.fetch_one("SELECT * FROM series WHERE id = :id", id=series_id)
        return None if row is None else _series(row)

    async def by_slug(self, artist: ActorId, slug: str) -> Series | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM series WHERE artist_id = :artist AND slug = :slug",
            artist=artist,
            slug=slug,
        )
        return None if row is None else _series(row)

    async def by_actor(self, actor: ActorId) -> Series | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM series WHERE actor_id = :actor", actor=actor
        )
        return None if row is None else _series(row)

    async def of_artist(self, artist: ActorId) -> list[Series]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM series WHERE artist_id = :artist ORDER BY id LIMIT :limit",
            artist=artist,
            limit=_MOST,
        )
        return [_series(row) for row in rows]

    async def of_work(self, work: WorkId) -> list[Series]:
        rows = await self._connection.fetch_all(
            """
            SELECT series.* FROM series_works JOIN series ON series.id = series_id
            WHERE work_id = :work ORDER BY series.id LIMIT :limit
            """,
            work=work,
            limit=_MOST,
        )
        return [_series(row) for row in rows]

    async def works(self, series_id: SeriesId) -> list[WorkId]:
        rows = await self._connection.fetch_all(
            """
            SELECT work_id FROM series_works WHERE series_id = :series
            ORDER BY position LIMIT :limit
            """,
            series=series_id,
            limit=_MOST_WORKS,
        )
        return [WorkId(row["work_id"]) for row in rows]

    async def arrange(self, series_id: SeriesId, works: Sequence[WorkId], at: Millis) -> None:
        await self._connection.execute(
            """
            DELETE FROM series_works
            WHERE series_id = :series
                AND work_id NOT IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            """,
            series=series_id,
            works=ids_text(works),
        )
        for position, work_id in enumerate(dict.fromkeys(works)):
            await self._connection.execute(
                """
                INSERT INTO series_works (series_id, work_id, position, added_at)
                VALUES (:series, :work, :position, :at)
                ON CONFLICT (series_id, work_id) DO UPDATE SET position = excluded.position
                """,
                series=series_id,
                work=work_id,
                position=position,
                at=at,
            )

    async def remove(self, series_id: SeriesId) -> None:
        await self._connection.execute(
            "DELETE FROM series_works WHERE series_id = :id", id=series_id
        )
        await self._connection.execute("DELETE FROM series WHERE id = :id", id=series_id)


def _series(row: Row) -> Series:
    return Series(
        id=row["id"],
        artist_id=row["artist_id"],
        slug=row["slug"],
        title=row["title"],
        summary=row["summary"],
        cover_id=row["cover_id"],
        actor_id=row["actor_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
