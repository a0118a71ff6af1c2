"""What pictures look like, and whose else look the same."""

from collections.abc import Sequence

from server.likeness import Hashes, KeptHashes, Resemblance, ResemblanceId, Verdict, bands
from server.model import PictureId, WorkId
from server.repositories.works import Likenesses
from server.values import dataclass
from storage.database import Connection, Row, ids_text, json_text, listed


def likenesses_in(connection: Connection) -> Likenesses:
    """Return what pictures look like as this transaction sees it."""
    return _Likenesses(connection)


@dataclass(frozen=True, slots=True)
class _Likenesses:
    _connection: Connection

    async def keep(self, picture_id: PictureId, hashes: Hashes) -> None:
        await self._connection.execute(
            "DELETE FROM likeness_bands WHERE picture_id = :picture", picture=picture_id
        )
        upright = hashes[0] if hashes else ""
        await self._connection.execute(
            """
            INSERT INTO likenesses (picture_id, upright, others)
            VALUES (:picture, :upright, :others)
            ON CONFLICT (picture_id)
            DO UPDATE SET upright = excluded.upright, others = excluded.others
            """,
            picture=picture_id,
            upright=upright,
            others=json_text(hashes[1:]),
        )
        if upright:
            await self._connection.execute(
                """
                INSERT INTO likeness_bands (band, picture_id)
                SELECT CAST(value AS BIGINT), :picture FROM json_each(:bands)
                """,
                picture=picture_id,
                bands=ids_text(bands(upright)),
            )

    async def of_work(self, work_id: WorkId) -> dict[PictureId, Hashes]:
        rows = await self._connection.fetch_all(
            """
            SELECT likenesses.* FROM pictures JOIN likenesses ON picture_id = pictures.id
            WHERE work_id = :work
            """,
            work=work_id,
        )
        return {row["picture_id"]: _hashes(row) for row in rows}

    async def near(self, probes: Sequence[int]) -> list[tuple[PictureId, str]]:
        rows = await self._connection.fetch_all(
            """
            SELECT picture_id, upright FROM likenesses WHERE picture_id IN (
                SELECT picture_id FROM likeness_bands
                WHERE band IN (SELECT CAST(value AS BIGINT) FROM json_each(:bands))
            )
            """,
            bands=ids_text(probes),
        )
        return [(row["picture_id"], row["upright"]) for row in rows]

    async def of_pictures(self, ids: Sequence[PictureId]) -> list[KeptHashes]:
        rows = await self._connection.fetch_all(
            """
            SELECT likenesses.*, work_id, artist_id, (
                SELECT COUNT(*) FROM pictures AS before
                WHERE before.work_id = pictures.work_id AND before.position < pictures.position
                    AND before.shot_id IS NULL
            ) AS place
            FROM likenesses JOIN pictures ON pictures.id = picture_id
            JOIN works ON works.id = work_id
            WHERE picture_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
                AND works.state = 'hung'
            ORDER BY picture_id
            """,
            ids=ids_text(ids),
        )
        return [
            KeptHashes(
                row["picture_id"], row["work_id"], row["artist_id"], row["place"], _hashes(row)
            )
            for row in rows
        ]

    async def is_any(self) -> bool:
        row = await self._connection.fetch_one("SELECT picture_id FROM likeness_bands LIMIT 1")
        return row is not None

    async def unknown(
        self, *, after: PictureId, limit: int = 200
    ) -> list[tuple[PictureId, WorkId]]:
        rows = await self._connection.fetch_all(
            """
            SELECT id, work_id FROM pictures
            WHERE id > :after AND state = 'ready' AND shot_id IS NULL
                AND NOT EXISTS (SELECT 1 FROM likenesses WHERE picture_id = pictures.id)
            ORDER BY id LIMIT :limit
            """,
            after=after,
            limit=limit,
        )
        return [(row["id"], row["work_id"]) for row in rows]

    async def note(self, found: Resemblance) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO resemblances (
                id, artist_id, picture_id, other_id, target_id, position, distance, at, verdict
            )
            SELECT
                :id, :artist, :picture, :other, :target, :position, :distance, :at, :verdict
            WHERE NOT EXISTS (
                SELECT 1 FROM resemblances
                WHERE other_id = :other AND artist_id = :artist AND verdict = 'trusted'
            )
            ON CONFLICT (artist_id, picture_id, target_id) DO NOTHING
            """,
            id=found.id,
            artist=found.artist_id,
            picture=found.picture_id,
            other=found.other_id,
            target=found.target_id,
            position=found.position,
            distance=found.distance,
            at=found.at,
            verdict=found.verdict,
        )
        return count == 1

    async def resemblance(self, resemblance_id: ResemblanceId) -> Resemblance | None:
        row = await self._connection.fetch_one(
            """
            SELECT resemblances.*, work_id FROM resemblances
            JOIN pictures ON pictures.id = picture_id WHERE resemblances.id = :id
            """,
            id=resemblance_id,
        )
        return None if row is None else _resemblance(row)

    async def settle(self, resemblance_id: ResemblanceId, verdict: Verdict) -> None:
        await self._connection.execute(
            "UPDATE resemblances SET verdict = :verdict WHERE id = :id",
            id=resemblance_id,
            verdict=verdict,
        )


def _hashes(row: Row) -> Hashes:
    return (row["upright"], *listed(row["others"], str)) if row["upright"] else ()


def _resemblance(row: Row) -> Resemblance:
    return Resemblance(
        id=row["id"],
        artist_id=row["artist_id"],
        picture_id=row["picture_id"],
        work_id=row["work_id"],
        other_id=row["other_id"],
        target_id=row["target_id"],
        position=row["position"],
        distance=row["distance"],
        at=row["at"],
        verdict=Verdict(row["verdict"]),
    )
