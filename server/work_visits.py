"""Counts which machines came for which work: in memory, within bounds, written now and then.

The law: machines alone (`server.comers`). However many addresses are tried, memory has a bound;
what names no work here is dropped when it is written.
"""

from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import Final

import structlog

from server.clock import Clock
from server.comers import MACHINES, WorkVisit, thing_asked
from server.errors import Unavailable
from server.passages import DAY
from server.ports import Library, Transaction
from server.values import dataclass
from server.visitors import VisitorClass

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 20_000  # different ones between two writings, a process
_AT_ONCE: Final = 1_000  # rows of one statement

Key = tuple[int, VisitorClass, str, str, int, str]


@dataclass(slots=True)
class WorkVisits:
    """Counts and writes. One for each process."""

    library: Library
    clock: Clock
    _sums: dict[Key, list[int]] = field(default_factory=dict)

    def count(
        self,
        visitor: VisitorClass,
        crawler: str,
        path: str,
        sent: int,
        *,
        given_to: str = "",
        is_refused: bool = False,
    ) -> None:
        """Count one answer to a machine. `given_to`: the server that its address was made for."""
        if not (visitor in MACHINES or (is_refused and visitor is VisitorClass.UNKNOWN)):
            return
        work_id, media_key = thing_asked(path)
        if not work_id and not media_key:
            return
        day = self.clock.now() // DAY
        key: Key = (day, visitor, crawler, given_to, work_id, media_key)
        sums = self._sums.get(key)
        if sums is None:
            if len(self._sums) >= MOST_WAITING:
                return
            sums = self._sums.setdefault(key, [0, 0, 0])
        sums[0] += 1
        sums[1] += sent
        sums[2] += is_refused

    async def flush(self) -> None:
        """Write what waits. Where the database is away it waits on."""
        taken, self._sums = self._sums, {}
        rows = list(taken.items())
        for start in range(0, len(rows), _AT_ONCE):
            batch = [_visit(key, sums) for key, sums in rows[start : start + _AT_ONCE]]
            try:
                await self.library.join(partial(_write, batch))
            except Unavailable as outage:
                log.warning("visits_not_written", reason=outage.message)
                self._keep(dict(rows[start:]))
                return

    def _keep(self, unwritten: dict[Key, list[int]]) -> None:
        for key, sums in unwritten.items():
            later = self._sums.setdefault(key, [0, 0, 0])
            self._sums[key] = [one + other for one, other in zip(sums, later, strict=True)]


def _visit(key: Key, sums: Sequence[int]) -> WorkVisit:
    day, visitor, crawler, given_to, work_id, media_key = key
    requests, sent, refused = sums
    return WorkVisit(
        *(day, visitor, crawler, given_to, requests, sent, refused),
        work_id=work_id,
        media_key=media_key,
    )


async def _write(visits: Sequence[WorkVisit], tx: Transaction) -> None:
    await tx.comers.add_visits(visits)
