"""Sums of visits, by day."""

from collections.abc import Sequence

from server.passages import ClassSum, VisitKey, VisitSum
from server.repositories.ledgers import VisitRows
from server.rules import Door
from server.values import dataclass
from server.visitors import VisitorClass
from storage.database import Connection, Row, json_text, listed


def visits_in(connection: Connection) -> VisitRows:
    """Return the sums as this transaction sees them."""
    return _VisitRows(connection)


@dataclass(frozen=True, slots=True)
class _VisitRows:
    _connection: Connection

    async def add(self, visits: Sequence[VisitSum]) -> None:
        # In order, so that two processes that add to the same ones never wait for each other.
        await self._connection.execute(
            """
            INSERT INTO visits (
                day, door, class, crawler, segment, rendition, network, shadow_rules, requests,
                bytes, refused
            )
            SELECT CAST(item ->> 0 AS BIGINT), item ->> 1, item ->> 2, item ->> 3, item ->> 4,
                item ->> 5, item ->> 6, item ->> 7, CAST(item ->> 8 AS BIGINT),
                CAST(item ->> 9 AS BIGINT), CAST(item ->> 10 AS BIGINT)
            FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items WHERE TRUE
            ON CONFLICT (
                day, door, class, crawler, segment, rendition, network, shadow_rules
            ) DO UPDATE SET
                requests = visits.requests + excluded.requests,
                bytes = visits.bytes + excluded.bytes,
                refused = visits.refused + excluded.refused
            """,
            rows=json_text(sorted(_fields(each) for each in visits)),
        )

    async def page(
        self, day: int, *, after: VisitSum | None = None, limit: int = 2_000
    ) -> list[VisitSum]:
        key = after.key if after else VisitKey(0, Door.MEDIA, VisitorClass.MEMBER)
        rows = await self._connection.fetch_all(
            """
            SELECT day, door, class, crawler, segment, rendition, network, shadow_rules, requests,
                bytes, refused
            FROM visits
            WHERE day = :day
                AND (door, class, crawler, segment, rendition, network, shadow_rules)
                    > (:door, :class, :crawler, :segment, :rendition, :network, :shadow_rules)
            ORDER BY door, class, crawler, segment, rendition, network, shadow_rules LIMIT :limit
            """,
            **{
                "day": day,
                "door": key.door if after else "",
                "class": key.visitor if after else "",
                "crawler": key.crawler,
                "segment": key.segment,
                "rendition": key.rendition,
                "network": key.network,
                "shadow_rules": json_text(key.shadow_rules) if after else "",
                "limit": limit,
            },
        )
        return [_visits(row) for row in rows]

    async def by_class(self, since_day: int, *, limit: int = 20_000) -> list[ClassSum]:
        rows = await self._connection.fetch_all(
            """
            SELECT day, class, crawler, segment = 'media' AS is_media,
                CAST(SUM(requests) AS BIGINT) AS requests, CAST(SUM(bytes) AS BIGINT) AS bytes,
                CAST(SUM(refused) AS BIGINT) AS refused,
                CAST(SUM(CASE WHEN refused = 0 THEN requests ELSE 0 END) AS BIGINT) AS answered,
                CAST(SUM(CASE WHEN refused = 0 THEN bytes ELSE 0 END) AS BIGINT) AS answered_bytes
            FROM visits WHERE day >= :since
            GROUP BY day, class, crawler, segment = 'media'
            ORDER BY day DESC, class, crawler, segment = 'media' LIMIT :limit
            """,
            since=since_day,
            limit=limit,
        )
        return [
            ClassSum(day, _CLASSES[visitor], crawler, bool(is_media), *sums)
            for day, visitor, crawler, is_media, *sums in rows
        ]

    async def in_shadow(self, since_day: int, *, limit: int = 10_000) -> list[VisitSum]:
        rows = await self._connection.fetch_all(
            """
            SELECT day, door, class, crawler, segment, rendition, '' AS network, shadow_rules,
                CAST(SUM(requests) AS BIGINT) AS requests, CAST(SUM(bytes) AS BIGINT) AS bytes,
                CAST(SUM(refused) AS BIGINT) AS refused
            FROM visits WHERE shadow_rules <> '[]' AND day >= :since
            GROUP BY day, door, class, crawler, segment, rendition, shadow_rules
            ORDER BY SUM(requests) DESC LIMIT :limit
            """,
            since=since_day,
            limit=limit,
        )
        return [_visits(row) for row in rows]

    async def bytes_of(self, day: int) -> int:
        row = await self._connection.fetch_one(
            """
            SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS total FROM visits WHERE day = :day
            """,
            day=day,
        )
        return int(row["total"]) if row else 0

    async def sweep(self, before_day: int, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM visits
            WHERE (day, door, class, crawler, segment, rendition, network, shadow_rules) IN (
                SELECT day, door, class, crawler, segment, rendition, network, shadow_rules
                FROM visits WHERE day < :before ORDER BY day LIMIT :limit
            )
            """,
            before=before_day,
            limit=limit,
        )


def _fields(visits: VisitSum) -> list[str | int]:
    key = visits.key
    return [
        *(key.day, key.door, key.visitor, key.crawler, key.segment, key.rendition, key.network),
        *(json_text(key.shadow_rules), visits.requests, visits.bytes, visits.refused),
    ]


def _visits(row: Row) -> VisitSum:
    day, door, visitor, crawler, segment, rendition, network, shadow_rules, *sums = row
    key = VisitKey(
        day=day,
        door=_DOORS[door],
        visitor=_CLASSES[visitor],
        crawler=crawler,
        segment=segment,
        rendition=rendition,
        network=network,
        shadow_rules=listed(shadow_rules, str),
    )
    return VisitSum(key, *sums)


_DOORS = {each.value: each for each in Door}
_CLASSES = {each.value: each for each in VisitorClass}
