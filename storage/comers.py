"""Sums of machines' visits for each work, and which servers hold copies."""

from collections.abc import Sequence

from server.comers import (
    CloserLooks,
    Copy,
    GivenSum,
    Holder,
    Look,
    LookSum,
    Price,
    WorkVisit,
    WorkVisitSum,
)
from server.model import ActorId, Millis, WorkId
from server.repositories.evidence import Comers
from server.values import dataclass
from server.visitors import VisitorClass
from storage.database import Connection, Row, json_text


def comers_in(connection: Connection) -> Comers:
    """Return the sums as this transaction sees them."""
    return _Comers(connection)


@dataclass(frozen=True, slots=True)
class _Comers:
    _connection: Connection

    async def add_visits(self, visits: Sequence[WorkVisit]) -> None:
        # One key may name the same work as another: they are added up before they go in.
        await self._connection.execute(
            """
            WITH given AS (
                SELECT CAST(item ->> 0 AS BIGINT) AS work_id, item ->> 1 AS media_key,
                    CAST(item ->> 2 AS BIGINT) AS day, item ->> 3 AS class, item ->> 4 AS crawler,
                    CAST(item ->> 5 AS BIGINT) AS requests, CAST(item ->> 6 AS BIGINT) AS bytes,
                    CAST(item ->> 7 AS BIGINT) AS refused, CAST(item ->> 8 AS BIGINT) AS peer,
                    CAST(item ->> 9 AS BIGINT) AS peer_work
                FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items
            ), placed AS (
                SELECT given.*, CASE WHEN work_id <> 0 THEN work_id ELSE COALESCE(
                    (SELECT pictures.work_id FROM pictures
                        WHERE pictures.media_key = given.media_key AND pictures.media_key <> ''),
                    (SELECT pictures.work_id FROM former_keys
                        JOIN pictures ON pictures.id = former_keys.picture_id
                        WHERE former_keys.media_key = given.media_key),
                    (SELECT shots.work_id FROM shots
                        WHERE shots.video_key = given.media_key AND shots.video_key <> '')
                ) END AS work
                FROM given
            ), told AS ( -- a token counts only beside the work that it was made for
                SELECT placed.*, COALESCE(
                    (SELECT host FROM peer_numbers
                        WHERE peer_numbers.id = placed.peer AND placed.peer_work = placed.work), ''
                ) AS given_to
                FROM placed
            )
            INSERT INTO work_visits (
                work_id, day, class, crawler, given_to, requests, bytes, refused
            )
            SELECT works.id, day, class, crawler, given_to, CAST(SUM(requests) AS BIGINT),
                CAST(SUM(bytes) AS BIGINT), CAST(SUM(refused) AS BIGINT)
            FROM told JOIN works ON works.id = told.work
            WHERE class <> 'peer' OR given_to NOT IN ('', crawler)
            GROUP BY works.id, day, class, crawler, given_to
            ORDER BY works.id, day, class, crawler, given_to
            ON CONFLICT (work_id, day, class, crawler, given_to) DO UPDATE SET
                requests = work_visits.requests + excluded.requests,
                bytes = work_visits.bytes + excluded.bytes,
                refused = work_visits.refused + excluded.refused
            """,
            rows=json_text(_fields(each) for each in visits),
        )

    async def visits_of_artist(
        self, artist: ActorId, since_day: int, *, limit: int = 5_000
    ) -> list[WorkVisitSum]:
        rows = await self._connection.fetch_all(
            """
            SELECT work_visits.* FROM works JOIN work_visits ON work_visits.work_id = works.id
            WHERE works.artist_id = :artist AND work_visits.day >= :since AND class <> 'peer'
            ORDER BY work_visits.day DESC, requests DESC LIMIT :limit
            """,
            artist=artist,
            since=since_day,
            limit=limit,
        )
        return [_sum(row) for row in rows]

    async def visits_of_work(
        self, work: WorkId, since_day: int = 0, *, limit: int = 5_000
    ) -> list[WorkVisitSum]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM work_visits WHERE work_id = :work AND day >= :since
            ORDER BY day, class, crawler, given_to LIMIT :limit
            """,
            work=work,
            since=since_day,
            limit=limit,
        )
        return [_sum(row) for row in rows]

    async def visits_given(self, since_day: int, *, limit: int = 200) -> list[GivenSum]:
        rows = await self._connection.fetch_all(
            """
            SELECT given_to, day, class, crawler, CAST(COUNT(*) AS BIGINT) AS works,
                CAST(SUM(requests) AS BIGINT) AS requests, CAST(SUM(refused) AS BIGINT) AS refused
            FROM work_visits WHERE given_to <> '' AND day >= :since
            GROUP BY given_to, day, class, crawler
            ORDER BY SUM(requests) DESC, given_to, day, class, crawler LIMIT :limit
            """,
            since=since_day,
            limit=limit,
        )
        return [
            GivenSum(given_to, day, VisitorClass(visitor), crawler, *sums)
            for given_to, day, visitor, crawler, *sums in rows
        ]

    async def sweep(self, before_day: int, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM work_visits WHERE (work_id, day, class, crawler, given_to) IN (
                SELECT work_id, day, class, crawler, given_to FROM work_visits
                WHERE day < :before ORDER BY day LIMIT :limit
            )
            """,
            before=before_day,
            limit=limit,
        )

    async def add_looks(self, looks: Sequence[Look]) -> None:
        # A picture's former key and its present one name the same work: added up beforehand.
        await self._connection.execute(
            """
            WITH given AS (
                SELECT CAST(item ->> 0 AS BIGINT) AS day, item ->> 1 AS media_key,
                    item ->> 2 AS rendition, item ->> 3 AS token,
                    CAST(item ->> 4 AS BIGINT) AS requests, CAST(item ->> 5 AS BIGINT) AS bytes
                FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items
            ), placed AS (
                SELECT given.*, COALESCE(
                    (SELECT pictures.work_id FROM pictures
                        WHERE pictures.media_key = given.media_key AND pictures.media_key <> ''),
                    (SELECT pictures.work_id FROM former_keys
                        JOIN pictures ON pictures.id = former_keys.picture_id
                        WHERE former_keys.media_key = given.media_key),
                    (SELECT shots.work_id FROM shots
                        WHERE shots.video_key = given.media_key AND shots.video_key <> '')
                ) AS work
                FROM given
            )
            INSERT INTO closer_looks (work_id, day, rendition, token, requests, bytes)
            SELECT works.id, day, rendition, token, CAST(SUM(requests) AS BIGINT),
                CAST(SUM(bytes) AS BIGINT)
            FROM placed JOIN works ON works.id = placed.work
            GROUP BY works.id, day, rendition, token
            ORDER BY works.id, day, rendition, token
            ON CONFLICT (work_id, day, rendition, token) DO UPDATE SET
                requests = closer_looks.requests + excluded.requests,
                bytes = closer_looks.bytes + excluded.bytes
            """,
            rows=json_text(
                [one.day, one.media_key, one.rendition, one.token, one.requests, one.bytes]
                for one in looks
            ),
        )

    async def looks_of_artist(
        self, artist: ActorId, since_day: int, *, limit: int = 200
    ) -> list[CloserLooks]:
        rows = await self._connection.fetch_all(
            """
            SELECT closer_looks.work_id AS work_id, CAST(COUNT(*) AS BIGINT) AS opened,
                CAST(SUM(requests) AS BIGINT) AS requests
            FROM works JOIN closer_looks ON closer_looks.work_id = works.id
            WHERE works.artist_id = :artist AND closer_looks.day >= :since
            GROUP BY closer_looks.work_id
            ORDER BY COUNT(*) DESC, closer_looks.work_id DESC LIMIT :limit
            """,
            artist=artist,
            since=since_day,
            limit=limit,
        )
        return [CloserLooks(WorkId(row["work_id"]), row["opened"], row["requests"]) for row in rows]

    async def looks_of_work(self, work: WorkId, *, limit: int = 5_000) -> list[LookSum]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM closer_looks WHERE work_id = :work
            ORDER BY day DESC, rendition DESC, token DESC LIMIT :limit
            """,
            work=work,
            limit=limit,
        )
        return [
            LookSum(
                *(WorkId(row["work_id"]), row["day"], row["rendition"], row["token"]),
                *(row["requests"], row["bytes"]),
            )
            for row in rows
        ]

    async def sweep_looks(self, before_day: int, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM closer_looks WHERE (work_id, day, rendition, token) IN (
                SELECT work_id, day, rendition, token FROM closer_looks
                WHERE day < :before ORDER BY day LIMIT :limit
            )
            """,
            before=before_day,
            limit=limit,
        )

    async def copies_of_work(self, work: WorkId, *, limit: int = 1_000) -> list[Copy]:
        rows = await self._connection.fetch_all(
            """
            SELECT copies.host AS host, copies.at AS at, undelivered.host IS NULL AS is_delivered
            FROM copies LEFT JOIN undelivered
                ON undelivered.target_id = copies.work_id AND undelivered.host = copies.host
            WHERE copies.work_id = :work ORDER BY copies.host LIMIT :limit
            """,
            work=work,
            limit=limit,
        )
        return [Copy(row["host"], Millis(row["at"]), bool(row["is_delivered"])) for row in rows]

    async def holders(self, artist: ActorId, *, limit: int = 200) -> list[Holder]:
        rows = await self._connection.fetch_all(
            """
            SELECT host, CAST(COUNT(*) AS BIGINT) AS number, MAX(copies.at) AS last
            FROM works JOIN copies ON copies.work_id = works.id
            WHERE works.artist_id = :artist AND works.state <> 'withdrawn' AND NOT EXISTS (
                SELECT 1 FROM undelivered
                WHERE target_id = copies.work_id AND undelivered.host = copies.host
            )
            GROUP BY host ORDER BY COUNT(*) DESC, host LIMIT :limit
            """,
            artist=artist,
            limit=limit,
        )
        return [Holder(row["host"], row["number"], Millis(row["last"])) for row in rows]

    async def price(self) -> Price | None:
        row = await self._connection.fetch_one("SELECT * FROM traffic_price WHERE id = 1")
        return None if row is None else Price(row["micros"], row["currency"])

    async def set_price(self, price: Price | None) -> None:
        await self._connection.execute("DELETE FROM traffic_price WHERE id = 1")
        if price is not None:
            await self._connection.execute(
                "INSERT INTO traffic_price (id, micros, currency) VALUES (1, :micros, :currency)",
                micros=price.micros,
                currency=price.currency,
            )


def _fields(one: WorkVisit) -> list[str | int]:
    return [
        *(one.work_id, one.media_key, one.day, one.visitor.value, one.crawler),
        *(one.requests, one.bytes, one.refused, *one.given),
    ]


def _sum(row: Row) -> WorkVisitSum:
    return WorkVisitSum(
        work_id=WorkId(row["work_id"]),
        day=row["day"],
        visitor=VisitorClass(row["class"]),
        crawler=row["crawler"],
        given_to=row["given_to"],
        requests=row["requests"],
        bytes=row["bytes"],
        refused=row["refused"],
    )
