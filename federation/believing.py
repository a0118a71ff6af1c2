"""Whom to believe of what somebody else brings: the author's own proof, else the origin itself.

Servers pass on what others said in a thread. Who passed it on is verified by then; here the
author is, by a proof (FEP-8b32), by a linked-data signature where there is no proof, or by
asking the author's server whether the post is there, changed or gone.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Final

import msgspec
import structlog

from federation import ld_signatures, uris
from federation.asking import owner_of
from federation.documents import Document, id_of, ids_of, read_document, type_of
from federation.fetching import Fetching, RemoteGone
from federation.ld_signatures import LINKED_DATA_TASK, LinkedClaim, Statements
from federation.proofs import Proof, read_proof
from federation.remote import Remote
from federation.signatures import (
    PublicKey,
    Received,
    SignatureClaim,
    Verified,
    confirmed,
    verify_linked,
    verify_proof,
)
from federation.vocabulary import Claim
from server.errors import Invalid, NotFound, Unavailable, Untrusted
from server.model import Post, Visibility
from server.ports import Library, Workers
from server.values import dataclass
from server.workers import Limits, ProcessWorkers

log = structlog.get_logger(__name__)

_CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
_OPEN: Final = (Visibility.PUBLIC, Visibility.UNLISTED)
_MAX_WAITING: Final = 8  # documents at two seconds each, at worst; then origins are asked
_MARKS: Final = (b'"proof"', b'"signature"')
_MAX_AUTHORS: Final = 10
_UNPROVED: Final = (
    "The signer is not the activity's actor, and nothing proves what the actor said; sign it "
    "with the actor's key, or put a proof into it."
)

Check = Callable[[PublicKey], Verified]


# A real document takes 20 ms of these; one made to last would take minutes.
_READING: Final = Limits(
    memory_bytes=402_653_184, cpu_seconds=2, wall_seconds=2.0, tasks_per_child=500, idle_seconds=60
)


class _Answer(msgspec.Struct):
    """What the task in `linked_data` answers."""

    message: str
    document: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Believing:
    """Finds out who wrote what somebody brought."""

    library: Library
    fetching: Fetching
    remote: Remote
    readers: Workers  # with the tasks of `linked_data`
    _waiting: set[int] = field(default_factory=set)

    async def vouched(self, received: Received, claim: Claim) -> Verified | None:
        """Return what the claimed author is proved to say; None where it is no news.

        Raises `Untrusted` where nothing proves it, `Invalid` where it cannot be read.
        """
        document = read_document(received.body)
        try:
            return await self._by_its_words(received, document, claim)
        except (Untrusted, NotFound, Unavailable, Invalid) as problem:
            log.info("words_prove_nothing", actor=claim.actor_uri, reason=problem.message)
        try:
            return await self._by_its_origin(received, claim)
        except (NotFound, Unavailable, Invalid) as problem:
            raise Untrusted(_UNPROVED) from problem

    async def _by_its_words(self, received: Received, document: Document, claim: Claim) -> Verified:
        now, proof = received.received_at, read_proof(document)
        linked = ld_signatures.read_linked(document) if proof is None else None
        if proof is not None:
            return await self._by_key(
                proof, claim, lambda key: verify_proof(received, document, proof, key, now)
            )
        if linked is None:
            raise Untrusted(_UNPROVED)
        ld_signatures.check_shape(document, len(received.body))
        await self._authors_key(linked, claim)  # nothing is canonicalised for who has no key
        statements = await self._statements(received)
        return await self._by_key(
            linked, claim, lambda key: verify_linked(received, linked, statements, key, now)
        )

    async def _by_key(self, signed: Proof | LinkedClaim, claim: Claim, check: Check) -> Verified:
        """Check with the author's key; once more with the key as it is now, where that fails."""
        try:
            return check(await self._authors_key(signed, claim))
        except Untrusted:
            return check(await self._authors_key(signed, claim, afresh=True))

    async def _authors_key(
        self, signed: Proof | LinkedClaim, claim: Claim, *, afresh: bool = False
    ) -> PublicKey:
        if not uris.same_origin(signed.key_id, claim.actor_uri):
            raise Untrusted("The key and the actor are on different servers.")
        key = await self.remote.key(signed.key_id, claim.actor_uri, afresh=afresh)
        if key.owner != claim.actor_uri:
            raise Untrusted("The proof is by another actor than the activity's.")
        return key

    async def _statements(self, received: Received) -> Statements:
        """Turn the body into statements, in a child process that may be killed over it."""
        if len(self._waiting) >= _MAX_WAITING:
            raise Unavailable("Too many signed documents wait to be read; send this one again.")
        self._waiting.add(id(received))
        try:
            answer = await self.readers.run(LINKED_DATA_TASK, received.body)
        except Invalid as problem:
            raise Untrusted("The signed document takes too long to read; shorten it.") from problem
        finally:
            self._waiting.discard(id(received))
        found = msgspec.json.decode(answer, type=_Answer)
        return Statements(found.message.encode(), bytes(found.document))

    async def _by_its_origin(self, received: Received, claim: Claim) -> Verified | None:
        ask = _QUESTIONS.get(claim.type)
        is_its_own = claim.object_uri and uris.same_origin(claim.object_uri, claim.actor_uri)
        if ask is None or not is_its_own or claim.object_uri == claim.actor_uri:
            raise Untrusted(_UNPROVED)
        async with self.library.reading() as tx:
            known = await tx.posts.by_uri(claim.object_uri)
        said = await ask(self, claim, known)
        if said is None:
            return None
        body = {"@context": _CONTEXT, "type": claim.type, "actor": claim.actor_uri} | said
        return confirmed(received, msgspec.json.encode(body), claim.actor_uri)

    async def _is_there(self, claim: Claim, known: Post | None) -> dict[str, Any] | None:
        return await self._present(claim) if known is None else None

    async def _is_changed(self, claim: Claim, known: Post | None) -> dict[str, Any] | None:
        return await self._present(claim) if known is not None else None

    async def _is_gone(self, claim: Claim, known: Post | None) -> dict[str, Any] | None:
        """Ask only of what everybody could see: to strangers, all else looks gone anyway."""
        if known is None:
            return None
        if known.visibility not in _OPEN:
            raise Untrusted(_UNPROVED)
        try:
            document = await self.fetching.document(claim.object_uri)
        except RemoteGone:
            return {"object": claim.object_uri}
        if type_of(document) == "Tombstone":
            return {"object": claim.object_uri}
        raise Untrusted("The post that is said to be deleted is still there.")

    async def _present(self, claim: Claim) -> dict[str, Any]:
        document = await self.fetching.document(claim.object_uri)
        if id_of(document) != claim.object_uri:
            raise Untrusted("The post stands at another address than the one named.")
        if claim.actor_uri not in ids_of(document.get("attributedTo"), _MAX_AUTHORS):
            raise Untrusted("The post is somebody else's than the activity's actor.")
        audience = {name: document[name] for name in ("to", "cc") if name in document}
        return {**audience, "object": dict(document)}


def document_readers() -> ProcessWorkers:
    """Return the child processes that read linked data, a pool of their own.

    Nobody waits for a picture to be believed.
    """
    return ProcessWorkers(tasks="federation.linked_data:TASKS", limits=_READING)


def signer_of(received: Received, signature: SignatureClaim, claim: Claim) -> str:
    """Return whose key is said to have signed: the actor's, or that of who brings this.

    It stays the actor's where nothing could ever prove what was brought: then nobody is fetched.
    """
    owner = owner_of(signature.key_id)
    if owner == claim.actor_uri:
        return owner
    if owner == signature.key_id and uris.same_origin(owner, claim.actor_uri):
        return claim.actor_uri  # a key id that does not tell, such as …/users/kim/key
    could_be_proved = any(mark in received.body for mark in _MARKS)
    could_be_asked = claim.type in _QUESTIONS and uris.same_origin(
        claim.object_uri, claim.actor_uri
    )
    return owner if could_be_proved or could_be_asked else claim.actor_uri


_QUESTIONS: Final = {
    "Create": Believing._is_there,  # noqa: SLF001  a table of this class's own questions
    "Update": Believing._is_changed,  # noqa: SLF001  as above
    "Delete": Believing._is_gone,  # noqa: SLF001  as above
}
