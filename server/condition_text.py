"""The conditions of rules, as a policy's text or a form has them; pure.

The law: each value has one spelling, so that two policies that mean the same look the same; what
can never match is refused when it is written, with what would.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network

from server.domains import read_domain
from server.errors import Invalid
from server.model import AiLabel, RenditionName, Visibility
from server.rules import Condition, ConditionKind, Follows, Medium, Proof
from server.tags import tag_key
from server.tiers import Tier
from server.visitors import VisitorClass

MAX_VALUE = 256  # characters of one value
MAX_DAYS = 36_500
_MAPPED_BITS = 96  # ::ffff:0:0/96 holds the addresses of IPv4
_SHOWN = 60  # characters of a wrong value that a message repeats
_SHOWN_NUMBER = 10**12

CHOICES: Mapping[ConditionKind, tuple[StrEnum, ...]] = {
    ConditionKind.CLASS: tuple(VisitorClass),
    ConditionKind.TIER: tuple(Tier),
    ConditionKind.RENDITION: tuple(RenditionName),
    ConditionKind.PROOF: tuple(Proof),
    ConditionKind.AI: tuple(AiLabel),
    ConditionKind.MEDIA: tuple(Medium),
    ConditionKind.FOLLOWS: tuple(Follows),
    ConditionKind.VISIBILITY: tuple(each for each in Visibility if each is not Visibility.DRAFT),
}
ACTIVITY_TYPES = (
    *("Accept", "Add", "Announce", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag"),
    *("Follow", "Like", "Move", "QuoteRequest", "Reject", "Remove", "Undo", "Update", "View"),
)
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_TAG = re.compile(r"[\w·・\u200c-]+")  # letters of any script
_USER = re.compile(r"[\w.~!$&'()*+,;=-]+")
_ADDRESS = re.compile(r"https?://[^\s\"<>]+")


def read_condition(kind: ConditionKind, given: object) -> Condition:
    """Return one condition from a value or a list of values of TOML's types.

    Raises `Invalid` with what may stand there.
    """
    values = given if isinstance(given, list) else [given]
    if not values:
        raise Invalid("an empty list fits nothing; name at least one value.")
    if kind in _SINGLE and len(values) > 1:
        raise Invalid("this takes a single value, no list; keep one of them.")
    read = dict.fromkeys(_read(kind, value) for value in values)  # each once, in their order
    return Condition(kind, tuple(read))


def write_values(condition: Condition, quoted: Callable[[str], str]) -> str:
    """Return a condition's values as TOML, texts as `quoted` writes them."""
    if condition.kind in _SINGLE:
        return condition.values[0]
    return f"[{', '.join(quoted(value) for value in condition.values)}]"


def shown(value: object) -> str:
    """Return a value as a message may quote it; a number of a thousand digits may not."""
    if isinstance(value, str):
        return repr(value[:_SHOWN])
    if isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < _SHOWN_NUMBER):
        return repr(value)
    return "this"


def any_of(names: Iterable[str]) -> str:
    """Return names as a sentence offers them: a, b or c."""
    listed = [str(name) for name in names]
    return " or ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))


def read_text(value: object, most: int) -> str:
    """Return a text on one line, or raise `Invalid`."""
    if isinstance(value, str) and value.strip() and len(value) <= most and value.isprintable():
        return value
    raise Invalid(f"this needs a text on one line, of 1 to {most} characters.")


def _read(kind: ConditionKind, value: object) -> str:
    if kind is ConditionKind.SENSITIVE:
        return _yes_or_no(value)
    if kind is ConditionKind.YOUNGER_THAN_DAYS:
        return _days(value)
    text = read_text(value, MAX_VALUE)
    if kind in CHOICES:
        return _chosen(text, CHOICES[kind])
    return _READERS[kind](text)


def _yes_or_no(value: object) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    raise Invalid(f"{shown(value)} is neither true nor false; use one of them.")


def _days(value: object) -> str:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, int) and is_whole and 1 <= value <= MAX_DAYS:
        return str(value)
    raise Invalid(f"{shown(value)} is no number of days; use 1 to {MAX_DAYS}, without quotes.")


def _chosen(text: str, choices: tuple[StrEnum, ...]) -> str:
    if text in {str(choice) for choice in choices}:
        return text
    raise Invalid(f"{shown(text)} is not known here; use {any_of(choices)}.")


def _user_agent(text: str) -> str:
    if "*" in text or "://" in text:
        raise Invalid(
            f"{shown(text)} is no product's word; write it as it stands in the user agent, "
            "such as GPTBot (no star, no address)."
        )
    return text


def _network(text: str) -> str:
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError as cause:
        raise Invalid(
            f"{shown(text)} is no network; write it like 192.0.2.0/24 or 2001:db8::/32."
        ) from cause
    if "%" in text:
        raise Invalid(f"{shown(text)} names a network card; leave out what follows the %.")
    if "/" in text and int(network.network_address) != _address_in(text):
        raise Invalid(f"{shown(text)} begins inside of a network; write {network}.")
    return str(_plain_network(network))


def _address_in(text: str) -> int:
    """Return the address before the slash as a number."""
    return int(ip_network(text.strip().partition("/")[0]).network_address)


def _plain_network(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """Return the IPv4 network that ::ffff:192.0.2.0/120 stands for: such visitors count as it."""
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise Invalid(f"{shown(text)} is no path; begin it with a slash.")
    if "*" in text or "?" in text:
        raise Invalid(
            f"{shown(text)} has a star or a question mark; write the path alone: "
            "it means everything below it too."
        )
    return text


def _actor(text: str) -> str:
    plain = text.strip()
    if _ADDRESS.fullmatch(plain):
        return plain
    user, at, host = plain.removeprefix("@").partition("@")
    if not at or not _USER.fullmatch(user):
        raise Invalid(f"{shown(text)} names nobody; write name@example.org or their address.")
    return f"{user.casefold()}@{read_domain(host)}"


def _type(text: str) -> str:
    known = {each.lower(): each for each in ACTIVITY_TYPES}.get(text.lower())
    if known is not None and known != text:
        raise Invalid(f"{shown(text)} would never match; write {known}.")
    if not _TYPE.fullmatch(text):
        raise Invalid(f"{shown(text)} is no type; write one such as Create, Announce or Follow.")
    return text


def _hashtag(text: str) -> str:
    tag = tag_key(text)
    if not _TAG.fullmatch(tag):
        raise Invalid(f"{shown(text)} is no hashtag; write one word, with or without its #.")
    return tag


_SINGLE = frozenset({ConditionKind.YOUNGER_THAN_DAYS, ConditionKind.SENSITIVE})
_READERS: Mapping[ConditionKind, Callable[[str], str]] = {
    ConditionKind.USER_AGENT: _user_agent,
    ConditionKind.NETWORK: _network,
    ConditionKind.PATH: _path,
    ConditionKind.PEER: read_domain,
    ConditionKind.TOKEN: read_domain,
    ConditionKind.ACTOR: _actor,
    ConditionKind.TYPE: _type,
    ConditionKind.HASHTAG: _hashtag,
}
