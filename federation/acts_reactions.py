"""Acts of liking and boosting, and taking it back."""

from collections.abc import Mapping
from typing import Final

from federation.deeds import Act, Arrived, Hands
from server.model import ReactionKind
from server.ports import Transaction
from server.reactions import find_target_by_uri, may_see

_KINDS: Final = {"Like": ReactionKind.LIKE, "Announce": ReactionKind.BOOST}


async def react(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note a Like or Announce of what we hold and the actor may see."""
    activity = deed.activity
    target = await find_target_by_uri(tx, hands.addresses, activity.object_uri)
    if target is None or not await may_see(tx, target, deed.actor.id):
        return
    kind = _KINDS[activity.type]
    await hands.reactions.note_reaction(tx, kind, deed.actor.id, target, activity.uri)


async def undo_reaction(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Take a reaction back: known by its id, or by what it was about."""
    undone, inner = deed.activity.object_uri, deed.activity.inner
    known = await tx.reactions.by_uri(undone) if undone else None
    if known is not None:
        if known.actor_id == deed.actor.id:
            await tx.reactions.remove(known.kind, deed.actor.id, known.target_id)
        return
    kind = _KINDS.get(inner.type) if inner else None
    if inner is None or kind is None:
        return
    target = await find_target_by_uri(tx, hands.addresses, inner.object_uri)
    if target is not None:
        await tx.reactions.remove(kind, deed.actor.id, target.id)


ACTS: Final[Mapping[str, Act]] = {"Like": react, "Announce": react}
UNDOS: Final[Mapping[str, Act]] = {"Like": undo_reaction, "Announce": undo_reaction}
