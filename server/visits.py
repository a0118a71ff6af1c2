"""Counts who visits: by day, class, crawler, first segment of the path, network and door.

The law: no visitor has a profile here: networks (/24, /48), never addresses; no query strings, no
user agents. Counting costs microseconds; however many networks come, memory and rows have bounds:
what comes on top is counted without its network.
"""

from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import Final

import structlog

from server.clock import Clock
from server.crawler_book import CrawlerBook, brief
from server.errors import Unavailable
from server.passages import DAY, VisitKey, VisitSum
from server.ports import Library, Transaction
from server.rules import Door
from server.values import dataclass
from server.visitors import VisitorClass

log = structlog.get_logger(__name__)

MOST_A_DAY: Final = 50_000  # different ones, a process
_MOST_SEGMENT: Final = 64  # letters
_AT_ONCE: Final = 1_000  # rows of one statement

Key = tuple[int, Door, VisitorClass, str, str, str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One answer that was given. `user_agent` and `address` are not kept."""

    door: Door
    visitor: VisitorClass
    user_agent: str
    path: str  # "" where there is nothing at that address: else anybody could invent segments
    network: str
    bytes: int  # that went out, its head included
    is_refused: bool = False
    rendition: str = ""
    shadow_rules: tuple[str, ...] = ()


@dataclass(slots=True)
class Visits:
    """Counts and writes. One for each process."""

    library: Library
    clock: Clock
    crawlers: CrawlerBook
    _sums: dict[Key, list[int]] = field(default_factory=dict)
    _day: int = 0
    _different: set[int] = field(default_factory=set)

    def count(self, visit: Visit) -> None:
        """Count one answer."""
        day = self.clock.now() // DAY
        if day != self._day:
            self._day = day
            self._different.clear()
        key: Key = (
            day,
            visit.door,
            visit.visitor,
            self.crawler_of(visit.user_agent),
            visit.path[1:].partition("/")[0][:_MOST_SEGMENT],
            visit.rendition,
            visit.network,
            visit.shadow_rules,
        )
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums.setdefault(self._made_room_for(key), [0, 0, 0])
        sums[0] += 1
        sums[1] += visit.bytes
        sums[2] += visit.is_refused

    async def flush(self) -> None:
        """Write what waits. Where the database is away it waits on."""
        taken, self._sums = self._sums, {}
        rows = [VisitSum(VisitKey(*key), *sums) for key, sums in taken.items()]
        for start in range(0, len(rows), _AT_ONCE):
            batch = rows[start : start + _AT_ONCE]
            try:
                await self.library.join(partial(_write, batch))
            except Unavailable as outage:
                log.warning("visits_not_written", reason=outage.message)
                self._keep(dict(list(taken.items())[start:]))
                return

    def _made_room_for(self, key: Key) -> Key:
        """Return the key, or one without network, then without path, where there are too many."""
        day, door, visitor, crawler, segment, rendition, _, shadows = key
        for less in (
            key,
            (day, door, visitor, crawler, segment, rendition, "", shadows),
            (day, door, visitor, crawler, "", rendition, "", shadows),
        ):
            key = less
            if hash(key) in self._different:
                return key
            if len(self._different) < MOST_A_DAY:
                self._different.add(hash(key))
                return key
        return key

    def _keep(self, unwritten: dict[Key, list[int]]) -> None:
        for key, sums in unwritten.items():
            later = self._sums.setdefault(key, [0, 0, 0])
            self._sums[key] = [one + other for one, other in zip(sums, later, strict=True)]

    def crawler_of(self, user_agent: str) -> str:
        """Return the name of the crawler that a user agent names, "" where none."""
        found = self.crawlers.claim(brief(user_agent)).crawler
        return found.token if found else ""


async def _write(visits: Sequence[VisitSum], tx: Transaction) -> None:
    await tx.visits.add(visits)
