"""How a peer's health changes: failures, pauses, death and return. Pure.

A host that fails is paused, longer each time, and one delivery goes first when the pause is
over. One that failed on seven distinct days, without a success or a sign of life between, is
dead: nothing is promised to it any more until it says something itself.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from server.dealings import Peer
from server.model import Millis

DEAD_AFTER_DAYS: Final = 7  # distinct days with failures, as Mastodon (DeliveryFailureTracker)
_BREAKS_AT: Final = 5  # failures in a row of a host that still answers
_SHORTEST_PAUSE_SECONDS: Final = 15
_PAUSE_SECONDS: Final = 60  # at the fifth failure; each further one doubles it
_LONGEST_PAUSE_SECONDS: Final = 3_600
_LONGEST_WISH_SECONDS: Final = 86_400  # a peer may not park our queue for longer than a day
_MOST_DOUBLINGS: Final = 10
_DAY: Final = 86_400_000


class Trouble(StrEnum):
    """What a host failed with."""

    SILENT = "silent"  # no answer at all: pauses at once, as each try holds a connection for long
    BROKEN = "broken"  # it says that it fails: pauses from the fifth time in a row
    BUSY = "busy"  # it asks for patience: pauses as long as it wishes, and never dies of that
    GONE = "gone"  # the inbox is no more (410): counts days, but others there may well be


def is_dead(peer: Peer | None) -> bool:
    """Say whether deliveries to a peer are dropped; nobody (None) is healthy."""
    return peer is not None and peer.dead_at is not None


def is_open(peer: Peer | None, now: Millis) -> bool:
    """Say whether a peer may be sent something now."""
    return peer is None or (peer.dead_at is None and peer.paused_until <= now)


def after_failure(
    peer: Peer, now: Millis, trouble: Trouble, reason: str, wished_seconds: int | None = None
) -> Peer:
    """Count a failed delivery: the next ones wait, and after seven such days none is sent.

    `wished_seconds`: of its Retry-After.
    """
    failures = peer.failures + 1
    is_new_day = peer.failing_days == 0 or _day(peer.failed_at) != _day(now)
    days = peer.failing_days + (is_new_day and trouble is not Trouble.BUSY)
    pause = max(_pause(trouble, failures), _wish(wished_seconds))
    return replace(
        peer,
        failures=failures,
        failing_days=days,
        failing_since=peer.failing_since or now,
        failed_at=now,
        paused_until=Millis(now + pause) if pause else peer.paused_until,
        dead_at=now if days >= DEAD_AFTER_DAYS else peer.dead_at,
        reason=reason,
    )


def after_success(peer: Peer, now: Millis) -> Peer:
    """Forget every failure: something was taken."""
    return replace(
        peer,
        failures=0,
        failing_days=0,
        failing_since=None,
        failed_at=None,
        reached_at=now,
        paused_until=Millis(0),
        dead_at=None,
        reason="",
    )


def after_sign_of_life(peer: Peer, now: Millis) -> Peer:
    """End pause and death: the host spoke. Failures count on until it also listens."""
    return replace(peer, seen_at=now, failing_days=0, paused_until=Millis(0), dead_at=None)


def after_pardon(peer: Peer) -> Peer:
    """End pause and death because somebody in charge wants to try."""
    days = 0 if is_dead(peer) else peer.failing_days
    return replace(peer, failing_days=days, paused_until=Millis(0), dead_at=None)


def _pause(trouble: Trouble, failures: int) -> int:
    """Return how long a host is left alone after so many failures in a row, in milliseconds."""
    if trouble is Trouble.GONE or (trouble is not Trouble.SILENT and failures < _BREAKS_AT):
        return 0
    seconds = _PAUSE_SECONDS * 2.0 ** min(failures - _BREAKS_AT, _MOST_DOUBLINGS)
    return int(1_000 * min(max(seconds, _SHORTEST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS))


def _wish(seconds: int | None) -> int:
    return min(seconds or 0, _LONGEST_WISH_SECONDS) * 1_000 if (seconds or 0) > 0 else 0


def _day(at: Millis | None) -> int | None:
    return None if at is None else at // _DAY
