"""Nouns of lists of servers: what they say, where they come from, what a new version changes. Pure.

The law: of a domain on several lists, the first list in the admin's order that says anything
decides. A domain kept out of lists is on none.
"""

from dataclasses import field
from enum import StrEnum
from typing import NewType, TypeAlias

from server.errors import Invalid
from server.model import Millis
from server.tiers import Tier
from server.values import dataclass

ListId = NewType("ListId", int)
EVERY_LIST = ListId(0)  # where a domain is kept out of all of them

MAX_BYTES = 20_000_000  # of a file, or of all answers of one subscription
MAX_ROWS = 100_000  # five times what Mastodon reads; the largest public lists have some 20,000
MAX_COMMENT = 5_000  # characters; more is no comment but a broken quote
MAX_NAME = 80
MAX_LABELS = 20
MAX_LABEL = 200


class ListKind(StrEnum):
    """What standing on a list means."""

    BLOCK = "block"
    ALLOW = "allow"


class ListSource(StrEnum):
    """Where a list comes from."""

    OWN = "own"  # made here
    FILE = "file"  # given once
    ADDRESS = "address"  # fetched daily


class ListFormat(StrEnum):
    """How a list is written."""

    MASTODON = "mastodon"  # CSV, with or without a row of names
    FEDIBLOCKHOLE = "fediblockhole"  # JSON: what that tool and most servers write
    FIRES = "fires"  # a dataset: snapshot or changes


class Severity(StrEnum):
    """What an entry asks for, in Mastodon's words."""

    SUSPEND = "suspend"  # nothing comes in, nothing goes out
    SILENCE = "silence"  # kept out of public places
    NOOP = "noop"  # only named
    ACCEPT = "accept"  # on allow lists


@dataclass(frozen=True, slots=True)
class ListEntry:
    """What a list says of one domain and everything beneath it."""

    domain: str
    severity: Severity
    public_comment: str = ""
    private_comment: str = ""  # never leaves this instance
    labels: tuple[str, ...] = ()
    reject_media: bool = False  # kept to be handed on; tiers know no such thing
    reject_reports: bool = False
    is_public: bool = False  # of our own list: in the export and the feed


Row = tuple[int, ListEntry]  # with where it stands, as a text editor counts


@dataclass(frozen=True, slots=True)
class Reading:
    """A list as it was read. `remarks` say what was understood differently from how it stood."""

    entries: tuple[ListEntry, ...]
    format: ListFormat
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockList:
    """One list. `position`: 1 is asked first."""

    id: ListId
    name: str
    kind: ListKind
    source: ListSource
    format: ListFormat
    position: int
    created_at: Millis
    url: str = ""
    leaves_out_hidden: bool = False  # rows whose domain is hidden with stars
    applies_harmless: bool = False  # new versions that sever nothing need nobody's word
    is_published: bool = False  # our own list alone
    applied_at: Millis | None = None  # None = nothing of it was ever in force
    fetched_at: Millis | None = None  # when its source last answered
    etag: str = ""
    last_modified: str = ""
    problem: str = ""  # why the last fetch changed nothing
    problem_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class ListDraft:
    """A version of a list that waits for somebody's word."""

    list_id: ListId
    made_at: Millis
    entries: tuple[ListEntry, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftNote:
    """A draft without its entries."""

    list_id: ListId
    made_at: Millis
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class Exclude:
    """A domain that one list, or every list, says nothing of, whatever it says."""

    list_id: ListId  # EVERY_LIST for all
    domain: str
    at: Millis


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version changes. `changed` are (before, after) pairs."""

    added: tuple[ListEntry, ...] = ()
    changed: tuple[tuple[ListEntry, ListEntry], ...] = ()
    removed: tuple[ListEntry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __len__(self) -> int:
        return len(self.added) + len(self.changed) + len(self.removed)


@dataclass(frozen=True, slots=True)
class Moved:
    """A domain that would stand differently: its tier by lists before and after, None = unsaid."""

    domain: str
    before: Tier | None
    after: Tier | None


Effect: TypeAlias = tuple[Moved, ...]


class EventKind(StrEnum):
    """What a change of our feed is, in FIRES' words."""

    RECOMMENDATION = "Recommendation"
    ADVISORY = "Advisory"
    RETRACTION = "Retraction"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One line of our feed's history; nothing in it is ever changed."""

    id: int
    at: Millis
    kind: EventKind
    entry: ListEntry


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row. `row` counts as a text editor counts, 0 for the whole."""

    row: int
    message: str
    is_hidden: bool = False  # its domain is hidden with stars

    def __str__(self) -> str:
        return f"Row {self.row:,}: {self.message}" if self.row else self.message


class BrokenList(Invalid):
    """A list of which nothing was taken. `problems` are the first of them, `count` is of all."""

    def __init__(self, problems: tuple[Problem, ...], count: int = 0) -> None:
        self.problems = problems
        self.count = max(count, len(problems))
        rest = self.count - 1
        more = f" ({rest:,} more {'row is' if rest == 1 else 'rows are'} wrong.)" if rest else ""
        super().__init__(f"Nothing was taken. {problems[0]}{more}", "list")


@dataclass(slots=True)
class Findings:
    """Collects what is wrong in a list while it is read, and what is remarkable."""

    most: int = 20
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    count: int = 0
    _unsaid: int = 0

    def add(self, row: int, message: str, *, is_hidden: bool = False) -> None:
        """Note what is wrong with a row."""
        self.count += 1
        if len(self.problems) < self.most:
            self.problems.append(Problem(row, message, is_hidden))

    def remark(self, row: int, message: str) -> None:
        """Note how a row was understood."""
        if len(self.remarks) < self.most:
            self.remarks.append(str(Problem(row, message)))
        else:
            self._unsaid += 1

    def end(self) -> tuple[str, ...]:
        """Return the remarks. Raise `BrokenList` where anything was wrong."""
        if self.problems:
            raise BrokenList(tuple(self.problems), self.count)
        more = (f"And {self._unsaid:,} more rows.",) if self._unsaid else ()
        return (*self.remarks, *more)
