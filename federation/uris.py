"""Addresses of other people's things: which strings are one, and which share an origin.

Pure, and the only place that takes an address apart. Whoever compares hosts by hand
gets letter case, default ports, trailing dots, IDNA or user names wrong, and each of
those has been a takeover somewhere (FEP-fe34).
"""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

import idna

from server import errors

MAX_LENGTH = 2048  # what browsers, proxies and every known server accept

_REMEMBERED = 2_048  # one activity asks the same few addresses some five times over
_SHORT = 256  # characters; longer addresses are rare, and not worth the memory

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Blanks, control characters, quotes and backslashes never stand in a URL (RFC 3986, 2);
# user names ("@" before the path) only ever serve to deceive, so they do not match.
_ADDRESS = re.compile(
    r"""(?P<scheme>https?)://
        (?P<host>\[[0-9a-f:.]++\] | [^\s/?\#@:%\[\]\\<>"^`{|}\x00-\x20\x7f]++)
        (?: : (?P<port>[0-9]{1,5}) )?
        (?P<target> [/?] [^\s\#\\<>"\x00-\x20\x7f]*+ )?
        (?: \# [^\s\\<>"\x00-\x20\x7f]*+ )?""",
    re.IGNORECASE | re.VERBOSE,
)


class Origin(NamedTuple):
    """Scheme, host and port in one canonical spelling; equal origins are one authority."""

    scheme: str
    host: str  # lower case, ASCII, without a trailing dot
    port: int

    @property
    def authority(self) -> str:
        """The host, with the port where it is not the scheme's own (RFC 9421, 2.2.3)."""
        is_default = self.port == _DEFAULT_PORTS[self.scheme]
        return self.host if is_default else f"{self.host}:{self.port}"


def is_address(text: str) -> bool:
    """Say whether `text` is an http(s) URL of sane length, without a user name in it."""
    return _is_address(text) if len(text) <= _SHORT else _is_address.__wrapped__(text)


def origin_of(uri: str) -> Origin:
    """Take an address apart; plain http is for loopback hosts alone (development).

    Raises `Untrusted`.
    """
    return _origin_of(uri) if len(uri) <= _SHORT else _origin_of.__wrapped__(uri)


def target_of(uri: str) -> str:
    """Return what a client asks for at this address: path and query. Raises `Untrusted`."""
    found = _ADDRESS.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    if found is None or not uri.isascii():
        raise errors.Untrusted("This is no web address; send a plain https URL in ASCII.")
    target = found["target"] or "/"
    return target if target.startswith("/") else f"/{target}"


def same_origin(one: str, other: str) -> bool:
    """Say whether two addresses belong to one authority; False where either is unusable."""
    try:
        return origin_of(one) == origin_of(other)
    except errors.Untrusted:
        return False


def is_loopback(host: str) -> bool:
    """Say whether a canonical host name can only be this machine (RFC 6761, 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=_REMEMBERED)
def _is_address(text: str) -> bool:
    found = _ADDRESS.fullmatch(text) if len(text) <= MAX_LENGTH else None
    return found is not None and _is_host(found["host"])


@lru_cache(maxsize=_REMEMBERED)
def _origin_of(uri: str) -> Origin:
    found = _ADDRESS.fullmatch(uri) if len(uri) <= MAX_LENGTH else None
    if found is None:
        raise errors.Untrusted("This is no web address; send a plain https URL.")
    return _origin(found["scheme"], found["host"], found["port"])


@lru_cache(maxsize=_REMEMBERED)
def _origin(scheme: str, host: str, port: str | None) -> Origin:
    """Return an origin from its written parts; addresses are many, their servers few."""
    scheme, host = scheme.lower(), _canonical_host(host)
    if scheme == "http" and not is_loopback(host):
        raise errors.Untrusted("Plain http can be read and changed on its way; use https.")
    return Origin(scheme, host, int(port or _DEFAULT_PORTS[scheme]))


def _is_host(host: str) -> bool:
    """Say whether a host is one that others can read too: urlsplit raises for some (NFKC, [:])."""
    if host.isascii() and not host.startswith("["):
        return True
    try:
        return bool(_canonical_host(host))
    except errors.Untrusted:
        return False


def _canonical_host(host: str) -> str:
    if host.startswith("["):
        return _canonical_ip(host)
    try:  # IDNA 2008, as the client that fetches does it: "ß" is not "ss"
        plain = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError as problem:
        raise errors.Untrusted("The host name of this address is not a valid one.") from problem
    plain = plain.removesuffix(".")
    if not all(plain.split(".")):  # an empty label, or nothing at all
        raise errors.Untrusted("This address names no host; send a plain https URL.")
    return plain


def _canonical_ip(host: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1])}]"
    except ValueError as problem:
        raise errors.Untrusted("The address in brackets is no IPv6 address.") from problem
