"""An artist's own work, held while it is changed: nobody else changes it until that is kept."""

from server.errors import NotFound, Outdated
from server.model import Artist, SeriesId, Work, WorkId, WorkState
from server.ports import Transaction
from server.values import dataclass


@dataclass(frozen=True, slots=True)
class Sight:
    """A work and the series that it is in, as somebody saw them who changes them now."""

    work: Work
    series: tuple[SeriesId, ...]


async def own_work(
    tx: Transaction, artist: Artist, work_id: WorkId, seen: Sight | None = None
) -> Work:
    """Hold a work of this artist that was not withdrawn. Raise `NotFound`, also for another's.

    Raise `Outdated` where it is not as it was `seen` any more.
    """
    work = await tx.works.hold(work_id)
    if work is None or work.artist_id != artist.id or work.state is WorkState.WITHDRAWN:
        raise NotFound("There is no such work of yours.")
    if seen is not None and seen != await sight_of(tx, work):
        raise Outdated
    return work


async def sight_of(tx: Transaction, work: Work) -> Sight:
    """Return a work as it stands."""
    return Sight(work, tuple(one.id for one in await tx.series.of_work(work.id)))
