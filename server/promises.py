"""What jobs carry: ids and the addresses of what was undone, as JSON. One type per kind.

A promise is made in the transaction of the deed that it follows; a crash between the
two loses nothing.
"""

from enum import StrEnum

import msgspec

from server.clock import Clock
from server.model import (
    ActivityId,
    ActorId,
    JobId,
    JobKind,
    Millis,
    WorkId,
)
from server.ports import Transaction

JOBS_TOPIC = "jobs"  # of the Bus


class Deed(StrEnum):
    """What happened here that other servers should hear of."""

    WORK_HUNG = "work_hung"
    WORK_EDITED = "work_edited"
    WORK_WITHDRAWN = "work_withdrawn"
    COMMENTED = "commented"
    COMMENT_REMOVED = "comment_removed"
    FOLLOW_ASKED = "follow_asked"
    FOLLOW_UNDONE = "follow_undone"
    FOLLOW_ACCEPTED = "follow_accepted"
    FOLLOW_REJECTED = "follow_rejected"
    REACTED = "reacted"
    REACTION_UNDONE = "reaction_undone"
    PROFILE_CHANGED = "profile_changed"


class PicturesPromise(msgspec.Struct, frozen=True):
    """Make the renditions of a work."""

    work_id: WorkId


class SayPromise(msgspec.Struct, frozen=True):
    """Tell other servers of a deed by `actor_id`.

    `target_id`: the work, post or actor that it is about. `uri`: the activity (or, for a
    removed comment, the object) that is undone or answered. `kind`: of a reaction.
    """

    deed: Deed
    actor_id: ActorId
    target_id: int = 0
    uri: str = ""
    kind: str = ""


class DeliverPromise(msgspec.Struct, frozen=True):
    """Bring one activity to one inbox, signed by `actor_id`."""

    activity_id: ActivityId
    inbox: str
    actor_id: ActorId


class ApplyPromise(msgspec.Struct, frozen=True):
    """Act on a stored inbound activity. `is_approved`: its artist was asked, and agreed."""

    activity_id: ActivityId
    is_approved: bool = False


class FetchPromise(msgspec.Struct, frozen=True):
    """Bring the remote document `uri`; `because_of` is the actor whose doing refers to it."""

    uri: str
    because_of: ActorId


class SweepPromise(msgspec.Struct, frozen=True):
    """Tidy up: sessions, tickets, orphan files."""


Promise = PicturesPromise | SayPromise | DeliverPromise | ApplyPromise | FetchPromise | SweepPromise

_KINDS: dict[type[Promise], JobKind] = {
    PicturesPromise: JobKind.PICTURES,
    SayPromise: JobKind.SAY,
    DeliverPromise: JobKind.DELIVER,
    ApplyPromise: JobKind.APPLY,
    FetchPromise: JobKind.FETCH,
    SweepPromise: JobKind.SWEEP,
}
_PRIORITIES = {
    JobKind.APPLY: 2,
    JobKind.SAY: 3,
    JobKind.FETCH: 5,
    JobKind.PICTURES: 5,
    JobKind.DELIVER: 6,
    JobKind.SWEEP: 9,
}
URGENT = 1  # a Follow or its answer goes before any fan-out


async def promise(
    tx: Transaction,
    clock: Clock,
    what: Promise,
    *,
    queue: str = "",
    priority: int | None = None,
    delay: Millis = Millis(0),
) -> None:
    """Add a job to the transaction at hand."""
    kind = _KINDS[type(what)]
    await tx.jobs.add(
        kind,
        msgspec.json.encode(what),
        job_id=JobId(clock.new_id()),
        run_at=Millis(clock.now() + delay),
        queue=queue,
        priority=_PRIORITIES[kind] if priority is None else priority,
    )
