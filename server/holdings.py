"""What came in and waits for a moderator, as nouns: pure."""

from enum import StrEnum
from typing import NewType

from server.model import ActivityId, Millis
from server.values import dataclass

HeldId = NewType("HeldId", int)
POST = "post"  # the kind of a Create and of every Update of the same post
KEPT = Millis(30 * 86_400_000)  # how long a moderator has
MAX_EXCERPT = 600  # characters: enough to judge by; the rest is at its own server


class HeldState(StrEnum):
    """WAITING until a moderator says; what is let in is no longer here."""

    WAITING = "waiting"
    DROPPED = "dropped"  # remembered for a while, so that it does not come again


@dataclass(frozen=True, slots=True)
class Held:
    """An activity that is not acted on before a moderator has looked."""

    id: HeldId
    activity_id: ActivityId
    actor_uri: str
    address: str  # handle@domain
    peer: str
    kind: str  # POST, or the activity's type
    subject: str  # address of what it is about; where there is none, of the activity
    activity_uri: str
    rule: str
    reason: str
    excerpt: str  # of a post: plain words
    link: str  # where it stands, "" if nowhere
    pictures: int
    digest: str  # of the post as it was held; another one is held again
    state: HeldState
    held_at: Millis


def kind_of(activity_type: str) -> str:
    """Return under which kind an activity is held: an edit replaces what it edits."""
    return POST if activity_type in {"Create", "Update"} else activity_type
