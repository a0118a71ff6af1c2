"""Other servers as we met them."""

from collections.abc import Mapping, Sequence

from server.dealings import Peer, Signature, Undelivered
from server.model import Millis, TargetId
from server.repositories.servers import Peers
from server.tiers import Word
from server.values import dataclass
from storage.database import Connection, Row, ids_text, json_text
from storage.neighbours import neighbours_in


def peers_in(connection: Connection) -> Peers:
    """Return the peers as this transaction sees them."""
    return _Peers(connection)


@dataclass(frozen=True, slots=True)
class _Peers:
    _connection: Connection

    async def by_host(self, host: str) -> Peer | None:
        row = await self._connection.fetch_one("SELECT * FROM peers WHERE host = :host", host=host)
        return None if row is None else _peer(row)

    async def many(self, hosts: Sequence[str]) -> dict[str, Peer]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM peers WHERE host IN (SELECT value FROM json_each(:hosts))",
            hosts=json_text(hosts),
        )
        return {row["host"]: _peer(row) for row in rows}

    async def put(self, peer: Peer) -> None:
        await self._connection.execute(
            """
            INSERT INTO peers (
                host, signature, failures, failing_days, failing_since, failed_at, reached_at,
                seen_at, paused_until, dead_at, reason
            ) VALUES (
                :host, :signature, :failures, :failing_days, :failing_since, :failed_at,
                :reached_at, :seen_at, :paused_until, :dead_at, :reason
            ) ON CONFLICT (host) DO UPDATE SET
                failures = excluded.failures, failing_days = excluded.failing_days,
                failing_since = excluded.failing_since, failed_at = excluded.failed_at,
                reached_at = excluded.reached_at, seen_at = excluded.seen_at,
                paused_until = excluded.paused_until, dead_at = excluded.dead_at,
                reason = excluded.reason
            """,
            host=peer.host,
            signature=peer.signature,
            failures=peer.failures,
            failing_days=peer.failing_days,
            failing_since=peer.failing_since,
            failed_at=peer.failed_at,
            reached_at=peer.reached_at,
            seen_at=peer.seen_at,
            paused_until=peer.paused_until,
            dead_at=peer.dead_at,
            reason=peer.reason,
        )

    async def saw(self, hosts: Sequence[str], at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO peers (
                host, signature, failures, failing_days, failed_at, reached_at, seen_at,
                paused_until, dead_at, reason
            ) SELECT value, '', 0, 0, NULL, NULL, CAST(:at AS BIGINT), 0, NULL, ''
            FROM json_each(:hosts) WHERE TRUE
            ON CONFLICT (host) DO UPDATE SET
                seen_at = excluded.seen_at, failing_days = 0, paused_until = 0, dead_at = NULL
            """,
            hosts=json_text(dict.fromkeys(hosts)),
            at=at,
        )

    async def set_signature(self, host: str, signature: Signature) -> None:
        await self._connection.execute(
            """
            INSERT INTO peers (
                host, signature, failures, failing_days, failed_at, reached_at, seen_at,
                paused_until, dead_at, reason
            ) VALUES (:host, :signature, 0, 0, NULL, NULL, NULL, 0, NULL, '')
            ON CONFLICT (host) DO UPDATE SET signature = excluded.signature
            """,
            host=host,
            signature=signature,
        )

    async def failing(self, *, limit: int = 100) -> list[Peer]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM peers WHERE failures > 0 ORDER BY failed_at DESC LIMIT :limit
            """,
            limit=limit,
        )
        return [_peer(row) for row in rows]

    async def dead(self, *, limit: int = 100) -> list[Peer]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM peers WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT :limit
            """,
            limit=limit,
        )
        return [_peer(row) for row in rows]

    async def add_undelivered(self, undelivered: Undelivered) -> None:
        await self._connection.execute(
            """
            INSERT INTO undelivered (id, artist_id, target_id, host, reason, at)
            VALUES (:id, :artist, :target, :host, :reason, :at)
            ON CONFLICT (artist_id, COALESCE(target_id, 0), host)
            DO UPDATE SET reason = excluded.reason, at = excluded.at
            """,
            id=undelivered.id,
            artist=undelivered.artist_id,
            target=undelivered.target_id,
            host=undelivered.host,
            reason=undelivered.reason,
            at=undelivered.at,
        )

    async def undelivered(self, targets: Sequence[TargetId]) -> dict[TargetId, list[Undelivered]]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM undelivered
            WHERE target_id IN (SELECT CAST(value AS BIGINT) FROM json_each(:targets))
            ORDER BY host
            """,
            targets=ids_text(targets),
        )
        found: dict[TargetId, list[Undelivered]] = {}
        for row in rows:
            found.setdefault(TargetId(row["target_id"]), []).append(_undelivered(row))
        return found

    async def forget_undelivered(self, host: str, target: TargetId) -> None:
        await self._connection.execute(
            "DELETE FROM undelivered WHERE target_id = :target AND host = :host",
            target=target,
            host=host,
        )

    async def words(self) -> Mapping[str, Word]:
        return await neighbours_in(self._connection).words()

    async def claims(self) -> frozenset[str]:
        return await neighbours_in(self._connection).claims()

    async def sweep(self, before: Millis) -> None:
        await self._connection.execute("DELETE FROM undelivered WHERE at < :before", before=before)


def _peer(row: Row) -> Peer:
    return Peer(
        host=row["host"],
        signature=Signature(row["signature"]),
        failures=row["failures"],
        failing_days=row["failing_days"],
        failing_since=row["failing_since"],
        failed_at=row["failed_at"],
        reached_at=row["reached_at"],
        seen_at=row["seen_at"],
        paused_until=row["paused_until"],
        dead_at=row["dead_at"],
        reason=row["reason"],
    )


def _undelivered(row: Row) -> Undelivered:
    return Undelivered(
        id=row["id"],
        artist_id=row["artist_id"],
        target_id=row["target_id"],
        host=row["host"],
        reason=row["reason"],
        at=row["at"],
    )
