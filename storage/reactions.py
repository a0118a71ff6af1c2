"""Likes and boosts, of works and of posts."""

from collections.abc import Sequence

from server.model import Actor, ActorId, Counts, Reaction, ReactionKind, TargetId
from server.repositories.relations import Reactions
from server.values import dataclass
from storage.actors import actor_from
from storage.database import Connection, Row, ids_text


def reactions_in(connection: Connection) -> Reactions:
    """Return the reactions as this transaction sees them."""
    return _Reactions(connection)


@dataclass(frozen=True, slots=True)
class _Reactions:
    _connection: Connection

    async def put(self, reaction: Reaction) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO reactions (id, kind, actor_id, target_id, uri, created_at, emoji)
            VALUES (:id, :kind, :actor, :target, :uri, :created_at, :emoji)
            ON CONFLICT (actor_id, target_id, kind) DO NOTHING
            """,
            id=reaction.id,
            kind=reaction.kind,
            actor=reaction.actor_id,
            target=reaction.target_id,
            uri=reaction.uri,
            created_at=reaction.created_at,
            emoji=reaction.emoji,
        )
        return count == 1

    async def remove(self, kind: ReactionKind, actor: ActorId, target: TargetId) -> Reaction | None:
        row = await self._connection.fetch_one(
            """
            DELETE FROM reactions
            WHERE actor_id = :actor AND target_id = :target AND kind = :kind
            RETURNING *
            """,
            kind=kind,
            actor=actor,
            target=target,
        )
        return None if row is None else _reaction(row)

    async def by_uri(self, uri: str) -> Reaction | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM reactions WHERE uri = :uri AND uri <> '' ORDER BY id LIMIT 1", uri=uri
        )
        return None if row is None else _reaction(row)

    async def of_target(
        self, target: TargetId, kind: ReactionKind, *, limit: int = 50
    ) -> list[tuple[Reaction, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.*, reactions.id AS reaction_id, reactions.kind AS reaction_kind,
                reactions.uri AS reaction_uri, actor_id, target_id, created_at, emoji
            FROM reactions JOIN actors ON actors.id = actor_id
            WHERE target_id = :target AND reactions.kind = :kind
            ORDER BY reactions.id DESC LIMIT :limit
            """,
            target=target,
            kind=kind,
            limit=limit,
        )
        return [(_reaction_beside_actor(row), actor_from(row)) for row in rows]

    async def counts(self, targets: Sequence[TargetId]) -> dict[TargetId, Counts]:
        # A work's comments are its whole thread, a post's are its answers; ids are unique over
        # both, and what answers a work is in its thread, so nothing is counted twice.
        rows = await self._connection.fetch_all(
            """
            SELECT target.id AS id,
                (SELECT COUNT(*) FROM reactions
                    WHERE target_id = target.id AND kind = 'like') AS likes,
                (SELECT COUNT(*) FROM reactions
                    WHERE target_id = target.id AND kind = 'boost') AS boosts,
                (SELECT COUNT(*) FROM posts
                    WHERE work_id = target.id AND visibility IN ('public', 'unlisted')
                        AND NOT is_hidden AND NOT is_kept_back AND NOT is_withheld)
                + (SELECT COUNT(*) FROM posts
                    WHERE reply_to_id = target.id AND visibility IN ('public', 'unlisted')
                        AND COALESCE(work_id, 0) <> target.id AND NOT is_withheld) AS comments
            FROM (SELECT CAST(value AS BIGINT) AS id FROM json_each(:targets)) AS target
            """,
            targets=ids_text(targets),
        )
        return {row["id"]: Counts(row["likes"], row["boosts"], row["comments"]) for row in rows}

    async def emojis(self, targets: Sequence[TargetId]) -> dict[TargetId, list[tuple[str, int]]]:
        rows = await self._connection.fetch_all(
            """
            SELECT target_id, emoji, COUNT(*) AS number FROM reactions
            WHERE target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
                AND emoji <> ''
            GROUP BY target_id, emoji ORDER BY target_id, number DESC, emoji
            """,
            targets=ids_text(targets),
        )
        found: dict[TargetId, list[tuple[str, int]]] = {}
        for row in rows:
            found.setdefault(row["target_id"], []).append((row["emoji"], int(row["number"])))
        return found

    async def own_emojis(self, actor: ActorId, targets: Sequence[TargetId]) -> dict[TargetId, str]:
        rows = await self._connection.fetch_all(
            """
            SELECT target_id, emoji FROM reactions
            WHERE actor_id = :actor AND kind = 'like' AND emoji <> ''
                AND target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
            """,
            actor=actor,
            targets=ids_text(targets),
        )
        return {row["target_id"]: row["emoji"] for row in rows}

    async def of(self, kind: ReactionKind, actor: ActorId, target: TargetId) -> Reaction | None:
        row = await self._connection.fetch_one(
            """
            SELECT * FROM reactions
            WHERE actor_id = :actor AND target_id = :target AND kind = :kind
            """,
            kind=kind,
            actor=actor,
            target=target,
        )
        return None if row is None else _reaction(row)

    async def of_actor(
        self, actor: ActorId, targets: Sequence[TargetId]
    ) -> set[tuple[ReactionKind, TargetId]]:
        rows = await self._connection.fetch_all(
            """
            SELECT kind, target_id FROM reactions
            WHERE actor_id = :actor
                AND target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
            """,
            actor=actor,
            targets=ids_text(targets),
        )
        return {(ReactionKind(row["kind"]), row["target_id"]) for row in rows}


def _reaction(row: Row) -> Reaction:
    return Reaction(
        id=row["id"],
        kind=ReactionKind(row["kind"]),
        actor_id=row["actor_id"],
        target_id=row["target_id"],
        uri=row["uri"],
        created_at=row["created_at"],
        emoji=row["emoji"],
    )


def _reaction_beside_actor(row: Row) -> Reaction:
    return Reaction(
        id=row["reaction_id"],
        kind=ReactionKind(row["reaction_kind"]),
        actor_id=row["actor_id"],
        target_id=row["target_id"],
        uri=row["reaction_uri"],
        created_at=row["created_at"],
        emoji=row["emoji"],
    )
