"""Series, and the works in them in order."""

from collections.abc import Sequence

from server.errors import Conflict
from server.model import ActorId, Millis, Series, SeriesId, Visibility, WorkId
from server.repositories.works import AllSeries, SeriesShown
from server.values import dataclass
from storage.database import Connection, Row, ids_text, json_text

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

    async def hold(self, series_id: SeriesId) -> Series | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM series WHERE id = :id /*pg FOR UPDATE */", id=series_id
        )
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

    async def shown(self, artist: ActorId, visibilities: Sequence[Visibility]) -> list[SeriesShown]:
        rows = await self._connection.fetch_all(
            """
            SELECT series.*, (
                SELECT COUNT(*) FROM series_works
                WHERE series_id = series.id AND :visibilities LIKE '%"' || (
                    SELECT CASE WHEN state = 'hung' THEN visibility END
                    FROM works WHERE id = work_id
                ) || '"%'
            ) AS shown_works, COALESCE((
                SELECT work_id FROM series_works
                WHERE series_id = series.id AND work_id = series.cover_id
                    AND :visibilities LIKE '%"' || (
                        SELECT CASE WHEN state = 'hung' THEN visibility END
                        FROM works WHERE id = work_id
                    ) || '"%'
            ), (
                SELECT work_id FROM series_works
                WHERE series_id = series.id AND :visibilities LIKE '%"' || (
                    SELECT CASE WHEN state = 'hung' THEN visibility END
                    FROM works WHERE id = work_id
                ) || '"%'
                ORDER BY position LIMIT 1
            )) AS shown_cover
            FROM series WHERE artist_id = :artist ORDER BY id LIMIT :limit
            """,
            artist=artist,
            visibilities=json_text(visibilities),
            limit=_MOST,
        )
        return [SeriesShown(_series(row), row["shown_works"], row["shown_cover"]) for row in rows]

    async def of_work(self, work: WorkId) -> list[Series]:
        return (await self.of_works([work])).get(work, [])

    async def of_works(self, works: Sequence[WorkId]) -> dict[WorkId, list[Series]]:
        rows = await self._connection.fetch_all(
            """
            SELECT series.*, work_id FROM series_works JOIN series ON series.id = series_id
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:works))
            ORDER BY series.id
            """,
            works=ids_text(works),
        )
        found: dict[WorkId, list[Series]] = {}
        for row in rows:
            found.setdefault(WorkId(row["work_id"]), []).append(_series(row))
        return found

    async def works(self, series_id: SeriesId) -> list[WorkId]:
        rows = await self._connection.fetch_all(
            """
            SELECT work_id FROM series_works WHERE series_id = :series
            ORDER BY position, added_at, work_id LIMIT :limit
            """,
            series=series_id,
            limit=_MOST_WORKS,
        )
        return [WorkId(row["work_id"]) for row in rows]

    async def visible(
        self, series_id: SeriesId, visibilities: Sequence[Visibility]
    ) -> list[WorkId]:
        rows = await self._connection.fetch_all(
            """
            SELECT work_id FROM series_works
            WHERE series_id = :series AND :visibilities LIKE '%"' || (
                SELECT CASE WHEN state = 'hung' THEN visibility END FROM works WHERE id = work_id
            ) || '"%'
            ORDER BY position, added_at, work_id LIMIT :limit
            """,
            series=series_id,
            visibilities=json_text(visibilities),
            limit=_MOST_WORKS,
        )
        return [WorkId(row["work_id"]) for row in rows]

    async def entries(
        self, series_id: SeriesId, visibilities: Sequence[Visibility]
    ) -> list[tuple[WorkId, Millis]]:
        rows = await self._connection.fetch_all(
            """
            SELECT work_id, added_at FROM series_works
            WHERE series_id = :series AND :visibilities LIKE '%"' || (
                SELECT CASE WHEN state = 'hung' THEN visibility END FROM works WHERE id = work_id
            ) || '"%'
            ORDER BY added_at DESC, position DESC LIMIT :limit
            """,
            series=series_id,
            visibilities=json_text(visibilities),
            limit=_MOST_WORKS,
        )
        return [(WorkId(row["work_id"]), Millis(row["added_at"])) for row in rows]

    async def added_at(self, series_id: SeriesId, work: WorkId) -> Millis | None:
        row = await self._connection.fetch_one(
            "SELECT added_at FROM series_works WHERE series_id = :series AND work_id = :work",
            series=series_id,
            work=work,
        )
        return None if row is None else Millis(row["added_at"])

    async def append(self, series_id: SeriesId, work: WorkId, at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO series_works (series_id, work_id, position, added_at)
            VALUES (:series, :work, (
                SELECT COALESCE(MAX(position) + 1, 0) FROM series_works WHERE series_id = :series
            ), :at)
            ON CONFLICT (series_id, work_id) DO UPDATE SET added_at = excluded.added_at
            """,
            series=series_id,
            work=work,
            at=at,
        )

    async def drop(self, series_id: SeriesId, work: WorkId) -> None:
        await self._connection.execute(
            "DELETE FROM series_works WHERE series_id = :series AND work_id = :work",
            series=series_id,
            work=work,
        )

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
