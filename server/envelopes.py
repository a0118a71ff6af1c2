"""Notes what passes the doors `inbound` and `outbound`, without a word of what was said.

The law: noting costs microseconds and waits for nothing. Equal things of an hour are counted
together in memory and written each second; a crash loses that second of statistics, nothing else.
Who floods us with names is remembered by server only, and then not at all.
"""

from collections.abc import Sequence
from dataclasses import field, replace
from functools import partial
from typing import Final

import structlog

from server.clock import Clock
from server.errors import Unavailable
from server.model import ActorId, Millis
from server.passages import (
    HOUR,
    MOST_HASHTAGS,
    MOST_LETTERS,
    DoorFacts,
    Envelope,
    action_of,
)
from server.ports import Library, Transaction
from server.rules import Decision, InboundFacts
from server.shadows import ShadowWatch
from server.values import dataclass

log = structlog.get_logger(__name__)

MOST_AN_HOUR: Final = 20_000  # different ones, a process: what comes on top loses its details
_AT_ONCE: Final = 500  # rows of one statement
_MOST_WAITING: Final = 100_000  # while the database is away

Key = tuple[DoorFacts, str, str, tuple[str, ...], ActorId, int]


@dataclass(slots=True)
class Envelopes:
    """Notes and writes. One for each process."""

    library: Library
    clock: Clock
    watch: ShadowWatch
    _waiting: dict[Key, list[int]] = field(default_factory=dict)
    _hour: int = 0
    _different: set[int] = field(default_factory=set)

    def note(self, facts: DoorFacts, decision: Decision, artist_id: ActorId = ActorId(0)) -> None:
        """Note one decision; `artist_id`: whose work it was, or whom here it was for."""
        now = self.clock.now()
        hour = now // HOUR
        if hour != self._hour:
            self._hour = hour
            self._different.clear()
        shadows = self.watch.over(facts)
        key = (facts, action_of(decision), decision.rule, shadows, artist_id, hour)
        met = self._waiting.get(key)
        if met is None:
            met = self._waiting.setdefault(self._made_room_for(key), [0, now])
        met[0] += 1
        met[1] = now

    async def flush(self) -> None:
        """Write what waits. Where the database is away it waits on."""
        taken, self._waiting = self._waiting, {}
        rows = [_envelope(key, number, at) for key, (number, at) in taken.items()]
        for start in range(0, len(rows), _AT_ONCE):
            batch = rows[start : start + _AT_ONCE]
            try:
                await self.library.join(partial(_write, batch))
            except Unavailable as outage:
                log.warning("envelopes_not_written", reason=outage.message)
                self._keep(dict(list(taken.items())[start:]))
                return

    def _made_room_for(self, key: Key) -> Key:
        """Return the key, or one with less in it where this hour has seen too many."""
        facts, *rest = key
        for lessened in (_whole, _of_server, _of_nobody):
            key = (lessened(facts), *rest)  # type: ignore[assignment]  # mypy knows no unpacked rest
            if hash(key) in self._different:
                return key
            if len(self._different) < MOST_AN_HOUR:
                self._different.add(hash(key))
                return key
        return key

    def _keep(self, unwritten: dict[Key, list[int]]) -> None:
        for key, (number, at) in unwritten.items():
            if key in self._waiting or len(self._waiting) < _MOST_WAITING:
                self._waiting.setdefault(key, [0, at])[0] += number


async def _write(envelopes: Sequence[Envelope], tx: Transaction) -> None:
    await tx.envelopes.add(envelopes)


def _envelope(key: Key, number: int, at: int) -> Envelope:
    facts, action, rule, shadows, artist_id, hour = key
    latest = Millis(max(at, hour * HOUR))
    return Envelope(_trimmed(facts), action, rule, shadows, artist_id, latest, number)


def _trimmed(facts: DoorFacts) -> DoorFacts:
    """Return facts whose names from elsewhere have a length that we choose; tiers are today's."""
    trimmed = replace(
        facts, peer=facts.peer[:MOST_LETTERS], type=facts.type[:MOST_LETTERS], tier=None
    )
    if not isinstance(trimmed, InboundFacts):
        return trimmed
    return replace(
        trimmed,
        actor=trimmed.actor[:MOST_LETTERS],
        actor_uri=trimmed.actor_uri[: MOST_LETTERS * 2],
        hashtags=frozenset(
            tag for tag in sorted(trimmed.hashtags)[:MOST_HASHTAGS] if len(tag) <= MOST_LETTERS
        ),
    )


def _whole(facts: DoorFacts) -> DoorFacts:
    return facts


def _of_server(facts: DoorFacts) -> DoorFacts:
    if not isinstance(facts, InboundFacts):
        return facts
    return replace(facts, actor="", actor_uri="", hashtags=frozenset(), account_age_days=None)


def _of_nobody(facts: DoorFacts) -> DoorFacts:
    return replace(_of_server(facts), peer="", type="", tier=None)
