"""The end of this instance, and where its artists go."""

from server.ending import Closing, ClosingState
from server.model import ActorId, Millis
from server.repositories.people import TheEnd
from server.values import dataclass
from storage.database import Connection

_THE_ROW = 1


def closing_in(connection: Connection) -> TheEnd:
    """Return the end as this transaction sees it."""
    return _TheEnd(connection)


@dataclass(frozen=True, slots=True)
class _TheEnd:
    _connection: Connection

    async def current(self) -> Closing | None:
        row = await self._connection.fetch_one("SELECT * FROM closing WHERE id = :id", id=_THE_ROW)
        if row is None:
            return None
        return Closing(
            ClosingState(row["state"]),
            row["announced_at"],
            row["closes_at"],
            row["words"],
            row["author"],
        )

    async def put(self, closing: Closing) -> None:
        await self._connection.execute(
            """
            INSERT INTO closing (id, state, announced_at, closes_at, words, author)
            VALUES (:id, :state, :announced_at, :closes_at, :words, :author)
            ON CONFLICT (id) DO UPDATE SET
                state = excluded.state, announced_at = excluded.announced_at,
                closes_at = excluded.closes_at, words = excluded.words, author = excluded.author
            """,
            id=_THE_ROW,
            state=closing.state,
            announced_at=closing.announced_at,
            closes_at=closing.ends_at,
            words=closing.words,
            author=closing.author,
        )

    async def remove(self) -> None:
        await self._connection.execute("DELETE FROM closing WHERE id = :id", id=_THE_ROW)

    async def put_home(self, artist: ActorId, uri: str, at: Millis) -> None:
        await self._connection.execute(
            """
            INSERT INTO new_homes (artist_id, target_uri, named_at) VALUES (:artist, :uri, :at)
            ON CONFLICT (artist_id) DO UPDATE SET
                target_uri = excluded.target_uri, named_at = excluded.named_at
            """,
            artist=artist,
            uri=uri,
            at=at,
        )

    async def home(self, artist: ActorId) -> str:
        row = await self._connection.fetch_one(
            "SELECT target_uri FROM new_homes WHERE artist_id = :artist", artist=artist
        )
        return "" if row is None else str(row["target_uri"])
