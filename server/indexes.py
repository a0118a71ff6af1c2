"""From one fact to the rules that it lets pass, one index for each kind of condition; pure.

The law: an index is made of `values` (a mask of rules by value) and `free` (the rules that have
no such condition). It answers with `free` and the rules of which any value fits. What is not
known fits none. No fact, however long or strange, makes a look-up slow.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from itertools import accumulate
from operator import or_
from typing import Any, TypeAlias

from server.rules import Address, ConditionKind
from server.values import dataclass
from server.visitors import MAX_AGENT_CHARACTERS, names_product, product_words, without_addresses

AnyFacts: TypeAlias = Any  # of the door whose rules have the condition
Values: TypeAlias = Mapping[str, int]  # masks of rules by value
Make: TypeAlias = Callable[[Values, int], "Index"]

_AGENTS_KEPT = 2_048  # user agents repeat: what their words come to is kept, some 1 MB at most


@dataclass(frozen=True, slots=True)
class Index:
    """Which rules a fact lets pass, and whether it is known at all."""

    passing: Callable[[AnyFacts], int]
    is_known: Callable[[AnyFacts], bool]


def plain_address(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for (::ffff:192.0.2.1), else itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _one_of(name: str, unknown: object = None) -> Make:
    def made(values: Values, free: int) -> Index:
        masks = {value: mask | free for value, mask in values.items()}
        return Index(
            lambda facts: masks.get(getattr(facts, name), free),
            lambda facts: getattr(facts, name) != unknown,
        )

    return made


def _any_of(name: str) -> Make:
    def made(values: Values, free: int) -> Index:
        def passing(facts: AnyFacts) -> int:
            mask = free
            for found in getattr(facts, name):
                mask |= values.get(found, 0)
            return mask

        return Index(passing, lambda facts: bool(getattr(facts, name)))

    return made


def _tier(values: Values, free: int) -> Index:
    """Fit the tier of a peer; at a door that peers come to among others, nobody has none."""
    masks = {value: mask | free for value, mask in values.items()}
    return Index(
        lambda facts: masks.get(facts.tier, free) if getattr(facts, "peer", "given") else free,
        lambda facts: facts.tier is not None,
    )


def _domain(name: str) -> Make:
    """Fit a domain or its subdomains: one look-up a label.

    A final dot or another port is no way around a rule: it names the same server.
    """

    def made(values: Values, free: int) -> Index:
        masks = {domain: _with_those_above(domain, values) | free for domain in values}

        def walk(domain: str) -> int:
            while domain:
                mask = masks.get(domain)
                if mask is not None:
                    return mask
                domain = domain.partition(".")[2]
            return free

        def passing(facts: AnyFacts) -> int:
            peer: str = getattr(facts, name).lower()
            host, colon, port = peer.partition(":")
            if host[-1:] == ".":
                host = host.rstrip(".")
            return walk(f"{host}:{port}") | walk(host) if colon else walk(host)

        return Index(passing, lambda facts: bool(getattr(facts, name)))

    return made


def _with_those_above(domain: str, values: Values) -> int:
    mask = 0
    while domain:
        mask |= values.get(domain, 0)
        domain = domain.partition(".")[2]
    return mask


def _network(values: Values, free: int) -> Index:
    """Fit an address in any of the networks: one bisection, as networks only nest."""
    tables = {
        version: _stretches([(ip_network(value), mask) for value, mask in values.items()], version)
        for version in (4, 6)
    }

    def passing(facts: AnyFacts) -> int:
        if facts.address is None:
            return free
        address = plain_address(facts.address)
        starts, masks = tables[address.version]
        return masks[bisect_right(starts, int(address))] | free

    return Index(passing, lambda facts: facts.address is not None)


def _stretches(
    networks: list[tuple[IPv4Network | IPv6Network, int]], version: int
) -> tuple[list[int], list[int]]:
    """Return where the rules that hold change, and which hold before, between and after."""
    starts: list[int] = []
    masks = [0]
    inside: list[tuple[int, int]] = []  # (end, what holds), of the networks that we are in

    def change(at: int, mask: int) -> None:
        if starts and starts[-1] == at:
            masks[-1] = mask
        else:
            starts.append(at)
            masks.append(mask)

    def leave(until: int | None) -> None:
        while inside and (until is None or inside[-1][0] <= until):
            end, _ = inside.pop()
            change(end, inside[-1][1] if inside else 0)

    ranges = sorted(
        (int(network.network_address), -int(network.broadcast_address), mask)
        for network, mask in networks
        if network.version == version
    )
    for start, negative_last, mask in ranges:
        leave(start)
        inside.append((1 - negative_last, mask | (inside[-1][1] if inside else 0)))
        change(start, inside[-1][1])
    leave(None)
    return starts, masks


def _path(values: Values, free: int) -> Index:
    """Fit a path and all below: one look-up a level, no deeper than the deepest that is named."""
    depth = max(top.count("/") for top in values) + 1

    def passing(facts: AnyFacts) -> int:
        path: str = facts.path
        mask = free | values.get(path, 0)
        slash = -1
        for _ in range(depth):
            slash = path.find("/", slash + 1)
            if slash < 0:
                break
            mask |= values.get(path[:slash], 0) | values.get(path[: slash + 1], 0)
        return mask

    return Index(passing, lambda _: True)


def _user_agent(values: Values, free: int) -> Index:
    """Fit a product's word; looked up by the first plain word in it, then compared whole."""
    by_word: dict[str, list[tuple[str, int]]] = {}
    for token, mask in values.items():
        first = next(iter(product_words(token)), "")  # "": a token of signs alone
        by_word.setdefault(first, []).append((token, mask))

    @lru_cache(maxsize=_AGENTS_KEPT)
    def mask_of(agent: str) -> int:
        words = without_addresses(agent)
        found = free
        for word in {"", *product_words(words)}:
            for token, mask in by_word.get(word, ()):
                if token == word or names_product(words, token):
                    found |= mask
        return found

    return Index(
        lambda facts: mask_of(facts.user_agent[:MAX_AGENT_CHARACTERS]),
        lambda facts: bool(facts.user_agent),
    )


def _actor(values: Values, free: int) -> Index:
    masks = {value: mask | free for value, mask in values.items()}
    return Index(
        lambda facts: masks.get(facts.actor.casefold(), free) | masks.get(facts.actor_uri, free),
        lambda facts: bool(facts.actor),
    )


def _younger(values: Values, free: int) -> Index:
    limits = sorted((int(days), mask) for days, mask in values.items())
    days = [limit for limit, _ in limits]
    masks = [*accumulate((mask for _, mask in reversed(limits)), or_, initial=free)][::-1]

    def passing(facts: AnyFacts) -> int:
        age = facts.account_age_days
        return free if age is None else masks[bisect_right(days, age)]

    return Index(passing, lambda facts: facts.account_age_days is not None)


def _sensitive(values: Values, free: int) -> Index:
    masks = {value == "true": mask | free for value, mask in values.items()}
    return Index(
        lambda facts: masks.get(facts.is_sensitive, free),
        lambda facts: facts.is_sensitive is not None,
    )


INDEXES: Mapping[ConditionKind, Make] = {
    ConditionKind.CLASS: _one_of("visitor"),
    ConditionKind.USER_AGENT: _user_agent,
    ConditionKind.NETWORK: _network,
    ConditionKind.PATH: _path,
    ConditionKind.PEER: _domain("peer"),
    ConditionKind.TIER: _tier,
    ConditionKind.RENDITION: _one_of("rendition"),
    ConditionKind.PROOF: _one_of("proof"),
    ConditionKind.TOKEN: _domain("token"),
    ConditionKind.ACTOR: _actor,
    ConditionKind.TYPE: _one_of("type", unknown=""),
    ConditionKind.AI: _one_of("ai_label"),
    ConditionKind.MEDIA: _any_of("media"),
    ConditionKind.HASHTAG: _any_of("hashtags"),
    ConditionKind.YOUNGER_THAN_DAYS: _younger,
    ConditionKind.FOLLOWS: _any_of("follows"),
    ConditionKind.VISIBILITY: _one_of("visibility"),
    ConditionKind.SENSITIVE: _sensitive,
}
