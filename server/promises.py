"""What jobs carry: ids and the addresses of what was undone, as JSON. One type per kind.

A promise is made in the transaction of the deed that it follows; a crash between the
two loses nothing.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from server.clock import Clock
from server.model import (
    ActivityId,
    ActorId,
    Job,
    JobId,
    JobKind,
    Millis,
    PostId,
    TargetId,
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
    COMMENT_EDITED = "comment_edited"
    COMMENT_REMOVED = "comment_removed"
    QUOTE_ASKED = "quote_asked"
    FOLLOW_ASKED = "follow_asked"
    FOLLOW_UNDONE = "follow_undone"
    FOLLOW_ACCEPTED = "follow_accepted"
    FOLLOW_REJECTED = "follow_rejected"
    REACTED = "reacted"
    REACTION_UNDONE = "reaction_undone"
    PROFILE_CHANGED = "profile_changed"
    REQUEST_APPROVED = "request_approved"
    REQUEST_REFUSED = "request_refused"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    REPORTED = "reported"
    MOVED = "moved"
    WORK_PINNED = "work_pinned"
    WORK_UNPINNED = "work_unpinned"
    SERIES_CHANGED = "series_changed"
    SERIES_REMOVED = "series_removed"
    SERIES_WORK_ADDED = "series_work_added"
    SERIES_WORK_REMOVED = "series_work_removed"
    SERIES_WORK_ANNOUNCED = "series_work_announced"
    SERIES_WORK_WITHDRAWN = "series_work_withdrawn"
    SERIES_ACTOR_CHANGED = "series_actor_changed"
    SERIES_ACTOR_GONE = "series_actor_gone"
    ACCOUNT_GONE = "account_gone"


class PicturesPromise(msgspec.Struct, frozen=True):
    """Make the renditions of a work."""

    work_id: WorkId


class ShotsPromise(msgspec.Struct, frozen=True):
    """Make the renditions of the pictures that show how a work was made."""

    work_id: WorkId


class ReinscribePromise(msgspec.Struct, frozen=True):
    """Look through works from the newest on, of one artist or (0) of all, for outdated copies."""

    artist_id: ActorId = ActorId(0)
    before: WorkId = WorkId(0)  # those are looked through already; 0: none


class LikenPromise(msgspec.Struct, frozen=True):
    """Look whose pictures are like those of a work here, or of a post from elsewhere."""

    work_id: WorkId = WorkId(0)
    post_id: PostId = PostId(0)


class SayPromise(msgspec.Struct, frozen=True):
    """Tell other servers of a deed by `actor_id`.

    `target_id`: the work, post or actor that it is about. `uri`: the activity (or, for a
    removed comment, the object) that is undone or answered; for a series, its id or that of the
    activity to be said (`server.series_telling`). `kind`, `emoji`: of a reaction. `named`: who
    hears of it besides followers; `is_private`: and nobody else.
    """

    deed: Deed
    actor_id: ActorId
    target_id: int = 0
    uri: str = ""
    kind: str = ""
    named: tuple[ActorId, ...] = ()
    is_private: bool = False
    emoji: str = ""


class FetchKind(StrEnum):
    """What a remote document is brought for."""

    ACTOR = "actor"  # its profile anew
    ANCESTORS = "ancestors"  # what a post answers, up to what is known here
    REPLIES = "replies"  # answers to a post, and its poll's present counts
    QUOTED = "quoted"  # what a post quotes, and whether its author agreed
    DELETED = "deleted"  # its inbox answers that it was deleted: does the actor say so too?
    CONSENT = "consent"  # the authorization for what a work or comment here quotes
    SERIES = "series"  # its series, as they are now


class DeliverPromise(msgspec.Struct, frozen=True):
    """Bring one activity to one inbox, signed by `actor_id`.

    `target_id`: the work or comment whose artist hears of what did not arrive, 0 for none.
    """

    activity_id: ActivityId
    inbox: str
    actor_id: ActorId
    target_id: int = 0


class ApplyPromise(msgspec.Struct, frozen=True):
    """Act on a stored inbound activity, and on `others` that were kept together with it.

    `is_approved`: its artist was asked, and agreed. `released`: a moderator looked and let it in,
    as it was then (`holdings.Held.digest`).
    """

    activity_id: ActivityId
    is_approved: bool = False
    released: str | None = None
    others: tuple[ActivityId, ...] = ()


class FetchPromise(msgspec.Struct, frozen=True):
    """Bring the remote document `uri`; `because_of` is the actor whose doing refers to it.

    `post_id`: the post here that it is brought for.
    """

    uri: str
    because_of: ActorId
    kind: FetchKind = FetchKind.ACTOR
    post_id: PostId = PostId(0)


class BoostPromise(msgspec.Struct, frozen=True):
    """Bring what somebody followed boosted, by their activity. `since`: when it came."""

    activity_id: ActivityId
    since: Millis


class NamePromise(msgspec.Struct, frozen=True):
    """Find out which domain an actor elsewhere is called by. `claimed`: `name@domain`, or ""."""

    actor_id: ActorId
    claimed: str = ""


class QuotePromise(msgspec.Struct, frozen=True):
    """See whether what a work or comment quotes was agreed to, for which we asked elsewhere.

    `request_uri`: another one there now, and the promise is void. `is_last`: do not ask once more.
    """

    note_id: TargetId
    request_uri: str
    is_last: bool = False


class MendPromise(msgspec.Struct, frozen=True):
    """Compare who here follows `actor_id` with the list at `url`, and mend what differs."""

    actor_id: ActorId
    url: str


class DepartureStep(StrEnum):
    """How far the end of an account has come."""

    BEGIN = "begin"  # the time has come: tell other servers
    ERASE = "erase"  # they are told: erase everything
    CLOSE = "close"  # once no delivery is left, drop the keys


class DeparturePromise(msgspec.Struct, frozen=True):
    """Do one step of the end of an account.

    `ends_at`: when it was to end, as the artist was told; another time there now, or none, and the
    promise is void. `speakers`: actors of its series.
    """

    actor_id: ActorId
    ends_at: Millis
    step: DepartureStep = DepartureStep.BEGIN
    speakers: tuple[ActorId, ...] = ()


class MeetPromise(msgspec.Struct, frozen=True):
    """Look who spoke since then, and whose policies are due to be asked for."""

    since: Millis = Millis(0)


class PolicyPromise(msgspec.Struct, frozen=True):
    """Ask a server for its policy."""

    host: str


class ListsPromise(msgspec.Struct, frozen=True):
    """Fetch the lists of servers that are due."""


class ClosingPromise(msgspec.Struct, frozen=True):
    """Do a step of the end of this instance, which was announced for `ends_at`.

    `actor_id`: let that account go, 0 for none. `is_last`: fall silent, if nothing is left.
    """

    ends_at: Millis
    actor_id: ActorId = ActorId(0)
    is_last: bool = False


class SweepPromise(msgspec.Struct, frozen=True):
    """Tidy up: sessions, tickets, orphan files."""


class EndPromise(msgspec.Struct, frozen=True):
    """End the follows that have been suspended for long enough."""


Promise = (
    PicturesPromise
    | ShotsPromise
    | ReinscribePromise
    | LikenPromise
    | SayPromise
    | DeliverPromise
    | ApplyPromise
    | FetchPromise
    | BoostPromise
    | NamePromise
    | QuotePromise
    | MendPromise
    | DeparturePromise
    | MeetPromise
    | PolicyPromise
    | ListsPromise
    | SweepPromise
    | ClosingPromise
    | EndPromise
)

_KINDS: dict[type[Promise], JobKind] = {
    PicturesPromise: JobKind.PICTURES,
    ShotsPromise: JobKind.SHOTS,
    ReinscribePromise: JobKind.REINSCRIBE,
    LikenPromise: JobKind.LIKEN,
    SayPromise: JobKind.SAY,
    DeliverPromise: JobKind.DELIVER,
    ApplyPromise: JobKind.APPLY,
    FetchPromise: JobKind.FETCH,
    BoostPromise: JobKind.BOOST,
    NamePromise: JobKind.NAME,
    QuotePromise: JobKind.QUOTES,
    MendPromise: JobKind.MEND,
    DeparturePromise: JobKind.END,
    MeetPromise: JobKind.MEET,
    PolicyPromise: JobKind.POLICY,
    ListsPromise: JobKind.LISTS,
    SweepPromise: JobKind.SWEEP,
    ClosingPromise: JobKind.CLOSING,
    EndPromise: JobKind.SEVER,
}
_PRIORITIES = {
    JobKind.APPLY: 2,
    JobKind.SAY: 3,
    JobKind.FETCH: 5,
    JobKind.BOOST: 5,
    JobKind.NAME: 5,
    JobKind.QUOTES: 8,
    JobKind.MEND: 7,
    JobKind.MEET: 8,
    JobKind.POLICY: 8,
    JobKind.PICTURES: 5,
    JobKind.SHOTS: 6,
    JobKind.DELIVER: 6,
    JobKind.END: 8,
    JobKind.LISTS: 9,
    JobKind.REINSCRIBE: 9,
    JobKind.LIKEN: 9,
    JobKind.SWEEP: 9,
    JobKind.CLOSING: 7,
    JobKind.SEVER: 8,
}
# Of two people alone, and many at once when an artist's new address is followed.
_BETWEEN_TWO = frozenset(
    {Deed.FOLLOW_ASKED, Deed.FOLLOW_UNDONE, Deed.FOLLOW_ACCEPTED, Deed.FOLLOW_REJECTED}
)
IN_FORCE = Millis(2_000)  # so late every process knows a new policy: what follows from it waits
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
    await promise_all(tx, clock, [what], queue=queue, priority=priority, delay=delay)


async def promise_all(
    tx: Transaction,
    clock: Clock,
    what: Sequence[Promise],
    *,
    queue: str = "",
    priority: int | None = None,
    delay: Millis = Millis(0),
) -> None:
    """Add several jobs to the transaction at hand, in this order."""
    run_at = Millis(clock.now() + delay)
    await tx.jobs.add_all(
        [
            Job(
                id=JobId(clock.new_id()),
                kind=(kind := _KINDS[type(one)]),
                payload=msgspec.json.encode(one),
                run_at=run_at,
                attempts=0,
                queue=queue or _turn(one),
                priority=_PRIORITIES[kind] if priority is None else priority,
            )
            for one in what
        ]
    )


def _turn(what: Promise) -> str:
    """Return the queue of what has none of its own: what somebody says in turn is told in turn."""
    if not isinstance(what, SayPromise):
        return ""
    whom = f" {what.target_id}" if what.deed in _BETWEEN_TWO else ""
    return f"say {what.actor_id}{whom}"
