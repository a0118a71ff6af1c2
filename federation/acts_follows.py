"""Acts about who follows whom: Follow, its answers, and taking it back."""

from collections.abc import Mapping
from typing import Final

from federation import acts_quotes
from federation.deeds import Act, Arrived, Hands, local_artist, local_followee
from server.model import Actor, Follow, FollowState
from server.ports import Transaction
from server.promises import Deed, SayPromise


async def follow(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note that somebody asks to follow an artist here, or a series."""
    followee = await local_followee(hands, tx, deed.activity.object_uri)
    if followee is None or not deed.activity.uri:
        return
    if not await hands.following.takes(tx, deed.actor.id, followee):
        await _say(hands, tx, Deed.FOLLOW_REJECTED, followee, deed)
        return
    state = await hands.following.request(tx, deed.actor.id, followee, deed.activity.uri)
    if state is FollowState.ACCEPTED:
        await _say(hands, tx, Deed.FOLLOW_ACCEPTED, followee, deed)


async def accept(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note that somebody whom an artist here asked says yes: to follow, or to quote."""
    await acts_quotes.accept(hands, tx, deed)
    await _answered(hands, tx, deed, is_accepted=True)


async def reject(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note that somebody says no, or removes a follower of ours."""
    await acts_quotes.reject(hands, tx, deed)
    await _answered(hands, tx, deed, is_accepted=False)


async def undo_follow(hands: Hands, tx: Transaction, deed: Arrived) -> None:
    """Note that somebody follows no more: known by the Follow's id, or by whom it was about."""
    undone, inner = deed.activity.object_uri, deed.activity.inner
    known = await tx.relations.follow_by_uri(undone) if undone else None
    if known is not None:
        if known.follower_id == deed.actor.id:
            await tx.relations.remove(known.follower_id, known.followee_id)
        return
    followee = await local_followee(hands, tx, inner.object_uri) if inner else None
    if followee is not None:
        await tx.relations.remove(deed.actor.id, followee.id)


async def _say(hands: Hands, tx: Transaction, answer: Deed, followee: Actor, deed: Arrived) -> None:
    await hands.say(tx, SayPromise(answer, followee.id, deed.actor.id, deed.activity.uri))


async def _answered(hands: Hands, tx: Transaction, deed: Arrived, *, is_accepted: bool) -> None:
    asked = await _asked(hands, tx, deed)
    if asked is not None:
        await hands.following.answered(tx, asked, is_accepted=is_accepted)


async def _asked(hands: Hands, tx: Transaction, deed: Arrived) -> Follow | None:
    """Find the Follow that is answered: ours, and asked of exactly this actor."""
    by_id = await tx.relations.follow_by_uri(deed.activity.object_uri)
    if by_id is not None:
        return by_id if by_id.followee_id == deed.actor.id else None
    inner = deed.activity.inner
    if inner is None or inner.type != "Follow":
        return None
    follower = await local_artist(hands, tx, inner.actor_uri)
    return await tx.relations.follow(follower.id, deed.actor.id) if follower else None


ACTS: Final[Mapping[str, Act]] = {"Follow": follow, "Accept": accept, "Reject": reject}
UNDOS: Final[Mapping[str, Act]] = {"Follow": undo_follow}
