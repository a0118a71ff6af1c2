"""What artists here read of those whom they follow, and posts that are here for that alone.

The cost of a stretch grows with the number of followees, never with all that they ever showed:
the newest few of each, then the newest of those. What is boosted is looked at last, when it is
few: whether its reader may see it is asked of a page's boosts only.
"""

from collections.abc import Iterable, Mapping, Sequence

from server.model import ActorId, Millis, PostId, TargetId, Visibility
from server.repositories.feed import FeedItem, Feeds, Stretch
from server.values import dataclass
from storage.database import MAX_ID, Connection, Row, ids_text, time_of
from storage.posts import posts_in

_OPEN = (Visibility.PUBLIC, Visibility.UNLISTED)


def feeds_in(connection: Connection) -> Feeds:
    """Return the feeds as this transaction sees them."""
    return _Feeds(connection)


@dataclass(frozen=True, slots=True)
class _Feeds:
    _connection: Connection

    async def stretch(
        self, reader: ActorId, *, before: TargetId | None = None, limit: int = 24
    ) -> Stretch:
        rows = await self._rows(reader, before, limit)
        boosted = [row["target_id"] for row in rows if row["booster_id"] is not None]
        shown = await self._shown(reader, boosted) if boosted else {}
        items = (_boost(row, shown) if row["booster_id"] is not None else _own(row) for row in rows)
        end = TargetId(rows[-1]["id"]) if len(rows) == limit else None
        return Stretch(tuple(item for item in items if item is not None), end)

    async def _rows(self, reader: ActorId, before: TargetId | None, limit: int) -> Sequence[Row]:
        # Where a row names its candidates by a subquery, PostgreSQL needs an array to look each
        # up by its key.
        return await self._connection.fetch_all(
            """
            SELECT works.listed_at AS at, works.id AS id, works.id AS work_id, NULL AS post_id,
                CAST(NULL AS BIGINT) AS target_id, CAST(NULL AS BIGINT) AS booster_id
            FROM follows
                JOIN artists ON artists.id = follows.followee_id AND artists.suspended_at IS NULL
                JOIN works ON works.id /*pg = ANY (ARRAY( -- */ IN (
                    SELECT latest.id FROM works AS latest
                    WHERE latest.artist_id = follows.followee_id AND latest.state = 'hung'
                        AND latest.visibility IN ('public', 'unlisted', 'followers')
                        AND (latest.listed_at, latest.id) < (:before_at, :before)
                    ORDER BY latest.listed_at DESC, latest.id DESC LIMIT :limit
                ) /*pg ) */
            WHERE follows.follower_id = :reader AND follows.state = 'accepted'
            UNION ALL
            SELECT posts.published_at AS at, posts.id AS id, NULL AS work_id, posts.id AS post_id,
                NULL AS target_id, NULL AS booster_id
            FROM follows
                JOIN posts ON posts.id /*pg = ANY (ARRAY( -- */ IN (
                    SELECT latest.id FROM posts AS latest
                    WHERE latest.actor_id = follows.followee_id AND latest.in_reply_to_uri = ''
                        AND latest.reply_to_id IS NULL
                        AND latest.visibility IN ('public', 'unlisted', 'followers')
                        AND NOT latest.is_withheld
                        AND (latest.published_at, latest.id) < (:before_at, :before)
                    ORDER BY latest.published_at DESC, latest.id DESC LIMIT :limit
                ) /*pg ) */
            WHERE follows.follower_id = :reader AND follows.state = 'accepted' AND NOT EXISTS (
                SELECT 1 FROM actors
                WHERE actors.id = follows.followee_id AND actors.suspended_at IS NOT NULL
            )
            UNION ALL
            SELECT reactions.created_at AS at, reactions.id AS id, NULL AS work_id,
                NULL AS post_id, reactions.target_id AS target_id, reactions.actor_id AS booster_id
            FROM follows
                JOIN reactions ON reactions.id /*pg = ANY (ARRAY( -- */ IN (
                    SELECT latest.id FROM reactions AS latest
                    WHERE latest.actor_id = follows.followee_id AND latest.kind = 'boost'
                        AND (latest.created_at, latest.id) < (:before_at, :before)
                    ORDER BY latest.created_at DESC, latest.id DESC LIMIT :limit
                ) /*pg ) */
            WHERE follows.follower_id = :reader AND follows.state = 'accepted'
                AND follows.shows_boosts AND NOT EXISTS (
                    SELECT 1 FROM actors
                    WHERE actors.id = follows.followee_id AND actors.suspended_at IS NOT NULL
                )
            UNION ALL
            SELECT DISTINCT works.listed_at AS at, works.id AS id, works.id AS work_id,
                CAST(NULL AS BIGINT) AS post_id, CAST(NULL AS BIGINT) AS target_id,
                CAST(NULL AS BIGINT) AS booster_id
            FROM follows
                JOIN series ON series.actor_id = follows.followee_id
                JOIN artists ON artists.id = series.artist_id AND artists.suspended_at IS NULL
                JOIN series_works ON series_works.series_id = series.id
                JOIN works ON works.id = series_works.work_id
            WHERE follows.follower_id = :reader AND follows.state = 'accepted'
                AND works.state = 'hung' AND works.visibility = 'public'
                AND (works.listed_at, works.id) < (:before_at, :before)
                AND NOT EXISTS (
                    SELECT 1 FROM follows AS whole
                    WHERE whole.follower_id = :reader AND whole.state = 'accepted'
                        AND whole.followee_id = series.artist_id
                )
            ORDER BY at DESC, id DESC LIMIT :limit
            """,
            reader=reader,
            before=MAX_ID if before is None else before,
            before_at=MAX_ID if before is None else await self._time_of(before),
            limit=limit,
        )

    async def _shown(self, reader: ActorId, targets: Iterable[int]) -> Mapping[int, Row]:
        """Return what was boosted of all that `reader` may see, by its id."""
        rows = await self._connection.fetch_all(
            """
            SELECT works.id AS id, works.artist_id AS owner_id, works.visibility AS visibility,
                TRUE AS is_work
            FROM works JOIN actors ON actors.id = works.artist_id AND actors.suspended_at IS NULL
            WHERE works.id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
                AND works.state = 'hung'
                AND (actors.silenced_at IS NULL OR actors.id = :reader OR EXISTS (
                    SELECT 1 FROM follows
                    WHERE follower_id = :reader AND followee_id = actors.id AND state = 'accepted'
                ))
                AND NOT EXISTS (
                    SELECT 1 FROM blocks WHERE blocker_id = :reader AND blocked_id = actors.id
                )
                AND NOT EXISTS (
                    SELECT 1 FROM blocks WHERE blocker_id = actors.id AND blocked_id = :reader
                )
            UNION ALL
            SELECT posts.id AS id, posts.actor_id AS owner_id, posts.visibility AS visibility,
                FALSE AS is_work
            FROM posts JOIN actors ON actors.id = posts.actor_id AND actors.suspended_at IS NULL
            WHERE posts.id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
                AND NOT posts.is_withheld AND NOT posts.is_hidden
                AND (actors.silenced_at IS NULL AND NOT posts.is_kept_back
                    OR actors.id = :reader OR EXISTS (
                        SELECT 1 FROM follows
                        WHERE follower_id = :reader AND followee_id = actors.id
                            AND state = 'accepted'
                    ))
                AND NOT EXISTS (
                    SELECT 1 FROM blocks WHERE blocker_id = :reader AND blocked_id = actors.id
                )
                AND NOT EXISTS (
                    SELECT 1 FROM blocks WHERE blocker_id = actors.id AND blocked_id = :reader
                )
            """,
            reader=reader,
            targets=ids_text(sorted(set(targets))),
        )
        return {row["id"]: row for row in rows}

    async def shows_boosts_of(self, booster: ActorId) -> bool:
        row = await self._connection.fetch_one(
            """
            SELECT 1 FROM follows JOIN actors ON actors.id = follower_id
            WHERE followee_id = :booster AND state = 'accepted' AND shows_boosts AND is_local
            LIMIT 1
            """,
            booster=booster,
        )
        return row is not None

    async def show_boosts(self, reader: ActorId, booster: ActorId, *, is_on: bool) -> bool:
        count = await self._connection.execute(
            """
            UPDATE follows SET shows_boosts = :is_on
            WHERE follower_id = :reader AND followee_id = :booster
            """,
            is_on=is_on,
            reader=reader,
            booster=booster,
        )
        return count == 1

    async def note_brought(self, post_id: PostId, at: Millis) -> None:
        await self._connection.execute(
            "UPDATE posts SET brought_at = :at WHERE id = :id", at=at, id=post_id
        )

    async def note_boosted(self, target: TargetId, at: Millis) -> None:
        await self._connection.execute(
            """
            UPDATE posts SET brought_at = :at
            WHERE id = :id AND brought_at IS NOT NULL AND brought_at < :at
            """,
            at=at,
            id=target,
        )

    async def sweep(self, before: Millis, now: Millis, *, limit: int) -> int:
        # Scalars, not EXISTS: PostgreSQL would read whole tables once instead of a few rows each.
        rows = await self._connection.fetch_all(
            """
            SELECT posts.id AS id, (
                posts.is_local OR posts.work_id IS NOT NULL OR posts.featured_at IS NOT NULL
                OR posts.visibility NOT IN ('public', 'unlisted') OR COALESCE(
                    (SELECT 1 FROM follows WHERE followee_id = posts.actor_id LIMIT 1),
                    (
                        SELECT 1 FROM reactions JOIN actors ON actors.id = reactions.actor_id
                        WHERE reactions.target_id = posts.id AND actors.is_local LIMIT 1
                    ),
                    (
                        SELECT 1 FROM posts AS answers
                        WHERE answers.reply_to_id = posts.id AND answers.is_local LIMIT 1
                    ),
                    (SELECT 1 FROM notifications WHERE target_id = posts.id LIMIT 1),
                    (SELECT 1 FROM requests WHERE target_id = posts.id LIMIT 1),
                    (SELECT 1 FROM withheld WHERE target_id = posts.id LIMIT 1),
                    (SELECT 1 FROM cleared WHERE target_id = posts.id LIMIT 1),
                    (
                        SELECT 1 FROM reports
                        WHERE accused_id = posts.actor_id AND closed_at IS NULL LIMIT 1
                    ),
                    (
                        SELECT 1 FROM resemblances
                        WHERE other_id = posts.actor_id AND target_id = posts.id LIMIT 1
                    ),
                    (
                        SELECT 1 FROM works
                        WHERE works.quote <> '' AND SUBSTR(works.quote, 1, LENGTH(posts.uri) + 9)
                            = '{"uri":"' || posts.uri || '"' LIMIT 1
                    )
                ) IS NOT NULL
            ) AS is_tied
            FROM posts WHERE brought_at < :before
            ORDER BY brought_at, posts.id LIMIT :limit
            """,
            before=before,
            limit=limit,
        )
        await self._look_again([row["id"] for row in rows if row["is_tied"]], now)
        for row in rows:
            if not row["is_tied"]:
                await self._drop(PostId(row["id"]))
        return len(rows)

    async def _look_again(self, ids: Sequence[PostId], at: Millis) -> None:
        await self._connection.execute(
            """
            UPDATE posts SET brought_at = :at
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            at=at,
            ids=ids_text(ids),
        )

    async def _drop(self, post_id: PostId) -> None:
        """Delete a post; answers that were brought to it are looked at next."""
        await self._connection.execute(
            """
            UPDATE posts SET brought_at = 0
            WHERE reply_to_id = :id AND NOT is_local AND work_id IS NULL AND brought_at IS NULL
            """,
            id=post_id,
        )
        await posts_in(self._connection).remove(post_id)

    async def _time_of(self, target: int) -> int:
        """Return the time by which a feed sorts a row, also when it was deleted meanwhile."""
        row = await self._connection.fetch_one(
            """
            SELECT listed_at AS at FROM works WHERE id = :id
            UNION ALL SELECT published_at AS at FROM posts WHERE id = :id
            UNION ALL SELECT created_at AS at FROM reactions WHERE id = :id
            """,
            id=target,
        )
        return time_of(target) if row is None else int(row["at"])


def _own(row: Row) -> FeedItem:
    return FeedItem(row["at"], row["id"], row["work_id"], row["post_id"])


def _boost(row: Row, shown: Mapping[int, Row]) -> FeedItem | None:
    """Return a boost of what may be seen; what is for followers is its own author's to boost."""
    target = shown.get(row["target_id"])
    if target is None:
        return None
    is_own = target["owner_id"] == row["booster_id"]
    is_for_followers = target["visibility"] == Visibility.FOLLOWERS and is_own
    if target["visibility"] not in _OPEN and not is_for_followers:
        return None
    is_work = bool(target["is_work"])
    return FeedItem(
        row["at"],
        row["id"],
        target["id"] if is_work else None,
        None if is_work else target["id"],
        row["booster_id"],
    )
