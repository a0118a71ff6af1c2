"""An artist's own work, held while it is changed: nobody else changes it until that is kept."""

from server.errors import NotFound
from server.model import Artist, Work, WorkId, WorkState
from server.ports import Transaction


async def own_work(tx: Transaction, artist: Artist, work_id: WorkId) -> Work:
    """Hold a work of this artist that was not withdrawn. Raise `NotFound`, also for another's."""
    work = await tx.works.hold(work_id)
    if work is None or work.artist_id != artist.id or work.state is WorkState.WITHDRAWN:
        raise NotFound("There is no such work of yours.")
    return work
