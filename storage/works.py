"""Artworks with their pictures.

A page of works costs three queries, whatever its length: works, their pictures, their
renditions. Lists sort by `listed_at`: `hung_at`, or `created_at` of what never hung.
Visibilities come in as JSON text and are compared by LIKE, as a filter: a join would cost the
index's order.
"""

from collections.abc import Sequence

import msgspec

from server.model import (
    ActorId,
    AiLabel,
    CardShape,
    Millis,
    Picture,
    PictureId,
    Quote,
    Sizes,
    Visibility,
    Work,
    WorkId,
    WorkState,
)
from server.permits import InteractionPolicy
from server.preparation import Preparation
from server.repositories.works import Owner, Works
from server.values import dataclass
from storage import digests
from storage.database import MAX_ID, Connection, Row, ids_text, json_text, listed
from storage.permits import permits_in, permits_text, usage_in
from storage.pictures import Pictures
from storage.preparations import note_copies, preparations_of


def works_in(connection: Connection) -> Works:
    """Return the works as this transaction sees them."""
    return _Works(connection)


@dataclass(frozen=True, slots=True)
class _Works:
    _connection: Connection

    async def add(self, work: Work) -> None:
        await self._connection.execute(
            """
            INSERT INTO works (
                id, artist_id, state, title, slug, caption, tags, medium, year, is_sensitive,
                sensitive_reason, visibility, ai_label, content_usage, is_quiet, created_at,
                hung_at, listed_at, edited_at, withdrawn_at, problem, language, interaction,
                pinned_at, licence, quote, quote_approval, visitor_px, peer_px,
                shows_camera, bears_watermark, card
            ) VALUES (
                :id, :artist_id, :state, :title, :slug, :caption, :tags, :medium, :year,
                :is_sensitive, :sensitive_reason, :visibility, :ai_label, :content_usage,
                :is_quiet, :created_at, :hung_at, :listed_at, :edited_at, :withdrawn_at,
                :problem, :language, :interaction, :pinned_at, :licence,
                :quote, :quote_approval, :visitor_px, :peer_px, :shows_camera,
                :bears_watermark, :card
            )
            """,
            **_work_columns(work),
        )
        await self._put_tags(work)
        for picture in work.pictures:
            await self.put_picture(picture)

    async def by_id(self, work_id: WorkId) -> Work | None:
        return (await self.many([work_id])).get(work_id)

    async def owned(self, work_id: WorkId) -> tuple[Work, Owner] | None:
        row = await self._connection.fetch_one(
            """
            SELECT works.*, artists.interaction AS owner_interaction,
                actors.suspended_at AS owner_suspended_at
            FROM works
                JOIN artists ON artists.id = works.artist_id
                JOIN actors ON actors.id = works.artist_id
            WHERE works.id = :id
            """,
            id=work_id,
        )
        if row is None:
            return None
        interaction = permits_in(row["owner_interaction"]) or InteractionPolicy()
        is_suspended = row["owner_suspended_at"] is not None
        return _work(row, ()), Owner(interaction, is_suspended=is_suspended)

    async def bare(self, work_id: WorkId) -> Work | None:
        row = await self._connection.fetch_one("SELECT * FROM works WHERE id = :id", id=work_id)
        return None if row is None else _work(row, ())

    async def hold(self, work_id: WorkId) -> Work | None:
        await self._connection.fetch_one(
            "SELECT id FROM works WHERE id = :id /*pg FOR UPDATE */", id=work_id
        )
        return await self.by_id(work_id)

    async def many(self, ids: Sequence[WorkId]) -> dict[WorkId, Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ids),
        )
        return {work.id: work for work in await self._with_pictures(rows)}

    async def update(self, work: Work) -> None:
        await self._connection.execute(
            """
            UPDATE works SET
                artist_id = :artist_id, state = :state, title = :title, slug = :slug,
                caption = :caption, tags = :tags, medium = :medium, year = :year,
                is_sensitive = :is_sensitive, sensitive_reason = :sensitive_reason,
                visibility = :visibility, ai_label = :ai_label, content_usage = :content_usage,
                is_quiet = :is_quiet, created_at = :created_at, hung_at = :hung_at,
                listed_at = :listed_at, edited_at = :edited_at, withdrawn_at = :withdrawn_at,
                problem = :problem, language = :language, interaction = :interaction,
                pinned_at = :pinned_at, licence = :licence, quote = :quote,
                quote_approval = :quote_approval, visitor_px = :visitor_px, peer_px = :peer_px,
                shows_camera = :shows_camera, bears_watermark = :bears_watermark, card = :card
            WHERE id = :id
            """,
            **_work_columns(work),
        )
        await self._connection.execute("DELETE FROM work_tags WHERE work_id = :id", id=work.id)
        await self._put_tags(work)

    async def put_picture(self, picture: Picture) -> None:
        await Pictures(self._connection).put(picture)

    async def remove_picture(self, picture_id: PictureId) -> None:
        await Pictures(self._connection).remove(picture_id)

    async def by_media_key(self, media_key: str) -> tuple[Work, Picture] | None:
        row = await self._connection.fetch_one(
            """
            SELECT id, work_id FROM pictures WHERE media_key = :media_key AND media_key <> ''
            UNION ALL
            SELECT id, work_id FROM pictures JOIN former_keys ON picture_id = id
            WHERE former_keys.media_key = :media_key
            """,
            media_key=media_key,
        )
        work = None if row is None else await self.by_id(row["work_id"])
        if row is None or work is None:
            return None
        own = next((picture for picture in work.pictures if picture.id == row["id"]), None)
        return work, own or await Pictures(self._connection).by_id(row["id"])

    async def of_artist(
        self,
        artist_id: ActorId,
        visibilities: Sequence[Visibility],
        *,
        before: WorkId | None = None,
        limit: int = 24,
    ) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works
            WHERE artist_id = :artist_id AND state = 'hung'
                AND :visibilities LIKE '%"' || visibility || '"%'
                AND (listed_at, id) < (:before_at, :before)
            ORDER BY listed_at DESC, id DESC LIMIT :limit
            """,
            artist_id=artist_id,
            visibilities=json_text(visibilities),
            before=MAX_ID if before is None else before,
            before_at=await self._listed_at(before),
            limit=limit,
        )
        return await self._with_pictures(rows)

    async def in_studio(
        self, artist_id: ActorId, *, before: WorkId | None = None, limit: int = 50
    ) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works
            WHERE artist_id = :artist_id AND id < :before AND state <> 'withdrawn'
            ORDER BY id DESC LIMIT :limit
            """,
            artist_id=artist_id,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return await self._with_pictures(rows)

    async def of_all(self, *, before: WorkId | None = None, limit: int = 50) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works WHERE id < :before AND state <> 'withdrawn'
            ORDER BY id DESC LIMIT :limit
            """,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return await self._with_pictures(rows)

    async def newest(self, *, before: WorkId | None = None, limit: int = 24) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works
            WHERE state = 'hung' AND visibility = 'public'
                AND (listed_at, id) < (:before_at, :before)
                AND EXISTS (
                    SELECT 1 FROM artists
                    WHERE artists.id = works.artist_id AND suspended_at IS NULL
                        AND silenced_at IS NULL
                )
            ORDER BY listed_at DESC, id DESC LIMIT :limit
            """,
            before=MAX_ID if before is None else before,
            before_at=await self._listed_at(before),
            limit=limit,
        )
        return await self._with_pictures(rows)

    async def tagged(
        self, tag: str, *, before: WorkId | None = None, limit: int = 24
    ) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT works.* FROM work_tags JOIN works ON works.id = work_tags.work_id
            WHERE tag = :tag AND state = 'hung' AND visibility = 'public'
                AND (work_tags.listed_at, work_id) < (:before_at, :before)
                AND EXISTS (
                    SELECT 1 FROM artists
                    WHERE artists.id = works.artist_id AND suspended_at IS NULL
                        AND silenced_at IS NULL
                )
            ORDER BY work_tags.listed_at DESC, work_id DESC LIMIT :limit
            """,
            tag=tag.casefold(),
            before=MAX_ID if before is None else before,
            before_at=await self._listed_at(before),
            limit=limit,
        )
        return await self._with_pictures(rows)

    async def latest(self, artists: Sequence[ActorId], *, each: int = 4) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works WHERE id IN (
                SELECT id FROM (
                    SELECT id, ROW_NUMBER() OVER (
                        PARTITION BY artist_id ORDER BY listed_at DESC, id DESC
                    ) AS place
                    FROM works
                    WHERE artist_id IN (
                            SELECT CAST(value AS BIGINT) FROM json_each(:artists)
                        )
                        AND state = 'hung' AND visibility = 'public'
                ) AS placed
                WHERE place <= :each
            )
            ORDER BY listed_at DESC, id DESC
            """,
            artists=json_text(artists),
            each=each,
        )
        return await self._with_pictures(rows)

    async def neighbours(
        self, work: Work, visibilities: Sequence[Visibility]
    ) -> tuple[Work | None, Work | None]:
        newer = await self._connection.fetch_all(
            """
            SELECT * FROM works
            WHERE artist_id = :artist_id AND state = 'hung'
                AND :visibilities LIKE '%"' || visibility || '"%'
                AND (listed_at, id) > (:listed_at, :id)
            ORDER BY listed_at, id LIMIT 1
            """,
            artist_id=work.artist_id,
            visibilities=json_text(visibilities),
            listed_at=_sort_time(work),
            id=work.id,
        )
        older = await self.of_artist(work.artist_id, visibilities, before=work.id, limit=1)
        return next(iter(await self._with_pictures(newer)), None), next(iter(older), None)

    async def pinned(
        self, artist_id: ActorId, visibilities: Sequence[Visibility], *, limit: int = 20
    ) -> list[Work]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM works
            WHERE artist_id = :artist_id AND pinned_at IS NOT NULL AND state = 'hung'
                AND :visibilities LIKE '%"' || visibility || '"%'
            ORDER BY pinned_at DESC, id DESC LIMIT :limit
            """,
            artist_id=artist_id,
            visibilities=json_text(visibilities),
            limit=limit,
        )
        return await self._with_pictures(rows)

    async def tags_of(self, artist_id: ActorId, *, limit: int = 10) -> list[tuple[str, int]]:
        rows = await self._connection.fetch_all(
            """
            SELECT tag, COUNT(*) AS number
            FROM works JOIN work_tags ON work_tags.work_id = works.id
            WHERE works.artist_id = :artist_id AND state = 'hung' AND visibility = 'public'
            GROUP BY tag ORDER BY number DESC, tag LIMIT :limit
            """,
            artist_id=artist_id,
            limit=limit,
        )
        return [(row["tag"], int(row["number"])) for row in rows]

    async def count(self, artist_id: ActorId, visibilities: Sequence[Visibility]) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM works
            WHERE artist_id = :artist_id AND state = 'hung'
                AND :visibilities LIKE '%"' || visibility || '"%'
            """,
            artist_id=artist_id,
            visibilities=json_text(visibilities),
        )
        return 0 if row is None else int(row["number"])

    async def count_all(self) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM works
            WHERE state = 'hung' AND visibility IN ('public', 'unlisted')
            """
        )
        return 0 if row is None else int(row["number"])

    async def count_active(self, since: Millis) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(DISTINCT artist_id) AS number FROM works WHERE hung_at >= :since",
            since=since,
        )
        return 0 if row is None else int(row["number"])

    async def digests(self, *, after: str = "", limit: int = 500) -> list[str]:
        return await digests.digests(self._connection, after=after, limit=limit)

    async def note_copies(self, picture_id: PictureId, made: int, copies: int) -> None:
        await note_copies(self._connection, picture_id, made, copies)

    async def preparations(self, ids: Sequence[WorkId]) -> dict[WorkId, Preparation]:
        return await preparations_of(self._connection, ids)

    async def quoting(self, approval_uri: str) -> list[Work]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM works WHERE quote_approval = :uri AND quote_approval <> ''",
            uri=approval_uri,
        )
        return [_work(row, ()) for row in rows]

    async def digests_in_use(self, wanted: Sequence[str]) -> set[str]:
        return await digests.in_use(self._connection, wanted)

    async def _put_tags(self, work: Work) -> None:
        await self._connection.execute(
            """
            INSERT INTO work_tags (tag, listed_at, work_id)
            SELECT value, :listed_at, :id FROM json_each(:tags)
            """,
            tags=json_text(sorted({tag.casefold() for tag in work.tags})),
            listed_at=_sort_time(work),
            id=work.id,
        )

    async def _listed_at(self, work_id: WorkId | None) -> int:
        """Return where a list goes on; without a work, from its start."""
        if work_id is None:
            return MAX_ID
        row = await self._connection.fetch_one(
            "SELECT listed_at FROM works WHERE id = :id", id=work_id
        )
        return MAX_ID if row is None else int(row["listed_at"])

    async def _with_pictures(self, rows: Sequence[Row]) -> list[Work]:
        pictures = await Pictures(self._connection).of_works([row["id"] for row in rows])
        return [_work(row, pictures.get(row["id"], ())) for row in rows]


def _sort_time(work: Work) -> int:
    return work.created_at if work.hung_at is None else work.hung_at


def _work(row: Row, pictures: tuple[Picture, ...]) -> Work:
    return Work(
        id=row["id"],
        artist_id=row["artist_id"],
        state=WorkState(row["state"]),
        title=row["title"],
        slug=row["slug"],
        caption=row["caption"],
        tags=listed(row["tags"], str),
        medium=row["medium"],
        year=row["year"],
        is_sensitive=bool(row["is_sensitive"]),
        sensitive_reason=row["sensitive_reason"],
        visibility=Visibility(row["visibility"]),
        ai_label=AiLabel(row["ai_label"]),
        content_usage=usage_in(row["content_usage"]),
        is_quiet=bool(row["is_quiet"]),
        created_at=row["created_at"],
        hung_at=row["hung_at"],
        edited_at=row["edited_at"],
        withdrawn_at=row["withdrawn_at"],
        problem=row["problem"],
        language=row["language"],
        pictures=pictures,
        interaction=permits_in(row["interaction"]),
        pinned_at=row["pinned_at"],
        quote=msgspec.json.decode(row["quote"], type=Quote) if row["quote"] else None,
        licence=row["licence"],
        shows_camera=bool(row["shows_camera"]),
        bears_watermark=bool(row["bears_watermark"]),
        card=CardShape(row["card"]),
        sizes=Sizes(row["visitor_px"], row["peer_px"]),
    )


def _work_columns(work: Work) -> dict[str, str | int | None]:
    return {
        "id": work.id,
        "artist_id": work.artist_id,
        "state": work.state,
        "title": work.title,
        "slug": work.slug,
        "caption": work.caption,
        "tags": json_text(work.tags),
        "medium": work.medium,
        "year": work.year,
        "is_sensitive": work.is_sensitive,
        "sensitive_reason": work.sensitive_reason,
        "visibility": work.visibility,
        "ai_label": work.ai_label,
        "content_usage": msgspec.json.encode(work.content_usage).decode(),
        "is_quiet": work.is_quiet,
        "created_at": work.created_at,
        "hung_at": work.hung_at,
        "listed_at": _sort_time(work),
        "edited_at": work.edited_at,
        "withdrawn_at": work.withdrawn_at,
        "problem": work.problem,
        "language": work.language,
        "interaction": permits_text(work.interaction),
        "pinned_at": work.pinned_at,
        "quote": msgspec.json.encode(work.quote).decode() if work.quote else "",
        "quote_approval": work.quote.approval_uri if work.quote else "",
        "licence": work.licence,
        "shows_camera": work.shows_camera,
        "bears_watermark": work.bears_watermark,
        "card": work.card,
        "visitor_px": work.sizes.visitor,
        "peer_px": work.sizes.peer,
    }
