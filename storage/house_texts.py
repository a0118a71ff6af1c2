"""Versions of the answers that rules and legal pages are made of. Added and read, never changed."""

import msgspec

from server.house_texts import Answers, HouseText
from server.repositories.people import HouseTexts
from server.values import dataclass
from storage.database import Connection, Row


def house_texts_in(connection: Connection) -> HouseTexts:
    """Return the texts as this transaction sees them."""
    return _HouseTexts(connection)


@dataclass(frozen=True, slots=True)
class _HouseTexts:
    _connection: Connection

    async def add(self, text: HouseText) -> bool:
        count = await self._connection.execute(
            """
            INSERT INTO house_texts (version, answers, created_at, author)
            VALUES (:version, :answers, :created_at, :author)
            ON CONFLICT (version) DO NOTHING
            """,
            version=text.version,
            answers=msgspec.json.encode(text.answers).decode(),
            created_at=text.created_at,
            author=text.author,
        )
        return count == 1

    async def newest(self) -> HouseText | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM house_texts ORDER BY version DESC LIMIT 1"
        )
        return None if row is None else _text(row)

    async def by_version(self, version: int) -> HouseText | None:
        row = await self._connection.fetch_one(
            "SELECT * FROM house_texts WHERE version = :version", version=version
        )
        return None if row is None else _text(row)

    async def history(self, *, limit: int = 50) -> list[HouseText]:
        rows = await self._connection.fetch_all(
            "SELECT * FROM house_texts ORDER BY version DESC LIMIT :limit", limit=limit
        )
        return [_text(row) for row in rows]


def _text(row: Row) -> HouseText:
    return HouseText(
        version=row["version"],
        answers=msgspec.json.decode(row["answers"], type=Answers),
        created_at=row["created_at"],
        author=row["author"],
    )
