"""Sayings about moves to another account (FEP-7628)."""

from collections.abc import Mapping
from typing import Final

from federation import activities
from federation.sayings import Message, Mouth, Say
from server.model import Actor, ActorId
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def moved(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Move, to followers; passed over where it was taken back meanwhile."""
    target = await tx.actors.by_id(ActorId(what.target_id))
    if target is None or actor.moved_to != target.uri:
        return None
    said = activities.move(actor, target.uri, mouth.new_uri())
    return Message(said, await tx.relations.follower_inboxes(actor.id))


SAYINGS: Final[Mapping[Deed, Say]] = {Deed.MOVED: moved}
