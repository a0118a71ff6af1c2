"""What other servers publish about machines, and what is said of them here: nouns, frozen. Pure.

A server's own word counts only where its policy is published on its own host, signed by its
server actor, and that actor claims to enforce it; even then it is a claim, which anybody can make.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from server.model import Millis, WorkId
from server.rules import Door
from server.tiers import Tier, Word
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class PeerWord:
    """What those who run this place say of a domain and its subdomains."""

    domain: str
    tier: Tier
    reason: str
    author: str  # handle; "" = at the command line
    at: Millis


class PolicyState(StrEnum):
    """What became of asking a server for its policy."""

    UNASKED = ""
    NONE = "none"  # it publishes none
    VALID = "valid"  # published and signed by its server actor
    BROKEN = "broken"  # what it publishes cannot be believed; `problem` says why
    AWAY = "away"  # it could not be asked


@dataclass(frozen=True, slots=True)
class PeerPolicy:
    """What a server said when it was last asked for its policy; the document is the last valid."""

    host: str
    met_at: Millis | None = None  # when something believed came from there, to within a day
    due_at: Millis = Millis(0)
    checked_at: Millis | None = None
    state: PolicyState = PolicyState.UNASKED
    problem: str = ""
    is_enforced: bool = False  # its server actor claims so
    is_known: bool = False  # valid, and claimed to be enforced
    fetched_at: Millis | None = None
    document: str = ""
    actor_uri: str = ""
    content_usage: str = ""
    version: int = 0
    updated_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class PeerFollow:
    """Somebody here and somebody there."""

    local: str  # handle
    remote: str  # handle@domain
    is_ours: bool  # the one here follows


@dataclass(frozen=True, slots=True)
class PeerCounts:
    """How much goes on between here and a server."""

    followers: int = 0  # of artists here
    following: int = 0  # of people here
    posts: int = 0  # of theirs, kept here
    works: int = 0  # of ours, sent there


@dataclass(frozen=True, slots=True)
class PeerDecision:
    """How often something that came from a server, or was for it, was not simply let pass."""

    door: Door
    type: str
    action: str
    rule: str
    number: int
    at: Millis  # of the latest


class Neighbours(Protocol):
    """What other servers publish, and what is said of them here."""

    async def words(self) -> Mapping[str, Word]:
        """Return every word that is in force, by domain."""
        ...

    async def word_of(self, domain: str) -> PeerWord | None:
        """Return the word about exactly this domain."""
        ...

    async def put_word(self, word: PeerWord) -> None:
        """Insert or replace."""
        ...

    async def drop_word(self, domain: str) -> bool:
        """Take a word back. False where there is none."""
        ...

    async def claims(self) -> frozenset[str]:
        """Return the hosts whose policy is valid and claimed to be enforced."""
        ...

    async def policy_of(self, host: str) -> PeerPolicy | None:
        """Return what a server said when it was last asked."""
        ...

    async def put_policy(self, policy: PeerPolicy) -> None:
        """Insert, or replace every field but `met_at` and `due_at`."""
        ...

    async def page(self, *, after: str = "", search: str = "", limit: int = 50) -> list[PeerPolicy]:
        """List servers by host, those with `search` in their name."""
        ...

    async def speakers(self, since: Millis) -> list[str]:
        """List the actors of activities that came in, believed, since then; each once."""
        ...

    async def companions(self) -> list[str]:
        """List everybody elsewhere who follows or is followed; each once."""
        ...

    async def meet(self, hosts: Sequence[str], at: Millis, due_at: Millis) -> None:
        """Note that these spoke; `due_at` is for those that nobody knew."""
        ...

    async def due_policies(
        self, now: Millis, *, met_since: Millis, limit: int = 20
    ) -> list[PeerPolicy]:
        """List whose policies are to be asked for, of those that spoke since then."""
        ...

    async def put_off(self, host: str, until: Millis) -> None:
        """Set when a policy is asked for next."""
        ...

    async def is_companion(self, origin: str) -> bool:
        """Say whether anybody on a server follows or is followed; `origin` ends in a slash."""
        ...

    async def follows_with(self, origin: str, *, limit: int = 200) -> list[PeerFollow]:
        """List accepted follows between here and a server."""
        ...

    async def counts_with(self, origin: str, host: str) -> PeerCounts:
        """Count what goes on between here and a server; `origin` is its host's, with a slash."""
        ...

    async def decisions_on(
        self, host: str, since: Millis, *, limit: int = 20
    ) -> list[PeerDecision]:
        """Sum up what was refused, held or changed of a server since then, the latest first."""
        ...

    async def inboxes_with_copy(self, work: WorkId) -> list[str]:
        """Return a shared inbox of each host that a work was sent to, where we know one."""
        ...

    async def numbers(self, hosts: Sequence[str]) -> Mapping[str, int]:
        """Return the numbers of those hosts that have one."""
        ...

    async def number(self, numbers: Mapping[str, int]) -> None:
        """Give hosts these numbers; who has one keeps it."""
        ...

    async def host_numbered(self, number: int) -> str:
        """Return whose number that is, "" where nobody's."""
        ...

    async def token_key(self, drawn: str) -> str:
        """Return the key of all tokens that name servers; the first call ever keeps `drawn`."""
        ...

    async def note_copies(self, work: WorkId, hosts: Sequence[str], at: Millis) -> None:
        """Note that a work was sent to these hosts."""
        ...
