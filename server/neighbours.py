"""What is said here of other servers: nouns, frozen. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from server.model import Millis
from server.tiers import Tier, Word


@dataclass(frozen=True, slots=True)
class PeerWord:
    """What those who run this place say of a domain and its subdomains."""

    domain: str
    tier: Tier
    reason: str
    author: str  # handle; "" = at the command line
    at: Millis


class Neighbours(Protocol):
    """What is said of other servers; a part of `Peers`."""

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
