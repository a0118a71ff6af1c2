"""Avatars and banners of artists."""

from server.model import ActorId
from server.portraits import Portrait, PortraitKind
from server.repositories.accounts import Portraits
from server.values import dataclass
from storage.database import Connection, Row


def portraits_in(connection: Connection) -> Portraits:
    """Return them as this transaction sees them."""
    return _Portraits(connection)


@dataclass(frozen=True, slots=True)
class _Portraits:
    _connection: Connection

    async def put(self, portrait: Portrait) -> None:
        await self.remove(portrait.artist_id, portrait.kind)
        await self._connection.execute(
            """
            INSERT INTO portraits (
                artist_id, kind, media_key, digest, whole_digest, original_digest, whole_width,
                whole_height, focal_x, focal_y, alt, made_at
            ) VALUES (
                :artist_id, :kind, :media_key, :digest, :whole_digest, :original_digest,
                :whole_width, :whole_height, :focal_x, :focal_y, :alt, :made_at
            )
            """,
            artist_id=portrait.artist_id,
            kind=portrait.kind,
            media_key=portrait.media_key,
            digest=portrait.digest,
            whole_digest=portrait.whole_digest,
            original_digest=portrait.original_digest,
            whole_width=portrait.whole_width,
            whole_height=portrait.whole_height,
            focal_x=portrait.focal_x,
            focal_y=portrait.focal_y,
            alt=portrait.alt,
            made_at=portrait.made_at,
        )

    async def remove(self, artist_id: ActorId, kind: PortraitKind) -> None:
        await self._connection.execute(
            "DELETE FROM portraits WHERE artist_id = :artist_id AND kind = :kind",
            artist_id=artist_id,
            kind=kind,
        )

    async def of_artist(self, artist_id: ActorId) -> dict[PortraitKind, Portrait]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM portraits WHERE artist_id = :artist_id", artist_id=artist_id
        )
        return {(found := _portrait(row)).kind: found for row in rows}

    async def by_media_key(self, media_key: str) -> Portrait | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM portraits WHERE media_key = :media_key", media_key=media_key
        )
        return None if row is None else _portrait(row)


def _portrait(row: Row) -> Portrait:
    return Portrait(
        media_key=row["media_key"],
        artist_id=row["artist_id"],
        kind=PortraitKind(row["kind"]),
        digest=row["digest"],
        whole_digest=row["whole_digest"],
        original_digest=row["original_digest"],
        whole_width=row["whole_width"],
        whole_height=row["whole_height"],
        focal_x=row["focal_x"],
        focal_y=row["focal_y"],
        alt=row["alt"],
        made_at=row["made_at"],
    )
