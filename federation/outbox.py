"""Tells other servers of deeds done here: say → address → promise, from a table of deeds.

Federation listens to stored deeds; no flow calls it and none fails for it. The activity
and one delivery per inbox are kept in one transaction.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from federation import (
    proofs,
    sayings_blocks,
    sayings_featured,
    sayings_follows,
    sayings_moves,
    sayings_permissions,
    sayings_posts,
    sayings_profiles,
    sayings_quotes,
    sayings_reactions,
    sayings_reports,
    sayings_series,
    sayings_works,
    translate,
)
from federation.addressing import inboxes
from federation.fanout import Fanout, host_of
from federation.sayings import Message, Mouth, Say
from federation.signatures import load_private_key
from federation.translate import Document
from server.model import (
    ActivityId,
    ActorId,
    ContentUsage,
    KeyAlgorithm,
    StoredActivity,
    Work,
    WorkId,
)
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, Deed, DeliverPromise, SayPromise
from server.signals import usage_text
from server.values import dataclass

_HANDS_OUT: Final = frozenset({"Create", "Update"})  # the work itself


@dataclass(frozen=True, slots=True)
class Outbox:
    """Makes the activity of what was done here, and promises a delivery to each inbox."""

    library: Library
    bus: Bus
    mouth: Mouth
    fanout: Fanout

    async def say(self, payload: bytes) -> None:
        """Do one `SayPromise`. A deed whose subject is gone by now is passed over."""
        what = msgspec.json.decode(payload, type=SayPromise)
        await self.library.join(lambda tx: self.say_in(tx, what))
        self.bus.wake(JOBS_TOPIC)

    async def say_in(self, tx: Transaction, what: SayPromise) -> None:
        """Say in a transaction at hand; wake the jobs afterwards."""
        actor = await tx.actors.by_id(what.actor_id)
        is_out = actor is not None and actor.suspended_at is not None
        if is_out and what.deed not in _SAID_OF_SUSPENDED:
            return
        message = await SAYINGS[what.deed](self.mouth, tx, what, actor) if actor else None
        if message is not None:
            await self._promise(tx, what.actor_id, message)

    async def _promise(self, tx: Transaction, actor_id: ActorId, message: Message) -> None:
        ours = (f"{self.mouth.addresses.base_url}/",)
        targets = inboxes(message.recipients, ours=ours)
        if not targets:
            return
        activity = await self._proved(tx, actor_id, message.activity)
        uri = activity["id"]
        work = await self._work_of(tx, activity)
        stored = StoredActivity(
            id=ActivityId(self.mouth.clock.new_id()),
            uri=uri,
            type=activity["type"],
            actor_uri=activity["actor"],
            object_uri=_object_uri(activity),
            is_outgoing=True,
            dedupe=f"out {uri}",
            body=msgspec.json.encode(activity),
            received_at=self.mouth.clock.now(),
            content_usage=usage_text(await self._usage(tx, actor_id, work)),
        )
        if not await tx.activities.keep(stored):
            return  # the job ran before: its deliveries are promised
        about = message.about or 0
        deliveries = [DeliverPromise(stored.id, inbox, actor_id, about) for inbox in targets]
        await self.fanout.promise(tx, deliveries, is_urgent=message.is_urgent)
        if work is not None and stored.type in _HANDS_OUT:
            hosts = [host_of(inbox) for inbox in targets]
            await tx.neighbours.note_copies(work.id, hosts, stored.received_at)
            await tx.neighbours.number({host: self.mouth.clock.new_id() for host in hosts if host})

    async def _work_of(self, tx: Transaction, activity: Document) -> Work | None:
        """Return the work of ours that an activity is about."""
        number = self.mouth.addresses.local_part(_object_uri(activity), "/works/")
        return await tx.works.bare(WorkId(int(number))) if number.isdecimal() else None

    async def _usage(self, tx: Transaction, actor_id: ActorId, work: Work | None) -> ContentUsage:
        """Return what machines may do with an activity: as its work says, or its actor."""
        artist = await tx.artists.by_id(work.artist_id if work else actor_id)
        return self.mouth.house.usage_of(artist, work)

    async def _proved(self, tx: Transaction, actor_id: ActorId, said: Document) -> Document:
        """Return an activity as it travels, with a proof (FEP-8b32) that outlives its delivery."""
        activity = translate.with_context(said)
        key = await tx.artists.key_of(actor_id, KeyAlgorithm.ED25519)
        if key is None:
            return activity
        private, now = load_private_key(key.private_pem), self.mouth.clock.now()
        return activity | {"proof": proofs.made(activity, private, key.key_id, now)}


def _object_uri(activity: Document) -> str:
    whole = activity["object"]
    subject = whole[0] if isinstance(whole, list) else whole  # a Flag names several
    return str(subject["id"] if isinstance(subject, dict) else subject)


# Of an account that is out of sight nothing goes out but that it is, and that it ends.
_SAID_OF_SUSPENDED: Final = frozenset(
    {Deed.PROFILE_CHANGED, Deed.ACCOUNT_GONE, Deed.SERIES_ACTOR_GONE}
)

SAYINGS: Final[Mapping[Deed, Say]] = {
    **sayings_works.SAYINGS,
    **sayings_posts.SAYINGS,
    **sayings_follows.SAYINGS,
    **sayings_reactions.SAYINGS,
    **sayings_permissions.SAYINGS,
    **sayings_quotes.SAYINGS,
    **sayings_profiles.SAYINGS,
    **sayings_series.SAYINGS,
    **sayings_blocks.SAYINGS,
    **sayings_reports.SAYINGS,
    **sayings_moves.SAYINGS,
    **sayings_featured.SAYINGS,
}
