"""Envelopes of what passed the doors, equal ones of an hour in one row."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.model import ActorId, AiLabel, Millis, Visibility
from server.passages import HOUR, Envelope
from server.repositories.ledgers import EnvelopeRows
from server.rules import Door, InboundFacts, OutboundFacts
from server.values import dataclass
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
            SELECT at, number, door, peer, actor, actor_uri, type, ai_label, media, hashtags,
                account_age_days, follows, visibility, is_sensitive, artist_id, action, rule,
                shadow_rules
            FROM envelopes
            WHERE hour >= :since AND (hour, digest) > (:hour, :digest)
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
            SELECT at, number, door, peer, actor, actor_uri, type, ai_label, media, hashtags,
                account_age_days, follows, visibility, is_sensitive, artist_id, action, rule,
                shadow_rules
            FROM envelopes
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
    at, number, door, *facts, artist_id, action, rule, shadow_rules = row
    return Envelope(
        facts=_outbound(*facts) if door == Door.OUTBOUND else _inbound(*facts),
        action=action,
        rule=rule,
        shadow_rules=listed(shadow_rules, str),
        artist_id=ActorId(artist_id),
        at=at,
        number=number,
    )


def _inbound(  # noqa: PLR0913, PLR0917  one a column
    peer: str,
    actor: str,
    actor_uri: str,
    kind: str,
    ai_label: str,
    media: str,
    hashtags: str,
    account_age_days: int | None,
    follows: str,
    *_outbounds: object,
) -> InboundFacts:
    return InboundFacts(
        peer=peer,
        actor=actor,
        actor_uri=actor_uri,
        type=kind,
        ai_label=_LABELS[ai_label],
        media=_set_of(media),
        hashtags=_set_of(hashtags),
        account_age_days=account_age_days,
        follows=_set_of(follows),
    )


def _outbound(peer: str, *facts: Any) -> OutboundFacts:  # noqa: ANN401  one a column
    _, _, kind, ai_label, *_, visibility, is_sensitive = facts
    return OutboundFacts(
        peer=peer,
        type=kind,
        visibility=_VISIBILITIES[visibility],
        ai_label=_LABELS[ai_label],
        is_sensitive=None if is_sensitive is None else bool(is_sensitive),
    )


def _set_of(text: str) -> frozenset[str]:
    return _NOTHING if text == "[]" else frozenset(listed(text, str))


_NOTHING: frozenset[str] = frozenset()
_LABELS: Mapping[str, AiLabel | None] = {"": None, **{each.value: each for each in AiLabel}}
_VISIBILITIES: Mapping[str, Visibility | None] = {
    "": None,
    **{each.value: each for each in Visibility},
}
