"""Comments from here and anywhere, and remote actors' posts."""

from collections.abc import Sequence

import msgspec

from server.errors import Untrusted
from server.model import (
    ActorId,
    AiLabel,
    Emoji,
    Heard,
    Poll,
    Post,
    PostId,
    Quote,
    RemotePicture,
    TargetId,
    Visibility,
    WorkId,
)
from server.repositories.posts import Posts
from server.treatments import Treatment, is_hidden
from server.values import dataclass
from storage.database import MAX_ID, Connection, Row, ids_text, json_text, listed, time_of
from storage.permits import heard_in, heard_text, permits_in, permits_text

_ANSWERS = 100  # private answers to one message; nobody writes more


def posts_in(connection: Connection) -> Posts:
    """Return the posts as this transaction sees them."""
    return _Posts(connection)


@dataclass(frozen=True, slots=True)
class _Posts:
    _connection: Connection

    async def put(self, post: Post) -> PostId:
        row = await self._connection.fetch_one(
            """
            INSERT INTO posts (
                id, uri, actor_id, is_local, visibility, content_html, title, url, is_sensitive,
                warning, published_at, edited_at, in_reply_to_uri, reply_to_id, work_id, pictures,
                tags, language, content_usage, mentions, source, ai_label, quote,
                quote_approval, poll, emojis, featured_at, heard, treatments, is_kept_back,
                interaction
            ) VALUES (
                :id, :uri, :actor_id, :is_local, :visibility, :content_html, :title, :url,
                :is_sensitive, :warning, :published_at, :edited_at, :in_reply_to_uri,
                :reply_to_id, :work_id, :pictures, :tags, :language, :content_usage, :mentions,
                :source, :ai_label, :quote, :quote_approval, :poll, :emojis, :featured_at, :heard,
                :treatments, :is_kept_back, :interaction
            ) ON CONFLICT (uri) DO UPDATE SET
                is_local = excluded.is_local, visibility = excluded.visibility,
                content_html = excluded.content_html, title = excluded.title, url = excluded.url,
                is_sensitive = excluded.is_sensitive, warning = excluded.warning,
                published_at = excluded.published_at, edited_at = excluded.edited_at,
                in_reply_to_uri = excluded.in_reply_to_uri, reply_to_id = excluded.reply_to_id,
                work_id = excluded.work_id, pictures = excluded.pictures, tags = excluded.tags,
                language = excluded.language, content_usage = excluded.content_usage,
                mentions = excluded.mentions, source = excluded.source,
                ai_label = excluded.ai_label, quote = excluded.quote,
                quote_approval = excluded.quote_approval, poll = excluded.poll,
                emojis = excluded.emojis, featured_at = excluded.featured_at,
                heard = excluded.heard, treatments = excluded.treatments,
                is_kept_back = excluded.is_kept_back,
                interaction = excluded.interaction
            WHERE posts.actor_id = excluded.actor_id
            RETURNING id
            """,
            **_columns(post),
        )
        if row is None:
            raise Untrusted(f"{post.uri} is another actor's post: only its author may change it.")
        post_id = PostId(row["id"])
        if post.visibility is Visibility.DIRECT:
            await self._set_readers(post_id, post)
        if post.quote is not None and post.quote.is_approved:
            await self._keep_quoted(post.quote.uri)
        return post_id

    async def _keep_quoted(self, uri: str) -> None:
        """Let a post stay that was brought for a feed alone: it is shown in a quote too."""
        await self._connection.execute(
            "UPDATE posts SET brought_at = NULL WHERE uri = :uri AND brought_at IS NOT NULL",
            uri=uri,
        )

    async def hold(self, post_id: PostId) -> Post | None:
        await self._connection.fetch_one(
            "SELECT id FROM posts WHERE id = :id /*pg FOR UPDATE */", id=post_id
        )
        return await self.by_id(post_id)

    async def by_id(self, post_id: PostId) -> Post | None:
        row = await self._connection.fetch_one("SELECT * FROM posts WHERE id = :id", id=post_id)
        return None if row is None else _post(row)

    async def by_uri(self, uri: str) -> Post | None:
        row = await self._connection.fetch_one("SELECT * FROM posts WHERE uri = :uri", uri=uri)
        return None if row is None else _post(row)

    async def many(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM posts
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ids),
        )
        return {row["id"]: _post(row) for row in rows}

    async def remove(self, post_id: PostId) -> None:
        await self._connection.execute("DELETE FROM reactions WHERE target_id = :id", id=post_id)
        await self._connection.execute(
            "DELETE FROM notifications WHERE target_id = :id", id=post_id
        )
        await self._connection.execute(
            "UPDATE posts SET reply_to_id = NULL WHERE reply_to_id = :id", id=post_id
        )
        await self._connection.execute("DELETE FROM requests WHERE target_id = :id", id=post_id)
        await self._connection.execute(
            """
            DELETE FROM requests
            WHERE kind IN ('reply', 'quote')
                AND object_uri = (SELECT uri FROM posts WHERE id = :id)
            """,
            id=post_id,
        )
        await self._connection.execute("DELETE FROM posts WHERE id = :id", id=post_id)

    async def thread(
        self,
        work_id: WorkId,
        reader: ActorId | None = None,
        *,
        after: PostId | None = None,
        limit: int = 200,
    ) -> list[Post]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM posts
            WHERE work_id = :work_id AND visibility IN ('public', 'unlisted') AND NOT is_hidden
                AND NOT is_kept_back
                AND NOT is_withheld AND EXISTS (
                    SELECT 1 FROM actors
                    WHERE actors.id = posts.actor_id AND suspended_at IS NULL AND (
                        silenced_at IS NULL OR actors.id = :reader OR EXISTS (
                            SELECT 1 FROM follows
                            WHERE follower_id = :reader AND followee_id = actors.id
                                AND state = 'accepted'
                        )
                    )
                )
                AND (published_at, id) > (:after_at, :after)
            ORDER BY published_at, id LIMIT :limit
            """,
            work_id=work_id,
            reader=reader or 0,
            after=after or 0,
            after_at=-1 if after is None else await self._time_of(after),
            limit=limit,
        )
        return [_post(row) for row in rows]

    async def replies_to(
        self,
        target: TargetId,
        reader: ActorId | None = None,
        *,
        after: PostId | None = None,
        limit: int = 50,
    ) -> list[Post]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM posts
            WHERE reply_to_id = :target AND visibility IN ('public', 'unlisted') AND NOT is_hidden
                AND NOT is_kept_back
                AND NOT is_withheld AND EXISTS (
                    SELECT 1 FROM actors
                    WHERE actors.id = posts.actor_id AND suspended_at IS NULL AND (
                        silenced_at IS NULL OR actors.id = :reader OR EXISTS (
                            SELECT 1 FROM follows
                            WHERE follower_id = :reader AND followee_id = actors.id
                                AND state = 'accepted'
                        )
                    )
                )
                AND (published_at, id) > (:after_at, :after)
            ORDER BY published_at, id LIMIT :limit
            """,
            target=target,
            reader=reader or 0,
            after=after or 0,
            after_at=-1 if after is None else await self._time_of(after),
            limit=limit,
        )
        return [_post(row) for row in rows]

    async def count_replies_to(self, target: TargetId, reader: ActorId | None = None) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT COUNT(*) AS number FROM posts
            WHERE reply_to_id = :target AND visibility IN ('public', 'unlisted') AND NOT is_hidden
                AND NOT is_kept_back
                AND NOT is_withheld AND EXISTS (
                    SELECT 1 FROM actors
                    WHERE actors.id = posts.actor_id AND suspended_at IS NULL AND (
                        silenced_at IS NULL OR actors.id = :reader OR EXISTS (
                            SELECT 1 FROM follows
                            WHERE follower_id = :reader AND followee_id = actors.id
                                AND state = 'accepted'
                        )
                    )
                )
            """,
            target=target,
            reader=reader or 0,
        )
        return 0 if row is None else int(row["number"])

    async def hide(self, author: ActorId, artist: ActorId, *, is_hidden: bool) -> None:
        await self._connection.execute(
            """
            UPDATE posts SET is_hidden = :is_hidden
            WHERE actor_id = :author AND (
                SELECT artist_id FROM works WHERE works.id = posts.work_id
            ) = :artist
            """,
            author=author,
            artist=artist,
            is_hidden=is_hidden,
        )

    async def withhold(self, post_id: PostId, *, is_withheld: bool) -> None:
        await self._connection.execute(
            "UPDATE posts SET is_withheld = :is_withheld WHERE id = :id",
            id=post_id,
            is_withheld=is_withheld,
        )

    async def featured(self, actor: ActorId, *, limit: int = 20) -> list[Post]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM posts
            WHERE actor_id = :actor AND featured_at IS NOT NULL AND NOT is_withheld
            ORDER BY featured_at DESC LIMIT :limit
            """,
            actor=actor,
            limit=limit,
        )
        return [_post(row) for row in rows]

    async def messages(
        self, reader: ActorId, *, before: PostId | None = None, limit: int = 50
    ) -> list[Post]:
        rows = await self._connection.fetch_all(
            """
            SELECT posts.* FROM post_readers
                JOIN posts ON posts.id = post_readers.post_id AND posts.visibility = 'direct'
                JOIN actors ON actors.id = posts.actor_id AND actors.suspended_at IS NULL
            WHERE NOT posts.is_withheld AND post_readers.reader_id = :reader
                AND post_readers.post_id < :before
            ORDER BY post_readers.post_id DESC LIMIT :limit
            """,
            reader=reader,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [_post(row) for row in rows]

    async def private_answers(self, post_id: PostId, reader: ActorId) -> list[Post]:
        rows = await self._connection.fetch_all(
            """
            SELECT posts.* FROM posts
                JOIN post_readers ON post_readers.post_id = posts.id
                    AND post_readers.reader_id = :reader
            WHERE posts.reply_to_id = :id AND posts.visibility = 'direct'
            ORDER BY posts.published_at, posts.id LIMIT :limit
            """,
            id=post_id,
            reader=reader,
            limit=_ANSWERS,
        )
        return [_post(row) for row in rows]

    async def quoting(self, approval_uri: str) -> list[Post]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM posts WHERE quote_approval = :uri AND quote_approval <> ''",
            uri=approval_uri,
        )
        return [_post(row) for row in rows]

    async def _set_readers(self, post_id: PostId, post: Post) -> None:
        """Note whom here a direct message is for: its author, and who is named in it."""
        await self._connection.execute("DELETE FROM post_readers WHERE post_id = :id", id=post_id)
        await self._connection.execute(
            """
            INSERT INTO post_readers (post_id, reader_id)
            SELECT CAST(:id AS BIGINT), actors.id FROM actors
            WHERE actors.is_local AND (
                actors.id = :author OR actors.uri IN (SELECT value FROM json_each(:mentions))
            )
            """,
            id=post_id,
            author=post.actor_id,
            mentions=json_text(post.mentions),
        )

    async def count_local(self) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM posts WHERE is_local"
        )
        return 0 if row is None else int(row["number"])

    async def _time_of(self, target: int) -> int:
        """Return the time by which lists sort `target`, also when it was deleted meanwhile."""
        row = await self._connection.fetch_one(
            "SELECT published_at AS at FROM posts WHERE id = :id", id=target
        )
        return time_of(target) if row is None else int(row["at"])


def _post(row: Row) -> Post:
    return Post(
        id=row["id"],
        uri=row["uri"],
        actor_id=row["actor_id"],
        is_local=bool(row["is_local"]),
        visibility=Visibility(row["visibility"]),
        content_html=row["content_html"],
        title=row["title"],
        url=row["url"],
        is_sensitive=bool(row["is_sensitive"]),
        warning=row["warning"],
        published_at=row["published_at"],
        edited_at=row["edited_at"],
        in_reply_to_uri=row["in_reply_to_uri"],
        reply_to_id=row["reply_to_id"],
        work_id=row["work_id"],
        pictures=listed(row["pictures"], RemotePicture),
        tags=listed(row["tags"], str),
        language=row["language"],
        mentions=listed(row["mentions"], str),
        source=row["source"],
        ai_label=AiLabel(row["ai_label"]),
        quote=msgspec.json.decode(row["quote"], type=Quote) if row["quote"] else None,
        poll=msgspec.json.decode(row["poll"], type=Poll) if row["poll"] else None,
        emojis=listed(row["emojis"], Emoji),
        featured_at=row["featured_at"],
        heard=_heard(row),
        treatments=listed(row["treatments"], Treatment),
        interaction=permits_in(row["interaction"]),
        is_withheld=bool(row["is_withheld"]),
    )


def _heard(row: Row) -> Heard:
    """Return what a post's origin says; of those kept by the first version it is one column."""
    if row["heard"] or not row["content_usage"]:
        return heard_in(row["heard"])
    return Heard(usage=row["content_usage"])


def _columns(post: Post) -> dict[str, str | int | None]:
    return {
        "id": post.id,
        "uri": post.uri,
        "actor_id": post.actor_id,
        "is_local": post.is_local,
        "visibility": post.visibility,
        "content_html": post.content_html,
        "title": post.title,
        "url": post.url,
        "is_sensitive": post.is_sensitive,
        "warning": post.warning,
        "published_at": post.published_at,
        "edited_at": post.edited_at,
        "in_reply_to_uri": post.in_reply_to_uri,
        "reply_to_id": post.reply_to_id,
        "work_id": post.work_id,
        "pictures": json_text(post.pictures),
        "tags": json_text(post.tags),
        "language": post.language,
        "content_usage": post.heard.usage,
        "mentions": json_text(post.mentions),
        "source": post.source,
        "ai_label": post.ai_label,
        "quote": msgspec.json.encode(post.quote).decode() if post.quote else "",
        "quote_approval": post.quote.approval_uri if post.quote else "",
        "poll": msgspec.json.encode(post.poll).decode() if post.poll else "",
        "emojis": json_text(post.emojis),
        "featured_at": post.featured_at,
        "heard": heard_text(post.heard),
        "treatments": json_text(post.treatments),
        "is_kept_back": is_hidden(post.treatments),
        "interaction": permits_text(post.interaction),
    }
