"""Counts how often large copies were opened: in memory, within bounds, written now and then.

The law: nobody is followed. Of the token in an address a hash is kept that is another one tomorrow;
a token is one browser's for one copy and one hour. Who is signed in shows none, and is not counted.
"""

from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import Final

import structlog

from server.clock import Clock
from server.comers import Look, thing_asked
from server.errors import Unavailable
from server.media_tokens import MediaTokens
from server.passages import DAY
from server.ports import Library, Transaction
from server.values import dataclass

log = structlog.get_logger(__name__)

MOST_A_DAY: Final = 50_000  # different tokens, a process
_AT_ONCE: Final = 1_000  # rows of one statement

Key = tuple[int, str, str, str]


@dataclass(slots=True)
class Looking:
    """Counts and writes. One for each process."""

    library: Library
    clock: Clock
    tokens: MediaTokens
    most_a_day: int = MOST_A_DAY
    _sums: dict[Key, list[int]] = field(default_factory=dict)
    _day: int = 0
    _different: set[str] = field(default_factory=set)

    def count(self, token: str, path: str, rendition: str, sent: int) -> None:
        """Count one answer to who opened a copy, or a video (`comers.FILM`), by a token."""
        _, media_key = thing_asked(path)
        if not media_key:
            return
        day = self.clock.now() // DAY
        if day != self._day:
            self._day = day
            self._different.clear()
        trace = self._kept(self.tokens.trace(token, day))
        sums = self._sums.setdefault((day, media_key, rendition, trace), [0, 0])
        sums[0] += 1
        sums[1] += sent

    async def flush(self) -> None:
        """Write what waits. Where the database is away it waits on."""
        taken, self._sums = self._sums, {}
        rows = list(taken.items())
        for start in range(0, len(rows), _AT_ONCE):
            batch = [Look(*key, *sums) for key, sums in rows[start : start + _AT_ONCE]]
            try:
                await self.library.join(partial(_write, batch))
            except Unavailable as outage:
                log.warning("looks_not_written", reason=outage.message)
                self._keep(dict(rows[start:]))
                return

    def _kept(self, trace: str) -> str:
        """Return the hash, or "" where there were too many of them today."""
        if trace in self._different:
            return trace
        if len(self._different) >= self.most_a_day:
            return ""
        self._different.add(trace)
        return trace

    def _keep(self, unwritten: dict[Key, list[int]]) -> None:
        for key, sums in unwritten.items():
            later = self._sums.setdefault(key, [0, 0])
            self._sums[key] = [one + other for one, other in zip(sums, later, strict=True)]


async def _write(looks: Sequence[Look], tx: Transaction) -> None:
    await tx.comers.add_looks(looks)
