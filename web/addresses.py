"""Which network addresses we may speak to, and whose address a request came from. Pure.

Law: an address is refused unless it is known to be public. What no rule names is refused too,
because each forgotten range has been a hole in some server (fediverse advisories on
private-address checks: IPv4-compatible IPv6, NAT64, 6to4).
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import quote

from server.errors import Invalid
from server.ports import Unreachable
from server.values import dataclass

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_REMEMBERED = 1_024  # addresses; each request names its proxy and its asker
MAX_URL_CHARACTERS = 4_096  # Mastodon stores 2,048; signed media addresses are longer
_LOWEST_FREE_PORT = 1_024  # below it live SSH, SMTP and their kin
_MAX_FORWARDED_HOPS = 32  # no honest chain of proxies is longer
_UNKNOWN_NETWORK = "unknown"

# IANA special-purpose registries (RFC 6890 and its successors), and ranges that carry an IPv4
# address inside an IPv6 one, through which a private address could be reached.
_NEVER_PUBLIC: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this network", RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and every cloud's metadata service
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112, RFC 7535
        "192.52.193.0/24",  # AMT, RFC 7450
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112, RFC 7534
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, with the broadcast address
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address, RFC 3056
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation, RFC 9637
    )
)
# Everything public in IPv6 is in here (RFC 4291, 2.4); so loopback, unspecified, IPv4-mapped,
# IPv4-compatible, NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), discard, unique local, link-local,
# site-local, segment routing and multicast addresses are refused without being named.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# What test networks on one machine or in one house use. Link-local stays refused: a setting
# for tests must not open a cloud's metadata service.
_PRIVATE: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
_SPECIAL_NAMES = frozenset(  # RFC 6761, 6762, 7686, 8375, 9476; ICANN reserved "internal"
    {"localhost", "local", "internal", "onion", "alt", "test", "invalid", "example", "arpa"}
)
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<rest>[^#\\]*)",
    re.ASCII | re.IGNORECASE,
)
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# A last label like these makes a host an IPv4 address in disguise (WHATWG URL, 3.5).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PRINTABLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address to send to. `url` is pure ASCII, byte for byte what goes on the wire."""

    url: str
    scheme: str
    host: str  # lower case, IPv6 without brackets
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether the host says by its spelling that it is this machine."""
        literal = read_ip(self.host)
        return is_localhost_name(self.host) if literal is None else literal.is_loopback


def is_public(address: IPAddress) -> bool:
    """Say whether anyone on the internet may be reached at `address`."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NEVER_PUBLIC)


def is_allowed(address: IPAddress, *, allow_private_addresses: bool) -> bool:
    """Say whether we may connect to `address`; scoped IPv6 addresses never."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if is_public(address):
        return True
    return allow_private_addresses and any(address in network for network in _PRIVATE)


def is_localhost_name(host: str) -> bool:
    """Say whether a name means this machine (RFC 6761, 6.3)."""
    return host == "localhost" or host.endswith(".localhost")


@lru_cache(maxsize=_REMEMBERED)
def read_ip(text: str) -> IPAddress | None:
    """Return the address that `text` spells canonically, None where it spells none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def read_target(url: str, *, allow_private_addresses: bool = False) -> Target:
    """Return where `url` leads, once nothing about it is doubtful.

    Non-ASCII characters of path and query are percent-encoded; nothing else changes, because
    signatures cover the path as it is. Raises a final `Unreachable`.
    """
    if len(url) > MAX_URL_CHARACTERS:
        raise _refused("That address is too long to be fetched.")
    match = _URL.fullmatch(quote(url, safe=_PRINTABLE_ASCII))
    if match is None:
        raise _refused(
            "That address cannot be fetched: it needs the form https://host/path, without #."
        )
    origin = _read_origin(
        match["scheme"].lower(), match["authority"], allow_private_addresses=allow_private_addresses
    )
    path = match["rest"] if match["rest"].startswith("/") else f"/{match['rest']}"
    return Target(f"{origin.url}{path}", origin.scheme, origin.host, origin.port)


def read_networks(texts: Iterable[str]) -> tuple[IPNetwork, ...]:
    """Return networks as settings name them (`10.0.0.0/8`, `::1`). Raises `Invalid`."""
    try:
        return tuple(ip_network(text.strip(), strict=False) for text in texts)
    except ValueError as cause:
        raise Invalid(
            f"{cause}: write an address or a network, such as 127.0.0.1 or 10.0.0.0/8."
        ) from cause


def client_address(
    peer: str, forwarded_for: Sequence[str], trusted_proxies: Sequence[IPNetwork]
) -> str:
    """Return who really asks, as an address without port.

    `peer` is the other end of the socket, `forwarded_for` all X-Forwarded-For lines in order.
    Read from the right: each trusted proxy vouches for the entry before its own, so what a
    visitor wrote into the header counts for nothing. A broken entry ends the walk.
    """
    here = _canonical(peer)
    if here is None:
        return peer
    entries = ",".join(forwarded_for).split(",")[-_MAX_FORWARDED_HOPS:]
    while _is_in(here, trusted_proxies) and entries:
        claimed = _canonical(_without_port(entries.pop()))
        if claimed is None:
            break
        here = claimed
    return str(here)


def is_trusted_proxy(peer: str, trusted_proxies: Sequence[IPNetwork]) -> bool:
    """Say whether the other end of the socket is a proxy whose headers count."""
    address = _canonical(peer)
    return address is not None and _is_in(address, trusted_proxies)


def network_of(address: str) -> str:
    """Return the network that rates and counts are kept for: /24, or /48 in IPv6.

    One household or one rented machine has a whole /56 or /64 of IPv6 addresses.
    """
    read = _canonical(address)
    if read is None:
        return _UNKNOWN_NETWORK
    if isinstance(read, IPv4Address):  # by hand: ipaddress takes five times as long for each visit
        return f"{str(read).rpartition('.')[0]}.0/24"
    return f"{IPv6Address(int(read) >> 80 << 80)}/48"


@lru_cache(maxsize=_REMEMBERED)  # addresses are many, their servers few
def _read_origin(scheme: str, authority: str, *, allow_private_addresses: bool) -> Target:
    """Return where scheme and authority lead, without a path, once nothing about it is doubtful."""
    host, port = _read_authority(authority)
    origin = _target(scheme, host, port)
    _check_host(host, allow_private_addresses=allow_private_addresses)
    _check_scheme(origin, allow_private_addresses=allow_private_addresses)
    _check_port(origin, allow_private_addresses=allow_private_addresses)
    return origin


def _read_authority(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise _refused("That address cannot be fetched: it carries a user name.")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise _refused(
            "That address cannot be fetched: write its host in ASCII (punycode), such as"
            " art.example."
        )
    return match["host"].lower().strip("[]"), int(match["port"]) if match["port"] else None


def _target(scheme: str, host: str, port: int | None) -> Target:
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port is None else f":{port}"
    default_port = 443 if scheme == "https" else 80
    return Target(
        url=f"{scheme}://{shown_host}{shown_port}",
        scheme=scheme,
        host=host,
        port=default_port if port is None else port,
    )


def _check_host(host: str, *, allow_private_addresses: bool) -> None:
    literal = read_ip(host)
    if literal is not None:
        if not is_allowed(literal, allow_private_addresses=allow_private_addresses):
            raise _refused(f"{host} is not a public address; Fixatif does not connect to it.")
        return
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        raise _refused(f"{host} is an address in an odd spelling; Fixatif does not connect to it.")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(f"{host} is not the name of a server.")
    is_special = labels[-1] in _SPECIAL_NAMES or len(labels) == 1
    if is_special and not allow_private_addresses:
        raise _refused(f"{host} is not a public name; Fixatif does not connect to it.")


def _check_scheme(target: Target, *, allow_private_addresses: bool) -> None:
    if target.scheme == "https":
        return
    if target.scheme == "http" and allow_private_addresses and target.is_loopback:
        return
    raise _refused("That address cannot be fetched: it must begin with https://.")


def _check_port(target: Target, *, allow_private_addresses: bool) -> None:
    """Refuse ports of other protocols.

    Real instances do live on ports such as 8443, and TLS speaks first, so that a service behind
    a high port reads no line of ours; what listens below 1024 is never an instance.
    """
    if target.port == 0 or target.port > 65_535:
        raise _refused(f"{target.port} is no port.")
    is_usual = target.port == 443 or target.port >= _LOWEST_FREE_PORT
    if not is_usual and not allow_private_addresses:
        raise _refused(f"Fixatif does not connect to port {target.port}.")


def _refused(message: str) -> Unreachable:
    return Unreachable(message, is_final=True)


@lru_cache(maxsize=1_024)  # the same few proxies and visitors ask again and again
def _canonical(text: str) -> IPAddress | None:
    """Return an address; a mapped one (::ffff:192.0.2.1, as dual-stack sockets say) as IPv4."""
    address = read_ip(text.strip())
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


def _without_port(entry: str) -> str:
    entry = entry.strip()
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    host, colon, _ = entry.partition(":")
    return host if colon and entry.count(":") == 1 else entry


def _is_in(address: IPAddress, networks: Sequence[IPNetwork]) -> bool:
    return any(address in network for network in networks)
