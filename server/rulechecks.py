"""What is wrong with a policy before it is applied; pure.

The law: what would lock everybody out who could mend it is refused; all else that its author can
hardly have meant is told, with the rule's name. Found by asking the very engine, not by guessing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from ipaddress import ip_address, ip_network
from itertools import islice, product
from typing import Any

from server.errors import Invalid
from server.matching import bits_of
from server.model import AiLabel, Preference, RenditionName, Visibility
from server.policy import CompiledPolicy, Policy, compile_policy, decide
from server.public_policy import proof_sentence
from server.rules import (
    OPEN_PATHS,
    Action,
    Condition,
    ConditionKind,
    Decision,
    Door,
    Facts,
    InboundFacts,
    MediaFacts,
    OutboundFacts,
    Proof,
    Refuse,
    Rule,
    WebFacts,
    is_below,
)
from server.tiers import FederationMode, Tier
from server.values import dataclass
from server.visitors import VisitorClass, names_product

_BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1.15 Version/18.5 Safari/605",
)
# Somebody somewhere, far apart: a rule that refuses all of these refuses everyone.
_PLACES_4 = tuple(
    ip_address(text) for text in ("9.9.9.9", "81.2.3.4", "130.5.6.7", "177.8.9.1", "203.0.113.5")
)
_PLACES_6 = tuple(
    ip_address(text) for text in ("2001:db8::1", "2400:cb00::1", "2a02:8108::1", "fd00::1")
)
_MOST_WARNINGS = 50  # beyond these nobody reads on
_SAMPLE = 20  # values of a long list that are tried: whoever covers the list covers these
_MOST_CANDIDATES = 50  # earlier rules that are compared value by value
_SOME_PEER = "peer.invalid"
_TRUSTED = (Tier.ALLY, Tier.KNOWN, Tier.NEUTRAL)


class Weight(StrEnum):
    """What becomes of a policy with such a concern."""

    REFUSAL = "refusal"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that is wrong; `rule` is "" where no single rule is to blame."""

    weight: Weight
    rule: str
    message: str


def check(policy: Policy) -> tuple[Concern, ...]:
    """Return what is wrong with a policy, what refuses it first."""
    compiled = compile_policy(policy)
    warnings = (
        each
        for find in (
            *(_severing, _strangers, _unreached, _without_effect, _unenforced, _freeing),
            _unasked,
        )
        for each in find(compiled)
    )
    told = [Concern(Weight.WARNING, *each) for each in islice(warnings, _MOST_WARNINGS)]
    locked = [Concern(Weight.REFUSAL, *each) for each in _lock_out(compiled)]
    return (*locked, *told)


def refuse_lock_out(policy: Policy) -> None:
    """Raise `Invalid` where nobody could mend this policy any more through its pages."""
    for rule, message in _lock_out(compile_policy(policy)):
        raise Invalid(message, field=rule)


def _lock_out(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    for visitor, path, what in (
        (VisitorClass.MEMBER, "/admin/policy", "people who are signed in, admins among them"),
        (VisitorClass.MEMBER, "/admin", "people who are signed in, admins among them"),
        # the gate lets whoever would be let in as a member reach the way in
        (VisitorClass.MEMBER, "/login", "everybody who wants to sign in"),
    ):
        rule = _refusing_all(compiled, visitor, path)
        if rule:
            yield (
                rule,
                (
                    f"The rule “{rule}” would refuse {what}, so that nobody could change this "
                    f"policy again; narrow it, or put a rule before it that allows {path}."
                ),
            )
            return


def _refusing_all(compiled: CompiledPolicy, visitor: VisitorClass, path: str) -> str | None:
    """Return the rule that refuses this kind of visitor with any browser, wherever they are."""
    for places in (_PLACES_4, _PLACES_6):
        answers = [
            decide(Door.WEB, WebFacts(visitor, agent, path, address=place), compiled)
            for agent, place in product(_BROWSERS, places)
        ]
        if all(isinstance(answer, Refuse) for answer in answers):
            return answers[0].rule
    return None


def _severing(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    """Find what cuts off every server: nothing arrives, or nothing is sent."""
    for door, what, kinds in (
        (Door.INBOUND, "takes in nothing from anybody", ("Create", "Accept", "Follow")),
        (Door.OUTBOUND, "sends nothing to anybody", ("Create", "Accept", "Follow")),
    ):
        answers = [
            decide(door, _from_a_server(door, tier, kind), compiled)
            for tier, kind in product(_TRUSTED, kinds)
        ]
        if all(isinstance(answer, Refuse) for answer in answers):
            rule = answers[-1].rule
            yield rule, f"The rule “{rule}” {what}: every follow would end."
    if compiled.policy.federation.mode is FederationMode.ALLOW_LIST:
        yield "", "With an allow list, follows with every server that is not on it would end."


def _from_a_server(door: Door, tier: Tier, kind: str) -> Facts:
    if door is Door.INBOUND:
        return InboundFacts(_SOME_PEER, kind, None, tier, account_age_days=9_999)
    return OutboundFacts(
        _SOME_PEER, kind, tier, Visibility.PUBLIC, AiLabel.NONE, is_sensitive=False
    )


def _strangers(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    """Find what breaks federation, previews and feeds, which no gate should."""
    for visitor, agent, what in (
        (VisitorClass.PEER, "Mastodon/4.5", "other servers: nobody could follow anybody here"),
        (VisitorClass.FEED, "Miniflux/2.2", "feed readers"),
        (VisitorClass.VISITOR, _BROWSERS[0], "everybody who is not signed in"),
    ):
        is_peer = visitor is VisitorClass.PEER
        facts = WebFacts(visitor, agent, "/@somebody", _SOME_PEER if is_peer else "", Tier.NEUTRAL)
        answer = decide(Door.WEB, facts, compiled)
        if isinstance(answer, Refuse):
            yield answer.rule, f"The rule “{answer.rule}” would refuse {what}."
            if visitor is VisitorClass.VISITOR:
                proven = replace(facts, visitor=VisitorClass.PERSON)
                yield from _passes_by_proof(answer.rule, decide(Door.WEB, proven, compiled))


def _passes_by_proof(rule: str, answer: Decision) -> Iterator[tuple[str, str]]:
    """Find a rule about visitors that forgets those among them who gave a proof."""
    if not isinstance(answer, Refuse):
        yield (
            rule,
            (
                f"The rule “{rule}” refuses visitors, but not those whose browser has given a "
                "proof; add the class person to it."
            ),
        )


def _unenforced(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    """Find what the policy reserves and does not act on."""
    if compiled.policy.content_usage.train_ai is not Preference.NO:
        return
    facts = WebFacts(VisitorClass.AI_TRAINING, "GPTBot/1.2", "/@somebody")
    if not isinstance(decide(Door.WEB, facts, compiled), Refuse):
        yield (
            "",
            (
                "Training is reserved (train-ai = n), but no rule refuses training crawlers: "
                "the reservation binds only those who heed it."
            ),
        )


def _unasked(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    """Find a proof that nobody is asked for."""
    policy = compiled.policy
    if policy.renditions.proof is Proof.WORK and not proof_sentence(policy):
        yield (
            "",
            (
                "A sum is asked for (renditions.proof = work), but visitors see as much without "
                "it: make `visitor` smaller than `person`, or let a rule ask for a proof."
            ),
        )


def _freeing(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    """Find rules that let in whom a list or an admin refuses, without naming any server."""
    named = {ConditionKind.PEER, ConditionKind.TIER, ConditionKind.ACTOR, ConditionKind.FOLLOWS}
    for rule in compiled.policy.rules:
        is_free = rule.then in {Action.ALLOW, Action.FULL} and rule.door in {
            *(Door.INBOUND, Door.OUTBOUND)
        }
        if is_free and not rule.shadow and not named & {each.kind for each in rule.when}:
            yield (
                rule.name,
                (
                    f"The rule “{rule.name}” would also let through servers that are refused or "
                    "limited; add a condition on the server or its tier."
                ),
            )


def _without_effect(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    for rule in compiled.policy.rules:
        paths = next((c.values for c in rule.when if c.kind is ConditionKind.PATH), ())
        closed = [path for path in paths if any(is_below(path, top) for top in OPEN_PATHS)]
        if closed and len(closed) == len(paths) and rule.then is not Action.ALLOW:
            yield (
                rule.name,
                f"The rule “{rule.name}” has no effect: {closed[0]} is open to everyone, always.",
            )


def _unreached(compiled: CompiledPolicy) -> Iterator[tuple[str, str]]:
    """Find rules that an earlier live rule always goes before."""
    for door in compiled.doors.values():
        for at, rule in enumerate(door.rules):
            earlier = _covering(rule, at, compiled)
            if earlier is None:
                continue
            same = "does the same already" if earlier.then is rule.then else "decides first"
            yield (
                rule.name,
                (
                    f"The rule “{rule.name}” is never reached: “{earlier.name}” stands before it "
                    f"and {same}."
                ),
            )


def _covering(rule: Rule, at: int, compiled: CompiledPolicy) -> Rule | None:
    """Return the first live rule before that holds wherever this one does."""
    door = compiled.doors[rule.door]
    mask = door.live & ((1 << at) - 1)
    for facts in _least_facts(rule):
        if not mask:
            return None
        mask &= door.passing(facts)
    for number in islice(bits_of(mask), _MOST_CANDIDATES):
        earlier = door.rules[number]
        if _covers(earlier, rule):
            return earlier
    return None


def _least_facts(rule: Rule) -> Iterator[Facts]:
    """Give facts that fit a rule, until each of its values was there."""
    most = max((len(each.values) for each in rule.when), default=1)
    for at in range(min(most, _SAMPLE)):
        facts = _BARE[rule.door]
        for condition in rule.when:
            value = condition.values[at % len(condition.values)]
            facts = replace(facts, **_FITTING[condition.kind](value))
        yield facts


def _covers(earlier: Rule, later: Rule) -> bool:
    narrow = {each.kind: each.values for each in later.when}
    return all(_implied(each, narrow.get(each.kind, ())) for each in earlier.when)


def _implied(wide: Condition, narrow: tuple[str, ...]) -> bool:
    """Say whether whatever fits one of `narrow` also fits the wide condition."""
    if not narrow:
        is_for_all_paths = wide.kind is ConditionKind.PATH and "/" in wide.values
        is_for_all = wide.kind is ConditionKind.CLASS and set(wide.values) == set(VisitorClass)
        return is_for_all_paths or is_for_all
    plain = set(wide.values)
    fits = _WIDER.get(wide.kind)
    return all(
        value in plain or (fits is not None and any(fits(value, top) for top in wide.values))
        for value in narrow
    )


def _is_subnet(value: str, top: str) -> bool:
    inner, outer = ip_network(value), ip_network(top)
    is_same = inner.version == outer.version and inner.prefixlen >= outer.prefixlen
    return is_same and inner.network_address in outer


def _is_subdomain(value: str, top: str) -> bool:
    return value.endswith(f".{top}")


_WIDER: Mapping[ConditionKind, Callable[[str, str], bool]] = {
    ConditionKind.PEER: _is_subdomain,
    ConditionKind.TOKEN: _is_subdomain,
    ConditionKind.PATH: is_below,
    ConditionKind.NETWORK: _is_subnet,
    ConditionKind.USER_AGENT: names_product,
    ConditionKind.YOUNGER_THAN_DAYS: lambda value, top: int(value) <= int(top),
}
_BARE: Mapping[Door, Facts] = {
    Door.WEB: WebFacts(VisitorClass.UNKNOWN, peer=_SOME_PEER),
    Door.MEDIA: MediaFacts(VisitorClass.UNKNOWN, RenditionName.VIEW),
    Door.INBOUND: InboundFacts(_SOME_PEER),
    Door.OUTBOUND: OutboundFacts(_SOME_PEER),
}
_FITTING: Mapping[ConditionKind, Callable[[str], dict[str, Any]]] = {
    ConditionKind.CLASS: lambda value: {"visitor": VisitorClass(value)},
    ConditionKind.USER_AGENT: lambda value: {"user_agent": value},
    ConditionKind.NETWORK: lambda value: {"address": ip_network(value).network_address},
    ConditionKind.PATH: lambda value: {"path": value},
    ConditionKind.PEER: lambda value: {"peer": value},
    ConditionKind.TIER: lambda value: {"tier": Tier(value)},
    ConditionKind.RENDITION: lambda value: {"rendition": RenditionName(value)},
    ConditionKind.PROOF: lambda value: {"proof": Proof(value)},
    ConditionKind.TOKEN: lambda value: {"token": value},
    ConditionKind.ACTOR: lambda value: {
        "actor_uri" if value.startswith("http") else "actor": value
    },
    ConditionKind.TYPE: lambda value: {"type": value},
    ConditionKind.AI: lambda value: {"ai_label": AiLabel(value)},
    ConditionKind.MEDIA: lambda value: {"media": frozenset({value})},
    ConditionKind.HASHTAG: lambda value: {"hashtags": frozenset({value})},
    ConditionKind.YOUNGER_THAN_DAYS: lambda value: {"account_age_days": int(value) - 1},
    ConditionKind.FOLLOWS: lambda value: {"follows": frozenset({value})},
    ConditionKind.VISIBILITY: lambda value: {"visibility": Visibility(value)},
    ConditionKind.SENSITIVE: lambda value: {"is_sensitive": value == "true"},
}
