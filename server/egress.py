"""Holds back on large pictures once a day's bytes are spent: a brake against bills, not people.

The law: members, people who gave a proof and other servers are never braked; nobody is refused a
picture, strangers get the small one. Counted over all processes by what `visits` keep; what a
process sent since it last looked is its own.
"""

from functools import partial
from typing import Final

from server.clock import Clock
from server.passages import DAY
from server.ports import Library, Transaction
from server.values import dataclass
from server.visitors import VisitorClass

GIGABYTE: Final = 1_000_000_000  # as providers bill
_LOOK_MILLIS: Final = 60_000
SPARED: Final = frozenset(
    {VisitorClass.MEMBER, VisitorClass.PEER, VisitorClass.PERSON, VisitorClass.PREVIEW}
)


@dataclass(slots=True)
class Egress:
    """Counts what goes out in a day (UTC). `limit_bytes`: 0 for none."""

    library: Library
    clock: Clock
    limit_bytes: int
    _day: int = -1
    _kept: int = 0  # bytes of the day as the database knew them when last asked
    _since: int = 0  # bytes that went out here since
    _looked_at: int = -_LOOK_MILLIS

    @property
    def is_braking(self) -> bool:
        """Whether the day's bytes are spent."""
        return bool(self.limit_bytes) and self.sent >= self.limit_bytes

    @property
    def sent(self) -> int:
        """How many bytes went out today."""
        return self._kept + self._since if self._day == self.clock.now() // DAY else 0

    def note(self, count: int) -> None:
        """Count bytes that went out."""
        self._turn()
        self._since += count

    async def refresh(self) -> None:
        """Ask once a minute what all processes sent."""
        now = self.clock.now()
        if not self.limit_bytes or 0 <= now - self._looked_at < _LOOK_MILLIS:
            return
        self._looked_at = now
        self._turn()
        self._kept = await self.library.look(partial(_bytes_of, self._day))
        self._since = 0

    def _turn(self) -> None:
        day = self.clock.now() // DAY
        if day != self._day:
            self._day, self._kept, self._since = day, 0, 0


async def _bytes_of(day: int, tx: Transaction) -> int:
    return await tx.visits.bytes_of(day)
