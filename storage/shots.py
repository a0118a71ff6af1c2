"""How works were made: pictures and videos of it."""

from collections.abc import Sequence

from server.codecs import Coding
from server.model import ActorId, Picture, WorkId
from server.repositories.works import Shots
from server.shots import Shot, ShotId, Video
from server.values import dataclass
from server.videos import VideoType
from storage.database import Connection, Row, ids_text
from storage.pictures import Pictures


def shots_in(connection: Connection) -> Shots:
    """Return the shots as this transaction sees them."""
    return _Shots(connection)


@dataclass(frozen=True, slots=True)
class _Shots:
    _connection: Connection

    async def of_works(self, ids: Sequence[WorkId]) -> dict[WorkId, tuple[Shot, ...]]:
        if not ids:
            return {}
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM shots
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            ORDER BY work_id, position, id
            """,
            ids=ids_text(ids),
        )
        pictures = await Pictures(self._connection).of_shots([row["id"] for row in rows])
        found: dict[WorkId, tuple[Shot, ...]] = {}
        for row in rows:
            shot = _shot(row, pictures.get(row["id"]))
            found[shot.work_id] = (*found.get(shot.work_id, ()), shot)
        return found

    async def put(self, shot: Shot) -> None:
        video = shot.video
        await self._connection.execute(
            """
            INSERT INTO shots (
                id, work_id, artist_id, position, name, added_at, alt, caption, video_key,
                video_type, video_digest, video_bytes, video_width, video_height, video_codec,
                audio_codec, video_index_last
            ) VALUES (
                :id, :work_id, :artist_id, :position, :name, :added_at, :alt, :caption, :video_key,
                :video_type, :video_digest, :video_bytes, :video_width, :video_height, :video_codec,
                :audio_codec, :video_index_last
            ) ON CONFLICT (id) DO UPDATE SET
                position = excluded.position, alt = excluded.alt, caption = excluded.caption
            """,
            id=shot.id,
            work_id=shot.work_id,
            artist_id=shot.artist_id,
            position=shot.position,
            name=shot.name,
            added_at=shot.added_at,
            alt=shot.alt,
            caption=shot.caption,
            video_key=video.media_key if video else "",
            video_type=video.type if video else "",
            video_digest=video.digest if video else "",
            video_bytes=video.bytes if video else 0,
            video_width=video.width if video else 0,
            video_height=video.height if video else 0,
            video_codec=video.coding.video if video else "",
            audio_codec=video.coding.audio if video else "",
            video_index_last=bool(video and video.coding.is_index_last),
        )

    async def put_picture(self, shot_id: ShotId, picture: Picture) -> None:
        await Pictures(self._connection).put(picture, shot_id)

    async def remove_picture(self, shot_id: ShotId) -> None:
        rows = await self._connection.fetch_all(
            "SELECT id FROM pictures WHERE shot_id = :shot", shot=shot_id
        )
        for row in rows:
            await Pictures(self._connection).remove(row["id"])

    async def remove(self, shot_id: ShotId) -> None:
        await self.remove_picture(shot_id)
        await self._connection.execute(
            """
            INSERT INTO former_videos (media_key, work_id)
            SELECT video_key, work_id FROM shots WHERE id = :id AND video_key <> ''
            ON CONFLICT (media_key) DO NOTHING
            """,
            id=shot_id,
        )
        await self._connection.execute("DELETE FROM shots WHERE id = :id", id=shot_id)

    async def by_video_key(self, media_key: str) -> Shot | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM shots WHERE video_key = :media_key AND video_key <> ''",
            media_key=media_key,
        )
        if row is None:
            return None
        pictures = await Pictures(self._connection).of_shots([row["id"]])
        return _shot(row, pictures.get(row["id"]))

    async def was_video(self, media_key: str) -> bool:
        row = await self._connection.fetch_one(
            "SELECT 1 AS one FROM former_videos WHERE media_key = :media_key", media_key=media_key
        )
        return row is not None

    async def bytes_of(self, artist_id: ActorId) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT CAST(SUM(video_bytes + COALESCE((
                SELECT SUM(original_bytes) FROM pictures WHERE shot_id = shots.id
            ), 0)) AS BIGINT) AS bytes
            FROM shots JOIN works ON works.id = shots.work_id
            WHERE shots.artist_id = :artist AND works.state <> 'withdrawn'
            """,
            artist=artist_id,
        )
        return int(row["bytes"] or 0) if row is not None else 0


def _shot(row: Row, picture: Picture | None) -> Shot:
    return Shot(
        id=row["id"],
        work_id=row["work_id"],
        artist_id=row["artist_id"],
        position=row["position"],
        name=row["name"],
        added_at=row["added_at"],
        alt=row["alt"],
        caption=row["caption"],
        video=_video(row),
        picture=picture,
    )


def _video(row: Row) -> Video | None:
    if not row["video_key"]:
        return None
    return Video(
        media_key=row["video_key"],
        type=VideoType(row["video_type"]),
        digest=row["video_digest"],
        bytes=row["video_bytes"],
        width=row["video_width"],
        height=row["video_height"],
        coding=Coding(row["video_codec"], row["audio_codec"], bool(row["video_index_last"])),
    )
