"""Signs our requests. Keys are loaded once: loading one costs a hundred signatures."""

from dataclasses import dataclass, field

from federation.signatures import PrivateKey, Unsigned, load_private_key, sign
from server.clock import Clock
from server.errors import NotFound
from server.model import ActorId
from server.ports import Library, Outgoing


@dataclass(slots=True)
class Signing:
    """Turns an `Unsigned` request into an `Outgoing` one."""

    library: Library
    clock: Clock
    _keys: dict[ActorId, tuple[str, PrivateKey]] = field(default_factory=dict)

    async def signed(self, request: Unsigned, actor_id: ActorId) -> Outgoing:
        """Sign afresh: some servers take a Date that is a minute old for a replay."""
        key_id, key = await self._key_of(actor_id)
        added = sign(request, key, key_id, self.clock.now())
        return Outgoing(
            method=request.method,
            url=request.url,
            headers=dict((*request.headers, *added)),
            body=request.body,
        )

    def forget(self, actor_id: ActorId) -> None:
        """Load an actor's key anew the next time (after a rotation)."""
        self._keys.pop(actor_id, None)

    async def _key_of(self, actor_id: ActorId) -> tuple[str, PrivateKey]:
        known = self._keys.get(actor_id)
        if known is not None:
            return known
        async with self.library.reading() as tx:
            kept = await tx.artists.key_of(actor_id)
        if kept is None:
            raise NotFound(f"Actor {actor_id} has no key to sign with.")
        found = (kept.key_id, load_private_key(kept.private_pem))
        self._keys[actor_id] = found
        return found
