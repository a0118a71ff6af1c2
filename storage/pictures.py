"""Pictures of works and their renditions: what `works` asks for beside its own rows."""

from collections.abc import Sequence

import msgspec

from server.camera import NOTHING, Camera
from server.credentials import Credentials
from server.model import (
    ImageFormat,
    Picture,
    PictureId,
    PictureState,
    Rendition,
    RenditionName,
    WorkId,
)
from server.shots import ShotId
from server.values import dataclass
from server.written import NOTHING_WRITTEN, Written
from storage.database import Connection, Row, ids_text


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures as this transaction sees them."""

    _connection: Connection

    async def put(self, picture: Picture, shot_id: ShotId | None = None) -> None:
        """Insert or replace one picture and all its renditions; the key that it had stays known.

        `shot_id`: of which shot a new one is; None for a picture of the work itself.
        """
        await self._connection.execute(
            """
            INSERT INTO former_keys (media_key, picture_id)
            SELECT media_key, id FROM pictures
            WHERE id = :id AND media_key <> '' AND media_key <> :media_key
            ON CONFLICT (media_key) DO NOTHING
            """,
            id=picture.id,
            media_key=picture.media_key,
        )
        await self._connection.execute(
            """
            INSERT INTO pictures (
                id, work_id, position, alt, original_digest, original_type, original_name,
                original_bytes, state, problem, media_key, width, height, placeholder, blurhash,
                focal_x, focal_y, icc_name, declared_by, declared_where, inscribed,
                camera, credentials, written, shot_id
            ) VALUES (
                :id, :work_id, :position, :alt, :original_digest, :original_type, :original_name,
                :original_bytes, :state, :problem, :media_key, :width, :height, :placeholder,
                :blurhash, :focal_x, :focal_y, :icc_name, :declared_by, :declared_where, :inscribed,
                :camera, :credentials, :written, :shot_id
            ) ON CONFLICT (id) DO UPDATE SET
                work_id = excluded.work_id, position = excluded.position, alt = excluded.alt,
                original_digest = excluded.original_digest,
                original_type = excluded.original_type, original_name = excluded.original_name,
                original_bytes = excluded.original_bytes, state = excluded.state,
                problem = excluded.problem, media_key = excluded.media_key,
                width = excluded.width, height = excluded.height,
                placeholder = excluded.placeholder, blurhash = excluded.blurhash,
                focal_x = excluded.focal_x, focal_y = excluded.focal_y,
                icc_name = excluded.icc_name, declared_by = excluded.declared_by,
                declared_where = excluded.declared_where, inscribed = excluded.inscribed,
                camera = excluded.camera, credentials = excluded.credentials,
                written = excluded.written,
                made_copies = 0, all_copies = 0
            """,
            shot_id=shot_id,
            **_picture_columns(picture),
        )
        await self._forget_renditions(picture.id)
        for position, rendition in enumerate(picture.renditions):
            await self._add_rendition(picture.id, position, rendition)

    async def remove(self, picture_id: PictureId) -> None:
        """Delete a picture and its renditions."""
        await self._forget_renditions(picture_id)
        await self._connection.execute(
            "DELETE FROM former_keys WHERE picture_id = :id", id=picture_id
        )
        await self._connection.execute("DELETE FROM pictures WHERE id = :id", id=picture_id)

    async def of_works(self, ids: Sequence[WorkId]) -> dict[WorkId, tuple[Picture, ...]]:
        """Return the pictures of each work in order, by two queries for all."""
        if not ids:
            return {}
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM pictures
            WHERE work_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
                AND shot_id IS NULL
            ORDER BY work_id, position, id
            """,
            ids=ids_text(ids),
        )
        found: dict[WorkId, tuple[Picture, ...]] = {}
        for picture in await self._whole(rows):
            found[picture.work_id] = (*found.get(picture.work_id, ()), picture)
        return found

    async def of_shots(self, ids: Sequence[ShotId]) -> dict[ShotId, Picture]:
        """Return the picture of each shot that has one."""
        if not ids:
            return {}
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM pictures
            WHERE shot_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ids),
        )
        pictures = await self._whole(rows)
        return {row["shot_id"]: one for row, one in zip(rows, pictures, strict=True)}

    async def by_id(self, picture_id: PictureId) -> Picture:
        """Return a picture that is there."""
        rows = await self._connection.fetch_all(
            "SELECT * FROM pictures WHERE id = :id", id=picture_id
        )
        return (await self._whole(rows))[0]

    async def _whole(self, rows: Sequence[Row]) -> list[Picture]:
        renditions = await self._renditions_of([row["id"] for row in rows])
        return [_picture(row, renditions.get(row["id"], ())) for row in rows]

    async def _add_rendition(
        self, picture_id: PictureId, position: int, rendition: Rendition
    ) -> None:
        await self._connection.execute(
            """
            INSERT INTO renditions (
                picture_id, position, name, format, width, height, bytes, digest
            ) VALUES (
                :picture_id, :position, :name, :format, :width, :height, :bytes, :digest
            )
            """,
            picture_id=picture_id,
            position=position,
            name=rendition.name,
            format=rendition.format,
            width=rendition.width,
            height=rendition.height,
            bytes=rendition.bytes,
            digest=rendition.digest,
        )

    async def _renditions_of(
        self, ids: Sequence[PictureId]
    ) -> dict[PictureId, tuple[Rendition, ...]]:
        if not ids:
            return {}
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM renditions
            WHERE picture_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            ORDER BY picture_id, position
            """,
            ids=ids_text(ids),
        )
        found: dict[PictureId, tuple[Rendition, ...]] = {}
        for row in rows:
            found[row["picture_id"]] = (*found.get(row["picture_id"], ()), _rendition(row))
        return found

    async def _forget_renditions(self, picture_id: PictureId) -> None:
        await self._connection.execute(
            "DELETE FROM renditions WHERE picture_id = :picture_id", picture_id=picture_id
        )


def _picture(row: Row, renditions: tuple[Rendition, ...]) -> Picture:
    return Picture(
        id=row["id"],
        work_id=row["work_id"],
        position=row["position"],
        alt=row["alt"],
        original_digest=row["original_digest"],
        original_type=row["original_type"],
        original_name=row["original_name"],
        original_bytes=row["original_bytes"],
        state=PictureState(row["state"]),
        problem=row["problem"],
        media_key=row["media_key"],
        width=row["width"],
        height=row["height"],
        placeholder=row["placeholder"],
        blurhash=row["blurhash"],
        focal_x=row["focal_x"],
        focal_y=row["focal_y"],
        icc_name=row["icc_name"],
        renditions=renditions,
        declared_by=row["declared_by"],
        declared_where=row["declared_where"],
        inscribed=row["inscribed"],
        camera=msgspec.json.decode(row["camera"], type=Camera) if row["camera"] else NOTHING,
        credentials=_credentials(row["credentials"]),
        written=msgspec.json.decode(row["written"], type=Written)
        if row["written"]
        else NOTHING_WRITTEN,
    )


def _picture_columns(picture: Picture) -> dict[str, str | int | float]:
    return {
        "id": picture.id,
        "work_id": picture.work_id,
        "position": picture.position,
        "alt": picture.alt,
        "original_digest": picture.original_digest,
        "original_type": picture.original_type,
        "original_name": picture.original_name,
        "original_bytes": picture.original_bytes,
        "state": picture.state,
        "problem": picture.problem,
        "media_key": picture.media_key,
        "width": picture.width,
        "height": picture.height,
        "placeholder": picture.placeholder,
        "blurhash": picture.blurhash,
        "focal_x": picture.focal_x,
        "focal_y": picture.focal_y,
        "icc_name": picture.icc_name,
        "declared_by": picture.declared_by,
        "declared_where": picture.declared_where,
        "inscribed": picture.inscribed,
        "camera": "" if picture.camera == NOTHING else msgspec.json.encode(picture.camera).decode(),
        "credentials": msgspec.json.encode(picture.credentials).decode()
        if picture.credentials
        else "",
        "written": ""
        if picture.written == NOTHING_WRITTEN
        else msgspec.json.encode(picture.written).decode(),
    }


def _credentials(text: str) -> Credentials | None:
    return msgspec.json.decode(text, type=Credentials) if text else None


def _rendition(row: Row) -> Rendition:
    return Rendition(
        name=RenditionName(row["name"]),
        format=ImageFormat(row["format"]),
        width=row["width"],
        height=row["height"],
        bytes=row["bytes"],
        digest=row["digest"],
    )
