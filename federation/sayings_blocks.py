"""Sayings about blocks: begun, ended.

The blocked one's own server is told and nobody else, so that it can keep what it holds of the
artist from that one person. Its operators may see it; no server shows it to the person.
"""

from collections.abc import Mapping
from typing import Final

from federation import activities
from federation.sayings import Message, Mouth, Say, personal
from federation.translate import Document
from server.model import Actor, ActorId
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def blocked(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Block, to the blocked one."""
    del mouth
    whom = await tx.actors.by_id(ActorId(what.target_id))
    return Message(_block(what, actor, whom), personal(whom), is_urgent=True) if whom else None


async def unblocked(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Undo of a Block, to who was blocked."""
    whom = await tx.actors.by_id(ActorId(what.target_id))
    if whom is None:
        return None
    undone = activities.undo(_block(what, actor, whom), mouth.new_uri())
    return Message(undone, personal(whom), is_urgent=True)


def _block(what: SayPromise, actor: Actor, whom: Actor) -> Document:
    return activities.block(actor.uri, whom.uri, what.uri)


SAYINGS: Final[Mapping[Deed, Say]] = {Deed.BLOCKED: blocked, Deed.UNBLOCKED: unblocked}
