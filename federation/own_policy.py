"""Our policy for machines, signed by the server's own actor, so that others can believe it. Flow.

Made once for each version: every process makes the same bytes, as the proof is dated by the
version and Ed25519 signs alike each time.
"""

from dataclasses import dataclass, field

import msgspec

from federation import proofs
from federation.signatures import load_private_key
from federation.translate import timestamp
from server.house import House
from server.model import ActorId, KeyAlgorithm, Millis
from server.ports import Library
from server.signals import PolicyStatement, SignalUrls, ai_policy


@dataclass(slots=True)
class OwnPolicy:
    """Makes the document and keeps it. `speaker`: the server actor."""

    library: Library
    house: House
    speaker: ActorId
    urls: SignalUrls
    instance_name: str
    contact_email: str
    _made: tuple[tuple[int, str], bytes] | None = field(default=None)

    async def document(self) -> bytes:
        """Return the policy in force with its proof, as JSON."""
        async with self.library.reading() as tx:
            key = await tx.artists.key_of(self.speaker, KeyAlgorithm.ED25519)
        version = self.house.now.version
        mark = (version.version, key.key_id if key else "")
        if self._made is not None and self._made[0] == mark:
            return self._made[1]
        statement = PolicyStatement(
            version=version.version,
            updated=timestamp(version.created_at),
            instance_name=self.instance_name,
            contact_email=self.contact_email,
        )
        document = ai_policy(self.house.now.policy, statement, self.urls)
        if key is not None:
            private, made_at = load_private_key(key.private_pem), Millis(version.created_at)
            document |= {"proof": proofs.made(document, private, key.key_id, made_at)}
        body = msgspec.json.encode(document)
        self._made = (mark, body)
        return body
