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
from server.comers import MACHINES, NOT_GIVEN, WorkVisit, thing_asked
from server.errors import Unavailable
from server.media_tokens import NOBODY, Given
from server.passages import DAY
from server.ports import Library, Transaction
from server.values import dataclass
from server.visitors import VisitorClass

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 20_000  # different ones between two writings, a process
MOST_GIVEN: Final = 10_000  # of them, beyond which tokens are not told apart
_AT_ONCE: Final = 1_000  # rows of one statement

Key = tuple[int, VisitorClass, str, int, str, Given]


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
        given: Given | None = None,
        is_refused: bool = False,
    ) -> None:
        """Count one answer to a machine. `given`: what the token in the address says.

        `crawler`: its name in the table; of a peer, which must have signed, its host.
        """
        told = given if given is not None and given.peer != NOBODY else NOT_GIVEN
        is_stray = visitor is VisitorClass.PEER and told is not NOT_GIVEN
        is_unnamed = is_refused and visitor is VisitorClass.UNKNOWN
        if not (visitor in MACHINES or is_unnamed or is_stray):
            return
        work_id, media_key = thing_asked(path)
        if not work_id and not media_key:
            return
        day = self.clock.now() // DAY
        key: Key = (day, visitor, crawler, work_id, media_key, told)
        sums = self._sums.get(key) or self._begun(key)
        if sums is None:
            return
        sums[0] += 1
        sums[1] += sent
        sums[2] += is_refused

    def _begun(self, key: Key) -> list[int] | None:
        """Return new sums, None where there is no room. Invented tokens leave some to all else."""
        if len(self._sums) >= MOST_GIVEN:
            key = (*key[:-1], NOT_GIVEN)
        if len(self._sums) >= MOST_WAITING and key not in self._sums:
            return None
        return self._sums.setdefault(key, [0, 0, 0])

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
    day, visitor, crawler, work_id, media_key, given = key
    requests, sent, refused = sums
    return WorkVisit(
        *(day, visitor, crawler, requests, sent, refused),
        work_id=work_id,
        media_key=media_key,
        given=given,
    )


async def _write(visits: Sequence[WorkVisit], tx: Transaction) -> None:
    await tx.comers.add_visits(visits)
