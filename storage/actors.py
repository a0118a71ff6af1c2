"""Everyone, local and remote."""

from collections.abc import Sequence

from server.errors import Untrusted
from server.model import Actor, ActorId, ActorKind, Emoji, Millis
from server.repositories.accounts import Actors, Met
from server.values import dataclass
from storage.database import BEYOND, MAX_ID, Connection, Row, fold, ids_text, json_text, listed
from storage.permits import heard_in, heard_text


def actors_in(connection: Connection) -> Actors:
    """Return everyone as this transaction sees them."""
    return _Actors(connection)


@dataclass(frozen=True, slots=True)
class _Actors:
    _connection: Connection

    async def put(self, actor: Actor) -> ActorId:
        row = await self._connection.fetch_one(
            """
            INSERT INTO actors (
                id, uri, kind, handle, handle_folded, domain, name, summary_html, url, inbox,
                shared_inbox, outbox, followers_uri, icon_url, is_local, approves_follows,
                key_id, public_key_pem, fetched_at, gone_at, moved_to, also_known_as, featured_uri,
                more_keys, emojis, heard, published_at
            ) VALUES (
                :id, :uri, :kind, :handle, :handle_folded, :domain, :name, :summary_html, :url,
                :inbox, :shared_inbox, :outbox, :followers_uri, :icon_url, :is_local,
                :approves_follows, :key_id, :public_key_pem, :fetched_at, :gone_at, :moved_to,
                :also_known_as, :featured_uri, :more_keys, :emojis, :heard, :published_at
            ) ON CONFLICT (uri) DO UPDATE SET
                kind = excluded.kind, handle = excluded.handle,
                handle_folded = excluded.handle_folded, domain = excluded.domain,
                name = excluded.name, summary_html = excluded.summary_html, url = excluded.url,
                inbox = excluded.inbox, shared_inbox = excluded.shared_inbox,
                outbox = excluded.outbox, followers_uri = excluded.followers_uri,
                icon_url = excluded.icon_url, is_local = excluded.is_local,
                approves_follows = excluded.approves_follows, key_id = excluded.key_id,
                public_key_pem = excluded.public_key_pem, fetched_at = excluded.fetched_at,
                gone_at = excluded.gone_at, moved_to = excluded.moved_to,
                also_known_as = excluded.also_known_as, featured_uri = excluded.featured_uri,
                more_keys = excluded.more_keys, emojis = excluded.emojis, heard = excluded.heard,
                published_at = excluded.published_at
            WHERE excluded.is_local OR NOT actors.is_local
            RETURNING id
            """,
            **_columns(actor),
        )
        if row is None:
            raise Untrusted(f"{actor.uri} is an actor of this server: nobody else may describe it.")
        return ActorId(row["id"])

    async def by_id(self, actor_id: ActorId) -> Actor | None:
        row = await self._connection.fetch_one("SELECT * FROM actors WHERE id = :id", id=actor_id)
        return None if row is None else actor_from(row)

    async def by_uri(self, uri: str) -> Actor | None:
        row = await self._connection.fetch_one("SELECT * FROM actors WHERE uri = :uri", uri=uri)
        return None if row is None else actor_from(row)

    async def by_key_id(self, key_id: str) -> Actor | None:
        # Where two claim one key, ours and then the one we knew first counts: a latecomer
        # cannot take a key over.
        row = await self._connection.fetch_one(
            """
            SELECT * FROM actors WHERE key_id = :key_id AND key_id <> ''
            ORDER BY is_local DESC, id LIMIT 1
            """,
            key_id=key_id,
        )
        return None if row is None else actor_from(row)

    async def by_address(self, handle: str, domain: str) -> Actor | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM actors WHERE domain = :domain AND handle_folded = :handle
            ORDER BY is_local DESC, gone_at IS NOT NULL, id DESC LIMIT 1
            """,
            handle=fold(handle),
            domain=fold(domain),
        )
        return None if row is None else actor_from(row)

    async def at_inbox(self, inbox: str, *, limit: int = 10) -> list[Actor]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM actors WHERE inbox = :inbox AND NOT is_local AND gone_at IS NULL
            ORDER BY id LIMIT :limit
            """,
            inbox=inbox,
            limit=limit,
        )
        return [actor_from(row) for row in rows]

    async def many(self, ids: Sequence[ActorId]) -> dict[ActorId, Actor]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM actors
            WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(:ids))
            """,
            ids=ids_text(ids),
        )
        return {row["id"]: actor_from(row) for row in rows}

    async def met(self, uris: Sequence[str]) -> dict[str, Met]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.*,
                EXISTS (
                    SELECT 1 FROM follows
                    WHERE follows.followee_id = actors.id AND follows.state = 'accepted'
                ) AS is_followed_here,
                EXISTS (
                    SELECT 1 FROM follows
                    WHERE follows.follower_id = actors.id AND follows.state = 'accepted'
                ) AS follows_here,
                EXISTS (SELECT 1 FROM held WHERE held.actor_uri = actors.uri) AS has_held
            FROM actors WHERE actors.uri IN (SELECT value FROM json_each(:uris))
            """,
            uris=json_text(uris),
        )
        return {
            row["uri"]: Met(
                actor_from(row),
                is_followed_here=bool(row["is_followed_here"]),
                follows_here=bool(row["follows_here"]),
                has_held=bool(row["has_held"]),
            )
            for row in rows
        }

    async def restrain(
        self, actor_id: ActorId, *, silenced_at: Millis | None, suspended_at: Millis | None
    ) -> None:
        await self._connection.execute(
            """
            UPDATE actors SET silenced_at = :silenced_at, suspended_at = :suspended_at
            WHERE id = :id
            """,
            id=actor_id,
            silenced_at=silenced_at,
            suspended_at=suspended_at,
        )

    async def restrained(self, *, before: ActorId | None = None, limit: int = 50) -> list[Actor]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM actors
            WHERE (silenced_at IS NOT NULL OR suspended_at IS NOT NULL) AND id < :before
            ORDER BY id DESC LIMIT :limit
            """,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [actor_from(row) for row in rows]

    async def search(
        self, start: str, domain: str = "", *, after: ActorId | None = None, limit: int = 50
    ) -> list[Actor]:
        rows = (
            await self._connection.fetch_all(
                """
                SELECT * FROM actors
                WHERE domain = :domain AND SUBSTR(handle_folded, 1, :length) = :start
                    AND NOT is_local AND (handle_folded, id) > (
                        COALESCE((SELECT handle_folded FROM actors WHERE id = :after), ''), :after
                    )
                ORDER BY handle_folded, id LIMIT :limit
                """,
                domain=fold(domain),
                start=fold(start),
                length=len(fold(start)),
                after=after or 0,
                limit=limit,
            )
            if domain
            else await self._connection.fetch_all(
                """
                SELECT * FROM actors
                WHERE NOT is_local
                    AND handle_folded /*pg COLLATE "C" */ >= :start
                    AND handle_folded /*pg COLLATE "C" */ < :beyond
                    AND (handle_folded /*pg COLLATE "C" */, id) > (
                        COALESCE((SELECT handle_folded FROM actors WHERE id = :after), ''), :after
                    )
                ORDER BY handle_folded /*pg COLLATE "C" */, id LIMIT :limit
                """,
                start=fold(start),
                beyond=fold(start) + BEYOND,
                after=after or 0,
                limit=limit,
            )
        )
        return [actor_from(row) for row in rows]

    async def mark_gone(self, actor_id: ActorId, at: Millis) -> None:
        await self._connection.execute(
            "UPDATE actors SET gone_at = :at WHERE id = :id", id=actor_id, at=at
        )
        await self._forget_posts(actor_id)
        await self._connection.execute(
            "DELETE FROM follows WHERE follower_id = :id OR followee_id = :id", id=actor_id
        )
        await self._connection.execute(
            "DELETE FROM severances WHERE follower_id = :id OR followee_id = :id", id=actor_id
        )
        await self._connection.execute(
            "DELETE FROM blocks WHERE blocker_id = :id OR blocked_id = :id", id=actor_id
        )
        await self._connection.execute("DELETE FROM requests WHERE actor_id = :id", id=actor_id)
        await self._connection.execute("DELETE FROM reactions WHERE actor_id = :id", id=actor_id)
        await self._connection.execute(
            "DELETE FROM notifications WHERE actor_id = :id", id=actor_id
        )
        await self._connection.execute("DELETE FROM resemblances WHERE other_id = :id", id=actor_id)
        await self._connection.execute(
            "DELETE FROM people_looked_at WHERE actor_id = :id", id=actor_id
        )

    async def mark_moved(self, actor_id: ActorId, to: str, *, since: Millis, at: Millis) -> bool:
        count = await self._connection.execute(
            """
            UPDATE actors SET moved_to = :to, moved_at = :at
            WHERE id = :id AND (moved_at IS NULL OR moved_at <= :since)
            """,
            id=actor_id,
            to=to,
            since=since,
            at=at,
        )
        return count == 1

    async def _forget_posts(self, actor_id: ActorId) -> None:
        await self._connection.execute(
            """
            DELETE FROM reactions
            WHERE target_id IN (SELECT id FROM posts WHERE actor_id = :id)
            """,
            id=actor_id,
        )
        await self._connection.execute(
            """
            DELETE FROM notifications
            WHERE target_id IN (SELECT id FROM posts WHERE actor_id = :id)
            """,
            id=actor_id,
        )
        await self._connection.execute(
            """
            UPDATE posts SET reply_to_id = NULL
            WHERE reply_to_id IN (SELECT id FROM posts WHERE actor_id = :id)
            """,
            id=actor_id,
        )
        await self._connection.execute("DELETE FROM posts WHERE actor_id = :id", id=actor_id)


def actor_from(row: Row) -> Actor:
    """Return the actor in a row that has all columns of `actors`."""
    return Actor(
        id=row["id"],
        uri=row["uri"],
        kind=ActorKind(row["kind"]),
        handle=row["handle"],
        domain=row["domain"],
        name=row["name"],
        summary_html=row["summary_html"],
        url=row["url"],
        inbox=row["inbox"],
        shared_inbox=row["shared_inbox"],
        outbox=row["outbox"],
        followers_uri=row["followers_uri"],
        icon_url=row["icon_url"],
        is_local=bool(row["is_local"]),
        approves_follows=bool(row["approves_follows"]),
        key_id=row["key_id"],
        public_key_pem=row["public_key_pem"],
        fetched_at=row["fetched_at"],
        gone_at=row["gone_at"],
        moved_to=row["moved_to"],
        also_known_as=listed(row["also_known_as"], str),
        featured_uri=row["featured_uri"],
        more_keys=listed(row["more_keys"], tuple[str, str]),
        emojis=listed(row["emojis"], Emoji),
        heard=heard_in(row["heard"]),
        published_at=row["published_at"],
        silenced_at=row["silenced_at"],
        suspended_at=row["suspended_at"],
    )


def _columns(actor: Actor) -> dict[str, str | int | None]:
    return {
        "id": actor.id,
        "uri": actor.uri,
        "kind": actor.kind,
        "handle": actor.handle,
        "handle_folded": fold(actor.handle),
        "domain": actor.domain,
        "name": actor.name,
        "summary_html": actor.summary_html,
        "url": actor.url,
        "inbox": actor.inbox,
        "shared_inbox": actor.shared_inbox,
        "outbox": actor.outbox,
        "followers_uri": actor.followers_uri,
        "icon_url": actor.icon_url,
        "is_local": actor.is_local,
        "approves_follows": actor.approves_follows,
        "key_id": actor.key_id,
        "public_key_pem": actor.public_key_pem,
        "fetched_at": actor.fetched_at,
        "gone_at": actor.gone_at,
        "moved_to": actor.moved_to,
        "also_known_as": json_text(actor.also_known_as),
        "featured_uri": actor.featured_uri,
        "more_keys": json_text(actor.more_keys),
        "emojis": json_text(actor.emojis),
        "heard": heard_text(actor.heard),
        "published_at": actor.published_at,
    }
