"""Brings what somebody followed boosted: from its own origin, by the doors and within bounds.

The law: a boost costs requests only where somebody here follows its booster and wants to see what
they boost; only so many an hour because of one booster (`threads.MAX_CAUSED`); and what comes
passes the same doors as if its author had sent it.
"""

from typing import Final

import msgspec
import structlog

from federation import announces
from federation.acts_reactions import note_boost
from federation.deeds import Arrived, Hands
from federation.facts import Ties
from federation.threads import Found, Threads
from federation.vocabulary import read_activity
from server.errors import FixatifError, Unavailable
from server.likening import look_later
from server.model import ActivityId, Millis, TargetId
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, BoostPromise
from server.targets import find_target
from server.values import dataclass
from server.worker import Later

log = structlog.get_logger(__name__)

PATIENCE: Final = Millis(6 * 3_600_000)  # so long an origin that is away is tried again


@dataclass(frozen=True, slots=True)
class Boosting:
    """Brings."""

    library: Library
    bus: Bus
    hands: Hands
    threads: Threads

    async def bring(self, payload: bytes) -> None:
        """Do one `BoostPromise`. Raise `Later` where the origin is away, but not for days."""
        what = msgspec.json.decode(payload, type=BoostPromise)
        deed = await self.library.look(lambda tx: self._standing(tx, what.activity_id))
        if deed is None:
            return
        try:
            found = await self.threads.bring(announces.boosted_uri(deed.activity), deed.actor.id)
        except Unavailable as outage:
            if self.hands.clock.now() - what.since < PATIENCE:
                raise Later(outage.message) from outage
            return
        except FixatifError as problem:
            log.info("boosted_post_not_brought", reason=problem.message)
            return
        if found is not None:
            await self.library.join(lambda tx: self._keep(tx, what.activity_id, found))
            self.bus.wake(JOBS_TOPIC)

    async def _standing(self, tx: Transaction, activity_id: ActivityId) -> Arrived | None:
        """Return a boost that was not taken back, and that somebody here wants to see."""
        stored = await tx.activities.by_id(activity_id)
        if stored is None or not stored.body or not await tx.activities.stands(activity_id):
            return None
        booster = (await tx.actors.met([stored.actor_uri])).get(stored.actor_uri)
        if booster is None or booster.actor.suspended_at is not None:
            return None
        if not await tx.feeds.shows_boosts_of(booster.actor.id):
            return None
        ties = Ties(booster.is_followed_here, booster.follows_here)
        return Arrived(activity_id, read_activity(stored.body), booster.actor, ties=ties)

    async def _keep(self, tx: Transaction, activity_id: ActivityId, found: Found) -> None:
        """Keep what was brought, and the boost; both only where they may still stand."""
        deed = await self._standing(tx, activity_id)
        author = await tx.actors.by_id(found.author.id)
        if deed is None or author is None or author.suspended_at or author.gone_at:
            return
        known = await tx.posts.by_uri(found.note.uri)
        if not await self.threads.keep(tx, found):
            return
        post = known or await tx.posts.by_uri(found.note.uri)
        target = await find_target(tx, self.hands.addresses, TargetId(post.id)) if post else None
        if post is None or target is None:
            return
        if known is None:
            await tx.feeds.note_brought(post.id, self.hands.clock.now())
            await look_later(tx, self.hands.clock, post, None)
        await note_boost(self.hands, tx, deed, target)
