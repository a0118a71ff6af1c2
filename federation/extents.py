"""Makes the versions of what we say: whole, with small pictures, or a link alone; for each server.

The law: each is a document of its own, with a proof of its own (a proof is never shared between
bodies). Only works have lesser ones, and pictures whose addresses say whom they were given to: of
them a mould is made once, and cast for each server; all else is said alike to everybody.
"""

from collections import OrderedDict
from dataclasses import field
from typing import Any, Final

import msgspec

from federation.facts import outbound_facts
from federation.moulds import Mould, Signer, mould_of
from federation.notes import audience_of, recipients_of
from federation.signing import Signing
from federation.translate import Document, Voice, note_of_work, with_context
from server.addresses import Addresses
from server.clock import Clock
from server.given import GivenTo
from server.house import House
from server.media_tokens import NOBODY
from server.meeting import known_people
from server.model import ActivityId, ActorId, StoredActivity, Work, WorkId
from server.ports import Library, Transaction
from server.rules import Action, OutboundFacts
from server.series_telling import is_listed
from server.values import dataclass
from server.worker import GiveUp

LESSER: Final = frozenset({Action.PREVIEW, Action.LINK_ONLY})
_KEPT: Final = 64  # of which deliveries are under way; made once, sent many times


_Version = tuple[ActivityId, Action, int, str]  # how much, by which policy, signed with which key


@dataclass(frozen=True, slots=True)
class Said:
    """An activity of ours, with what the rules can look at of it."""

    activity: StoredActivity
    facts: OutboundFacts
    work: WorkId | None  # that it carries


@dataclass(frozen=True, slots=True)
class Extents:
    """Makes them, and remembers those that are being delivered."""

    library: Library
    clock: Clock
    addresses: Addresses
    house: House
    signing: Signing
    given_to: GivenTo
    _said: OrderedDict[ActivityId, Said] = field(default_factory=OrderedDict)
    _made: OrderedDict[_Version, Mould] = field(default_factory=OrderedDict)

    async def said(self, activity_id: ActivityId) -> Said:
        """Return an activity of ours. Raise `GiveUp` where it is not kept any more."""
        known = self._said.get(activity_id)
        if known is not None:
            return known
        async with self.library.reading() as tx:
            found = await tx.activities.by_id(activity_id)
        if found is None:
            raise GiveUp("The activity is not kept any more.")
        document = msgspec.json.decode(found.body)
        said = Said(found, _facts_of(document), _work_in(document, self.addresses))
        _remember(self._said, activity_id, said)
        return said

    async def body(self, said: Said, actor_id: ActorId, extent: Action, host: str) -> bytes:
        """Return an activity as a host gets it that gets so much of it.

        Raise `GiveUp` where the work that it is about is not shown any more.
        """
        if said.work is None:
            return said.activity.body
        mould = await self._mould(said.activity, said.work, actor_id, extent)
        return mould.cast(await self.given_to.token(host, said.work) if mould.placeholder else "")

    async def _mould(
        self, activity: StoredActivity, work: WorkId, actor_id: ActorId, extent: Action
    ) -> Mould:
        """Return what is cast for each host: made once for all that get so much."""
        signer = await self.signing.signer(actor_id)
        generation = self.house.now.generation if extent in LESSER else 0
        key = (activity.id, extent, generation, signer.key_id if signer else "")
        made = self._made.get(key)
        if made is None:
            made = await self._made_of(activity, work, signer, extent)
            _remember(self._made, key, made)
        return made

    async def _made_of(
        self, activity: StoredActivity, number: WorkId, signer: Signer | None, extent: Action
    ) -> Mould:
        whole: Document = msgspec.json.decode(activity.body)
        bare = {name: value for name, value in whole.items() if name != "proof"}
        placeholder = self.given_to.tokens.token(NOBODY, number)
        if extent not in LESSER:  # a server that is told again is told the same, to the letter
            return mould_of(bare, placeholder, signer, activity.received_at)
        async with self.library.reading() as tx:
            work = await tx.works.by_id(number)
            if work is None or not work.is_visible:
                raise GiveUp("The work is not shown any more.")
            note = await self._note(tx, work, extent)
        bare.pop("@context", None)
        said = with_context({**bare, _place_of_note(whole): note})
        return mould_of(said, placeholder, signer, self.clock.now())

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
        token = await self.given_to.token("", work.id)
        voice = Voice(artist, actor, usage, policy, named, extent, token)
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
    note = document.get(_place_of_note(document))
    number = addresses.local_part(str(note.get("id", "")), "/works/") if note else ""
    return WorkId(int(number)) if number.isdecimal() else None


def _place_of_note(document: Document) -> str:
    """Return under which name an activity carries a note, "" where it carries none."""
    for name in ("object", "instrument"):  # the latter in a QuoteRequest (FEP-044f)
        one = document.get(name)
        if isinstance(one, dict) and one.get("type") == "Note":
            return name
    return ""


def _remember(memory: OrderedDict[Any, Any], key: object, value: object) -> None:
    memory[key] = value
    if len(memory) > _KEPT:
        memory.popitem(last=False)
