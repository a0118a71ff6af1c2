"""What is said of other servers."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.neighbours import Neighbours, PeerWord
from server.tiers import Tier, Word
from storage.database import Connection, Row


@dataclass(frozen=True, slots=True)
class NeighboursIn(Neighbours):
    """A part of `storage.peers`."""

    _connection: Connection

    async def words(self) -> Mapping[str, Word]:
        rows = await self._connection.fetch_all("SELECT domain, tier, reason FROM words")
        return {row["domain"]: Word(Tier(row["tier"]), row["reason"]) for row in rows}

    async def word_of(self, domain: str) -> PeerWord | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM words WHERE domain = :domain", domain=domain
        )
        return None if row is None else _word(row)

    async def put_word(self, word: PeerWord) -> None:
        await self._connection.execute(
            """
            INSERT INTO words (domain, tier, reason, author, at)
            VALUES (:domain, :tier, :reason, :author, :at)
            ON CONFLICT (domain) DO UPDATE SET
                tier = excluded.tier, reason = excluded.reason, author = excluded.author,
                at = excluded.at
            """,
            domain=word.domain,
            tier=word.tier,
            reason=word.reason,
            author=word.author,
            at=word.at,
        )

    async def drop_word(self, domain: str) -> bool:
        count = await self._connection.execute(
            "DELETE FROM words WHERE domain = :domain", domain=domain
        )
        return count == 1


def _word(row: Row) -> PeerWord:
    return PeerWord(
        domain=row["domain"],
        tier=Tier(row["tier"]),
        reason=row["reason"],
        author=row["author"],
        at=row["at"],
    )
