"""How far other servers are trusted, and who said so; pure.

The law: the admin's word goes before block and allow lists, these before what a server claims
of itself. What is said of a domain holds for its subdomains, the most specific entry of the
strongest source deciding; a claim holds for the very host that makes it, as anybody can make one.
"""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

from server.values import dataclass


class Tier(StrEnum):
    """How far a server is trusted."""

    ALLY = "ally"  # only an admin says so
    KNOWN = "known"  # publishes a policy and claims to enforce it
    NEUTRAL = "neutral"
    LIMITED = "limited"
    REFUSED = "refused"


class TierSource(StrEnum):
    """Who says so."""

    WORD = "word"  # an admin
    LIST = "list"
    CLAIM = "claim"  # the server itself
    MODE = "mode"  # this place deals with nobody who is not let in
    DEFAULT = "default"


class FederationMode(StrEnum):
    """With whom this place deals."""

    OPEN = "open"  # everybody who is not refused
    ALLOW_LIST = "allow-list"  # nobody who was not let in


@dataclass(frozen=True, slots=True)
class Standing:
    """A server's tier and where it comes from; `detail`: the list's name, the admin's reason."""

    tier: Tier
    source: TierSource
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What an admin says of a domain."""

    tier: Tier
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What lists say of a domain, where several do: the one that goes first."""

    tier: Tier
    list_name: str


_ADMITTED = frozenset({Tier.ALLY, Tier.KNOWN, Tier.NEUTRAL})
_STRANGER = Standing(Tier.NEUTRAL, TierSource.DEFAULT)
_CLAIMING = Standing(Tier.KNOWN, TierSource.CLAIM)
_NOT_LET_IN = Standing(
    Tier.REFUSED, TierSource.MODE, "This place deals only with servers on its allow list."
)


@dataclass(frozen=True, slots=True)
class TierBook:
    """Every server's standing, ready to be asked often. Made by `build_tiers` only."""

    _said: Mapping[str, Standing]  # by domain, with what all sources make of it together
    _claims: Collection[str]
    _otherwise: Standing

    def tier_of(self, domain: str) -> Tier:
        """Return the tier of the server with this domain."""
        return self.standing_of(domain).tier

    def standing_of(self, domain: str) -> Standing:
        """Return the standing of a domain in ASCII; nobody ("") is neutral."""
        if not domain:
            return _STRANGER
        found = self._entry(domain)
        if found is not None:
            return found
        plain = _plain(domain)
        if plain != domain:
            return self.standing_of(plain)
        if ":" in domain:  # on another port is the same host, where nobody named the port
            found = self._entry(domain.partition(":")[0])
        if found is not None:
            return found
        return _CLAIMING if domain in self._claims else self._otherwise

    def _entry(self, name: str) -> Standing | None:
        while name:  # one look-up a label
            found = self._said.get(name)
            if found is not None:
                return found
            name = name.partition(".")[2]
        return None


def build_tiers(
    words: Mapping[str, Word],
    listed: Mapping[str, Listed],
    claims: Collection[str],
    mode: FederationMode,
) -> TierBook:
    """Return the book of these sources; domains in ASCII and lower case, with a port if any.

    In the mode `allow-list` whoever has neither an admin's word of ally, known or neutral nor
    stands on an allow list is refused; what such a server claims of itself counts for nothing.
    """
    is_closed = mode is FederationMode.ALLOW_LIST
    said = {
        domain: _combined(domain, words, listed, is_closed=is_closed)
        for domain in (*words, *listed)
    }
    if is_closed:
        return TierBook(said, frozenset(), _NOT_LET_IN)
    return TierBook(said, frozenset(claims), _STRANGER)


def _combined(
    domain: str, words: Mapping[str, Word], listed: Mapping[str, Listed], *, is_closed: bool
) -> Standing:
    """Return what the sources say of a domain together: its most specific word, else list."""
    word = next((words[name] for name in _upwards(domain) if name in words), None)
    entry = next((listed[name] for name in _upwards(domain) if name in listed), None)
    said = [each.tier for each in (word, entry) if each is not None]
    if is_closed and Tier.REFUSED not in said[:1] and not _ADMITTED & set(said):
        return _NOT_LET_IN
    if word is not None:
        return Standing(word.tier, TierSource.WORD, word.reason)
    if entry is not None:
        return Standing(entry.tier, TierSource.LIST, entry.list_name)
    return _STRANGER


def _upwards(domain: str) -> Iterator[str]:
    """Give a domain's own name, then each name above it: first with its port, then without."""
    host, _, port = domain.partition(":")
    name = domain
    while name and not name.startswith(":"):
        yield name
        name = name.partition(".")[2]
    while port and host:
        yield host
        host = host.partition(".")[2]


def _plain(domain: str) -> str:
    """Return a domain as the book has it: neither capitals nor a final dot are a way around it."""
    host, colon, port = domain.lower().partition(":")
    return f"{host.rstrip('.')}{colon}{port}"
