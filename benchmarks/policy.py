"""What one question to the policy costs: 200 rules, 50,000 domains, 10,000 networks, 200 names.

The bars: a median below 20 µs, 99 of 100 below 60 µs, and a server's tier within a few. Each call
is timed by itself over a mix such as a busy instance has; none is left out. Beside it stands a
plain loop: every rule in turn, every value compared. Both must come to the same decisions.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, ip_network
from statistics import median, quantiles

from benchmarks.support.table import against, show
from server.matching import first_match
from server.model import AiLabel, RenditionName, Visibility
from server.policy import STANDARD_NO_AI, CompiledPolicy, compile_policy, decide
from server.policy_text import read_policy, write_policy
from server.rules import (
    Action,
    Condition,
    ConditionKind,
    Decision,
    Door,
    Facts,
    InboundFacts,
    MediaFacts,
    OutboundFacts,
    Rule,
    WebFacts,
    decision_of,
    is_below,
)
from server.tiers import FederationMode, Listed, Tier, build_tiers
from server.visitors import VisitorClass, names_product, without_addresses

RULES, DOMAINS, NETWORKS, NAMES = 200, 50_000, 10_000, 200
CALLS, PLAIN_CALLS = 200_000, 300
MEDIAN_BAR, P99_BAR, TIER_BAR = 20.0, 60.0, 5.0
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
_AGENTS = (
    *(_BROWSER.format(version) for version in range(115, 148)),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 AppleWebKit/537.36; compatible; GPTBot/1.2; +https://openai.com/gptbot",
    "Mastodon/4.5.0 (http.rb/5.3.1; +https://art.example/)",
    "Pixelfed/0.12.6 (+https://pix.example)",
    "curl/8.15.0",
    "python-requests/2.32.4",
)


def a_policy(chance: random.Random) -> CompiledPolicy:
    """Return a policy of the size that the bar names, read from its text."""
    domains = [f"d{number}.site{number % 977}.example" for number in range(DOMAINS)]
    networks = sorted({f"{10 + n % 90}.{n // 200 % 250}.{n % 200}.0/24" for n in range(NETWORKS)})
    networks += [f"2001:db8:{n:x}::/48" for n in range(NETWORKS - len(networks))]
    names = [f"Crawler{number}Bot" for number in range(NAMES)]
    rules = [
        *(_rule(n, Door.INBOUND, peer=domains[n::40]) for n in range(40)),
        *(_rule(n, Door.OUTBOUND, peer=domains[n::25]) for n in range(25)),
        *(_rule(n, Door.WEB, network=networks[n::20]) for n in range(20)),
        *(_rule(n, Door.MEDIA, network=networks[n::10]) for n in range(10)),
        *(_rule(n, Door.WEB, user_agent=names[n::20]) for n in range(20)),
        *(_rule(n, Door.MEDIA, user_agent=names[n::10]) for n in range(10)),
        *(_rule(n, Door.WEB, path=[f"/@artist{n}"], **{"class": ["tool"]}) for n in range(20)),
        *(_rule(n, Door.INBOUND, hashtag=[f"tag{n}"], ai=["none"]) for n in range(20)),
        *(_rule(n, Door.INBOUND, type=["Create"], younger_than_days=["1"]) for n in range(5)),
        *(_rule(n, Door.INBOUND, actor=[f"eve{n}@a.example"]) for n in range(10)),
        *(_rule(n, Door.OUTBOUND, tier=["limited"], sensitive=["true"]) for n in range(5)),
    ]
    chance.shuffle(rules)
    rules += STANDARD_NO_AI.rules
    rules += [_rule(n, Door.WEB, path=[f"/tags/t{n}"]) for n in range(RULES - len(rules))]
    named = tuple(replace(rule, name=f"rule {at}") for at, rule in enumerate(rules))
    return compile_policy(read_policy(write_policy(replace(STANDARD_NO_AI, rules=named))))


def _rule(number: int, door: Door, **when: list[str]) -> Rule:
    conditions = tuple(
        Condition(ConditionKind(kind), tuple(values)) for kind, values in when.items()
    )
    return Rule(f"{number}", door, conditions, Action.REFUSE, "So it is.")


def questions(chance: random.Random, count: int) -> list[Facts]:
    """Return what a busy instance is asked, each with facts of its own."""
    return [chance.choice(_ASKED)(chance) for _ in range(count)]


def _agent(chance: random.Random) -> str:
    if chance.random() < 0.1:  # never seen before
        return f"Mozilla/5.0 (compatible; {chance.randbytes(6).hex()}/{chance.random():.3}; x) Odd"
    if chance.random() < 0.2:
        return (
            f"Mozilla/5.0 (compatible; Crawler{chance.randrange(400)}Bot/1.0; +https://a.example)"
        )
    return chance.choice(_AGENTS)


def _address(chance: random.Random) -> IPv4Address:
    return IPv4Address(chance.getrandbits(32))


def _domain(chance: random.Random) -> str:
    number = chance.randrange(DOMAINS * 10)
    return f"d{number}.site{number % 977}.example"


def _page(chance: random.Random) -> Facts:
    path = f"/@artist{chance.randrange(60)}/work-{chance.randrange(999)}"
    visitor = chance.choice((VisitorClass.VISITOR, VisitorClass.VISITOR, *VisitorClass))
    return WebFacts(visitor, _agent(chance), path, address=_address(chance))


def _picture(chance: random.Random) -> Facts:
    visitor = chance.choice((VisitorClass.VISITOR, VisitorClass.VISITOR, *VisitorClass))
    return MediaFacts(visitor, RenditionName.VIEW, _agent(chance), address=_address(chance))


def _arrival(chance: random.Random) -> Facts:
    peer = _domain(chance)
    return InboundFacts(
        peer,
        chance.choice(("Create", "Create", "Like", "Announce", "Delete")),
        chance.choice((None, AiLabel.NONE, AiLabel.NONE, AiLabel.GENERATED)),
        Tier.NEUTRAL,
        f"ana{chance.randrange(9_999)}@{peer}",
        f"https://{peer}/users/ana",
        frozenset({"image"}),
        frozenset(f"tag{chance.randrange(500)}" for _ in range(chance.randrange(8))),
        chance.randrange(900),
        frozenset({"followed-here"}),
    )


def _delivery(chance: random.Random) -> Facts:
    return OutboundFacts(
        *(_domain(chance), "Create", Tier.NEUTRAL, Visibility.PUBLIC, AiLabel.NONE),
        is_sensitive=False,
    )


_ASKED: Sequence[Callable[[random.Random], Facts]] = (
    *(_page, _page, _page, _picture, _picture, _picture),
    *(_arrival, _arrival, _delivery, _delivery),
)


def plainly(facts: Facts, rules: Sequence[Rule]) -> Decision | None:
    """Return what a loop over all rules and values finds."""
    for rule in rules:
        if rule.door is facts.door and all(_fits(facts, condition) for condition in rule.when):
            return decision_of(rule.then, rule.name, rule.because)
    return None


def _fits(facts: Facts, condition: Condition) -> bool:
    return any(_PLAIN[condition.kind](facts, value) for value in condition.values)


_PLAIN: dict[ConditionKind, Callable[..., bool]] = {
    ConditionKind.CLASS: lambda facts, value: facts.visitor == value,
    ConditionKind.USER_AGENT: lambda facts, value: names_product(
        without_addresses(facts.user_agent), value
    ),
    ConditionKind.NETWORK: lambda facts, value: facts.address in ip_network(value),
    ConditionKind.PATH: lambda facts, value: is_below(facts.path, value),
    ConditionKind.PEER: lambda facts, value: f".{facts.peer}".endswith(f".{value}"),
    ConditionKind.TIER: lambda facts, value: facts.tier == value,
    ConditionKind.TYPE: lambda facts, value: facts.type == value,
    ConditionKind.AI: lambda facts, value: facts.ai_label == value,
    ConditionKind.HASHTAG: lambda facts, value: value in facts.hashtags,
    ConditionKind.ACTOR: lambda facts, value: facts.actor == value,
    ConditionKind.YOUNGER_THAN_DAYS: lambda facts, value: facts.account_age_days < int(value),
    ConditionKind.SENSITIVE: lambda facts, value: facts.is_sensitive == (value == "true"),
}


def timed(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Return what each call took, in microseconds, the clock's own reading among it."""
    taken = []
    for call in calls:
        started = time.perf_counter_ns()
        call()
        taken.append((time.perf_counter_ns() - started) / 1_000)
    return taken


def main() -> None:
    """Print what decisions cost beside the bars and beside a plain loop."""
    chance = random.Random(20)  # noqa: S311 - the same mix each time
    started = time.perf_counter()
    compiled = a_policy(chance)
    took = time.perf_counter() - started
    assert len(compiled.policy.rules) == RULES
    asked = questions(chance, CALLS)
    for facts in asked[:PLAIN_CALLS]:
        ruled = first_match(facts, compiled.doors[facts.door]).decision
        assert ruled == plainly(facts, compiled.policy.rules), facts
    by_door: dict[str, list[float]] = {}
    for facts in asked:
        started_ns = time.perf_counter_ns()
        decide(facts.door, facts, compiled)
        by_door.setdefault(facts.door, []).append((time.perf_counter_ns() - started_ns) / 1_000)
    everything = [one for taken in by_door.values() for one in taken]
    plain = timed([lambda f=f: plainly(f, compiled.policy.rules) for f in asked[:PLAIN_CALLS]])
    listed = {f"d{n}.site{n % 977}.example": Listed(Tier.REFUSED, "L") for n in range(DOMAINS)}
    book = build_tiers({}, listed, (), FederationMode.OPEN)
    domains = [_domain(chance) for _ in range(CALLS)]
    tiers = timed([lambda d=domain: book.tier_of(d) for domain in domains])
    show(
        f"one question: {RULES} rules, {DOMAINS:,} domains, {NETWORKS:,} networks, {NAMES} names",
        ("", "median µs", "bar", "p99 µs", "bar", "slowest µs"),
        [
            *(_row(f"decide, {door}", taken) for door, taken in sorted(by_door.items())),
            _row("decide, the whole mix", everything, (MEDIAN_BAR, P99_BAR)),
            _row("a plain loop over all rules", plain),
            _row(f"tier_of, {DOMAINS:,} listed", tiers, (TIER_BAR, P99_BAR)),
        ],
    )
    print(f"Reading and compiling that policy took {took:.2f} s.")


def _row(name: str, taken: list[float], bars: tuple[float, float] | None = None) -> tuple[str, ...]:
    middle, late = median(taken), quantiles(taken, n=100)[98]
    of_middle = against(middle, bars[0], is_ceiling=True) if bars else ""
    of_late = against(late, bars[1], is_ceiling=True) if bars else ""
    return (name, f"{middle:.1f}", of_middle, f"{late:.1f}", of_late, f"{max(taken):,.0f}")


if __name__ == "__main__":
    main()
