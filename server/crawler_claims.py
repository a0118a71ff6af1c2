"""Whether a crawler is who it says to be, from what its operator publishes: pure.

The law: one proof that holds is enough, as operators' lists are never whole; where none holds and
one denies, the name is forged; where nobody knows, what is claimed stays a claim.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

from server.values import dataclass
from server.visitors import Crawler

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_TABLES_KEPT = 512  # one for each row that has ranges
# Who comes from there comes through something of ours that does not say who asks.
_NEARBY = {
    version: tuple((int(one[0]), int(one[-1])) for one in map(ip_network, texts))
    for version, texts in {
        4: (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("169.254.0.0/16", "100.64.0.0/10"),
        ),
        6: ("::1/128", "fc00::/7", "fe80::/10"),
    }.items()
}


class Verdict(StrEnum):
    """What is known of a claim."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    OPEN = "open"  # nobody knows, or not yet


@dataclass(frozen=True, slots=True)
class Ranges:
    """Networks of one IP version, merged and in order, to be searched by halves."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def holds(self, address: int) -> bool:
        """Say whether one of them holds an address."""
        at = bisect_right(self.starts, address) - 1
        return at >= 0 and address <= self.ends[at]


def is_nearby(address: Address) -> bool:
    """Say whether an address is of this machine or its own network.

    All visitors share one such where a proxy does not tell who asks: nothing that somebody did
    may be held against it.
    """
    number = int(address)
    return any(first <= number <= last for first, last in _NEARBY[address.version])


def is_verifiable(crawler: Crawler) -> bool:
    """Say whether an operator publishes anything by which its crawler can be told."""
    return bool(crawler.networks or crawler.reverse_dns or crawler.signers)


def by_ranges(crawler: Crawler, address: Address) -> Verdict:
    """Judge by the published ranges."""
    if not crawler.networks:
        return Verdict.OPEN
    ranges = _ranges_of(crawler.networks)[address.version]
    return Verdict.CONFIRMED if ranges.holds(int(address)) else Verdict.DENIED


def own_names(crawler: Crawler, names: Iterable[str]) -> list[str]:
    """Return those of an address' reverse names that lie below the operator's suffixes.

    They prove nothing until they lead back to the address: whoever owns one may name it anything.
    """
    suffixes = tuple(f".{suffix.lower()}" for suffix in crawler.reverse_dns)
    return [name for name in names if f".{name.lower().rstrip('.')}".endswith(suffixes)]


def is_signer(crawler: Crawler, host: str) -> bool:
    """Say whether a host may hold the keys of a crawler: it is named, or the operator's own."""
    named = host.lower().rstrip(".")
    if named in crawler.signers or bool(own_names(crawler, [named])):
        return True
    return bool(crawler.ranges_url) and urlsplit(crawler.ranges_url).hostname == named


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Return what several verdicts come to."""
    for decisive in (Verdict.CONFIRMED, Verdict.DENIED):
        if decisive in verdicts:
            return decisive
    return Verdict.OPEN


@lru_cache(_TABLES_KEPT)
def _ranges_of(networks: tuple[Network, ...]) -> dict[int, Ranges]:
    return {
        version: _merged(one for one in networks if one.version == version) for version in (4, 6)
    }


def _merged(networks: Iterable[Network]) -> Ranges:
    bounds: list[tuple[int, int]] = []
    for start, end in sorted((int(one[0]), int(one[-1])) for one in networks):
        if bounds and start <= bounds[-1][1] + 1:
            bounds[-1] = (bounds[-1][0], max(end, bounds[-1][1]))
        else:
            bounds.append((start, end))
    return Ranges(tuple(start for start, _ in bounds), tuple(end for _, end in bounds))
