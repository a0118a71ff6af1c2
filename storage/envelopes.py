"""Envelopes of what passed the doors, equal ones of an hour in one row."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.ledgers import EnvelopeRows
from server.model import ActorId, AiLabel, Millis, Visibility
from server.passages import HOUR, DoorFacts, Envelope
from server.rules import Door, InboundFacts, OutboundFacts
from storage.database import Connection, Row, json_text, listed


def envelopes_in(connection: Connection) -> EnvelopeRows:
    """Return the envelopes as this transaction sees them."""
    return _EnvelopeRows(connection)


@dataclass(frozen=True, slots=True)
class _EnvelopeRows:
    _connection: Connection

    async def add(self, envelopes: Sequence[Envelope]) -> None:
        # In order, so that two processes that add the same ones never wait for each other.
        ordered = sorted(envelopes, key=lambda each: (each.hour, each.digest))
        await self._connection.execute(
            """
            INSERT INTO envelopes (
                hour, digest, at, number, door, peer, actor, actor_uri, type, ai_label, media,
                hashtags, account_age_days, follows, visibility, is_sensitive, artist_id, action,
                rule, shadow_rules
            )
            SELECT CAST(item ->> 0 AS BIGINT), CAST(item ->> 1 AS BIGINT),
                CAST(item ->> 2 AS BIGINT), CAST(item ->> 3 AS BIGINT), item ->> 4, item ->> 5,
                item ->> 6, item ->> 7, item ->> 8, item ->> 9, item ->> 10, item ->> 11,
                CAST(item ->> 12 AS BIGINT), item ->> 13, item ->> 14,
                CAST(item ->> 15 AS BIGINT) = 1, CAST(item ->> 16 AS BIGINT), item ->> 17,
                item ->> 18, item ->> 19
            FROM (SELECT value /*pg ::json */ AS item FROM json_each(:rows)) AS items WHERE TRUE
            ON CONFLICT (hour, digest) DO UPDATE SET
                at = CASE WHEN excluded.at > envelopes.at THEN excluded.at ELSE envelopes.at END,
                number = envelopes.number + excluded.number
            """,
            rows=json_text(_fields(each) for each in ordered),
        )

    async def page(
        self, since: Millis, *, after: tuple[int, int] = (0, 0), limit: int = 2_000
    ) -> list[Envelope]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM envelopes WHERE hour >= :since AND (hour, digest) > (:hour, :digest)
            ORDER BY hour, digest LIMIT :limit
            """,
            since=since // HOUR,
            hour=after[0],
            digest=after[1],
            limit=limit,
        )
        return [_envelope(row) for row in rows]

    async def count(self, since: Millis) -> int:
        row = await self._connection.fetch_one(
            "SELECT COUNT(*) AS number FROM envelopes WHERE hour >= :since", since=since // HOUR
        )
        return 0 if row is None else int(row["number"])

    async def in_shadow(
        self, since: Millis, *, after: tuple[int, int] = (0, 0), limit: int = 2_000
    ) -> list[Envelope]:
        rows = await self._connection.fetch_all(
            """
            SELECT * FROM envelopes
            WHERE shadow_rules <> '[]' AND hour >= :since AND (hour, digest) > (:hour, :digest)
            ORDER BY hour, digest LIMIT :limit
            """,
            since=since // HOUR,
            hour=after[0],
            digest=after[1],
            limit=limit,
        )
        return [_envelope(row) for row in rows]

    async def sweep(self, before: Millis, *, limit: int = 1_000) -> int:
        return await self._connection.execute(
            """
            DELETE FROM envelopes WHERE (hour, digest) IN (
                SELECT hour, digest FROM envelopes WHERE hour < :before
                ORDER BY hour, digest LIMIT :limit
            )
            """,
            before=before // HOUR,
            limit=limit,
        )


def _fields(envelope: Envelope) -> list[object]:
    facts = envelope.facts
    inbound = facts if isinstance(facts, InboundFacts) else None
    outbound = facts if isinstance(facts, OutboundFacts) else None
    return [
        *(envelope.hour, envelope.digest, envelope.at, envelope.number, facts.door, facts.peer),
        *((inbound.actor, inbound.actor_uri) if inbound else ("", "")),
        *(facts.type, facts.ai_label or ""),
        json_text(sorted(inbound.media) if inbound else ()),
        json_text(sorted(inbound.hashtags) if inbound else ()),
        inbound.account_age_days if inbound else None,
        json_text(sorted(inbound.follows) if inbound else ()),
        (outbound.visibility or "") if outbound else "",
        None if outbound is None or outbound.is_sensitive is None else int(outbound.is_sensitive),
        *(envelope.artist_id, envelope.action, envelope.rule, json_text(envelope.shadow_rules)),
    ]


def _envelope(row: Row) -> Envelope:
    return Envelope(
        facts=_facts(row),
        action=row["action"],
        rule=row["rule"],
        shadow_rules=listed(row["shadow_rules"], str),
        artist_id=ActorId(row["artist_id"]),
        at=row["at"],
        number=row["number"],
    )


def _facts(row: Row) -> DoorFacts:
    if row["door"] == Door.OUTBOUND:
        return OutboundFacts(
            peer=row["peer"],
            type=row["type"],
            visibility=Visibility(row["visibility"]) if row["visibility"] else None,
            ai_label=AiLabel(row["ai_label"]) if row["ai_label"] else None,
            is_sensitive=None if row["is_sensitive"] is None else bool(row["is_sensitive"]),
        )
    return InboundFacts(
        peer=row["peer"],
        actor=row["actor"],
        actor_uri=row["actor_uri"],
        type=row["type"],
        ai_label=AiLabel(row["ai_label"]) if row["ai_label"] else None,
        media=frozenset(listed(row["media"], str)),
        hashtags=frozenset(listed(row["hashtags"], str)),
        account_age_days=row["account_age_days"],
        follows=frozenset(listed(row["follows"], str)),
    )
