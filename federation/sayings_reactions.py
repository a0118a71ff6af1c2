"""Sayings about likes and boosts: done, taken back."""

from collections.abc import Mapping
from typing import Final

from federation import activities
from federation.sayings import Message, Mouth, Say, inboxes_of
from federation.translate import Document
from server.model import Actor, Reaction, ReactionKind, TargetId
from server.ports import Transaction
from server.promises import Deed, SayPromise
from server.targets import find_target


async def reacted(mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor) -> Message | None:
    """Like or Announce."""
    done = await _reaction(mouth, tx, what, actor)
    return Message(*done) if done else None


async def reaction_undone(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Undo of a Like or Announce."""
    done = await _reaction(mouth, tx, what, actor)
    if done is None:
        return None
    return Message(activities.undo(done[0], mouth.new_uri()), done[1])


async def _reaction(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> tuple[Document, list[tuple[str, str]]] | None:
    target = await find_target(tx, mouth.addresses, TargetId(what.target_id))
    owner = await tx.actors.by_id(target.owner_id) if target else None
    if target is None or owner is None:
        return None
    now = mouth.clock.now()
    kind = ReactionKind(what.kind)
    done = Reaction(0, kind, actor.id, target.id, what.uri, now, what.emoji)
    document = activities.reaction(done, actor, target.uri, owner.uri, at=now)
    is_boost = kind is ReactionKind.BOOST
    followers = await tx.relations.follower_inboxes(actor.id) if is_boost else []
    return document, [*followers, *inboxes_of(owner)]


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.REACTED: reacted,
    Deed.REACTION_UNDONE: reaction_undone,
}
