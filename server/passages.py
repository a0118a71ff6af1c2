"""What passed the doors, and which follows a change of the rules cut, as nouns: pure.

The law: an envelope says who sent what kind of thing and how it was labelled, never a word of it;
a visit is a number in a sum, of a network and never of a person.
"""

import hashlib
from dataclasses import field
from enum import StrEnum
from typing import TypeAlias

from server.model import ActorId, Follow, Millis
from server.rules import Allow, Decision, Door, Hold, InboundFacts, OutboundFacts
from server.values import dataclass
from server.visitors import VisitorClass

HOUR = Millis(3_600_000)
DAY = Millis(86_400_000)
KEPT_DAYS = 30
MOST_HASHTAGS = 30
MOST_LETTERS = 200  # of a name that came from elsewhere

DoorFacts: TypeAlias = InboundFacts | OutboundFacts


@dataclass(frozen=True, slots=True)
class Envelope:
    """Equal things that passed a door within one hour. Its tier is what it was at that time."""

    facts: DoorFacts
    action: str  # an `Action`, as decided then
    rule: str
    shadow_rules: tuple[str, ...] = ()  # rules that would have decided, were they in force
    artist_id: ActorId = ActorId(0)  # whom or whose it was for here; 0: nobody's
    at: Millis = Millis(0)  # of the latest
    number: int = 1

    @property
    def hour(self) -> int:
        """Hours since 1970."""
        return self.at // HOUR

    @property
    def digest(self) -> int:
        """A number that stands for everything that makes two envelopes differ."""
        facts = self.facts
        parts = [facts.door, facts.peer, facts.type, facts.ai_label]
        if isinstance(facts, InboundFacts):
            parts += [facts.actor, facts.actor_uri, str(facts.account_age_days)]
            parts += [*sorted(facts.media), "\1", *sorted(facts.hashtags), "\1"]
            parts += sorted(facts.follows)
        else:
            parts += [str(facts.visibility), str(facts.is_sensitive)]
        parts += [self.action, self.rule, *self.shadow_rules, str(self.artist_id)]
        whole = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
        return int.from_bytes(whole, signed=True)


@dataclass(frozen=True, slots=True)
class VisitKey:
    """What makes two visits differ."""

    day: int  # days since 1970
    door: Door
    visitor: VisitorClass
    crawler: str = ""  # its token in the table; "" for all others
    segment: str = ""  # first segment of the path, without slashes
    rendition: str = ""  # a `RenditionName` at the door `media`
    network: str = ""  # "203.0.113.0/24"; "": among too many to be told apart
    shadow_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VisitSum:
    """Visits of one key, summed up."""

    key: VisitKey
    requests: int
    bytes: int
    refused: int


@dataclass(frozen=True, slots=True)
class ClassSum:
    """Visits of one class and crawler on one day, of pictures or of all else."""

    day: int
    visitor: VisitorClass
    crawler: str
    is_media: bool
    requests: int
    bytes: int
    refused: int
    answered: int  # requests among which nothing was refused, and their bytes
    answered_bytes: int


class CauseKind(StrEnum):
    """Which kind of change cut a follow."""

    POLICY = "policy"
    WORD = "word"  # an admin's word on a server
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Cause:
    """The change that cut a follow. `version`: of the policy that was in force with it."""

    kind: CauseKind
    version: int
    subject: str = ""  # the domain, or the name of the list


@dataclass(frozen=True, slots=True)
class Severance:
    """A follow that a change of the rules cut.

    Suspended until `ended_at`: as if it were not there, but nobody was told. After that it is
    gone, and can only be asked for again, until it is forgotten.
    """

    id: int
    follow: Follow  # as it was
    cause: Cause
    rule: str  # the name of the rule, or what stands in its place
    severed_at: Millis
    ended_at: Millis | None = None
    is_told: bool = False  # the other side heard that it ended
    asked_at: Millis | None = None  # after its end an admin wanted it back
    asked_again: str = ""  # id of a Follow that came while it was suspended


@dataclass(frozen=True, slots=True)
class CrossFollow:
    """A follow between here and elsewhere, and who is at its far end."""

    follow: Follow
    is_theirs: bool  # somebody elsewhere follows somebody here
    local_handle: str
    remote_id: ActorId
    remote_uri: str
    remote_address: str  # handle@domain
    remote_inbox: str


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a rule that only logs would have done so far."""

    rule: str
    requests: int = 0  # visits and activities together
    bytes: int = 0
    first_at: Millis | None = None
    by_peer: tuple[tuple[str, int], ...] = ()  # most first
    by_crawler: tuple[tuple[str, int], ...] = ()
    samples: tuple[Envelope, ...] = field(default=())


def action_of(decision: Decision) -> str:
    """Return what a decision does, in the words of rules."""
    if isinstance(decision, Allow):
        return decision.action.value
    return "hold" if isinstance(decision, Hold) else "refuse"
