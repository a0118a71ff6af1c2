"""Who asks? The actor that signed a GET, for what is not for everybody."""

from dataclasses import dataclass

from federation.remote import Remote
from federation.signatures import Received, read_signature, verify
from server.errors import FixatifError
from server.model import Actor

_MAIN_KEY_MARKS = ("#", "/main-key")  # …/users/ana#main-key, …/users/ana/main-key (GoToSocial)


@dataclass(frozen=True, slots=True)
class Asking:
    """Identifies signed requests."""

    remote: Remote

    async def asker(self, received: Received) -> Actor | None:
        """Return the actor that signed, None for a stranger or a signature that does not hold."""
        try:
            claim = read_signature(received)
            key = await self.remote.key(claim.key_id, owner_of(claim.key_id))
            verified = verify(received, claim, key, received.received_at)
            return await self.remote.actor(verified.actor_uri)
        except FixatifError:
            return None


def owner_of(key_id: str) -> str:
    """Guess a key's owner from its id; `Remote.key` checks that the owner confirms it."""
    for mark in _MAIN_KEY_MARKS:
        head, found, _ = key_id.rpartition(mark)
        if found:
            return head
    return key_id
