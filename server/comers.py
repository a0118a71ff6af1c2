"""Nouns of who comes for works: machines, counted for each work; servers that hold copies; pure.

The law: machines alone are counted here, never people, members or their apps; no networks, no
addresses, no user agents beyond a crawler's name in the table. Another server is counted only where
it signed its request and came with an address that was given to somebody else. Of who opens a large
copy by a token nothing is known but a hash of that token, which is another one tomorrow.
"""

import re
from typing import Final

from server.media_tokens import NOBODY, Given
from server.model import Millis, WorkId
from server.values import dataclass
from server.visitors import VisitorClass

KEPT_DAYS: Final = 90
MACHINES: Final = frozenset(
    {
        VisitorClass.AI_TRAINING,
        VisitorClass.AI_SEARCH,
        VisitorClass.AI_USER,
        VisitorClass.ARCHIVE,
        VisitorClass.DATASET,
        VisitorClass.FORGED,
        VisitorClass.SEARCH,
        VisitorClass.SEO,
        VisitorClass.TOOL,
    }
)
FILM: Final = "video"  # what a look at a video is counted as
NOT_GIVEN: Final = Given(NOBODY, WorkId(0))
_MAX_ID: Final = 2**63 - 1  # databases take no larger number
_WORK = re.compile(r"/(?:@[A-Za-z0-9_]{1,30}|works)/(\d{1,19})(?:-|/|$)")
_PICTURE = re.compile(r"/media/([0-9a-f]{40})/")


@dataclass(frozen=True, slots=True)
class WorkVisit:
    """Visits of one kind on a day. The work is named by its id or by a picture's key.

    `crawler`: its name in the table; of a peer, its host.
    """

    day: int
    visitor: VisitorClass
    crawler: str
    requests: int
    bytes: int
    refused: int
    work_id: int = 0
    media_key: str = ""
    given: Given = NOT_GIVEN  # what the token in the address says: true of that work alone


@dataclass(frozen=True, slots=True)
class WorkVisitSum:
    """Sums of one work, day, class and crawler."""

    work_id: WorkId
    day: int
    visitor: VisitorClass
    crawler: str
    given_to: str
    requests: int
    bytes: int
    refused: int


@dataclass(frozen=True, slots=True)
class Look:
    """How often one token opened a large copy on a day. The work is named by a picture's key."""

    day: int
    media_key: str
    rendition: str  # its name, or `FILM`
    token: str  # hashed; "" for one of too many to be told apart
    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class LookSum:
    """The same of a work."""

    work_id: WorkId
    day: int
    rendition: str
    token: str
    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class CloserLooks:
    """How often a work was opened large: by so many tokens, with so many requests."""

    work_id: WorkId
    opened: int
    requests: int


@dataclass(frozen=True, slots=True)
class GivenSum:
    """Sums of machines that came with addresses which were first given to one server."""

    given_to: str
    day: int
    visitor: VisitorClass
    crawler: str
    works: int
    requests: int
    refused: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A work was sent to a server; `is_delivered`: nothing says that it did not arrive."""

    host: str
    at: Millis
    is_delivered: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """A server that works of an artist were sent to: how many that still hang, and when last."""

    host: str
    works: int
    last_at: Millis


@dataclass(frozen=True, slots=True)
class Price:
    """What a gigabyte of traffic costs, in millionths of a currency."""

    micros: int
    currency: str


def thing_asked(path: str) -> tuple[int, str]:
    """Return the work's id or the picture's key that a path names; (0, "") where neither."""
    found = _WORK.match(path)
    if found:
        number = int(found[1])
        return (number if number <= _MAX_ID else 0), ""
    picture = _PICTURE.match(path)
    return (0, picture[1]) if picture else (0, "")
