"""What becomes of deliveries and pictures that fail: a host's health, and a word to the artist.

Everything is noted in the transaction that puts the job off or gives it up.
"""

from dataclasses import replace

import msgspec

from server.clock import Clock
from server.dealings import Undelivered
from server.model import Job, Millis, NotificationKind, TargetId, WorkState
from server.notifications import tell
from server.ports import Transaction
from server.promises import DeliverPromise, PicturesPromise
from server.reach import InTrouble, Reach
from server.values import dataclass
from server.worker import Later

TAKES_LONGER = (
    "Pictures cannot be prepared or stored here just now. Nothing is lost: it goes on by itself as "
    "soon as that works again."
)
NOT_MADE = "Its pictures could not be prepared for two days. Nothing is lost: try again."
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


@dataclass(frozen=True, slots=True)
class PicturesAftermath:
    """The `worker.Aftermath` of pictures: their artist learns why nothing goes on."""

    clock: Clock

    async def put_off(self, tx: Transaction, job: Job, problem: Later) -> Millis:
        """Say at the work that it takes longer."""
        del problem  # it is written for who runs this place, and stands in the queue
        work = await tx.works.hold(_pictures_of(job).work_id)
        if work is not None and work.state is WorkState.PROCESSING:
            await tx.works.update(replace(work, problem=TAKES_LONGER))
        return Millis(0)

    async def given_up(self, tx: Transaction, job: Job, reason: str) -> None:
        """Let the work fail: its artist may try again."""
        del reason  # as above
        work = await tx.works.hold(_pictures_of(job).work_id)
        if work is None or work.state is not WorkState.PROCESSING:
            return
        await tx.works.update(replace(work, state=WorkState.FAILED, problem=NOT_MADE))
        about = TargetId(work.id)
        await tell(tx, self.clock, work.artist_id, NotificationKind.WORK_FAILED, target_id=about)


def _pictures_of(job: Job) -> PicturesPromise:
    return msgspec.json.decode(job.payload, type=PicturesPromise)


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
