"""The ledger of signals: rows are added, sealed once, and never changed after that."""

from collections.abc import Sequence

from server.ledger import Entry, Head, Scope, Statement
from server.model import ActorId, Millis
from server.repositories.evidence import SignalLedger
from server.values import dataclass
from storage.database import Connection, Row


def ledger_in(connection: Connection) -> SignalLedger:
    """Return the ledger as this transaction sees it."""
    return _SignalLedger(connection)


@dataclass(frozen=True, slots=True)
class _SignalLedger:
    _connection: Connection

    async def salt_of(self, artist: ActorId, fresh: str) -> str:
        await self._connection.execute(
            """
            INSERT INTO ledger_salts (artist_id, salt) VALUES (:artist, :fresh)
            ON CONFLICT (artist_id) DO NOTHING
            """,
            artist=artist,
            fresh=fresh,
        )
        return await self.salt_if_any(artist) or fresh

    async def salt_if_any(self, artist: ActorId) -> str | None:
        row = await self._connection.fetch_one(
            "SELECT salt FROM ledger_salts WHERE artist_id = :artist", artist=artist
        )
        return None if row is None else str(row["salt"])

    async def append(self, entry_id: int, at: Millis, says: Statement) -> None:
        await self._connection.execute(
            """
            INSERT INTO ledger (id, at, scope, subject, shown, usage, version)
            VALUES (:id, :at, :scope, :subject, :shown, :usage, :version)
            """,
            id=entry_id,
            at=at,
            scope=says.scope,
            subject=says.subject,
            shown=says.shown,
            usage=says.usage,
            version=says.version,
        )

    async def latest(self, subject: str) -> Statement | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM ledger WHERE subject = :subject ORDER BY id DESC LIMIT 1",
            subject=subject,
        )
        return None if row is None else _statement(row)

    async def of_subject(self, subject: str, *, limit: int = 10_000) -> list[Entry]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM ledger WHERE subject = :subject ORDER BY id LIMIT :limit",
            subject=subject,
            limit=limit,
        )
        return [_entry(row) for row in rows]

    async def end(self) -> tuple[int, str]:
        row = await self._connection.fetch_one("SELECT number, hash FROM ledger_end WHERE id = 1")
        return (row["number"], row["hash"]) if row else (0, "")

    async def hold_end(self) -> tuple[int, str]:
        await self._connection.execute(
            """
            INSERT INTO ledger_end (id, number, hash) VALUES (1, 0, '')
            ON CONFLICT (id) DO NOTHING
            """
        )
        row = await self._connection.fetch_one(
            "SELECT number, hash FROM ledger_end WHERE id = 1 /*pg FOR UPDATE */"
        )
        return (row["number"], row["hash"]) if row else (0, "")

    async def unsealed(self, *, limit: int = 500) -> list[tuple[int, Entry]]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM ledger WHERE number IS NULL ORDER BY id LIMIT :limit", limit=limit
        )
        return [(row["id"], _entry(row)) for row in rows]

    async def seal(self, sealed: Sequence[tuple[int, int, str]]) -> None:
        await self._connection.execute_each(
            "UPDATE ledger SET number = :number, hash = :hash WHERE id = :id AND number IS NULL",
            [{"id": entry, "number": number, "hash": digest} for entry, number, digest in sealed],
        )
        _, number, digest = sealed[-1]
        await self._connection.execute(
            "UPDATE ledger_end SET number = :number, hash = :hash WHERE id = 1",
            number=number,
            hash=digest,
        )

    async def chain(self, *, after: int = 0, limit: int = 2_000) -> list[Entry]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM ledger WHERE number > :after ORDER BY number LIMIT :limit",
            after=after,
            limit=limit,
        )
        return [_entry(row) for row in rows]

    async def publish(self, head: Head, at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO ledger_heads (day, number, hash, at) VALUES (:day, :number, :hash, :at)
            ON CONFLICT (day) DO NOTHING
            """,
            day=head.day,
            number=head.number,
            hash=head.hash,
            at=at,
        )

    async def heads(self, *, limit: int = 30) -> list[Head]:
        rows = await self._connection.fetch_all(
            "SELECT day, number, hash FROM ledger_heads ORDER BY day DESC LIMIT :limit",
            limit=limit,
        )
        return [Head(row["day"], row["number"], row["hash"]) for row in rows]


def _entry(row: Row) -> Entry:
    return Entry(Millis(row["at"]), _statement(row), row["number"] or 0, row["hash"] or "")


def _statement(row: Row) -> Statement:
    return Statement(
        scope=Scope(row["scope"]),
        subject=row["subject"],
        usage=row["usage"],
        shown=row["shown"],
        version=row["version"],
    )
