"""What becomes of deliveries that fail: their host's health, and a word to the artist.

Everything is noted in the transaction that puts the job off or gives it up.
"""

from dataclasses import dataclass

import msgspec

from server.clock import Clock
from server.dealings import Undelivered
from server.model import Job, Millis, TargetId
from server.ports import Transaction
from server.promises import DeliverPromise
from server.reach import InTrouble, Reach
from server.worker import Later

OUT_OF_REACH = "It was out of reach for a week."


@dataclass(frozen=True, slots=True)
class DeliveryAftermath:
    """The `worker.Aftermath` of deliveries. A delivery's queue is its host."""

    clock: Clock
    reach: Reach

    async def put_off(self, tx: Transaction, job: Job, problem: Later) -> Millis:
        """Count a host's failure; its queue goes on when the pause is over."""
        if not isinstance(problem, InTrouble) or not job.queue:
            return Millis(0)
        return (await self.reach.note_failure(tx, job.queue, problem)).paused_until

    async def given_up(self, tx: Transaction, job: Job, reason: str) -> None:
        """Note for the artist that a work did not reach this host."""
        what = msgspec.json.decode(job.payload, type=DeliverPromise)
        await note_undelivered(tx, self.clock, what, job.queue, reason)


async def note_undelivered(
    tx: Transaction, clock: Clock, what: DeliverPromise, host: str, reason: str
) -> None:
    """Keep for the artist what never reached a host; deeds that are about no work are let go."""
    if not what.target_id or not host:
        return
    await tx.peers.add_undelivered(
        Undelivered(
            id=clock.new_id(),
            artist_id=what.actor_id,
            target_id=TargetId(what.target_id),
            host=host,
            reason=reason,
            at=clock.now(),
        )
    )
