"""Domains as lists name them: stricter than what an admin may type (`server.domains`). Pure.

The law: what comes out is a name in lower case and ASCII, with a dot in it and without a port;
an entry for it covers everything beneath. A whole top-level domain, an address or a machine's
number in a list of thousands is a mistake or an attack, and is refused with what to do.
"""

import ipaddress
import re

import idna

from server.domains import read_domain
from server.errors import Invalid

MAX_LENGTH = 253  # RFC 1035, 2.3.4, without the dot of the root
_SHOWN = 60  # characters of what was wrong
# Two labels at least: one alone is a whole top-level domain, or a machine in somebody's cellar.
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_WILDCARD = "*."


def read_listed(text: str) -> str:
    """Return the domain that `text` names; `*.example.org` is example.org, with all beneath it.

    Raise `Invalid` with a sentence for people.
    """
    asked = text.strip().removeprefix(_WILDCARD)
    plain = asked.removesuffix(".").lower()
    if "xn--" not in plain and len(plain) <= MAX_LENGTH and _NAME.fullmatch(plain):
        return plain
    _refuse_what_is_no_name(asked)
    return _by_idna(asked)


def is_wildcard(text: str) -> bool:
    """Say whether a name is written as everything beneath it."""
    return text.strip().startswith(_WILDCARD)


def is_hidden(text: str) -> bool:
    """Say whether somebody put stars in the place of letters, as servers do in public lists."""
    return "*" in text.strip().removeprefix(_WILDCARD)


def covers(domain: str, other: str) -> bool:
    """Say whether an entry for `domain` holds for `other` too: itself, or beneath it."""
    return other == domain or other.endswith(f".{domain}")


def parents(domain: str) -> list[str]:
    """Return a domain and those above it, the most specific first, without the top level."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(len(labels) - 1)] or [domain]


def host_of(authority: str) -> str:
    """Return a host without its port, as lists name it."""
    return re.sub(r":\d{1,5}\Z", "", authority.lower())


def _refuse_what_is_no_name(asked: str) -> None:
    shown = asked if len(asked) <= _SHOWN else f"{asked[:_SHOWN]}…"
    if not asked:
        raise Invalid("There is no domain: write one, or remove the row.")
    if "*" in asked:
        raise Invalid(
            f"{shown} is hidden with stars: ask the list's makers for the names,"
            " or leave such rows out."
        )
    if _is_ip(asked):
        raise Invalid(f"{shown} is an IP address: lists name domains, such as example.org.")
    if "/" in asked:
        raise Invalid(f"{shown} is an address: write the domain alone, such as example.org.")
    if "@" in asked:
        raise Invalid(f"{shown} is an account: lists name whole servers, such as example.org.")
    if ":" in asked:
        raise Invalid(f"{shown} has a port: write the domain alone, such as example.org.")
    if not re.search(r"[.\u3002\uff0e\uff61]", asked.strip(".")):  # UTS 46, 2.3: all are dots
        raise Invalid(f"{shown} has no dot in it: write a whole domain, such as example.org.")


def _by_idna(asked: str) -> str:
    shown = asked if len(asked) <= _SHOWN else f"{asked[:_SHOWN]}…"
    problem = Invalid(f"{shown} is no domain: write one such as example.org.")
    if len(asked) > MAX_LENGTH:  # the codec's own time grows with the square of the length
        raise problem
    try:
        name = read_domain(asked)
        idna.decode(name)  # a label that begins with xn-- must mean something
    except (Invalid, idna.IDNAError) as cause:
        raise problem from cause
    if not _NAME.fullmatch(name):
        raise problem
    return name


def _is_ip(text: str) -> bool:
    if re.fullmatch(r"\d+(?:\.\d+){3}(?::\d+|/\d+)?", text):
        return True
    try:
        ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return False
    return True
