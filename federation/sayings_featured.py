"""Sayings about works on top of a profile: pinned, unpinned."""

from collections.abc import Mapping
from typing import Final

from federation import activities
from federation.sayings import Message, Mouth, Say
from server.model import Actor, WorkId
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def pinned(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Add to `featured`, to followers."""
    return await _arranged(mouth, tx, "Add", what, actor)


async def unpinned(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Remove from `featured`, to followers."""
    return await _arranged(mouth, tx, "Remove", what, actor)


async def _arranged(
    mouth: Mouth, tx: Transaction, kind: str, what: SayPromise, actor: Actor
) -> Message | None:
    work = await tx.works.bare(WorkId(what.target_id))
    if work is None:
        return None
    uri, featured = mouth.addresses.work(work.id), f"{actor.uri}/featured"
    said = activities.arrange(kind, uri, featured, actor, mouth.new_uri())
    return Message(said, await tx.relations.follower_inboxes(actor.id))


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.WORK_PINNED: pinned,
    Deed.WORK_UNPINNED: unpinned,
}
