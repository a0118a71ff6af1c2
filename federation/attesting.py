"""Documents that this instance vouches for, signed with its own actor's key. Flow."""

from collections.abc import Mapping
from typing import Any

from federation import proofs
from federation.keys import load_public_key
from federation.signatures import load_private_key
from server.clock import Clock
from server.errors import Unavailable, Untrusted
from server.model import ActorId, KeyAlgorithm, SigningKey
from server.ports import Library
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Attesting:
    """Signs and verifies. `speaker`: the server actor."""

    library: Library
    clock: Clock
    speaker: ActorId
    speaker_uri: str

    async def attested(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a document with who signs it, and the proof (FEP-8b32)."""
        key = await self._key()
        whole = {**document, "signedBy": self.speaker_uri}
        private = load_private_key(key.private_pem)
        return {**whole, "proof": proofs.made(whole, private, key.key_id, self.clock.now())}

    async def is_ours(self, document: Mapping[str, Any]) -> bool:
        """Say whether this instance signed a document with the key that it has now."""
        key = await self._key()
        proof = proofs.read_proof(document)
        if proof is None:
            return False
        public = load_public_key(key.public_pem, key_id=key.key_id, owner=self.speaker_uri)
        try:
            proofs.verify(document, proof, public, self.clock.now(), is_lasting=True)
        except Untrusted:
            return False
        return True

    async def _key(self) -> SigningKey:
        async with self.library.reading() as tx:
            key = await tx.artists.key_of(self.speaker, KeyAlgorithm.ED25519)
        if key is None:
            raise Unavailable("The server's own key is missing: restore it from a backup.")
        return key
