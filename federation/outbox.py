"""Tells other servers of deeds done here: say → address → promise, from a table of deeds.

Federation listens to stored deeds; no flow calls it and none fails for it. The activity
and one delivery per inbox are kept in one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from federation import (
    sayings_follows,
    sayings_posts,
    sayings_profiles,
    sayings_reactions,
    sayings_works,
    translate,
    uris,
)
from federation.addressing import inboxes
from federation.sayings import Message, Mouth, Say
from federation.translate import Document
from server.errors import Untrusted
from server.model import ActivityId, ActorId, StoredActivity
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, URGENT, Deed, DeliverPromise, SayPromise, promise


@dataclass(frozen=True, slots=True)
class Outbox:
    """Says."""

    library: Library
    bus: Bus
    mouth: Mouth

    async def say(self, payload: bytes) -> None:
        """Do one `SayPromise`. A deed whose subject is gone by now is passed over."""
        what = msgspec.json.decode(payload, type=SayPromise)
        await self.library.join(lambda tx: self.say_in(tx, what))
        self.bus.wake(JOBS_TOPIC)

    async def say_in(self, tx: Transaction, what: SayPromise) -> None:
        """Say in a transaction at hand; wake the jobs afterwards."""
        actor = await tx.actors.by_id(what.actor_id)
        message = await SAYINGS[what.deed](self.mouth, tx, what, actor) if actor else None
        if message is not None:
            await self._promise(tx, what.actor_id, message)

    async def _promise(self, tx: Transaction, actor_id: ActorId, message: Message) -> None:
        ours = (f"{self.mouth.addresses.base_url}/",)
        targets = inboxes(message.recipients, ours=ours)
        if not targets:
            return
        activity = translate.with_context(message.activity)
        uri = activity["id"]
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
        )
        if not await tx.activities.keep(stored):
            return  # the job ran before: its deliveries are promised
        for inbox in targets:
            await promise(
                tx,
                self.mouth.clock,
                DeliverPromise(stored.id, inbox, actor_id),
                queue=_host_of(inbox),
                priority=URGENT if message.is_urgent else None,
            )


def _host_of(inbox: str) -> str:
    """Return whose turn a delivery waits for; "" where it is nobody's, and will be given up."""
    try:
        return uris.origin_of(inbox).authority
    except Untrusted:
        return ""  # one follower's odd inbox must not keep a work from all the others


def _object_uri(activity: Document) -> str:
    subject = activity["object"]
    return str(subject["id"] if isinstance(subject, dict) else subject)


SAYINGS: Final[Mapping[Deed, Say]] = {
    **sayings_works.SAYINGS,
    **sayings_posts.SAYINGS,
    **sayings_follows.SAYINGS,
    **sayings_reactions.SAYINGS,
    **sayings_profiles.SAYINGS,
}
