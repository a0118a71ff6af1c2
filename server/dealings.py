"""Nouns of how people and servers deal with each other, frozen. No I/O.

Who asked for what, who is blocked or reported, and what we know of the servers that we talk to.
"""

from enum import StrEnum
from typing import NewType

from server.model import ActivityId, ActorId, Millis, TargetId
from server.permits import InteractionKind
from server.values import dataclass

RequestId = NewType("RequestId", int)
ReportId = NewType("ReportId", int)


class RequestState(StrEnum):
    """WAITING → APPROVED | REFUSED; the artist may change their mind later."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody wants to like, answer, boost or quote what wants approval.

    An approved one is the authorization that other servers ask for (`/authorizations/{id}`).
    """

    id: RequestId
    kind: InteractionKind
    artist_id: ActorId  # who decides
    actor_id: ActorId  # who asks
    target_id: TargetId
    object_uri: str  # the reply, the quoting post, or the Like or Announce
    request_uri: str  # of the QuoteRequest that asked; "" where a plain activity came
    activity_id: ActivityId | None  # the kept activity to act on once approved
    state: RequestState
    created_at: Millis
    decided_at: Millis | None = None
    emoji: str = ""  # of a like from here


@dataclass(frozen=True, slots=True)
class Block:
    """`blocker` wants nothing to do with `blocked`; `uri` is the Block activity's id."""

    blocker_id: ActorId
    blocked_id: ActorId
    uri: str
    created_at: Millis


class ReportKind(StrEnum):
    """A report by somebody with an account, or a legal notice by anybody."""

    REPORT = "report"
    NOTICE = "notice"
    UNLABELLED = "unlabelled"  # a work was made by a machine, and does not say so
    MARK = "mark"  # an artist contests the mark for which a work was not hung


# Of these, a work alone is decided on, and the artist may show evidence and appeal.
ABOUT_MACHINES = frozenset({ReportKind.UNLABELLED, ReportKind.MARK})


class Outcome(StrEnum):
    """What was decided of a report."""

    UNDECIDED = ""
    NOTHING = "nothing"  # no rule was broken
    WARNED = "warned"
    LABEL = "label"  # a work must say which part a machine had in it, and is hidden until then
    HIDDEN = "hidden"  # what it is about stays hidden
    REMOVED = "removed"  # what it is about is taken down for good, elsewhere too
    SILENCED = "silenced"
    SUSPENDED = "suspended"
    SERVER = "server"  # something was done about their server


@dataclass(frozen=True, slots=True)
class Report:
    """Somebody, here or elsewhere, says that an actor or its posts break the rules."""

    id: ReportId
    uri: str  # of the Flag; "" where it was made here
    reporter_id: ActorId  # elsewhere often the server's own actor
    is_local: bool  # made here
    accused_id: ActorId
    objects: tuple[str, ...]  # ids of works and posts
    content: str  # plain text
    created_at: Millis
    is_forwarded: bool = False  # sent on to the accused's server
    closed_at: Millis | None = None
    closed_by: str = ""  # handle
    note: str = ""  # of who closed it, for the other moderators
    kind: ReportKind = ReportKind.REPORT
    assigned_to: str = ""  # handle of the moderator who works on it
    outcome: Outcome = Outcome.UNDECIDED
    reason: str = ""  # of the outcome, told to those concerned
    answer: str = ""  # of the accused, who has one
    answered_at: Millis | None = None
    told_at: Millis | None = None  # since when the accused reads it
    appeal: str = ""  # against a decision about how a work was made, once
    appealed_at: Millis | None = None
    judged_by: str = ""  # handle of who had decided before
    points_to_shots: bool = False  # the artist points to how the works were made (`server.shots`)


class Signature(StrEnum):
    """Which HTTP signatures a peer is known to read."""

    UNKNOWN = ""
    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True)
class Peer:
    """What we know of another server from talking to it."""

    host: str  # authority: name, with the port if there is one
    signature: Signature = Signature.UNKNOWN
    failures: int = 0  # deliveries that failed in a row
    failing_days: int = 0  # distinct days (UTC) with failures and without a success since
    failing_since: Millis | None = None  # first failure of those in a row
    failed_at: Millis | None = None  # last failure
    reached_at: Millis | None = None  # last success
    seen_at: Millis | None = None  # last verified activity from there
    paused_until: Millis = Millis(0)  # circuit breaker: nothing is sent there before
    dead_at: Millis | None = None  # given up; alive again on any inbound sign of life
    reason: str = ""  # of the last failure


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An activity about a work that a server never took; shown to the artist."""

    id: int
    artist_id: ActorId
    target_id: TargetId | None  # the work or comment, where it is about one
    host: str
    reason: str
    at: Millis
