"""Compares facts with rules; pure.

The law: the first rule that holds and is no shadow decides. robots.txt, `/.well-known/*` and the
pages that state the policy are open to everyone whatever a rule says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import Any, TypeAlias

from server.rules import (
    OPEN_PATHS,
    Address,
    ConditionKind,
    Decision,
    Door,
    Facts,
    Rule,
    WebFacts,
    decision_of,
    is_below,
)
from server.visitors import names_product, without_addresses

Holds: TypeAlias = Callable[[Any], bool]  # Any: the facts of the rule's own door


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with its decision made ready and each condition as a test."""

    rule: Rule
    tests: tuple[Holds, ...]
    decision: Decision


def compile_rules(rules: tuple[Rule, ...]) -> Mapping[Door, tuple[CompiledRule, ...]]:
    """Return the rules of each door, in order, ready to be asked often."""
    return {door: tuple(_compiled(rule) for rule in rules if rule.door is door) for door in Door}


def first_match(facts: Facts, rules: tuple[CompiledRule, ...]) -> Decision | None:
    """Return what the first matching rule that is no shadow decides, or None."""
    if is_always_open(facts):
        return None
    for compiled in rules:
        if not compiled.rule.shadow and _holds(compiled, facts):
            return compiled.decision
    return None


def shadow_matches(facts: Facts, rules: tuple[CompiledRule, ...]) -> tuple[Decision, ...]:
    """Return what shadow rules would decide if promoted: those before the first live match."""
    if is_always_open(facts):
        return ()
    found: list[Decision] = []
    for compiled in rules:
        if _holds(compiled, facts):
            if not compiled.rule.shadow:
                break
            found.append(compiled.decision)
    return tuple(found)


def is_always_open(facts: Facts) -> bool:
    """Whether no rule counts: the pages that state the policy."""
    if not isinstance(facts, WebFacts) or not facts.path.startswith(OPEN_PATHS):
        return False
    return any(is_below(facts.path, top) for top in OPEN_PATHS)


def _compiled(rule: Rule) -> CompiledRule:
    tests = tuple(_TESTS[each.kind](each.values) for each in rule.when)
    return CompiledRule(rule, tests, decision_of(rule.then, rule.name, rule.because))


def _holds(compiled: CompiledRule, facts: Facts) -> bool:
    return all(holds(facts) for holds in compiled.tests)


def _one_of(attribute: str) -> Callable[[tuple[str, ...]], Holds]:
    def made(values: tuple[str, ...]) -> Holds:
        wanted = frozenset(values)
        return lambda facts: getattr(facts, attribute) in wanted

    return made


def _any_of(attribute: str) -> Callable[[tuple[str, ...]], Holds]:
    def made(values: tuple[str, ...]) -> Holds:
        wanted = frozenset(values)
        return lambda facts: not wanted.isdisjoint(getattr(facts, attribute))

    return made


def _domain(attribute: str) -> Callable[[tuple[str, ...]], Holds]:
    """Fit a domain or its subdomains: one look-up a label, so that long blocklists cost nothing.

    A final dot or another port is no way around a rule: it names the same server.
    """

    def made(values: tuple[str, ...]) -> Holds:
        listed = frozenset(values)

        def is_listed(domain: str) -> bool:
            while domain and domain not in listed:
                domain = domain.partition(".")[2]
            return bool(domain)

        def holds(facts: Any) -> bool:  # noqa: ANN401 - see Holds
            name, _, port = getattr(facts, attribute).lower().partition(":")
            host = name.rstrip(".")
            return is_listed(host) or (bool(port) and is_listed(f"{host}:{port}"))

        return holds

    return made


def _network(values: tuple[str, ...]) -> Holds:
    """Fit an address in any of the networks: one look-up for each length of prefix."""
    networks: dict[tuple[int, int], set[int]] = {}
    for value in values:
        network = ip_network(value)
        shift = network.max_prefixlen - network.prefixlen
        networks.setdefault((network.version, shift), set()).add(
            int(network.network_address) >> shift
        )

    def holds(facts: Any) -> bool:  # noqa: ANN401 - see Holds
        if facts.address is None:
            return False
        address = plain_address(facts.address)
        number, version = int(address), address.version
        return any(
            number >> shift in held
            for (of_version, shift), held in networks.items()
            if of_version == version
        )

    return holds


def plain_address(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for (::ffff:192.0.2.1), else itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _below(values: tuple[str, ...]) -> Holds:
    return lambda facts: any(is_below(facts.path, top) for top in values)


def _product(values: tuple[str, ...]) -> Holds:
    def holds(facts: Any) -> bool:  # noqa: ANN401 - see Holds
        words = without_addresses(facts.user_agent)
        return any(names_product(words, token) for token in values)

    return holds


def _actor(values: tuple[str, ...]) -> Holds:
    wanted = frozenset(values)
    return lambda facts: facts.actor.casefold() in wanted or facts.actor_uri in wanted


def _younger(values: tuple[str, ...]) -> Holds:
    days = max(map(int, values))
    return lambda facts: facts.account_age_days is not None and facts.account_age_days < days


def _peers_tier(values: tuple[str, ...]) -> Holds:
    """Fit the tier of a peer; whoever signed nothing has none, at the web door."""
    wanted = frozenset(values)
    return lambda facts: facts.tier in wanted and getattr(facts, "peer", "media") != ""


def _sensitive(values: tuple[str, ...]) -> Holds:
    wanted = frozenset(value == "true" for value in values)
    return lambda facts: facts.is_sensitive in wanted


_TESTS: Mapping[ConditionKind, Callable[[tuple[str, ...]], Holds]] = {
    ConditionKind.CLASS: _one_of("visitor"),
    ConditionKind.USER_AGENT: _product,
    ConditionKind.NETWORK: _network,
    ConditionKind.PATH: _below,
    ConditionKind.PEER: _domain("peer"),
    ConditionKind.TIER: _peers_tier,
    ConditionKind.RENDITION: _one_of("rendition"),
    ConditionKind.PROOF: _one_of("proof"),
    ConditionKind.TOKEN: _domain("token"),
    ConditionKind.ACTOR: _actor,
    ConditionKind.TYPE: _one_of("type"),
    ConditionKind.AI: _one_of("ai_label"),
    ConditionKind.MEDIA: _any_of("media"),
    ConditionKind.HASHTAG: _any_of("hashtags"),
    ConditionKind.YOUNGER_THAN_DAYS: _younger,
    ConditionKind.FOLLOWS: _any_of("follows"),
    ConditionKind.VISIBILITY: _one_of("visibility"),
    ConditionKind.SENSITIVE: _sensitive,
}
