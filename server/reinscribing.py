"""Finds pictures whose copies say of rights what is not so any more, and has them made anew.

The house, an artist or a new version of this program may change what every copy says. A job:
newest works first, a few at a time, after everything that somebody waits for. Safe twice.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from server.clock import Clock
from server.documenting import is_outdated
from server.making import Making
from server.model import ActorId, Artist, Millis, Work
from server.ports import Bus, Library, Transaction
from server.promises import JOBS_TOPIC, PicturesPromise, ReinscribePromise, promise, promise_all
from server.shots import Shot
from server.values import dataclass

_AT_ONCE: Final = 50
_A_PICTURE: Final = Millis(2_000)  # about what one takes; the next look comes when they are made
_LAST: Final = 9  # priority: whoever uploads goes first


@dataclass(frozen=True, slots=True)
class Reinscribing:
    """Looks through the works here."""

    library: Library
    clock: Clock
    bus: Bus
    making: Making

    async def look_through(self, payload: bytes) -> None:
        """Do one `ReinscribePromise`, and promise the next."""
        what = msgspec.json.decode(payload, type=ReinscribePromise)
        async with self.library.reading() as tx:
            works = await _next(tx, what)
            artists = {one: await tx.artists.by_id(one) for one in {w.artist_id for w in works}}
            shots = await tx.shots.of_works([work.id for work in works])
        if not works:
            return
        outdated = [
            work
            for work in works
            if self._is_outdated(work, artists[work.artist_id], shots.get(work.id, ()))
        ]
        pictures = sum(len(one.pictures) + len(shots.get(one.id, ())) for one in outdated)
        rest = msgspec.structs.replace(what, before=works[-1].id)
        async with self.library.transaction() as tx:
            wanted = [PicturesPromise(work.id) for work in outdated]
            await promise_all(tx, self.clock, wanted, priority=_LAST)
            await promise(tx, self.clock, rest, delay=Millis(pictures * _A_PICTURE))
        self.bus.wake(JOBS_TOPIC)

    def _is_outdated(self, work: Work, artist: Artist | None, shots: Sequence[Shot]) -> bool:
        if artist is None:
            return False
        is_old = is_outdated(self.making, work, artist, shots)
        return is_old or self.making.is_outdated(work, artist)


async def _next(tx: Transaction, what: ReinscribePromise) -> list[Work]:
    before = what.before or None
    if what.artist_id != ActorId(0):
        return await tx.works.in_studio(what.artist_id, before=before, limit=_AT_ONCE)
    return await tx.works.of_all(before=before, limit=_AT_ONCE)
