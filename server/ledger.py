"""The ledger of signals, pure: what was said to machines of which work, from when to when.

The law: nothing in it is changed. Each entry's hash covers the one before, so that no entry can be
altered, added or left out later without breaking every hash after it. Who an entry is about stands
in it as a salted hash alone: once the salt is forgotten nobody can tell, and the chain still holds.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from enum import StrEnum

from server.model import ContentUsage, Millis, Visibility, Work, WorkId, WorkState
from server.policy import tighten
from server.signals import read_usage, usage_text
from server.values import dataclass

CHAIN = (
    "content = SHA-256 of the JSON array [at, scope, subject, shown, usage, version] in ASCII "
    "without spaces; hash = SHA-256 of the hash before (32 bytes; none before the first entry) "
    "followed by content (32 bytes)"
)
SUBJECT = (
    "subject = HMAC-SHA-256 with the salt (hexadecimal, 32 bytes) as key over 'artist' for what an "
    "artist says of all works, over 'work ' and the work's number for one work; '' for the house"
)


class Scope(StrEnum):
    """Whose word an entry is."""

    HOUSE = "house"
    ARTIST = "artist"
    WORK = "work"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said from some moment on. `usage`: this one's own word, as Content-Usage."""

    scope: Scope
    subject: str = ""
    usage: str = ""
    shown: str = ""  # of a work: a `Visibility`, "" where nobody is shown it
    version: int = 0  # of the house's policy


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement and its place in the chain; `number` is 0 until it has one."""

    at: Millis
    says: Statement
    number: int = 0
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it was published on a day."""

    day: int  # days since 1970
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Period:
    """What machines were told of one work between two moments. `until` is None: still are."""

    since: Millis
    until: Millis | None
    usage: ContentUsage
    shown: str
    policy_version: int


def subject_of(salt: str, work: WorkId | None = None) -> str:
    """Return what stands in the ledger for an artist, or for a work of theirs."""
    name = "artist" if work is None else f"work {work}"
    return hmac.new(bytes.fromhex(salt), name.encode(), "sha256").hexdigest()


def of_house(usage: ContentUsage, version: int) -> Statement:
    """Return what the house says of everything here."""
    return Statement(Scope.HOUSE, usage=usage_text(usage), version=version)


def of_artist(salt: str, usage: ContentUsage) -> Statement:
    """Return what an artist says beyond the house."""
    return Statement(Scope.ARTIST, subject_of(salt), usage_text(usage))


def of_work(salt: str, work: Work) -> Statement:
    """Return what is said of one work beyond its artist, and to whom it is shown."""
    is_shown = work.state is WorkState.HUNG and work.visibility is not Visibility.DRAFT
    return Statement(
        Scope.WORK,
        subject_of(salt, work.id),
        usage_text(work.content_usage),
        shown=str(work.visibility) if is_shown else "",
    )


def content_hash(at: Millis, says: Statement) -> bytes:
    """Return the 32 bytes that stand for what an entry says."""
    parts = [at, str(says.scope), says.subject, says.shown, says.usage, says.version]
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode("ascii")).digest()


def chained(before: str, content: bytes) -> str:
    """Return an entry's hash. `before`: the hash of the entry before it, "" for the first."""
    return hashlib.sha256(bytes.fromhex(before) + content).hexdigest()


def first_break(before: Entry | None, entries: Iterable[Entry]) -> int:
    """Return the number of the first entry that does not follow from the one before; 0: none."""
    number, last = (before.number, before.hash) if before else (0, "")
    for each in entries:
        number += 1
        if each.number != number or each.hash != chained(last, content_hash(each.at, each.says)):
            return number
        last = each.hash
    return 0


def periods(
    house: Sequence[Entry], artist: Sequence[Entry], work: Sequence[Entry]
) -> tuple[Period, ...]:
    """Return what machines were told of a work while it was shown, oldest first."""
    now: dict[Scope, Statement] = {}
    found: list[Period] = []
    for each in sorted((*house, *artist, *work), key=lambda one: (one.at, one.number)):
        now[each.says.scope] = each.says
        told = _told(now, each.at)
        last = found[-1] if found and found[-1].until is None else None
        if last is not None and told is not None and _is_same(last, told):
            continue
        if last is not None:
            found[-1] = Period(last.since, each.at, last.usage, last.shown, last.policy_version)
        if told is not None:
            found.append(told)
    return tuple(one for one in found if one.until != one.since)


def _told(now: dict[Scope, Statement], at: Millis) -> Period | None:
    work, house = now.get(Scope.WORK), now.get(Scope.HOUSE)
    if work is None or house is None or not work.shown:
        return None
    usage = read_usage(house.usage)
    for says in (now.get(Scope.ARTIST), work):
        usage = tighten(usage, read_usage(says.usage)) if says else usage
    return Period(at, None, usage, work.shown, house.version)


def _is_same(one: Period, other: Period) -> bool:
    return (one.usage, one.shown, one.policy_version) == (
        *(other.usage, other.shown, other.policy_version),
    )
