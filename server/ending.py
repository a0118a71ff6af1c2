"""Nouns of the end of an instance. Pure."""

from enum import StrEnum

import msgspec

from server.model import Millis


class ClosingState(StrEnum):
    """ANNOUNCED → LEAVING → CLOSED; only what is announced can be taken back."""

    ANNOUNCED = "announced"
    LEAVING = "leaving"  # the day has come: accounts move or are deleted
    CLOSED = "closed"  # everything answers 410


class Closing(msgspec.Struct, frozen=True):
    """That this instance ends, and when."""

    state: ClosingState
    announced_at: Millis
    ends_at: Millis
    words: str  # of its owner, to everybody
    author: str  # handle
