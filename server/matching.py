"""Compares facts with all rules of a door at once; pure.

The law: the first rule that holds and is no shadow decides. robots.txt, `/.well-known/*` and the
pages that state the policy are open to everyone whatever a rule says.

Each rule is a bit. For each kind of condition an index (`server.indexes`) says from one fact which
rules it lets pass; of what passes all of them, the lowest bit is the first rule that holds. So a
decision costs a look-up for each kind of condition, however many rules and values there are.
"""

from collections.abc import Iterator, Mapping

from server.indexes import INDEXES, Index
from server.rules import (
    OPEN_PATHS,
    Condition,
    ConditionKind,
    Decision,
    Door,
    Facts,
    Rule,
    WebFacts,
    decision_of,
    is_below,
)
from server.values import dataclass

# What is cheap to look up, or tells most rules apart, goes first: where nothing passes, we stop.
_ORDER = (
    *(ConditionKind.CLASS, ConditionKind.TIER, ConditionKind.TYPE, ConditionKind.RENDITION),
    *(ConditionKind.PROOF, ConditionKind.AI, ConditionKind.VISIBILITY, ConditionKind.SENSITIVE),
    *(ConditionKind.YOUNGER_THAN_DAYS, ConditionKind.FOLLOWS, ConditionKind.MEDIA),
    *(ConditionKind.HASHTAG, ConditionKind.ACTOR, ConditionKind.PEER, ConditionKind.TOKEN),
    *(ConditionKind.PATH, ConditionKind.NETWORK, ConditionKind.USER_AGENT),
)


@dataclass(frozen=True, slots=True)
class CompiledDoor:
    """The rules of one door with their indexes. Made by `compile_rules` only."""

    rules: tuple[Rule, ...]
    decisions: tuple[Decision, ...]
    everything: int  # a bit for each rule
    live: int  # a bit for each rule that is no shadow
    indexes: tuple[Index, ...]

    def passing(self, facts: Facts) -> int:
        """Return a bit for each rule that holds."""
        mask = self.everything
        for index in self.indexes:
            mask &= index.passing(facts)
            if not mask:
                break
        return mask

    def thinkable(self, facts: Facts) -> int:
        """Return a bit for each rule that holds, or would if what is not known yet fitted it."""
        mask = self.everything
        for index in self.indexes:
            if index.is_known(facts):
                mask &= index.passing(facts)
        return mask


@dataclass(frozen=True, slots=True)
class Match:
    """The decision of the first live rule that holds, and of the shadows before it."""

    decision: Decision | None
    shadows: tuple[Decision, ...] = ()


_NOTHING = Match(None)


def compile_rules(rules: tuple[Rule, ...]) -> Mapping[Door, CompiledDoor]:
    """Return the rules of each door, in order, ready to be asked often."""
    return {door: _compiled(tuple(r for r in rules if r.door is door)) for door in Door}


def first_match(facts: Facts, door: CompiledDoor) -> Match:
    """Return what the rules of a door make of these facts."""
    mask = 0 if is_always_open(facts) else door.passing(facts)
    if not mask:
        return _NOTHING
    live = mask & door.live
    first = live & -live
    decision = door.decisions[first.bit_length() - 1] if live else None
    shadows = mask & ~door.live & (first - 1 if live else -1)
    return (
        Match(decision, tuple(door.decisions[i] for i in bits_of(shadows)))
        if shadows
        else (Match(decision))
    )


def live_decisions_before(facts: Facts, door: CompiledDoor) -> tuple[tuple[Decision, ...], bool]:
    """Return what live rules may decide once all is known, and whether one surely holds, last.

    Those that might hold stand before the first that does.
    """
    if is_always_open(facts):
        return (), False
    sure = door.passing(facts) & door.live
    last = sure & -sure
    thinkable = door.thinkable(facts) & door.live & (last | (last - 1) if sure else -1)
    return tuple(door.decisions[i] for i in bits_of(thinkable)), bool(sure)


def holds(facts: Facts, condition: Condition) -> bool:
    """Whether one condition holds, asked by itself."""
    values = dict.fromkeys(condition.values, 1)
    return bool(INDEXES[condition.kind](values, 0).passing(facts))


def is_always_open(facts: Facts) -> bool:
    """Whether no rule counts: the pages that state the policy."""
    if not isinstance(facts, WebFacts) or not facts.path.startswith(OPEN_PATHS):
        return False
    return any(is_below(facts.path, top) for top in OPEN_PATHS)


def bits_of(mask: int) -> Iterator[int]:
    """Give the number of each bit that is set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _compiled(rules: tuple[Rule, ...]) -> CompiledDoor:
    everything = (1 << len(rules)) - 1
    shadows = sum(1 << number for number, rule in enumerate(rules) if rule.shadow)
    values: dict[ConditionKind, dict[str, int]] = {}
    bound: dict[ConditionKind, int] = {}
    for number, rule in enumerate(rules):
        for condition in rule.when:
            bound[condition.kind] = bound.get(condition.kind, 0) | 1 << number
            of_kind = values.setdefault(condition.kind, {})
            for value in condition.values:
                of_kind[value] = of_kind.get(value, 0) | 1 << number
    return CompiledDoor(
        rules=rules,
        decisions=tuple(decision_of(rule.then, rule.name, rule.because) for rule in rules),
        everything=everything,
        live=everything & ~shadows,
        indexes=tuple(
            INDEXES[kind](values[kind], everything & ~bound[kind])
            for kind in _ORDER
            if kind in values
        ),
    )
