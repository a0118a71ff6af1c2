"""Signs our requests. Keys are loaded once: loading one costs more than a signature.

Law: a private key is held here and in the database, and shows in no log, error or repr.
"""

from dataclasses import field

from federation import proofs
from federation.claims import Scheme
from federation.moulds import Signer
from federation.signatures import PrivateKey, Unsigned, Wish, load_private_key, sign
from federation.translate import Document, with_context
from server.clock import Clock
from server.errors import NotFound
from server.model import ActorId, KeyAlgorithm, Millis
from server.ports import Library, Outgoing
from server.values import dataclass

_AN_HOUR = 3_600_000
_REREAD_AFTER = Millis(60_000)  # by then every process knows of a rotation


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A key ready to sign with, and until when it counts as the newest."""

    key_id: str
    key: PrivateKey = field(repr=False)
    until: Millis


@dataclass(slots=True)
class Signing:
    """Turns an `Unsigned` request into an `Outgoing` one."""

    library: Library
    clock: Clock
    _keys: dict[tuple[ActorId, KeyAlgorithm], _Loaded] = field(default_factory=dict, repr=False)

    async def signed(
        self,
        request: Unsigned,
        actor_id: ActorId,
        scheme: Scheme = Scheme.CAVAGE,
        wish: Wish | None = None,
    ) -> Outgoing:
        """Sign afresh: some servers take a Date that is a minute old for a replay.

        With RSA, which every server verifies, unless a wish names Ed25519 and the actor has it.
        """
        wants_ed25519 = scheme is Scheme.RFC9421 and wish and wish.algorithm == "ed25519"
        loaded = await self._ed25519_of(actor_id) if wants_ed25519 else None
        if loaded is None:
            loaded = await self._key_of(actor_id, KeyAlgorithm.RSA)
        added = sign(request, loaded.key, loaded.key_id, self.clock.now(), scheme, wish)
        return Outgoing(
            method=request.method,
            url=request.url,
            headers=dict((*request.headers, *added)),
            body=request.body,
        )

    async def signer(self, actor_id: ActorId) -> Signer | None:
        """Return who makes the proofs of an actor's documents, None where it has no such key."""
        loaded = await self._ed25519_of(actor_id)
        return Signer(loaded.key_id, loaded.key) if loaded else None

    async def proved(self, document: Document, actor_id: ActorId) -> Document:
        """Return a document of an actor's as it stands at its address: with a proof (FEP-8b32).

        As of this hour, so that who asks again within it is answered with the same bytes.
        """
        signer = await self.signer(actor_id)
        if signer is None:
            return document
        whole, now = with_context(document), self.clock.now()
        proof = proofs.made(whole, signer.key, signer.key_id, Millis(now - now % _AN_HOUR))
        return whole | {"proof": proof}

    def forget(self, actor_id: ActorId) -> None:
        """Load an actor's keys anew the next time (after a rotation)."""
        for algorithm in KeyAlgorithm:
            self._keys.pop((actor_id, algorithm), None)

    async def _ed25519_of(self, actor_id: ActorId) -> _Loaded | None:
        try:
            return await self._key_of(actor_id, KeyAlgorithm.ED25519)
        except NotFound:
            return None

    async def _key_of(self, actor_id: ActorId, algorithm: KeyAlgorithm) -> _Loaded:
        now, known = self.clock.now(), self._keys.get((actor_id, algorithm))
        if known is not None and now < known.until:
            return known
        kept = await self.library.look(lambda tx: tx.artists.key_of(actor_id, algorithm))
        if kept is None:
            raise NotFound(f"Actor {actor_id} has no key to sign with.")
        is_same = known is not None and known.key_id == kept.key_id
        key = known.key if known is not None and is_same else load_private_key(kept.private_pem)
        found = _Loaded(kept.key_id, key, Millis(now + _REREAD_AFTER))
        self._keys[actor_id, algorithm] = found
        return found
