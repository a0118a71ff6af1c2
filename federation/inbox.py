"""Takes in what other servers send: admit, believe, read, keep. Nothing is acted on here.

Every step has a type, so that none can be skipped: Received → Verified → Activity → kept
with its job in one transaction. What cannot be believed is never stored.
"""

from collections.abc import Sequence
from dataclasses import field
from enum import Enum
from typing import Final

from federation import origin, uris
from federation.asking import owner_of
from federation.believing import Believing, signer_of
from federation.dedupe import dedupe_key
from federation.doors import Doors
from federation.facts import TAKE_BACK
from federation.fetching import RemoteGone
from federation.remote import Remote
from federation.signatures import (
    Received,
    SignatureClaim,
    Verified,
    WrongKey,
    read_signature,
    verify,
)
from federation.synchrony import Synchrony
from federation.vocabulary import Activity, Claim, read_activity, read_claim
from server.clock import Clock
from server.errors import Invalid, NotFound, Unavailable, Untrusted
from server.model import ActivityId, StoredActivity
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, ApplyPromise, promise
from server.reach import Reach
from server.together import Together
from server.values import dataclass

_MOST_TOGETHER: Final = 32  # activities in one transaction, and in the one that acts on them


class Receipt(Enum):
    """What became of a request. Its sender is told 202 in every case: no oracle."""

    KEPT = "kept"
    KNOWN = "known"
    FORGOTTEN = "forgotten"  # refused by policy, or the deletion of somebody we never knew


@dataclass(frozen=True, slots=True)
class Arrival:
    """An activity that is to be kept, and the proof of who sent it."""

    stored: StoredActivity
    verified: Verified


@dataclass(frozen=True, slots=True)
class Inbox:
    """Takes in POSTs to any inbox here, and keeps what can be believed."""

    library: Library
    clock: Clock
    bus: Bus
    remote: Remote
    doors: Doors
    believing: Believing
    reach: Reach
    synchrony: Synchrony
    under_way: set[int] = field(default_factory=set)  # requests that are being taken in
    _keeping: Together[Arrival, bool] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Let those who come at the same time share a transaction."""
        object.__setattr__(self, "_keeping", Together(self._keep_all, _MOST_TOGETHER))

    async def receive(self, received: Received) -> Receipt:
        """Take in one POST. Raise `Untrusted` (unsigned, badly signed), `Invalid` (unreadable)."""
        self.under_way.add(id(received))
        try:
            return await self._receive(received)
        finally:
            self.under_way.discard(id(received))

    async def _receive(self, received: Received) -> Receipt:
        signature = read_signature(received)
        claim = read_claim(received.body)
        is_refused = self._turns_away(claim, signature)
        if is_refused and not await self._takes_back(claim):
            return Receipt.FORGOTTEN
        if claim.is_self_delete and await self._is_a_stranger(claim.actor_uri):
            return Receipt.FORGOTTEN
        try:
            verified = await self._believe(received, signature, claim)
        except Untrusted:
            if is_refused:  # whom we refuse learns nothing, and nothing of theirs is fetched
                return Receipt.FORGOTTEN
            raise
        except RemoteGone:
            if claim.type == "Delete":
                return Receipt.FORGOTTEN
            raise Untrusted("The signer's key cannot be found at its server.") from None
        await self.reach.note_seen(uris.origin_of(verified.actor_uri).authority)
        if verified.actor_uri != claim.actor_uri:
            brought = await self._brought(verified, claim)
            if brought is None:
                return Receipt.FORGOTTEN
            verified = brought
        activity = read_activity(verified.received.body)
        origin.check_activity(verified, activity)
        return await self._keep(verified, activity)

    async def _brought(self, bringer: Verified, claim: Claim) -> Verified | None:
        """Find out whether the actor said what somebody else brings; None where it is no news."""
        if self.doors.turns_away(bringer.actor_uri, claim.type):
            return None
        return await self.believing.vouched(bringer.received, claim)

    def _turns_away(self, claim: Claim, signature: SignatureClaim) -> bool:
        """Say whether the rules refuse this for certain: its actor's server, or who brings it."""
        is_refused = self.doors.turns_away(claim.actor_uri, claim.type)
        if is_refused or uris.same_origin(signature.key_id, claim.actor_uri):
            return is_refused
        return self.doors.turns_away(owner_of(signature.key_id), claim.type)

    async def _takes_back(self, claim: Claim) -> bool:
        """Say whether somebody refused, but known here, takes something of theirs away."""
        if claim.type not in TAKE_BACK:
            return False
        async with self.library.reading() as tx:
            return await tx.actors.by_uri(claim.actor_uri) is not None

    async def _is_a_stranger(self, actor_uri: str) -> bool:
        """Say so: a server that shuts down deletes every actor, and none is fetched for that."""
        known = await self.library.look(lambda tx: tx.actors.by_uri(actor_uri))
        return known is None or known.gone_at is not None

    async def _believe(
        self, received: Received, signature: SignatureClaim, claim: Claim
    ) -> Verified:
        now = received.received_at
        try:
            key = await self.remote.key(signature.key_id, signer_of(received, signature, claim))
        except (Unavailable, Invalid) as problem:
            raise Untrusted(f"The signer's key cannot be fetched: {problem.message}") from problem
        try:
            return verify(received, signature, key, now)
        except WrongKey:
            if claim.is_self_delete:
                raise
            return await self._believe_afresh(received, signature, claim)

    async def _believe_afresh(
        self, received: Received, signature: SignatureClaim, claim: Claim
    ) -> Verified:
        """Fetch the key once more, as the actor may have changed it; then believe or refuse."""
        try:
            signer = signer_of(received, signature, claim)
            key = await self.remote.key(signature.key_id, signer, afresh=True)
        except (Unavailable, Invalid, NotFound) as problem:
            raise Untrusted("The signature does not verify with the actor's key.") from problem
        return verify(received, signature, key, received.received_at)

    async def _keep(self, verified: Verified, activity: Activity) -> Receipt:
        stored = StoredActivity(
            id=ActivityId(self.clock.new_id()),
            uri=activity.uri,
            type=activity.type,
            actor_uri=activity.actor_uri,
            object_uri=activity.object_uri,
            is_outgoing=False,
            dedupe=dedupe_key(activity, verified.received.body),
            body=verified.received.body,
            received_at=verified.received.received_at,
            content_usage=verified.content_usage,
        )
        is_new = await self._keeping.ask(Arrival(stored, verified))
        return Receipt.KEPT if is_new else Receipt.KNOWN

    async def _keep_all(self, arrivals: Sequence[Arrival]) -> list[bool]:
        """Keep in one transaction what waits; say of each whether it is new."""
        kept = await self.library.join(lambda tx: self._store(tx, arrivals))
        if kept:
            self.bus.wake(JOBS_TOPIC)
        return [arrival.stored.id in kept for arrival in arrivals]

    async def _store(self, tx: Transaction, arrivals: Sequence[Arrival]) -> set[ActivityId]:
        """Store what is new, and promise to act on it; return which that is."""
        wanted = [one.stored for one in arrivals if not await _was_taken_back(tx, one)]
        kept = await tx.activities.keep_all(wanted)
        fresh = [one for one in arrivals if one.stored.id in kept]
        if fresh:
            first, *others = [one.stored.id for one in fresh]
            await promise(tx, self.clock, ApplyPromise(first, others=tuple(others)))
        for one in fresh:
            if one.verified.is_by_sender:  # else the headers are the word of who brings it
                await self.synchrony.notice(tx, one.verified.received, one.verified.actor_uri)
        return kept


async def _was_taken_back(tx: Transaction, arrival: Arrival) -> bool:
    """Say whether somebody brings words that their author took back.

    Their actor may do again what it took back; somebody else who kept the words may not.
    """
    if arrival.verified.is_by_sender:
        return False
    stored = arrival.stored
    return await tx.activities.was_forgotten(stored.dedupe, stored.actor_uri)
