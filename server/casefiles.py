"""Nouns of what belongs to a report: notes, outcomes, legal notices. Frozen, no I/O."""

from enum import StrEnum

from server.dealings import ReportId
from server.model import Millis
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class CaseNote:
    """What a moderator wrote about a case, or did; `author` "" = the program by itself."""

    id: int
    report_id: ReportId
    author: str  # handle
    words: str
    is_deed: bool
    at: Millis


class NoticeKind(StrEnum):
    """What a legal notice is about."""

    COPYRIGHT = "copyright"
    ILLEGAL = "illegal"
    PRIVACY = "privacy"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Notice:
    """Who gave a legal notice, beside its report. `token_hash` is of the link to its state."""

    report_id: ReportId
    token_hash: str
    kind: NoticeKind
    name: str
    email: str  # "" if none
    standing: str  # in whose name
    source: str  # where the original is; ""
    signature: str
