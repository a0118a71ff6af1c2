"""Our policy for machines, signed by the server's own actor, so that others can believe it. Flow.

Made once for each version: every process makes the same bytes, as the proof is dated by the
version and Ed25519 signs alike each time.
"""

from dataclasses import field

import msgspec

from federation import proofs
from federation.signatures import load_private_key
from federation.translate import timestamp
from server import public_policy
from server.house import House
from server.model import ActorId, KeyAlgorithm, Millis
from server.policy_text import read_policy
from server.ports import Library
from server.public_policy import changes
from server.signals import PolicyStatement, SignalUrls, ai_policy, usage_text
from server.values import dataclass

_MOST_VERSIONS = 1_000
_REREAD_AFTER = Millis(60_000)  # by then every process knows of a new key


@dataclass(slots=True)
class OwnPolicy:
    """Makes the document and keeps it. `speaker`: the server actor."""

    library: Library
    house: House
    speaker: ActorId
    urls: SignalUrls
    instance_name: str
    contact_email: str
    authority: str = ""  # certificate (PEM) that signed pictures lead to
    signs_pictures: bool = False
    _made: "_Made | None" = field(default=None)
    _story: "Story | None" = field(default=None)

    async def document(self) -> bytes:
        """Return the policy in force with its proof, as JSON."""
        version, now, made = self.house.now.version, self.house.clock.now(), self._made
        if made is not None and made.version == version.version and now < made.until:
            return made.body
        async with self.library.reading() as tx:
            key = await tx.artists.key_of(self.speaker, KeyAlgorithm.ED25519)
        statement = PolicyStatement(
            version=version.version,
            updated=timestamp(version.created_at),
            instance_name=self.instance_name,
            contact_email=self.contact_email,
            authority=self.authority,
            signs_pictures=self.signs_pictures,
        )
        document = ai_policy(self.house.now.policy, statement, self.urls)
        if key is not None:
            private, made_at = load_private_key(key.private_pem), Millis(version.created_at)
            document |= {"proof": proofs.made(document, private, key.key_id, made_at)}
        body = msgspec.json.encode(document)
        self._made = _Made(version.version, Millis(now + _REREAD_AFTER), body)
        return body

    async def story(self) -> "Story":
        """Return how the policy came to be what it is."""
        now = self.house.now
        if self._story is not None and self._story.version == now.version.version:
            return self._story
        async with self.library.reading() as tx:
            history = await tx.policies.history(limit=_MOST_VERSIONS)
        before = next((one for one in history if one.version < now.version.version), None)
        changed = changes(read_policy(before.toml), now.policy) if before else ()
        dates = tuple((one.version, one.created_at) for one in history)
        self._story = Story(now.version.version, changed, dates)
        return self._story

    async def public(self) -> dict[str, object]:
        """Return what everybody may read of the policy, with its story, for machines."""
        now, story = self.house.now, await self.story()
        return {
            "version": now.version.version,
            "since": timestamp(now.version.created_at),
            "contentUsage": usage_text(now.policy.content_usage),
            **public_policy.document(now.policy),
            "changes": list(story.changes),
            "versions": [
                {"version": version, "since": timestamp(at)} for version, at in story.versions
            ],
            "page": self.urls.policy,
            "signed": self.urls.tdm_policy,
        }


@dataclass(frozen=True, slots=True)
class _Made:
    """A document of one version, good until its key is looked up anew."""

    version: int
    until: Millis
    body: bytes


@dataclass(frozen=True, slots=True)
class Story:
    """How a version of the policy differs from the one before, and when each came."""

    version: int
    changes: tuple[str, ...]  # sentences; none for the first version
    versions: tuple[tuple[int, Millis], ...]  # newest first
