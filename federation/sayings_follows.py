"""Sayings about follows: asked, answered, undone."""

from collections.abc import Mapping
from typing import Final

from federation import activities
from federation.sayings import Message, Mouth, Say, personal
from server.model import Actor, ActorId
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def follow_asked(
    _mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Follow, to the followee."""
    followee = await tx.actors.by_id(ActorId(what.target_id))
    if followee is None:
        return None
    asked = activities.follow(actor.uri, followee.uri, what.uri)
    return Message(asked, personal(followee), is_urgent=True)


async def follow_undone(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Undo of a Follow, to the followee."""
    followee = await tx.actors.by_id(ActorId(what.target_id))
    if followee is None:
        return None
    asked = activities.follow(actor.uri, followee.uri, what.uri)
    undone = activities.undo(asked, mouth.new_uri())
    return Message(undone, personal(followee), is_urgent=True)


async def follow_accepted(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Accept, to the follower."""
    return await _answer(mouth, tx, "Accept", what, actor)


async def follow_rejected(
    mouth: Mouth, tx: Transaction, what: SayPromise, actor: Actor
) -> Message | None:
    """Reject, to the follower."""
    return await _answer(mouth, tx, "Reject", what, actor)


async def _answer(
    mouth: Mouth, tx: Transaction, kind: str, what: SayPromise, actor: Actor
) -> Message | None:
    follower = await tx.actors.by_id(ActorId(what.target_id))
    if follower is None:
        return None
    asked = activities.follow(follower.uri, actor.uri, what.uri)
    said = activities.answer(kind, asked, actor, mouth.new_uri())
    return Message(said, personal(follower), is_urgent=True)


SAYINGS: Final[Mapping[Deed, Say]] = {
    Deed.FOLLOW_ASKED: follow_asked,
    Deed.FOLLOW_UNDONE: follow_undone,
    Deed.FOLLOW_ACCEPTED: follow_accepted,
    Deed.FOLLOW_REJECTED: follow_rejected,
}
