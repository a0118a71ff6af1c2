"""What the world hears when works enter and leave series: promised with the change itself.

Only works that everyone may list count: of a work for followers alone nothing is said, not even
that it left. A series that can be followed announces each work by its own actor.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from server.addresses import announce_of, series_of
from server.clock import Clock
from server.errors import Invalid
from server.model import Actor, ActorId, Millis, Series, SeriesId, Visibility, Work, WorkState
from server.ports import Transaction
from server.promises import Deed, SayPromise, promise
from server.values import dataclass

MAX_WORKS = 1_000
SETTLING = Millis(120_000)  # who arranges a series moves many works: told once


@dataclass(frozen=True, slots=True)
class Teller:
    """Promises, in the transaction at hand, to tell of changes to series."""

    tx: Transaction
    clock: Clock

    async def work_changed(
        self, before: Work | None, after: Work, wanted: Sequence[SeriesId] | None = None
    ) -> None:
        """Keep a work in the series that are `wanted` (None: as it is), and tell what that changes.

        `before` is the work as it was kept until now, None for a new one. A work that is hung
        quietly enters its series quietly. Raise `Invalid` for series that are not its artist's.
        """
        known = {one.id: one for one in await self.tx.series.of_work(after.id)}
        chosen = known if wanted is None else await self._chosen(after, wanted)
        was_listed = before is not None and is_listed(before)
        left = [one for one in known.values() if one.id not in chosen or not is_listed(after)]
        come = [one for one in chosen.values() if one.id not in known or not was_listed]
        if was_listed:
            await self.left(left, after)
        for gone in known.keys() - chosen.keys():
            await self.tx.series.drop(gone, after.id)
        await self._append(after, known, chosen, come if is_listed(after) else ())
        is_first_hanging = before is None or before.hung_at is None
        if is_listed(after) and not (after.is_quiet and is_first_hanging):
            await self.came(come, after)
        for changed in chosen.keys() ^ known.keys():
            await self.touched((known | chosen)[changed])

    async def came(self, series: Iterable[Series], work: Work) -> None:
        """Tell that a listed work is in series now."""
        for one in series:
            await self._say(Deed.SERIES_WORK_ADDED, one, work)
            await self._announce(Deed.SERIES_WORK_ANNOUNCED, one, work)

    async def left(self, series: Iterable[Series], work: Work) -> None:
        """Tell that a work that was listed leaves series; while it still is in them."""
        for one in series:
            await self._say(Deed.SERIES_WORK_REMOVED, one, work)
            await self._announce(Deed.SERIES_WORK_WITHDRAWN, one, work)

    async def touched(self, series: Series) -> Series:
        """Keep that a series changed, and promise to tell how it is once it is left alone."""
        at = max(self.clock.now(), Millis(series.updated_at + 1))
        changed = replace(series, updated_at=Millis(at))
        await self.tx.series.put(changed)
        owner = await self._owner(series)
        uri = update_of(series_of(owner, series.id), changed)
        said = SayPromise(Deed.SERIES_CHANGED, owner.id, series.id, uri)
        await promise(self.tx, self.clock, said, delay=SETTLING)
        speaker = await self._speaker(series)
        if speaker is not None:
            uri = update_of(speaker.uri, changed)
            said = SayPromise(Deed.SERIES_ACTOR_CHANGED, speaker.id, series.id, uri)
            await promise(self.tx, self.clock, said, delay=SETTLING)
        return changed

    async def _append(
        self,
        work: Work,
        known: Mapping[SeriesId, Series],
        chosen: Mapping[SeriesId, Series],
        come: Iterable[Series],
    ) -> None:
        """Put a work into what is new, and note when it came to be seen in the rest."""
        for series_id in {*(chosen.keys() - known.keys()), *(one.id for one in come)}:
            if series_id not in known and len(await self.tx.series.works(series_id)) >= MAX_WORKS:
                raise Invalid(
                    f"A series has at most {MAX_WORKS} works: begin another one.", "series"
                )
            await self.tx.series.append(series_id, work.id, self.clock.now())

    async def _chosen(self, work: Work, wanted: Sequence[SeriesId]) -> dict[SeriesId, Series]:
        found: dict[SeriesId, Series] = {}
        for series_id in dict.fromkeys(wanted):
            series = await self.tx.series.hold(series_id)
            if series is None or series.artist_id != work.artist_id:
                raise Invalid("There is no such series of yours: choose another one.", "series")
            found[series_id] = series
        return found

    async def _say(self, deed: Deed, series: Series, work: Work) -> None:
        owner = await self._owner(series)
        said = SayPromise(deed, owner.id, work.id, series_of(owner, series.id))
        await promise(self.tx, self.clock, said)

    async def _announce(self, deed: Deed, series: Series, work: Work) -> None:
        speaker = await self._speaker(series)
        added_at = await self.tx.series.added_at(series.id, work.id) if speaker else None
        if speaker is not None and added_at is not None:
            uri = announce_of(speaker, work.id, added_at)
            await promise(self.tx, self.clock, SayPromise(deed, speaker.id, work.id, uri))

    async def _speaker(self, series: Series) -> Actor | None:
        return await self.tx.actors.by_id(series.actor_id) if series.actor_id else None

    async def _owner(self, series: Series) -> Actor:
        owner = await self.tx.actors.by_id(ActorId(series.artist_id))
        if owner is None:
            raise Invalid("The artist of this series is not here any more.")
        return owner


def is_listed(work: Work) -> bool:
    """Say whether everyone may find a work in lists."""
    return work.state is WorkState.HUNG and work.visibility is Visibility.PUBLIC


def update_of(uri: str, series: Series) -> str:
    """Return the id of the Update that tells of a series as it is now, and no later."""
    return f"{uri}#updates/{series.updated_at}"
