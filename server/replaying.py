"""Asks the engine of yesterday's traffic what it would have met under other rules: pure.

The law: it is the very engine of the doors, asked once for equal facts, under both sets of rules;
what was decided at the time does not count. However much is taken in, what is kept has bounds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from ipaddress import ip_address
from itertools import zip_longest
from typing import Final, TypeVar

from server.impact import (
    ArtistImpact,
    CrawlerImpact,
    PeerImpact,
    Replay,
    RuleImpact,
    Sample,
    Toll,
)
from server.model import ActorId, Millis, RenditionName
from server.passages import DAY, DoorFacts, Envelope, VisitKey, VisitSum, action_of
from server.policy import weigh
from server.rules import (
    Action,
    Address,
    ConditionKind,
    Decision,
    Door,
    Facts,
    InboundFacts,
    MediaFacts,
    OutboundFacts,
    Proof,
    Rule,
    WebFacts,
)
from server.rulings import Rules
from server.tiers import Tier
from server.values import dataclass
from server.visitors import CRAWLER_CLASSES, Crawlers, VisitorClass

SAMPLES: Final = 20
_MOST_PEERS: Final = 20_000
_ANSWERS_KEPT: Final = 4_000  # few: what is kept, the collector walks while everybody waits
_NETWORK_BITS: Final = {4: 24, 6: 48}  # what is known of a visitor's address
_UNHINDERED: Final = frozenset({str(Action.ALLOW), str(Action.PROVE)})
_AFTER_WORK: Final = "work"  # no action of a rule: how its proof is to be given
_REFUSED: Final = str(Action.REFUSE)
_HELD: Final = str(Action.HOLD)

Outcome = tuple[str, str]  # action, rule
Both = tuple[Outcome, Outcome]  # before, after
Logged = tuple[Outcome, ...]  # what rules that only log would have done
Met = tuple[Both, Logged, Logged]  # and what was logged before, and after
Key = TypeVar("Key")


@dataclass(slots=True)
class _Sum:
    """A toll that is being counted."""

    total: int = 0
    refused_before: int = 0
    refused_after: int = 0
    held_before: int = 0
    held_after: int = 0
    changed: int = 0
    bytes: int = 0

    def add(self, number: int, both: Both, size: int = 0) -> None:
        """Count what was met so."""
        (before, _), (after, _) = both
        self.total += number
        self.bytes += size
        self.refused_before += number * (before == _REFUSED)
        self.refused_after += number * (after == _REFUSED)
        self.held_before += number * (before == _HELD)
        self.held_after += number * (after == _HELD)
        self.changed += number * (before != after)

    def toll(self) -> Toll:
        """Return what was counted."""
        return Toll(
            *(self.total, self.refused_before, self.refused_after),
            *(self.held_before, self.held_after, self.changed),
        )


@dataclass(slots=True)
class Replaying:
    """Takes in what passed, and tells what it would have met."""

    before: Rules
    after: Rules
    _tiers: dict[str, tuple[Tier, Tier]] = field(default_factory=dict)
    _answers: dict[Facts, Met] = field(default_factory=dict)
    _rules: dict[tuple[Door, str, str, bool], list[int]] = field(default_factory=dict)
    _peers: dict[str, _Sum] = field(default_factory=dict)
    _artists: dict[ActorId, _Sum] = field(default_factory=dict)
    _visitors: dict[tuple[VisitorClass, str], _Sum] = field(default_factory=dict)
    _changed: dict[str, list[Sample]] = field(default_factory=dict)
    _unchanged: dict[str, list[Sample]] = field(default_factory=dict)
    _all: _Sum = field(default_factory=_Sum)
    _activities: int = 0
    _newly_refused: int = 0
    _newly_allowed: int = 0

    def __post_init__(self) -> None:
        """Begin with the rules that only log: what they never meet is told as well."""
        for rules in (self.before, self.after):
            for rule in rules.compiled.policy.rules:
                if rule.shadow:
                    self._rules[rule.door, rule.name, str(rule.then), True] = [0, 0]

    @property
    def artists(self) -> tuple[ActorId, ...]:
        """Whose handles `told` wants to know."""
        return tuple(self._artists)

    def take_envelopes(self, envelopes: Iterable[Envelope]) -> None:
        """Take activities in."""
        for each in envelopes:
            facts = each.facts
            both = self._counted(facts, each.number)
            self._activities += each.number
            peer = facts.peer
            if peer not in self._peers and len(self._peers) >= _MOST_PEERS:
                peer = ""
            _sum_of(self._peers, peer).add(each.number, both)
            if each.artist_id:
                _sum_of(self._artists, each.artist_id).add(each.number, both)
            who = facts.actor or facts.actor_uri if isinstance(facts, InboundFacts) else ""
            self._sample(facts.door, both, each.at, who, facts.type, facts.peer)

    def take_visits(self, visits: Iterable[VisitSum]) -> None:
        """Take visits in."""
        for each in visits:
            key = each.key
            facts = facts_of(key)
            if facts is None:
                continue
            both = self._counted(facts, each.requests)
            _sum_of(self._visitors, (key.visitor, key.crawler)).add(each.requests, both, each.bytes)
            who = key.crawler or str(key.visitor)
            what = key.rendition or f"/{key.segment}"
            self._sample(key.door, both, Millis(key.day * DAY), who, what, "")

    def told(self, handles: Mapping[ActorId, str]) -> Replay:
        """Return what was found; what changes most stands first."""
        visitors = sorted(
            (_visitor_impact(key, each) for key, each in self._visitors.items()),
            key=lambda each: (-each.changed, -each.requests, each.crawler, each.visitor),
        )
        return Replay(
            activities=self._activities,
            requests=self._all.total - self._activities,
            changed=self._all.changed,
            newly_refused=self._newly_refused,
            newly_allowed=self._newly_allowed,
            by_rule=tuple(
                sorted(
                    (
                        RuleImpact(door, rule, action, before, after, is_logged=is_logged)
                        for (door, rule, action, is_logged), (before, after) in self._rules.items()
                    ),
                    key=_by_weight,
                )
            ),
            by_peer=self._by_peer(),
            by_artist=tuple(
                sorted(
                    (
                        ArtistImpact(handles[artist], each.toll())
                        for artist, each in self._artists.items()
                        if artist in handles
                    ),
                    key=lambda each: (-each.toll.changed, -each.toll.total, each.handle),
                )
            ),
            crawlers=tuple(each for each in visitors if is_crawler(each)),
            people=tuple(each for each in visitors if not is_crawler(each)),
            samples=_spread(self._changed, self._unchanged),
        )

    def _by_peer(self) -> tuple[PeerImpact, ...]:
        found = (
            PeerImpact(
                peer, self.before.tiers.tier_of(peer), self.after.tiers.tier_of(peer), each.toll()
            )
            for peer, each in self._peers.items()
        )
        return tuple(
            sorted(found, key=lambda each: (-each.toll.changed, -each.toll.total, each.peer))
        )

    def _met(self, facts: Facts) -> Met:
        known = self._answers.get(facts)
        if known is None:
            if len(self._answers) >= _ANSWERS_KEPT:
                self._answers.clear()
            known = self._asked(facts)
            self._answers[facts] = known
        return known

    def _asked(self, facts: Facts) -> Met:
        before: Facts = facts
        after: Facts = facts
        if not isinstance(facts, WebFacts | MediaFacts):
            one, other = self._tiers_of(facts.peer)
            before = _with_tier(facts, one)
            after = before if one is other else _with_tier(facts, other)
        outcome, logged = _answer(before, self.before)
        outcome_then, logged_then = _answer(after, self.after)
        return (outcome, outcome_then), logged, logged_then

    def _tiers_of(self, peer: str) -> tuple[Tier, Tier]:
        known = self._tiers.get(peer)
        if known is None:
            if len(self._tiers) >= _MOST_PEERS:
                self._tiers.clear()
            known = self._tiers[peer] = (
                self.before.tiers.tier_of(peer),
                self.after.tiers.tier_of(peer),
            )
        return known

    def _counted(self, facts: Facts, number: int) -> Both:
        """Count what facts meet, so many times, and return it."""
        both, *logged = self._met(facts)
        (before, rule_before), (after, rule_after) = both
        door = facts.door
        self._rules.setdefault((door, rule_before, before, False), [0, 0])[0] += number
        self._rules.setdefault((door, rule_after, after, False), [0, 0])[1] += number
        for place, outcomes in enumerate(logged):
            for action, rule in outcomes:
                self._rules.setdefault((door, rule, action, True), [0, 0])[place] += number
        self._all.add(number, both)
        self._newly_refused += number * (after == _REFUSED != before)
        self._newly_allowed += number * (before == _REFUSED != after)
        return both

    def _sample(self, door: Door, both: Both, at: Millis, who: str, what: str, peer: str) -> None:
        before, after = both
        pool = self._unchanged if before[0] == after[0] else self._changed
        rule = after[1] or before[1]
        if pool is self._unchanged and not rule:
            return  # nobody says anything of it, before or after
        kept = pool.setdefault(rule, [])
        if len(kept) < SAMPLES:
            kept.append(Sample(at, door, who, what, peer, *before, *after))


def facts_of(key: VisitKey) -> WebFacts | MediaFacts | None:
    """Return what is known of visits as a door sees it; None where a new version cannot tell."""
    address = _address_in(key.network)
    if key.door is Door.WEB:
        return WebFacts(key.visitor, key.crawler, f"/{key.segment}", address=address)
    if key.rendition not in set(RenditionName):
        return None
    return MediaFacts(key.visitor, RenditionName(key.rendition), key.crawler, address)


def is_crawler(each: CrawlerImpact) -> bool:
    """Say whether visitors are programs that collect, rather than people and their readers."""
    return bool(each.crawler) or each.visitor in CRAWLER_CLASSES | {VisitorClass.FORGED}


def caveats_of(rules: Iterable[Rule], crawlers: Crawlers) -> tuple[str, ...]:
    """Return what a dry run cannot know of these rules, as less is recorded than they look at."""
    names = {name for row in crawlers.entries for name in (row.token, *row.also)}
    return tuple(
        f"The rule “{rule.name}” {what}"
        for rule in rules
        if rule.door in {Door.WEB, Door.MEDIA}
        for condition in rule.when
        if (what := _unknown(condition.kind, condition.values, names))
    )


def _unknown(kind: ConditionKind, values: tuple[str, ...], names: set[str]) -> str:
    """Return why visits cannot tell whether a condition holds, "" where they can."""
    if kind is ConditionKind.PATH and any(value.strip("/").count("/") for value in values):
        return "looks at more of a path than its first part, which is all that is recorded."
    if kind is ConditionKind.USER_AGENT and not names.issuperset(values):
        return "looks at user agents; of those only the names of known crawlers are recorded."
    if kind is ConditionKind.NETWORK and any(map(_is_narrow, values)):
        return "looks at a narrower network than the /24 or /48 that are recorded."
    if kind in {ConditionKind.PEER, ConditionKind.TIER, ConditionKind.TOKEN, ConditionKind.PROOF}:
        return f"looks at the {kind} of visitors, which is not recorded."
    return ""


def _is_narrow(network: str) -> bool:
    base, _, bits = network.partition("/")
    version = 6 if ":" in base else 4
    return int(bits or 128) > _NETWORK_BITS[version]


def _by_weight(each: RuleImpact) -> tuple[int, bool, int, str]:
    """Put what changes most first, then what only logs: the rule that is being tried."""
    return -abs(each.after - each.before), not each.is_logged, -each.after, each.rule


def _answer(facts: Facts, rules: Rules) -> tuple[Outcome, Logged]:
    """Return what is done, and what the rules that only log would have done."""
    weighed = weigh(facts.door, facts, rules.compiled)
    logged = tuple((action_of(each), each.rule) for each in weighed.shadows)
    decision: Decision = weighed.decision
    if _must_work(facts, rules) and action_of(decision) in _UNHINDERED:
        return (_AFTER_WORK, decision.rule or "renditions.proof"), logged
    return (action_of(decision), decision.rule), logged


def _must_work(facts: Facts, rules: Rules) -> bool:
    """Say whether somebody's browser solves a sum before it gets such a picture.

    Who counts as a person at this door came with a token of their own, as visitors do.
    """
    is_proven = isinstance(facts, MediaFacts) and facts.visitor is VisitorClass.PERSON
    return is_proven and rules.compiled.policy.renditions.proof is Proof.WORK


def _with_tier(facts: DoorFacts, tier: Tier) -> DoorFacts:
    """Return facts with a tier; spelled out, as `replace` costs as much as the engine's answer."""
    if isinstance(facts, InboundFacts):
        return InboundFacts(
            *(facts.peer, facts.type, facts.ai_label, tier, facts.actor, facts.actor_uri),
            *(facts.media, facts.hashtags, facts.account_age_days, facts.follows),
        )
    return OutboundFacts(
        *(facts.peer, facts.type, tier, facts.visibility, facts.ai_label, facts.is_sensitive)
    )


def _address_in(network: str) -> Address | None:
    try:
        return ip_address(network.partition("/")[0])
    except ValueError:
        return None


def _sum_of(sums: dict[Key, _Sum], key: Key) -> _Sum:
    found = sums.get(key)
    if found is None:
        found = sums[key] = _Sum()
    return found


def _visitor_impact(key: tuple[VisitorClass, str], each: _Sum) -> CrawlerImpact:
    return CrawlerImpact(
        *(*key, each.total, each.bytes, each.refused_before, each.refused_after, each.changed)
    )


def _spread(*pools: dict[str, list[Sample]]) -> tuple[Sample, ...]:
    """Return samples of every rule in turn, of the first pool before the others."""
    found = [
        sample
        for pool in pools
        for row in zip_longest(*pool.values())
        for sample in row
        if sample is not None
    ]
    return tuple(found[:SAMPLES])
