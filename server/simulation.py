"""The dry run: what passed the doors lately, met by the rules as they would be.

Pages are read one by one and asked about in a thread, so that nobody waits for it meanwhile.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from server.clock import Clock
from server.impact import Replay
from server.model import ActorId, Millis
from server.passages import DAY, Envelope, VisitSum
from server.ports import Library, Transaction
from server.replaying import Replaying
from server.rulings import Rules
from server.values import dataclass

MOST_DAYS: Final = 30
_AT_ONCE: Final = 1_000

Tell = Callable[[int, int], None]  # how many of how many rows


@dataclass(frozen=True, slots=True)
class Simulation:
    """Replays."""

    library: Library
    clock: Clock

    async def replay(
        self, before: Rules, after: Rules, days: int, tell: Tell = lambda _done, _all: None
    ) -> Replay:
        """Return what the last days would have met, today's own hour included."""
        since = Millis(self.clock.now() - days * DAY)
        replaying = Replaying(before, after)
        await self._envelopes(replaying, since, tell)
        await self._visits(replaying, since)
        handles = await self._handles(replaying.artists)
        return await asyncio.to_thread(replaying.told, handles)

    async def _envelopes(self, replaying: Replaying, since: Millis, tell: Tell) -> None:
        whole = await self.library.look(lambda tx: tx.envelopes.count(since))
        done, last = 0, (0, 0)
        while page := await self.library.look(partial(_envelopes_after, since=since, after=last)):
            last = (page[-1].hour, page[-1].digest)
            await asyncio.to_thread(replaying.take_envelopes, page)
            done += len(page)
            tell(done, max(done, whole))

    async def _visits(self, replaying: Replaying, since: Millis) -> None:
        for day in range(since // DAY, self.clock.now() // DAY + 1):
            last: VisitSum | None = None
            while page := await self.library.look(partial(_visits_after, day=day, after=last)):
                last = page[-1]
                await asyncio.to_thread(replaying.take_visits, page)

    async def _handles(self, ids: tuple[ActorId, ...]) -> dict[ActorId, str]:
        async with self.library.reading() as tx:
            actors = await tx.actors.many(ids)
        return {each: actor.handle for each, actor in actors.items()}


async def _envelopes_after(
    tx: Transaction, since: Millis, after: tuple[int, int]
) -> list[Envelope]:
    return await tx.envelopes.page(since, after=after, limit=_AT_ONCE)


async def _visits_after(tx: Transaction, day: int, after: VisitSum | None) -> list[VisitSum]:
    return await tx.visits.page(day, after=after, limit=_AT_ONCE)
