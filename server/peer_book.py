"""What is known of other servers, for those who run the instance."""

from collections.abc import Iterator
from typing import Final

from server.clock import Clock
from server.dealings import Peer
from server.house import House
from server.model import Artist, Millis, Role
from server.neighbours import (
    PeerCounts,
    PeerDecision,
    PeerFollow,
    PeerPolicy,
    PeerWord,
)
from server.ports import Library, Transaction
from server.roles import demand
from server.tiers import Standing
from server.values import dataclass

PAGE: Final = 50
MOST_FOLLOWS: Final = 100
LATELY: Final = Millis(30 * 86_400_000)


@dataclass(frozen=True, slots=True)
class PeerLine:
    """A server in the list."""

    policy: PeerPolicy
    standing: Standing
    health: Peer | None


@dataclass(frozen=True, slots=True)
class PeerFile:
    """Everything that is known of a server."""

    host: str
    policy: PeerPolicy
    standing: Standing
    word: PeerWord | None  # the one that holds for it; perhaps of a domain above
    health: Peer | None
    counts: PeerCounts
    follows: tuple[PeerFollow, ...]  # some of them
    decisions: tuple[PeerDecision, ...]  # of the last 30 days

    @property
    def is_met(self) -> bool:
        """Whether anything ever went on between here and there."""
        return self.policy.met_at is not None or self.counts != PeerCounts()


@dataclass(frozen=True, slots=True)
class PeerBook:
    """Looks servers up."""

    library: Library
    clock: Clock
    house: House

    async def page(self, reader: Artist, *, search: str = "", after: str = "") -> list[PeerLine]:
        """List servers by name, those with `search` in it. Raise `NotFound` for outsiders."""
        demand(reader, Role.MODERATOR)
        async with self.library.reading() as tx:
            found = await tx.neighbours.page(after=after, search=search, limit=PAGE)
            health = await tx.peers.many([one.host for one in found])
        tiers = self.house.now.tiers
        return [PeerLine(one, tiers.standing_of(one.host), health.get(one.host)) for one in found]

    async def file(self, reader: Artist, host: str, origin: str) -> PeerFile:
        """Return what is known of a server, be it nothing. `origin` ends in a slash.

        Raise `NotFound` for outsiders.
        """
        demand(reader, Role.MODERATOR)
        since = Millis(self.clock.now() - LATELY)
        async with self.library.reading() as tx:
            return PeerFile(
                host=host,
                policy=await tx.neighbours.policy_of(host) or PeerPolicy(host),
                standing=self.house.now.tiers.standing_of(host),
                word=await _word_for(tx, host),
                health=await tx.peers.by_host(host),
                counts=await tx.neighbours.counts_with(origin, host),
                follows=tuple(await tx.neighbours.follows_with(origin, limit=MOST_FOLLOWS)),
                decisions=tuple(await tx.neighbours.decisions_on(host, since)),
            )

    async def word_about(self, domain: str) -> PeerWord | None:
        """Return the word about exactly this domain."""
        async with self.library.reading() as tx:
            return await tx.neighbours.word_of(domain)


async def _word_for(tx: Transaction, host: str) -> PeerWord | None:
    """Return the word that holds for a server: of itself, else of a domain above it."""
    for domain in _upwards(host):
        word = await tx.neighbours.word_of(domain)
        if word is not None:
            return word
    return None


def _upwards(host: str) -> Iterator[str]:
    """Give a server's own name, then without its port, then each name above it."""
    yield host
    name = host.partition(":")[0] if not host.startswith("[") else host.partition("]:")[0]
    while name:
        if name != host:
            yield name
        name = name.partition(".")[2]
