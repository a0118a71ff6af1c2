"""Tells artists how far their uploads are: noted as copies are made, watched without asking twice.

Law: however many look, each process asks the database once at a time for all of them together; the
bus wakes those who look. What is noted is kept, so that a page goes on after a restart, and is the
same in every process.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from typing import Final, TypeVar

from server.clock import Clock
from server.errors import NotFound, TooMany, Unavailable
from server.model import ActorId, Artist, Millis, Picture, WorkId
from server.ports import Bus, Library, Tell
from server.preparation import Preparation
from server.values import dataclass

K = TypeVar("K")

TOPIC: Final = "preparation"  # of the Bus
MOST: Final = 40  # who look at once, in one process
MOST_OF_ONE: Final = 4  # tabs of one artist
WATCHED_FOR: Final = Millis(5 * 60_000)  # then the browser asks again
_QUIET_SECONDS: Final = 15.0  # then a word goes out, by which lost connections are found
_NOTED_EVERY: Final = Millis(400)  # each is a write


@dataclass(slots=True)
class Preparing:
    """Shows where uploads stand."""

    library: Library
    clock: Clock
    bus: Bus
    _watched: Counter[WorkId] = field(default_factory=Counter)
    _artists: Counter[ActorId] = field(default_factory=Counter)
    _known: dict[WorkId, Preparation] = field(default_factory=dict)
    _is_ending: bool = False

    async def of(self, artist: Artist, work_id: WorkId) -> Preparation:
        """Return where an artist's own work stands. Raise `NotFound`."""
        found = (await self._look([work_id])).get(work_id)
        if found is None or found.artist_id != artist.id:
            raise NotFound("There is no such work of yours.")
        return found

    @contextmanager
    def seat(self, artist: Artist, work_id: WorkId) -> Iterator[None]:
        """Hold a place among those who watch. Raise `TooMany` where there is none."""
        if self._artists[artist.id] >= MOST_OF_ONE or self._artists.total() >= MOST:
            raise TooMany("Too many pages watch uploads at this moment: reload this one instead.")
        self._artists[artist.id] += 1
        self._watched[work_id] += 1
        try:
            yield
        finally:
            _leave(self._artists, artist.id)
            _leave(self._watched, work_id)
            if work_id not in self._watched:
                self._known.pop(work_id, None)

    async def follow(self, artist: Artist, work_id: WorkId) -> AsyncIterator[Preparation | None]:
        """Give where a work stands, and again each time that changes; None where it did not.

        Ends when it is over, and after some minutes. Only for who has a `seat`.
        """
        last = await self.of(artist, work_id)
        self._known.setdefault(work_id, last)
        yield last
        until = self.clock.now() + WATCHED_FOR
        while not (last.is_over or self._is_ending) and self.clock.now() < until:
            await self.bus.wait(TOPIC, _QUIET_SECONDS)
            now = self._known.get(work_id, last)
            yield None if now == last else now
            last = now

    async def refresh(self) -> None:
        """Look what changed of all that is watched; nothing is asked where nobody watches."""
        if not self._watched:
            return
        found = await self._look(list(self._watched))
        if any(self._known.get(work_id) != one for work_id, one in found.items()):
            self._known |= found
            self.bus.wake(TOPIC)

    def end(self) -> None:
        """Let all who watch go: this process stops."""
        self._is_ending = True
        self.bus.wake(TOPIC)

    async def _look(self, ids: list[WorkId]) -> dict[WorkId, Preparation]:
        return await self.library.look(lambda tx: tx.works.preparations(ids))


def noting(library: Library, clock: Clock, picture: Picture) -> Tell:
    """Return what notes how many copies of a picture are made, now and then."""
    noted_at = 0

    async def note(made: int, copies: int) -> None:
        nonlocal noted_at
        now = clock.now()
        if made and now - noted_at < _NOTED_EVERY:
            return
        noted_at = now
        with suppress(Unavailable):  # it is for the eye
            await library.join(lambda tx: tx.works.note_copies(picture.id, made, copies))

    return note


def _leave(counter: "Counter[K]", key: K) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]
