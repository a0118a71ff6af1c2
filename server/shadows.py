"""Rules that only log: what they meet, and what they would have done so far."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Final

from server.clock import Clock
from server.house import House
from server.model import Artist, Millis, Role
from server.passages import DAY, Envelope, Shadow, VisitSum
from server.policy import CompiledPolicy, shadow_decisions
from server.ports import Library
from server.roles import demand
from server.rules import Door, Facts
from server.values import dataclass

_SHOWN: Final = 20  # peers, crawlers, samples of each rule
_AT_ONCE: Final = 2_000


@dataclass(slots=True)
class ShadowWatch:
    """Says which shadow rules meet something; costs nothing at doors where there are none."""

    house: House
    _known: tuple[CompiledPolicy | None, frozenset[Door]] = (None, frozenset())

    def over(self, facts: Facts) -> tuple[str, ...]:
        """Return the names of the shadow rules that would decide here, were they in force."""
        compiled = self.house.now.compiled
        if self._known[0] is not compiled:
            doors = frozenset(rule.door for rule in compiled.policy.rules if rule.shadow)
            self._known = (compiled, doors)
        if facts.door not in self._known[1]:
            return ()
        return tuple(each.rule for each in shadow_decisions(facts.door, facts, compiled))


@dataclass(frozen=True, slots=True)
class Shadows:
    """Tells what shadow rules would have done."""

    library: Library
    clock: Clock

    async def so_far(self, reader: Artist, days: int = 30) -> Mapping[str, Shadow]:
        """Return what each rule that was a shadow in these days would have done, by its name.

        Raise `NotFound` for who may not look.
        """
        demand(reader, Role.ADMIN)
        since = Millis(self.clock.now() - days * DAY)
        found: dict[str, _Tally] = {}
        last = (0, 0)
        async with self.library.reading() as tx:
            _count_visits(found, await tx.visits.in_shadow(since // DAY))
            while page := await tx.envelopes.in_shadow(since, after=last, limit=_AT_ONCE):
                last = (page[-1].hour, page[-1].digest)
                _count_envelopes(found, page)
        return {rule: tally.told(rule) for rule, tally in found.items()}


@dataclass(slots=True)
class _Tally:
    """What is counted for one rule."""

    requests: int = 0
    bytes: int = 0
    first_at: Millis | None = None
    peers: Counter[str] = field(default_factory=Counter)
    crawlers: Counter[str] = field(default_factory=Counter)
    samples: list[Envelope] = field(default_factory=list)

    def since(self, at: Millis) -> None:
        """Note when something was met."""
        self.first_at = at if self.first_at is None else min(self.first_at, at)

    def told(self, rule: str) -> Shadow:
        """Return it as people are told."""
        return Shadow(
            rule=rule,
            requests=self.requests,
            bytes=self.bytes,
            first_at=self.first_at,
            by_peer=tuple(self.peers.most_common(_SHOWN)),
            by_crawler=tuple(self.crawlers.most_common(_SHOWN)),
            samples=tuple(self.samples),
        )


def _count_visits(found: dict[str, _Tally], visits: Iterable[VisitSum]) -> None:
    for each in visits:
        for rule in each.key.shadow_rules:
            tally = found.setdefault(rule, _Tally())
            tally.requests += each.requests
            tally.bytes += each.bytes
            tally.crawlers[each.key.crawler or str(each.key.visitor)] += each.requests
            tally.since(Millis(each.key.day * DAY))


def _count_envelopes(found: dict[str, _Tally], envelopes: Iterable[Envelope]) -> None:
    for each in envelopes:
        for rule in each.shadow_rules:
            tally = found.setdefault(rule, _Tally())
            tally.requests += each.number
            tally.peers[each.facts.peer] += each.number
            tally.since(each.at)
            if len(tally.samples) < _SHOWN:
                tally.samples.append(replace(each))
