"""Makes the lesser versions of what we say: small pictures, or a link alone.

The law: each is a document of its own, with a proof of its own (a proof is never shared between
bodies), made once for everybody who gets it. Only works have one: all else is said whole.
"""

from collections import OrderedDict
from dataclasses import field
from typing import Any, Final

import msgspec

from federation import proofs
from federation.facts import outbound_facts
from federation.notes import audience_of, recipients_of
from federation.signatures import load_private_key
from federation.translate import Document, Voice, note_of_work, with_context
from server.addresses import Addresses
from server.clock import Clock
from server.house import House
from server.meeting import known_people
from server.model import ActivityId, ActorId, KeyAlgorithm, StoredActivity, Work, WorkId
from server.ports import Library, Transaction
from server.rules import Action, OutboundFacts
from server.series_telling import is_listed
from server.values import dataclass
from server.worker import GiveUp

LESSER: Final = frozenset({Action.PREVIEW, Action.LINK_ONLY})
_KEPT: Final = 64  # of which deliveries are under way; made once, sent many times


@dataclass(frozen=True, slots=True)
class Said:
    """An activity of ours, with what the rules can look at of it."""

    activity: StoredActivity
    facts: OutboundFacts


@dataclass(frozen=True, slots=True)
class Extents:
    """Makes them, and remembers those that are being delivered."""

    library: Library
    clock: Clock
    addresses: Addresses
    house: House
    _said: OrderedDict[ActivityId, Said] = field(default_factory=OrderedDict)
    _made: OrderedDict[tuple[ActivityId, Action, int], bytes] = field(default_factory=OrderedDict)

    async def said(self, activity_id: ActivityId) -> Said:
        """Return an activity of ours. Raise `GiveUp` where it is not kept any more."""
        known = self._said.get(activity_id)
        if known is not None:
            return known
        async with self.library.reading() as tx:
            found = await tx.activities.by_id(activity_id)
        if found is None:
            raise GiveUp("The activity is not kept any more.")
        said = Said(found, _facts_of(msgspec.json.decode(found.body)))
        _remember(self._said, activity_id, said)
        return said

    async def body(self, activity: StoredActivity, actor_id: ActorId, extent: Action) -> bytes:
        """Return an activity as those get it who get so much of it.

        Raise `GiveUp` where the work that it is about is not shown any more.
        """
        if extent not in LESSER:
            return activity.body
        key = (activity.id, extent, self.house.now.generation)
        made = self._made.get(key)
        if made is None:
            made = await self._lessened(activity, actor_id, extent)
            _remember(self._made, key, made)
        return made

    async def _lessened(self, activity: StoredActivity, actor_id: ActorId, extent: Action) -> bytes:
        whole: Document = msgspec.json.decode(activity.body)
        number = _work_in(whole, self.addresses)
        if number is None:
            return activity.body
        async with self.library.reading() as tx:
            work = await tx.works.by_id(number)
            if work is None or not work.is_visible:
                raise GiveUp("The work is not shown any more.")
            note = await self._note(tx, work, extent)
            key = await tx.artists.key_of(actor_id, KeyAlgorithm.ED25519)
        bare = {name: value for name, value in whole.items() if name not in {"@context", "proof"}}
        said = with_context(bare | {"object": note})
        if key is not None:
            private = load_private_key(key.private_pem)
            said |= {"proof": proofs.made(said, private, key.key_id, self.clock.now())}
        return msgspec.json.encode(said)

    async def _note(self, tx: Transaction, work: Work, extent: Action) -> Document:
        artist, actor = (
            await tx.artists.by_id(work.artist_id),
            await tx.actors.by_id(work.artist_id),
        )
        if artist is None or actor is None:
            raise GiveUp("The artist has left.")
        named = await known_people(tx, work.caption)
        usage, policy = self.house.usage_of(artist, work), self.house.policy_for(work)
        series = await tx.series.of_work(work.id) if is_listed(work) else []
        voice = Voice(artist, actor, usage, policy, named, extent)
        return note_of_work(work, voice, self.addresses, series)


def _facts_of(document: Document) -> OutboundFacts:
    whole = document.get("object")
    note: dict[str, Any] = whole if isinstance(whole, dict) else {}
    to, cc = recipients_of(note if "to" in note else document)
    followers = f"{document.get('actor', '')}/followers"
    audience = audience_of(to, cc, str(document.get("actor", "")), followers)
    return outbound_facts(document, audience)


def _work_in(document: Document, addresses: Addresses) -> WorkId | None:
    """Return the work that an activity carries, None where it carries none."""
    whole = document.get("object")
    uri = str(whole.get("id", "")) if isinstance(whole, dict) else ""
    number = addresses.local_part(uri, "/works/")
    return WorkId(int(number)) if number.isdecimal() else None


def _remember(memory: OrderedDict[Any, Any], key: object, value: object) -> None:
    memory[key] = value
    if len(memory) > _KEPT:
        memory.popitem(last=False)
