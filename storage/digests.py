"""Which files of the MediaStore rows need: of works, watermarks, avatars, banners and videos."""

from collections.abc import Sequence

from storage.database import Connection, json_text


async def digests(connection: Connection, *, after: str, limit: int) -> list[str]:
    """List the digests of all files that some row names, after that one, by digest."""
    rows = await connection.fetch_all(
        """
        SELECT digest FROM (
            SELECT * FROM (
                SELECT DISTINCT original_digest AS digest FROM pictures
                WHERE original_digest > :after ORDER BY original_digest LIMIT :limit
            ) AS placed_originals
            UNION
            SELECT * FROM (
                SELECT DISTINCT digest FROM renditions
                WHERE digest > :after ORDER BY digest LIMIT :limit
            ) AS placed_copies
            UNION
            SELECT * FROM (
                SELECT DISTINCT watermark_logo AS digest FROM artists
                WHERE watermark_logo > :after AND watermark_logo <> ''
                ORDER BY watermark_logo LIMIT :limit
            ) AS placed_logos
            UNION
            SELECT * FROM (
                SELECT DISTINCT digest AS digest FROM portraits
                WHERE digest > :after ORDER BY digest LIMIT :limit
            ) AS placed_faces
            UNION
            SELECT * FROM (
                SELECT DISTINCT whole_digest AS digest FROM portraits
                WHERE whole_digest > :after ORDER BY whole_digest LIMIT :limit
            ) AS placed_wholes
            UNION
            SELECT * FROM (
                SELECT DISTINCT original_digest AS digest FROM portraits
                WHERE original_digest > :after ORDER BY original_digest LIMIT :limit
            ) AS placed_sources
            UNION
            SELECT * FROM (
                SELECT DISTINCT video_digest AS digest FROM shots
                WHERE video_digest > :after AND video_digest <> ''
                ORDER BY video_digest LIMIT :limit
            ) AS placed_videos
        ) AS placed ORDER BY digest LIMIT :limit
        """,
        after=after,
        limit=limit,
    )
    return [row["digest"] for row in rows]


async def in_use(connection: Connection, digests: Sequence[str]) -> set[str]:
    """Return which of these somebody still needs."""
    rows = await connection.fetch_all(
        """
        SELECT value AS digest FROM json_each(:digests)
        WHERE (
            SELECT 1 FROM pictures
            WHERE original_digest = value AND (
                SELECT state FROM works WHERE works.id = pictures.work_id
            ) <> 'withdrawn' LIMIT 1
        ) = 1 OR (
            SELECT 1 FROM renditions
            WHERE digest = value AND (
                SELECT works.state FROM pictures JOIN works ON works.id = pictures.work_id
                WHERE pictures.id = renditions.picture_id
            ) <> 'withdrawn' LIMIT 1
        ) = 1 OR (
            SELECT 1 FROM artists
            WHERE watermark_logo = value AND watermark_logo <> '' LIMIT 1
        ) = 1 OR (
            SELECT 1 FROM portraits
            WHERE digest = value OR whole_digest = value OR original_digest = value LIMIT 1
        ) = 1 OR (
            SELECT 1 FROM shots
            WHERE video_digest = value AND video_digest <> '' AND (
                SELECT state FROM works WHERE works.id = shots.work_id
            ) <> 'withdrawn' LIMIT 1
        ) = 1
        """,
        digests=json_text(digests),
    )
    return {row["digest"] for row in rows}
