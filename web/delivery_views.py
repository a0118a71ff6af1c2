"""One frozen value per page template about deliveries and the servers that they go to.

Law: as in `views`.
"""

from server.model import Millis
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class MissedView:
    """A server that did not take something, in plain words why."""

    host: str
    reason: str
    at: Millis


@dataclass(frozen=True, slots=True)
class CountsRow:
    """How many jobs of one kind stand where."""

    label: str
    waiting: int
    running: int
    buried: int


@dataclass(frozen=True, slots=True)
class HostRow:
    """A server in trouble."""

    host: str
    reason: str
    failures: int = 0
    since: Millis | None = None
    seen_at: Millis | None = None  # when it last said something itself
    paused_until: Millis | None = None  # None = it is tried with the next delivery
    dead_at: Millis | None = None


@dataclass(frozen=True, slots=True)
class BuriedRow:
    """A delivery that was given up."""

    id: int
    host: str
    reason: str
    attempts: int
    since: Millis


@dataclass(frozen=True, slots=True)
class FederationPage:
    """federation.html: what waits, and who cannot be reached. Sends `host`, or `job`."""

    counts: tuple[CountsRow, ...] = ()
    oldest_due: Millis | None = None  # None = nothing that is due waits
    failing: tuple[HostRow, ...] = ()
    dead: tuple[HostRow, ...] = ()
    buried: tuple[BuriedRow, ...] = ()
    most: int = 100  # of each list
    try_action: str = "/admin/federation/try"
    retry_action: str = "/admin/federation/retry"
