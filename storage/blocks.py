"""Who wants nothing to do with whom."""

from collections.abc import Sequence

from server.dealings import Block
from server.model import Actor, ActorId, Millis
from server.repositories.relations import Blocks
from server.values import dataclass
from storage.actors import actor_from
from storage.database import MAX_ID, Connection, Row, ids_text


def blocks_in(connection: Connection) -> Blocks:
    """Return the blocks as this transaction sees them."""
    return _Blocks(connection)


@dataclass(frozen=True, slots=True)
class _Blocks:
    _connection: Connection

    async def put(self, block: Block) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO blocks (blocker_id, blocked_id, uri, created_at)
            VALUES (:blocker, :blocked, :uri, :created_at)
            ON CONFLICT (blocker_id, blocked_id) DO NOTHING
            """,
            blocker=block.blocker_id,
            blocked=block.blocked_id,
            uri=block.uri,
            created_at=block.created_at,
        )
        return count == 1

    async def remove(self, blocker: ActorId, blocked: ActorId) -> Block | None:
        row = await self._connection.fetch_one(
            """
            DELETE FROM blocks WHERE blocker_id = :blocker AND blocked_id = :blocked
            RETURNING blocker_id, blocked_id, uri, created_at AS blocked_at
            """,
            blocker=blocker,
            blocked=blocked,
        )
        return None if row is None else _block(row)

    async def between(self, one: ActorId, other: ActorId) -> bool:
        row = await self._connection.fetch_one(
            """
            SELECT 1 FROM blocks WHERE blocker_id = :one AND blocked_id = :other
            UNION ALL SELECT 1 FROM blocks WHERE blocker_id = :other AND blocked_id = :one
            LIMIT 1
            """,
            one=one,
            other=other,
        )
        return row is not None

    async def among(self, one: ActorId, others: Sequence[ActorId]) -> set[ActorId]:
        rows = await self._connection.fetch_all(
            """
            SELECT blocked_id AS other FROM blocks
            WHERE blocker_id = :one
                AND blocked_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:others))
            UNION ALL SELECT blocker_id AS other FROM blocks
            WHERE blocked_id = :one
                AND blocker_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:others))
            """,
            one=one,
            others=ids_text(others),
        )
        return {ActorId(row["other"]) for row in rows}

    async def of(self, blocker: ActorId, blocked: ActorId) -> Block | None:
        row = await self._connection.fetch_one(
            """
            SELECT blocker_id, blocked_id, uri, created_at AS blocked_at FROM blocks
            WHERE blocker_id = :blocker AND blocked_id = :blocked
            """,
            blocker=blocker,
            blocked=blocked,
        )
        return None if row is None else _block(row)

    async def by_uri(self, uri: str) -> Block | None:
        row = await self._connection.fetch_one(
            """
            SELECT blocker_id, blocked_id, uri, created_at AS blocked_at FROM blocks
            WHERE uri = :uri AND uri <> '' ORDER BY created_at LIMIT 1
            """,
            uri=uri,
        )
        return None if row is None else _block(row)

    async def by(
        self, blocker: ActorId, *, before: Millis | None = None, limit: int = 50
    ) -> list[tuple[Block, Actor]]:
        rows = await self._connection.fetch_all(
            """
            SELECT actors.*, blocker_id, blocked_id, blocks.uri AS uri_of_block,
                created_at AS blocked_at
            FROM blocks JOIN actors ON actors.id = blocked_id
            WHERE blocker_id = :blocker AND created_at < :before
            ORDER BY created_at DESC LIMIT :limit
            """,
            blocker=blocker,
            before=MAX_ID if before is None else before,
            limit=limit,
        )
        return [
            (
                Block(row["blocker_id"], row["blocked_id"], row["uri_of_block"], row["blocked_at"]),
                actor_from(row),
            )
            for row in rows
        ]


def _block(row: Row) -> Block:
    return Block(row["blocker_id"], row["blocked_id"], row["uri"], row["blocked_at"])
