"""Who asks? The actor that signed a GET, for what is not for everybody.

Whom the policy sends nothing may not fetch it either: it stays a stranger.
"""

from federation.doors import Doors
from federation.facts import host_of
from federation.remote import Remote
from federation.signatures import Received, read_signature, verify
from server.errors import FixatifError
from server.model import Actor
from server.ports import Library
from server.rules import OutboundFacts, Refuse
from server.values import dataclass

_MAIN_KEY_MARKS = ("#", "/main-key")  # …/users/ana#main-key, …/users/ana/main-key (GoToSocial)


@dataclass(frozen=True, slots=True)
class Asking:
    """Identifies signed requests."""

    library: Library
    remote: Remote
    doors: Doors

    async def asker(self, received: Received) -> Actor | None:
        """Return the actor that signed, None for a stranger or a signature that does not hold."""
        try:
            claim = read_signature(received)
            if self._is_refused(claim.key_id):
                return None
            key = await self.remote.key(claim.key_id, owner_of(claim.key_id))
            verified = verify(received, claim, key, received.received_at)
            return await self.remote.actor(verified.actor_uri)
        except FixatifError:
            return None

    def claimed_host(self, received: Received) -> str:
        """Return the host of who says to have signed, "" where nobody does: it believes nothing."""
        try:
            return host_of(read_signature(received).key_id)
        except FixatifError:
            return ""

    async def claimed(self, received: Received) -> Actor | None:
        """Return the known actor that says to have signed, unverified: good for refusing alone."""
        try:
            key_id = read_signature(received).key_id
        except FixatifError:
            return None
        async with self.library.reading() as tx:
            return await tx.actors.by_key_id(key_id)

    def _is_refused(self, key_id: str) -> bool:
        decision = self.doors.outbound(OutboundFacts(peer=""), host_of(key_id))
        return isinstance(decision, Refuse)


def owner_of(key_id: str) -> str:
    """Guess a key's owner from its id; `Remote.key` checks that the owner confirms it."""
    for mark in _MAIN_KEY_MARKS:
        head, found, _ = key_id.rpartition(mark)
        if found:
            return head
    return key_id
